package io.llmproxy.cluster;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Asks servers that know it where the master is, whenever a connection to it is needed: nothing is subscribed to, and nothing runs in the
 * background. For one thread.
 */
abstract class MasterFinder {
    private static final int MOST_PORT = 65_535;

    /** Each may take its time-outs, and who stops the gateway waits for it. The next attempt goes on with the others. */
    private static final int MOST_ASKED = 2;

    private final String kind;
    private final List<HostAndPort> addresses;
    private int next;

    /**
     * @param kind what messages call such a server
     * @param addresses each {@code host} or {@code host:port}
     * @param port where none is stated
     */
    MasterFinder(String kind, List<String> addresses, int port) {
        this.kind = kind;
        this.addresses =
                addresses.stream().map(address -> address(address, port)).toList();
    }

    private static HostAndPort address(String text, int port) {
        URI url = URI.create("redis://" + text);
        return new HostAndPort(url.getHost(), url.getPort() < 0 ? port : url.getPort());
    }

    /** No request waits for them: they have at least as long as it takes to connect. */
    static Duration patience(Duration timeout) {
        return timeout.compareTo(RedisConnector.CONNECT) > 0 ? timeout : RedisConnector.CONNECT;
    }

    /**
     * Returns where the master is. Each time it begins with another server, since one that is cut off from the others may know an old
     * one.
     */
    HostAndPort master() throws StoreAwayException {
        StoreAwayException failure = null;
        for (int asked = 0; asked < Math.min(MOST_ASKED, addresses.size()); asked++) {
            HostAndPort server = addresses.get(next);
            next = (next + 1) % addresses.size();
            try {
                HostAndPort master = ask(server);
                if (master != null) {
                    return master;
                }
                failure = new StoreAwayException(unknown(), null);
            } catch (StoreAwayException e) {
                failure =
                        failure == null ? new StoreAwayException(kind + ' ' + server + ": " + e.reason(), e) : failure;
            }
        }
        throw failure == null ? new StoreAwayException("there are no addresses", null) : failure;
    }

    private @Nullable HostAndPort ask(HostAndPort server) throws StoreAwayException {
        try (Jedis connection = open(server)) {
            return ask(connection, server);
        } catch (JedisException e) {
            throw StoreAwayException.of(e);
        } catch (RuntimeException | OutOfMemoryError e) {
            // What answers may be anything.
            throw StoreAwayException.invalid(e);
        }
    }

    abstract Jedis open(HostAndPort server) throws StoreAwayException;

    /** Returns where a server says that the master is; null if it knows none. */
    abstract @Nullable HostAndPort ask(Jedis connection, HostAndPort server) throws StoreAwayException;

    /** What is told if none of those that answer knows a master. */
    abstract String unknown();

    static HostAndPort checked(@Nullable String host, long port) {
        if (host == null || host.isBlank()) {
            throw new IllegalArgumentException("no host");
        }
        if (port < 1 || port > MOST_PORT) {
            throw new IllegalArgumentException("no port");
        }
        return new HostAndPort(host, (int) port);
    }
}
