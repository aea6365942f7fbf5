package io.llmproxy.balance;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.balance.Load.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What affinity is for: five upstreams, each of which keeps the prefixes that it has seen last. Sixty clients ask all the time, for
 * a few prefixes much more often than for others, each request for a time of its own.
 */
final class PrefixCachesTest {
    private static final int UPSTREAMS = 5;
    private static final int CACHED = 150;
    private static final int PREFIXES = 400;
    private static final int CLIENTS = 60;
    private static final int REQUESTS = 40_000;
    private static final double BOUND = 1.25;

    private final List<Member> members = Balancers.alike(UPSTREAMS);
    private final BoundedHash hash = new BoundedHash(List.of("a", "b", "c", "d", "e"), members, BOUND);
    private final List<Cache> caches =
            IntStream.range(0, UPSTREAMS).mapToObj(index -> new Cache()).toList();
    private final SplittableRandom random = new SplittableRandom(5);
    private final Set<Integer> seen = new HashSet<>();
    private final int[] counts = new int[UPSTREAMS];
    private int hits;
    private int possible;

    /** The prefixes that an upstream keeps, the one that was used last at the end. */
    private static final class Cache extends LinkedHashMap<Integer, Boolean> {
        private static final long serialVersionUID = 1;

        Cache() {
            super(16, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Boolean> eldest) {
            return size() > CACHED;
        }
    }

    private record Request(int member, long end) {}

    /** A prefix is asked for twice as often as the one of twice its number. */
    private int prefix() {
        return (int) Math.pow(PREFIXES, random.nextDouble());
    }

    private void run(IntPredicate[] selectable) {
        PriorityQueue<Request> running = new PriorityQueue<>(Comparator.comparingLong(Request::end));
        long now = 0;
        for (int sent = 0; sent < REQUESTS; sent++) {
            if (running.size() == CLIENTS) {
                Request ended = running.remove();
                now = ended.end;
                members.get(ended.member).load().finished(now, 1, Outcome.SUCCESS);
            }
            int phase = sent * selectable.length / REQUESTS;
            ask(prefix(), selectable[phase]);
            running.add(new Request(last, now + random.nextLong(500, 1500)));
        }
    }

    private int last;

    private void ask(int prefix, IntPredicate selectable) {
        last = hash.pick(prefix * 0x9e3779b97f4a7c15L, selectable);
        assertThat(selectable.test(last)).isTrue();
        members.get(last).load().started();
        counts[last]++;
        assertThat(members.get(last).load().inFlight()).isLessThanOrEqualTo(most(selectable));
        possible += seen.add(prefix) ? 0 : 1;
        hits += caches.get(last).put(prefix, true) == null ? 0 : 1;
    }

    /** What an upstream may have in flight: 1.25 times the mean of those that can be asked, and no fraction of a request. */
    private int most(IntPredicate selectable) {
        int[] up = IntStream.range(0, UPSTREAMS).filter(selectable).toArray();
        int inFlight = IntStream.of(up)
                .map(index -> members.get(index).load().inFlight())
                .sum();
        return (int) Math.ceil(BOUND * inFlight / up.length);
    }

    @Test
    void requestsFindTheirPrefixAndNoUpstreamIsOverloaded() {
        run(new IntPredicate[] {Balancers.ALL});

        assertThat(hits).isGreaterThanOrEqualTo((int) (0.9 * possible));
        for (int count : counts) {
            assertThat(count).isLessThanOrEqualTo((int) (BOUND * REQUESTS / UPSTREAMS));
        }
    }

    @Test
    void theyDoSoWhileUpstreamsComeAndGo() {
        List<IntPredicate> phases = new ArrayList<>();
        for (int round = 0; round < 5; round++) {
            int absent = round;
            phases.add(Balancers.ALL);
            phases.add(Balancers.allBut(absent));
            phases.add(Balancers.allBut(absent, (absent + 2) % UPSTREAMS));
        }

        run(phases.toArray(IntPredicate[]::new));

        assertThat(hits).isGreaterThanOrEqualTo((int) (0.9 * possible));
    }

    @Test
    void withoutAffinityTheyFindItLessOften() {
        LoadBalancer turns = new RoundRobin(UPSTREAMS);
        int found = 0;
        for (int request = 0; request < REQUESTS; request++) {
            int picked = turns.pick(Balancers.ALL, 0);
            found += caches.get(picked).put(prefix(), true) == null ? 0 : 1;
        }
        run(new IntPredicate[] {Balancers.ALL});

        assertThat(hits).isGreaterThan(found);
    }
}
