package io.llmproxy.cluster;

import io.llmproxy.config.SentinelConfig;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Asks sentinels where the master is, whenever a connection to it is needed: nothing is subscribed to, and nothing runs in the
 * background. For one thread.
 */
final class Sentinels {
    private static final int DEFAULT_PORT = 26_379;
    private static final int MOST_PORT = 65_535;

    /** Each may take its time-outs, and who stops the gateway waits for it. The next attempt goes on with the others. */
    private static final int MOST_ASKED = 2;

    private final SentinelConfig config;
    private final RedisConnector connector;
    private final Duration timeout;
    private final List<HostAndPort> addresses;
    private int next;

    /** @param timeout of Redis' own answers, at least; no request waits for sentinels */
    Sentinels(SentinelConfig config, RedisConnector connector, Duration timeout) {
        this.config = config;
        this.connector = connector;
        this.timeout = timeout.compareTo(RedisConnector.CONNECT) > 0 ? timeout : RedisConnector.CONNECT;
        this.addresses = config.nodes().stream().map(Sentinels::address).toList();
    }

    private static HostAndPort address(String text) {
        URI url = URI.create("redis://" + text);
        return new HostAndPort(url.getHost(), url.getPort() < 0 ? DEFAULT_PORT : url.getPort());
    }

    /**
     * Returns where the master is. Each time it begins with another sentinel, since one that is cut off from the others may know an
     * old one.
     */
    HostAndPort master() throws StoreAwayException {
        StoreAwayException failure = null;
        for (int asked = 0; asked < Math.min(MOST_ASKED, addresses.size()); asked++) {
            HostAndPort sentinel = addresses.get(next);
            next = (next + 1) % addresses.size();
            try {
                HostAndPort master = ask(sentinel);
                if (master != null) {
                    return master;
                }
                failure = new StoreAwayException("no sentinel knows a master of the name " + config.master(), null);
            } catch (StoreAwayException e) {
                failure = failure == null
                        ? new StoreAwayException("sentinel " + sentinel + ": " + e.reason(), e)
                        : failure;
            }
        }
        throw failure == null ? new StoreAwayException("there are no sentinels", null) : failure;
    }

    private @Nullable HostAndPort ask(HostAndPort sentinel) throws StoreAwayException {
        try (Jedis connection = connector.open(sentinel, 0, config.user(), config.password(), timeout)) {
            List<String> found = connection.sentinelGetMasterAddrByName(config.master());
            return found == null ? null : address(found);
        } catch (JedisException e) {
            throw StoreAwayException.of(e);
        } catch (ClassCastException | IllegalArgumentException e) {
            // What answers may be anything.
            throw new StoreAwayException(StoreAwayException.INVALID, e);
        }
    }

    private static HostAndPort address(List<String> found) {
        if (found.size() != 2 || found.get(0) == null || found.get(0).isBlank()) {
            throw new IllegalArgumentException("no host and port");
        }
        int port = Integer.parseInt(found.get(1));
        if (port < 1 || port > MOST_PORT) {
            throw new IllegalArgumentException("no port");
        }
        return new HostAndPort(found.get(0), port);
    }

    /** What messages call the master before a sentinel has said where it is. */
    @Override
    public String toString() {
        return config.master() + " (sentinels " + String.join(", ", config.nodes()) + ")";
    }
}
