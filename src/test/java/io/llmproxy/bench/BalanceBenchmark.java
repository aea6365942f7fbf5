package io.llmproxy.bench;

import io.llmproxy.balance.Load;
import io.llmproxy.balance.LoadBalancer;
import io.llmproxy.balance.Member;
import io.llmproxy.config.BalanceConfig.Strategy;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** What a pick costs by strategy, among 100 members of which one in ten is not selectable. To be at most 1 µs. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class BalanceBenchmark {
    private static final int MEMBERS = 100;

    /** How to choose. */
    @Param
    public Strategy strategy;

    private final boolean[] healthy = new boolean[MEMBERS];
    private final IntPredicate selectable = this::isHealthy;
    private List<Member> members;
    private LoadBalancer balancer;

    /** Makes members that were all tried. */
    @Setup
    public void setUp() {
        members = IntStream.range(0, MEMBERS)
                .mapToObj(index -> new Member(new Load(), 1 + index % 5))
                .toList();
        for (int index = 0; index < MEMBERS; index++) {
            healthy[index] = index % 10 != 0;
            Load load = members.get(index).load();
            load.started();
            load.responded(1_000_000L + index);
            load.finished(0, 2_000_000L + index, Load.Outcome.SUCCESS);
        }
        balancer = LoadBalancer.of(strategy, members);
    }

    private boolean isHealthy(int index) {
        return healthy[index];
    }

    /** A pick by itself. */
    @Benchmark
    public int pick() {
        return balancer.pick(selectable, 1);
    }

    /** A pick while another thread picks. */
    @Benchmark
    @Threads(2)
    public int pickContended() {
        return balancer.pick(selectable, 1);
    }

    /** All that a request asks of its balancer and its load. */
    @Benchmark
    public int serve() {
        int picked = balancer.pick(selectable, 1);
        Load load = members.get(picked).load();
        load.started();
        load.responded(1_000_000);
        load.finished(1, 2_000_000, Load.Outcome.SUCCESS);
        return picked;
    }
}
