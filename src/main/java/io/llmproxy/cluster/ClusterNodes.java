package io.llmproxy.cluster;

import io.llmproxy.config.RedisConfig;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * Nodes of a Redis Cluster. Each knows which master has which slots. All keys of a gateway have the same hash tag, so that one
 * master has them all: scripts need that.
 */
final class ClusterNodes extends MasterFinder {
    /** What a Redis says that is no part of a cluster. */
    private static final String ALONE = "cluster support disabled";

    private final RedisConfig config;
    private final RedisConnector connector;
    private final List<String> nodes;
    private final Duration timeout;
    private final int slot;

    /**
     * @param nodes some of them, each {@code host} or {@code host:port}
     * @param tag what all keys have in braces
     */
    ClusterNodes(RedisConfig config, List<String> nodes, String tag, RedisConnector connector) {
        super("cluster node", nodes, RedisConnector.DEFAULT_PORT);
        this.config = config;
        this.connector = connector;
        this.nodes = nodes;
        this.timeout = patience(config.timeout());
        this.slot = JedisClusterCRC16.getSlot(tag);
    }

    @Override
    Jedis open(HostAndPort server) throws StoreAwayException {
        return connector.open(server, 0, config.user(), config.password(), RedisConnector.CONNECT, timeout);
    }

    @Override
    @Nullable HostAndPort ask(Jedis connection, HostAndPort server) throws StoreAwayException {
        for (Object range : slots(connection)) {
            List<?> told = (List<?>) range;
            if (slot >= (Long) told.get(0) && slot <= (Long) told.get(1)) {
                List<?> master = (List<?>) told.get(2);
                return beside(server, host(master.get(0)), (Long) master.get(1));
            }
        }
        return null;
    }

    private static List<?> slots(Jedis connection) throws StoreAwayException {
        try {
            // CLUSTER SHARDS, which is to take its place, is not known to Redis before 7.0.
            return (List<?>) connection.sendCommand(Protocol.Command.CLUSTER, "SLOTS");
        } catch (JedisDataException e) {
            if (String.valueOf(e.getMessage()).contains(ALONE)) {
                throw new StoreAwayException("it is not a node of a cluster (expected: `redis.url`)", e);
            }
            throw e;
        }
    }

    private static String host(@Nullable Object told) {
        return told == null ? "" : new String((byte[]) told, StandardCharsets.UTF_8);
    }

    /**
     * Returns an address as a node of a cluster tells it.
     *
     * @param server which one tells it: it may leave out the host if that is its own
     */
    static HostAndPort beside(HostAndPort server, String host, long port) {
        return checked(host.isEmpty() ? server.getHost() : host, port);
    }

    @Override
    String unknown() {
        return "no cluster node knows who has slot " + slot;
    }

    /** What messages call the master before a node has said where it is. */
    @Override
    public String toString() {
        return "the cluster of " + String.join(", ", nodes);
    }
}
