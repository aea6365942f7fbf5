package io.llmproxy.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** A Redis Cluster of the system's package: three masters, and a replica of the one that has the keys of a prefix. */
public final class RedisCluster implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration FAILOVER = Duration.ofSeconds(7);
    private static final int MOST_TRIES = 8;
    private static final int MASTERS = 3;
    private static final int SLOTS = 16_384;
    private static final Pattern KEY = Pattern.compile("(?m)^(\\{.*?)\\r?$");

    private final List<RedisServer> masters = new ArrayList<>();
    private final List<Integer> buses = new ArrayList<>();
    private final int slot;
    private final RedisServer other;
    private RedisServer owner;
    private RedisServer replica;

    private RedisCluster(RedisServer.Kind kind, String prefix) {
        for (int i = 0; i < MASTERS; i++) {
            masters.add(launch(kind));
        }
        for (int i = 0; i < MASTERS; i++) {
            RedisServer master = masters.get(i);
            ok(master, "CLUSTER ADDSLOTSRANGE %d %d".formatted(first(i), first(i + 1) - 1));
            ok(master, "CLUSTER SET-CONFIG-EPOCH " + (i + 1));
            if (i > 0) {
                meet(master, i);
            }
        }
        awaitUp(masters);
        slot = Integer.parseInt(masters.get(0)
                .say("CLUSTER KEYSLOT {" + prefix + '}')
                .substring(1)
                .strip());
        int at = 0;
        while (slot >= first(at + 1)) {
            at++;
        }
        owner = masters.get(at);
        other = masters.get((at + 1) % MASTERS);
        replica = launch(kind);
        meet(replica, MASTERS);
        Awaitility.await()
                .atMost(START)
                .until(() -> replica.say("CLUSTER REPLICATE " + id(owner)).startsWith("+OK"));
        Awaitility.await()
                .atMost(START)
                .until(() -> replica.say("INFO replication").contains("master_link_status:up"));
        awaitUp(all());
    }

    /** Starts one of a kind. */
    public static RedisCluster start(RedisServer.Kind kind, String prefix) {
        return new RedisCluster(kind, prefix);
    }

    private RedisServer launch(RedisServer.Kind kind) {
        int bus = Ports.free();
        buses.add(bus);
        return RedisServer.start(
                kind,
                "--cluster-enabled yes",
                "--cluster-port " + bus,
                "--cluster-node-timeout 2000",
                "--repl-diskless-sync-delay 0");
    }

    private static int first(int master) {
        return master * SLOTS / MASTERS;
    }

    private static void ok(RedisServer server, String command) {
        String said = server.say(command);
        if (!said.startsWith("+OK")) {
            throw new AssertionError(command + ": " + said);
        }
    }

    private void meet(RedisServer server, int index) {
        ok(masters.get(0), "CLUSTER MEET 127.0.0.1 %d %d".formatted(server.port(), buses.get(index)));
    }

    private static String id(RedisServer server) {
        return server.say("CLUSTER MYID").lines().skip(1).findFirst().orElseThrow();
    }

    private static void awaitUp(List<RedisServer> servers) {
        for (RedisServer server : servers) {
            Awaitility.await().atMost(START).until(() -> {
                String info = server.say("CLUSTER INFO");
                return info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:" + servers.size());
            });
        }
    }

    private List<RedisServer> all() {
        List<RedisServer> all = new ArrayList<>(masters);
        all.add(masters.contains(replica) ? owner : replica);
        return all;
    }

    /** The master that has the keys, unless they have been moved. */
    public RedisServer owner() {
        return owner;
    }

    /** Its replica. */
    public RedisServer replica() {
        return replica;
    }

    /** A master that has other keys. */
    public RedisServer other() {
        return other;
    }

    /** Where its servers are, the replica included. */
    public List<String> nodes() {
        return all().stream().map(server -> "127.0.0.1:" + server.port()).toList();
    }

    /** The same, as a configuration lists them. */
    public String listed() {
        return nodes().stream().collect(Collectors.joining("\", \"", "[\"", "\"]"));
    }

    /** Begins to move all that the owner has of the prefix to {@link #other()}. */
    public void beginMove() {
        ok(other, "CLUSTER SETSLOT %d IMPORTING %s".formatted(slot, id(owner)));
        ok(owner, "CLUSTER SETSLOT %d MIGRATING %s".formatted(slot, id(other)));
    }

    /** Moves the keys; for those that come later, the owner and the other are still told apart. */
    public void moveKeys() {
        Awaitility.await().atMost(START).until(() -> {
            List<String> keys = KEY.matcher(owner.say("CLUSTER GETKEYSINSLOT %d 10".formatted(slot)))
                    .results()
                    .map(found -> found.group(1))
                    .toList();
            keys.forEach(key -> owner.say("MIGRATE 127.0.0.1 %d \"%s\" 0 5000".formatted(other.port(), key)));
            return keys.isEmpty();
        });
    }

    /** Says to all that the slot has moved. */
    public void endMove() {
        String id = id(other);
        ok(other, "CLUSTER SETSLOT %d NODE %s".formatted(slot, id));
        ok(owner, "CLUSTER SETSLOT %d NODE %s".formatted(slot, id));
    }

    /** Makes the replica the master although the owner is well, and the owner its replica: nothing is lost by that. */
    public void failOver() {
        RedisServer next = replica;
        boolean done = false;
        for (int i = 0; i < MOST_TRIES && !done; i++) {
            // It is given up when the other masters do not agree in time.
            next.say("CLUSTER FAILOVER");
            done = becomesMaster(next);
        }
        if (!done) {
            throw new AssertionError(next.say("CLUSTER NODES"));
        }
        replica = owner;
        owner = next;
    }

    private static boolean becomesMaster(RedisServer server) {
        try {
            Awaitility.await()
                    .atMost(FAILOVER)
                    .until(() -> server.say("INFO replication").contains("role:master"));
            return true;
        } catch (ConditionTimeoutException e) {
            return false;
        }
    }

    /** Waits until the replica has all that the owner has. */
    public void awaitReplicated() {
        Awaitility.await()
                .atMost(START)
                .until(() -> replica.say("INFO replication").contains("master_link_status:up"));
        long offset = owner.info("master_repl_offset");
        Awaitility.await().atMost(START).until(() -> replica.info("slave_repl_offset") >= offset);
    }

    @Override
    public void close() {
        all().forEach(RedisServer::close);
    }
}
