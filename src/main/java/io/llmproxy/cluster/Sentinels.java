package io.llmproxy.cluster;

import io.llmproxy.config.SentinelConfig;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;

/** Sentinels, which know which of several Redis servers is the master. */
final class Sentinels extends MasterFinder {
    private static final int DEFAULT_PORT = 26_379;

    private final SentinelConfig config;
    private final RedisConnector connector;
    private final Duration timeout;

    /** @param timeout of Redis' own answers */
    Sentinels(SentinelConfig config, RedisConnector connector, Duration timeout) {
        super("sentinel", config.nodes(), DEFAULT_PORT);
        this.config = config;
        this.connector = connector;
        this.timeout = patience(timeout);
    }

    @Override
    Jedis open(HostAndPort server) throws StoreAwayException {
        return connector.open(server, 0, config.user(), config.password(), RedisConnector.CONNECT, timeout);
    }

    @Override
    @Nullable HostAndPort ask(Jedis connection, HostAndPort server) {
        List<String> found = connection.sentinelGetMasterAddrByName(config.master());
        return found == null ? null : checked(found.get(0), Integer.parseInt(found.get(1)));
    }

    @Override
    String unknown() {
        return "no sentinel knows a master of the name " + config.master();
    }

    /** What messages call the master before a sentinel has said where it is. */
    @Override
    public String toString() {
        return config.master() + " (sentinels " + String.join(", ", config.nodes()) + ")";
    }
}
