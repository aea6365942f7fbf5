package io.llmproxy.it;

import static io.llmproxy.it.CountedRequests.CHAT;
import static io.llmproxy.it.CountedRequests.QUESTION;
import static io.llmproxy.it.CountedRequests.awaitMode;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RedisSentinels;
import io.llmproxy.testing.RedisServer;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Five nodes share limits through a Redis with replicas while random requests come, and a seed says what goes wrong: nodes are killed and
 * paused, Redis is frozen, flushed and failed over, also at the same time. Budgets are used up one after the other meanwhile, so that each
 * fault finds one that ends. What passed is counted at the upstream. {@code -Dllmproxy.quota.seconds=600} for as long as is promised,
 * {@code -Dllmproxy.quota.seed=} for other faults, {@code -Dllmproxy.quota.server=VALKEY} for Valkey.
 */
@Tag("measures")
class SharedQuotaLoadIT {
    private static final int SECONDS = Integer.getInteger("llmproxy.quota.seconds", 8);
    private static final RedisServer.Kind SERVER =
            RedisServer.Kind.valueOf(System.getProperty("llmproxy.quota.server", "REDIS"));
    private static final long SEED = Long.getLong("llmproxy.quota.seed", 22);
    private static final int NODES = 5;
    private static final int CLIENTS = 6;
    private static final int BUDGET = 400;
    private static final int RATE = 100;
    private static final int BUDGETS = 10 + 3 * SECONDS;

    /** So often a budget is refused before the load goes on to the next: more often than there are nodes. */
    private static final int ENOUGH = 4 * NODES;

    /** A node has no larger part of a budget than a twentieth of what is left of it. */
    private static final int PARTS = NODES * BUDGET / 20;

    private static final Duration SOON = Duration.ofMinutes(2);
    private static final Pattern AVAILABLE = Pattern.compile("Redis at (\\S+) is available");
    private static final String BUDGET_HEADER = "X-Budget";

    private final AtomicIntegerArray passed = new AtomicIntegerArray(BUDGETS);
    private final AtomicInteger passedOfRate = new AtomicInteger();
    private final AtomicIntegerArray refused = new AtomicIntegerArray(BUDGETS);
    private final AtomicInteger current = new AtomicInteger();
    private final AtomicIntegerArray usable = new AtomicIntegerArray(NODES);
    private final Map<String, LongAdder> answers = new ConcurrentHashMap<>();
    private final Deployment[] nodes = new Deployment[NODES];
    /** How many more of each budget may pass, by what documents say of the faults that it has seen. */
    private final int[] allowed = new int[BUDGETS];

    private final Random random = new Random(SEED);
    private volatile boolean over;
    private int kills;
    private int pauses;
    private int freezes;
    private int flushes;
    /** The master at the end of the round before, 0 before the first, and what had passed then: a failover may begin late. */
    private int known;

    private int[] since = new int[BUDGETS];
    private int failovers;

    /** What may happen to Redis in a round, and to a node at the same time. */
    private enum OfRedis {
        NOTHING,
        FROZEN,
        FLUSHED,
        FAILED_OVER
    }

    private enum OfNode {
        NOTHING,
        KILLED,
        PAUSED
    }

    private record Round(OfRedis redis, OfNode node) {}

    private static Gateway gateway(FakeUpstream upstream, RedisSentinels sentinels) {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < BUDGETS; i++) {
            keys.add(key(Integer.toString(i), "{metric: requests, per: total, amount: " + BUDGET + "}"));
        }
        keys.add(key("rate", "{metric: requests, per: second, amount: " + RATE + "}"));
        return new Gateway()
                .single("keyed", upstream.url(), "", "", "keys: [" + String.join(", ", keys) + "]")
                .log("access: false")
                .top("redis: {sentinel: {master: main, nodes: %s}, nodes: %d}".formatted(sentinels.nodes(), NODES));
    }

    /** A budget is closed while Redis is away, and a rate is shared. */
    private static String key(String name, String limit) {
        String loss = name.equals("rate") ? "share" : "closed";
        return "{name: k-%1$s, key: sk-%1$s-0001, limits: [%2$s]}"
                .formatted(name, limit.replace("}", ", on_store_loss: " + loss + "}"));
    }

    @Test
    void theSumNeverExceedsWhatIsPromised() {
        try (FakeUpstream upstream = FakeUpstream.start();
                RedisServer one =
                        RedisServer.start(SERVER, "--min-replicas-to-write 1", "--repl-diskless-sync-delay 0");
                RedisServer two = replica(one);
                RedisServer three = replica(one);
                RedisSentinels sentinels = RedisSentinels.start(1, one.port())) {
            List<RedisServer> servers = List.of(one, two, three);
            sentinels.awaitReady(2);
            awaitReplicas(one, 2);
            upstream.otherwise(counting());
            try {
                run(upstream, servers, sentinels);
            } finally {
                over = true;
                for (Deployment node : nodes) {
                    if (node != null) {
                        node.close();
                    }
                }
            }
        }
    }

    private static RedisServer replica(RedisServer master) {
        return RedisServer.start(
                SERVER,
                "--replicaof 127.0.0.1 " + master.port(),
                "--min-replicas-to-write 1",
                "--repl-diskless-sync-delay 0");
    }

    private static void awaitReplicas(RedisServer master, int number) {
        Awaitility.await().atMost(SOON).until(() -> replicas(master) >= number);
    }

    private static int replicas(RedisServer master) {
        return master.say("INFO replication").split("state=online", -1).length - 1;
    }

    private Behaviour counting() {
        Behaviour answer = Behaviour.json("{}");
        return new Behaviour("counts what comes", conversation -> {
            String budget = conversation.request().head().value(BUDGET_HEADER).orElseThrow();
            if (budget.equals("rate")) {
                passedOfRate.incrementAndGet();
            } else {
                passed.incrementAndGet(Integer.parseInt(budget));
            }
            answer.script().play(conversation);
        });
    }

    private void run(FakeUpstream upstream, List<RedisServer> servers, RedisSentinels sentinels) {
        List<CompletableFuture<Deployment>> starting = IntStream.range(0, NODES)
                .mapToObj(i -> CompletableFuture.supplyAsync(
                        () -> Deployment.start(Deployment.Kind.LAUNCHER, gateway(upstream, sentinels), "-Xmx96m")))
                .toList();
        for (int i = 0; i < NODES; i++) {
            nodes[i] = starting.get(i).join();
            usable.set(i, 1);
        }
        awaitShared();
        long begun = System.nanoTime();
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        List<CompletableFuture<Void>> clients = IntStream.range(0, CLIENTS)
                .mapToObj(i -> CompletableFuture.runAsync(new Client(new Random(SEED + 1 + i)), threads))
                .toList();
        while (System.nanoTime() - begun < Duration.ofSeconds(SECONDS).toNanos()) {
            for (Round round : deck()) {
                if (System.nanoTime() - begun < Duration.ofSeconds(SECONDS).toNanos()) {
                    // What it has kept of requests would grow.
                    upstream.reset();
                    play(round, servers, sentinels);
                    calm(500);
                }
            }
        }
        over = true;
        clients.forEach(CompletableFuture::join);
        threads.shutdown();
        double elapsed = (System.nanoTime() - begun) / 1e9;
        int swept = sweep(upstream);
        tell(elapsed, swept);
    }

    private List<Round> deck() {
        List<Round> rounds = new ArrayList<>();
        for (OfRedis redis : OfRedis.values()) {
            for (OfNode node : OfNode.values()) {
                rounds.add(new Round(redis, node));
            }
        }
        Collections.shuffle(rounds, random);
        return rounds;
    }

    private void calm(int mostMillis) {
        LockSupport.parkNanos(Duration.ofMillis(random.nextInt(mostMillis)).toNanos());
    }

    private void awaitShared() {
        for (Deployment node : nodes) {
            awaitMode(node, "shared");
        }
    }

    /** A former master that has another replica left counts on until it is demoted. */
    private void awaitAll(RedisSentinels sentinels) {
        for (Deployment node : nodes) {
            Awaitility.await().atMost(SOON).until(() -> {
                Matcher found = AVAILABLE.matcher(node.log());
                String last = "";
                while (found.find()) {
                    last = found.group(1);
                }
                return last.equals("127.0.0.1:" + sentinels.master());
            });
        }
        awaitShared();
    }

    private int[] snapshot() {
        return IntStream.range(0, BUDGETS).map(passed::get).toArray();
    }

    private void play(Round round, List<RedisServer> servers, RedisSentinels sentinels) {
        RedisServer master = master(servers, sentinels);
        known = known == 0 ? master.port() : known;
        int victim = random.nextInt(NODES);
        boolean nodeFirst = random.nextBoolean();
        if (nodeFirst) {
            begin(round.node(), victim);
            calm(200);
        }
        begin(round.redis(), master, sentinels);
        if (!nodeFirst) {
            calm(200);
            begin(round.node(), victim);
        }
        calm(900);
        if (round.redis() == OfRedis.FROZEN) {
            master.thaw();
        }
        if (round.node() == OfNode.PAUSED) {
            calm(1500);
            nodes[victim].process().signal("CONT");
        } else if (round.node() == OfNode.KILLED) {
            nodes[victim].close();
            nodes[victim] = nodes[victim].again("-Xmx96m");
        }
        awaitShared();
        usable.set(victim, 1);
        // A machine that is busy may have frozen it for so long that a replica has taken over.
        RedisServer next = master(servers, sentinels);
        boolean moved = next.port() != known;
        if (moved) {
            awaitAll(sentinels);
            next = master(servers, sentinels);
        }
        known = next.port();
        failovers += moved ? 1 : 0;
        int[] before = since;
        int[] after = snapshot();
        since = after;
        for (int i = 0; i < BUDGETS; i++) {
            boolean lost = moved && after[i] > before[i];
            allowed[i] += lost ? after[i] - before[i] + PARTS : 0;
            allowed[i] += round.redis() == OfRedis.FLUSHED ? PARTS : 0;
        }
    }

    private static RedisServer master(List<RedisServer> servers, RedisSentinels sentinels) {
        int port = sentinels.master();
        return servers.stream()
                .filter(server -> server.port() == port)
                .findFirst()
                .orElseThrow();
    }

    private void begin(OfNode fault, int victim) {
        if (fault == OfNode.NOTHING) {
            return;
        }
        usable.set(victim, 0);
        if (fault == OfNode.KILLED) {
            kills++;
            nodes[victim].process().kill();
        } else {
            pauses++;
            nodes[victim].process().signal("STOP");
        }
    }

    private void begin(OfRedis fault, RedisServer master, RedisSentinels sentinels) {
        if (fault == OfRedis.FROZEN) {
            freezes++;
            master.freeze();
        } else if (fault == OfRedis.FLUSHED) {
            flushes++;
            master.say("FLUSHALL");
        } else if (fault == OfRedis.FAILED_OVER && replicas(master) > 1) {
            sentinels.failOver();
            Awaitility.await().atMost(SOON).until(() -> sentinels.master() != master.port());
        }
    }

    /** Uses up what is left of all budgets that were begun, at all nodes. Returns how many these are. */
    private int sweep(FakeUpstream upstream) {
        int begun = Math.min(BUDGETS, current.get() + 1);
        for (int i = 0; i < begun; i++) {
            upstream.reset();
            String budget = Integer.toString(i);
            int inSuccession = 0;
            for (int asked = 0; inSuccession < NODES; asked++) {
                Deployment node = nodes[asked % NODES];
                Answer answer = Awaitility.await()
                        .atMost(SOON)
                        .until(
                                () -> RawClient.exchange(
                                        node.forward("keyed", CHAT), "POST", head(budget, true), QUESTION),
                                told -> told.status() != 503);
                inSuccession = answer.status() == 200 ? 0 : inSuccession + 1;
            }
        }
        return begun;
    }

    private static String head(String budget, boolean last) {
        return "Content-Type: application/json\r\n%s: %s\r\nAuthorization: Bearer sk-%s-0001\r\n%s"
                .formatted(BUDGET_HEADER, budget, budget, last ? "Connection: close\r\n" : "");
    }

    private void tell(double elapsed, int swept) {
        int unused = 0;
        int beyond = 0;
        int most = 0;
        for (int i = 0; i < swept; i++) {
            unused += Math.max(0, BUDGET - passed.get(i));
            beyond += Math.max(0, passed.get(i) - BUDGET);
            most = Math.max(most, passed.get(i));
        }
        long mostOfRate =
                Math.round(RATE * elapsed) + (long) RATE * (1 + flushes + failovers) + (long) RATE / NODES * kills;
        String told =
                ("%.0f s, seed %d: %d nodes killed, %d paused, Redis %d times frozen, %d flushed, %d failed over; %d budgets of %d: %d"
                                + " unused (%.2f %%), %d beyond (%.2f %%), at most %d of one; %d of the rate, %.0f by the clock; answers %s")
                        .formatted(
                                elapsed,
                                SEED,
                                kills,
                                pauses,
                                freezes,
                                flushes,
                                failovers,
                                swept,
                                BUDGET,
                                unused,
                                100.0 * unused / (swept * BUDGET),
                                beyond,
                                100.0 * beyond / (swept * BUDGET),
                                most,
                                passedOfRate.get(),
                                RATE * elapsed,
                                answers);
        System.out.println(told);
        for (int i = 0; i < swept; i++) {
            assertThat(passed.get(i)).as("budget %d; %s", i, told).isLessThanOrEqualTo(BUDGET + allowed[i]);
        }
        // What a node had ahead that was killed stays used.
        assertThat(unused).as(told).isLessThanOrEqualTo((swept + kills) * BUDGET / 20);
        assertThat((long) passedOfRate.get()).as(told).isBetween(1L, mostOfRate);
        assertThat(answers.keySet()).as(told).isSubsetOf("200", "429", "503", "broken");
    }

    /** Asks nodes as a load balancer spreads it, which leaves out those that are dead or do not answer. */
    private final class Client implements Runnable {
        private final Random choice;
        private final @Nullable RawClient[] kept = new RawClient[NODES];

        Client(Random choice) {
            this.choice = choice;
        }

        @Override
        public void run() {
            while (!over) {
                int node = choice.nextInt(NODES);
                if (usable.get(node) == 1) {
                    int now = Math.min(BUDGETS - 1, current.get());
                    int kind = choice.nextInt(10);
                    // Now and then one that is used up.
                    int budget = kind == 0 ? choice.nextInt(now + 1) : now;
                    count(ask(node, kind < 7 ? Integer.toString(budget) : "rate"), kind < 7 ? budget : -1);
                }
                LockSupport.parkNanos(Duration.ofMillis(choice.nextInt(8)).toNanos());
            }
            for (int i = 0; i < NODES; i++) {
                drop(i);
            }
        }

        private String ask(int node, String budget) {
            try {
                RawClient client = kept[node] == null ? RawClient.connect(nodes[node].forward("keyed")) : kept[node];
                kept[node] = client;
                Answer answer =
                        client.send("POST", CHAT, head(budget, false), QUESTION).answer();
                if (!answer.whole() || answer.header("Connection").equalsIgnoreCase("close")) {
                    drop(node);
                }
                return answer.whole() ? Integer.toString(answer.status()) : "broken";
            } catch (UncheckedIOException e) {
                drop(node);
                return "broken";
            }
        }

        private void count(String answer, int budget) {
            answers.computeIfAbsent(answer, unused -> new LongAdder()).increment();
            if (budget >= 0 && answer.equals("429") && refused.incrementAndGet(budget) == ENOUGH) {
                current.compareAndSet(budget, budget + 1);
            }
        }

        private void drop(int node) {
            RawClient client = kept[node];
            kept[node] = null;
            if (client != null) {
                client.close();
            }
        }
    }
}
