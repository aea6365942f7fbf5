package io.llmproxy.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.LimitConfig.Mode;
import io.llmproxy.config.LimitConfig.OnStoreLoss;
import io.llmproxy.config.LimitConfig.Period;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Many nodes, one store, virtual time: how much they use together, how much is left unused, and how often the store is asked. */
class LeaseSimulationTest {
    private static final Duration STEP = Duration.ofMillis(5);
    private static final Duration TICK = Duration.ofMillis(200);
    private static final long START = Instant.parse("2026-11-29T10:00:00Z").toEpochMilli();

    /** All nodes and their store. A call takes a step there and back. */
    private static final class World {
        final Random random;
        final LeaseModel store = new LeaseModel();
        final List<Node> nodes = new ArrayList<>();
        final LimitConfig config;
        long nanos = 1;
        long calls;
        long used;
        long asked;
        long mostAtOnce;
        boolean away;
        /** How long requests take at most, besides the second that they take at least. */
        Duration longest = Duration.ZERO;

        World(int count, LimitConfig config, long seed) {
            this.random = new Random(seed);
            this.config = config;
            for (int i = 0; i < count; i++) {
                nodes.add(new Node(this, "node-" + i));
            }
        }

        Moment now() {
            return new Moment(nanos, START + TimeUnit.NANOSECONDS.toMillis(nanos));
        }

        /** Lets time pass; each node gets requests at random, so many a second on average, each of an amount. */
        void run(Duration time, double perSecond, int amount, double usedPart) {
            double perStep = perSecond * STEP.toNanos() / TimeUnit.SECONDS.toNanos(1);
            for (long end = nanos + time.toNanos(); nanos < end; nanos += STEP.toNanos()) {
                long before = used;
                for (Node node : nodes) {
                    node.step(perStep, amount, usedPart);
                }
                mostAtOnce = Math.max(mostAtOnce, used - before);
            }
        }
    }

    private static final class Node implements LeaseStore {
        private final World world;
        private final String name;
        private final LeasedAllowance allowance;
        private final Queue<CompletableFuture<Take>> waiting = new ArrayDeque<>();
        private final Queue<Long> toSettle = new PriorityQueue<>();
        private @Nullable LeaseCall inFlight;
        private @Nullable LeaseReply reply;
        private long nextTick;
        private boolean woken;
        private boolean watched;
        private boolean dead;

        Node(World world, String name) {
            this.world = world;
            this.name = name;
            this.nextTick = world.nanos + (long) (world.random.nextDouble() * TICK.toNanos());
            this.allowance =
                    new LeasedAllowance("limit", Terms.of(world.config), world.config.units(), this, world.now());
        }

        void step(double perStep, int amount, double usedPart) {
            if (dead) {
                return;
            }
            speak();
            settle(amount, usedPart);
            for (double left = perStep; world.random.nextDouble() < left; left--) {
                world.asked += amount;
                long size = world.config.units();
                Take take = allowance.take(amount, size, world.now());
                if (take == Take.ASK) {
                    waiting.add(allowance.ask(amount, size, world.now()));
                } else if (take == Take.TAKEN) {
                    toSettle.add(ends());
                }
            }
        }

        private long ends() {
            long more = (long) (world.random.nextDouble() * world.longest.toNanos());
            return world.nanos + TimeUnit.SECONDS.toNanos(1) + more;
        }

        /** As the thread does that speaks with Redis: a limit that rests is asked no more until it wakes the store. */
        private boolean speaks() {
            boolean ticks = watched && world.nanos >= nextTick;
            if (ticks) {
                nextTick += TICK.toNanos();
                watched = woken || !allowance.rests(world.now());
            }
            boolean speaks = woken || (ticks && watched);
            watched |= woken;
            woken = false;
            return speaks;
        }

        private void speak() {
            LeaseCall said = inFlight;
            LeaseReply heard = reply;
            inFlight = null;
            if (said != null && heard != null) {
                allowance.answered(said, heard, world.now());
            }
            if (world.away) {
                allowance.failed(null, world.now());
            } else if (speaks()) {
                LeaseCall call = allowance.call(world.now(), false);
                if (call != null) {
                    world.calls++;
                    inFlight = call;
                    reply = world.store.answer(name, call, TimeUnit.NANOSECONDS.toMicros(world.nanos));
                }
            }
        }

        private void settle(int amount, double usedPart) {
            while (!waiting.isEmpty() && waiting.element().isDone()) {
                if (waiting.remove().join() == Take.TAKEN) {
                    toSettle.add(ends());
                }
            }
            while (!toSettle.isEmpty() && toSettle.element() <= world.nanos) {
                toSettle.remove();
                long spent = Math.round(amount * usedPart);
                world.used += spent;
                allowance.settle(amount, spent, world.config.units(), world.now(), world.now());
            }
        }

        @Override
        public boolean isThere() {
            return !world.away;
        }

        @Override
        public int nodes() {
            return world.nodes.size();
        }

        @Override
        public boolean nodesAreGiven() {
            return false;
        }

        @Override
        public long offset() {
            return 0;
        }

        @Override
        public void wake(Leased limit) {
            woken = true;
        }
    }

    private static LimitConfig limit(Metric metric, Period per, double amount, OnStoreLoss loss) {
        return new LimitConfig(metric, per, amount, List.of(), null, Mode.ENFORCE, loss, List.of());
    }

    @Test
    void aThousandNodesUseWhatThereIsAndNoMore() {
        LimitConfig perMinute = limit(Metric.REQUESTS, Period.MINUTE, 300_000, OnStoreLoss.SHARE);
        World world = new World(1_000, perMinute, 42);

        world.run(Duration.ofSeconds(90), 10, 1, 1);

        // 10,000 a second are asked for; a bucket of a minute and 90 seconds' refill are there.
        double most = 300_000 * (1 + 90 / 60.0);
        assertThat(world.asked).isGreaterThan((long) most);
        assertThat((double) world.used).isLessThanOrEqualTo(most).isGreaterThan(0.95 * most);
        // While much is left, each node asks about once in the time for which it takes ahead; at the end, for each
        // request.
        assertThat(world.calls / 90.0).as("calls a second").isLessThan(12_000);
    }

    @Test
    void whereThereIsEnoughTheStoreIsSeldomAsked() {
        LimitConfig perMinute = limit(Metric.TOTAL, Period.MINUTE, 1e9, OnStoreLoss.SHARE);
        World world = new World(1_000, perMinute, 43);

        world.run(Duration.ofSeconds(60), 10, 1_000, 0.5);

        assertThat((double) world.used).isGreaterThan(0.48 * world.asked);
        // A call for each node and five seconds, and those that tell what was left over.
        assertThat(world.calls / 60.0).as("calls a second").isLessThan(1_500);
    }

    @Test
    void aBudgetIsNeverExceededAndHardlyAnythingOfItIsLeft() {
        LimitConfig budget = limit(Metric.COST, Period.MONTH, 0.002, OnStoreLoss.CLOSED);
        World world = new World(100, budget, 44);

        world.run(Duration.ofMinutes(4), 10, 100, 0.4);

        assertThat(world.used).isLessThanOrEqualTo(2_000_000).isGreaterThan((long) (0.95 * 2_000_000));
        assertThat(world.asked).isGreaterThan(2_000_000);
    }

    @Test
    void streamsThatOutlastAllElseArePaidForByAll() {
        LimitConfig budget = limit(Metric.COST, Period.MONTH, 0.01, OnStoreLoss.CLOSED);
        World world = new World(20, budget, 48);
        world.longest = Duration.ofSeconds(55);
        // Each uses fifty times what was reserved for it.
        world.run(Duration.ofSeconds(5), 1, 1, 50);
        world.run(Duration.ofSeconds(90), 0, 1, 50);

        assertThat(world.used).isGreaterThan(2_000);
        LeaseCall look = new LeaseCall("limit:2026-11", LeaseCall.Kind.WINDOW, 10_000_000, 0, 0, 0, 0, 0, 0, 0);
        assertThat(world.store.answer("other", look, 0).used()).isEqualTo(world.used);
    }

    @Test
    void nodesThatDieTakeNoMoreWithThemThanTheyHad() {
        LimitConfig perMinute = limit(Metric.REQUESTS, Period.MINUTE, 60_000, OnStoreLoss.SHARE);
        World world = new World(100, perMinute, 45);
        world.run(Duration.ofSeconds(60), 20, 1, 1);
        world.nodes.subList(0, 50).forEach(node -> node.dead = true);
        world.run(Duration.ofSeconds(60), 40, 1, 1);

        double most = 60_000 * 3;
        assertThat((double) world.used).isLessThanOrEqualTo(most).isGreaterThan(0.95 * most);
    }

    @Test
    void withoutTheStoreEachNodeHasItsShare() {
        LimitConfig perMinute = limit(Metric.REQUESTS, Period.MINUTE, 60_000, OnStoreLoss.SHARE);
        World world = new World(100, perMinute, 46);
        world.run(Duration.ofSeconds(60), 20, 1, 1);
        world.away = true;
        world.run(Duration.ofSeconds(60), 20, 1, 1);
        world.away = false;
        world.run(Duration.ofSeconds(60), 20, 1, 1);

        // What nodes had when it went, at most a twentieth, may be used besides.
        double most = 60_000 * 4;
        assertThat((double) world.used).isLessThanOrEqualTo(1.05 * most).isGreaterThan(0.9 * most);
    }

    @Test
    void aStoreThatForgetsIsToldWhatWasUsed() {
        LimitConfig budget = limit(Metric.REQUESTS, Period.MONTH, 150_000, OnStoreLoss.CLOSED);
        World world = new World(10, budget, 47);
        world.run(Duration.ofMinutes(20), 10, 1, 1);
        world.store.flush();
        world.run(Duration.ofMinutes(10), 10, 1, 1);

        // The one that speaks first had last heard of it a minute before.
        assertThat((double) world.used).isLessThanOrEqualTo(1.08 * 150_000).isGreaterThan(0.95 * 150_000);
    }
}
