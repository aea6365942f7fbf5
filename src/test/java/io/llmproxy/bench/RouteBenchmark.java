package io.llmproxy.bench;

import io.llmproxy.route.PathPattern;
import io.llmproxy.route.RouteTable;
import io.llmproxy.route.RouteTable.Route;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
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
import org.openjdk.jmh.annotations.Warmup;

/** What a lookup costs by the number of routes: it should not matter. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class RouteBenchmark {
    /** How many routes there are. */
    @Param({"10", "1000"})
    public int routes;

    private RouteTable<Integer> table;

    /** Makes routes of all kinds. */
    @Setup
    public void setUp() {
        table = RouteTable.of(IntStream.range(0, routes)
                .mapToObj(index -> new Route<>(PathPattern.compile(pattern(index)), index))
                .toList());
    }

    private static String pattern(int index) {
        return switch (index % 5) {
            case 0 -> "/tenant" + index + "/v1/chat/completions";
            case 1 -> "/tenant" + index + "/v1/models/:model";
            case 2 -> "/tenant" + index + "/v1/files/{id:[0-9]+}/content";
            case 3 -> "/tenant" + index + "/*";
            default -> "/:tenant/region" + index + "/*";
        };
    }

    /** A path that is a pattern. */
    @Benchmark
    public @Nullable Integer exact() {
        return table.lookup("/tenant5/v1/chat/completions");
    }

    /** A path with a parameter. */
    @Benchmark
    public @Nullable Integer param() {
        return table.lookup("/tenant6/v1/models/gpt-4o");
    }

    /** A path with a segment that an expression matches. */
    @Benchmark
    public @Nullable Integer regex() {
        return table.lookup("/tenant7/v1/files/12345/content");
    }

    /** A path whose first segment leads nowhere. */
    @Benchmark
    public @Nullable Integer backtracked() {
        return table.lookup("/tenant6/region9/chat/completions");
    }

    /** A path that nothing matches. */
    @Benchmark
    public @Nullable Integer unknown() {
        return table.lookup("/v1/chat/completions");
    }
}
