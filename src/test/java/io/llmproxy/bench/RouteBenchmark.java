package io.llmproxy.bench;

import io.llmproxy.config.HostPattern;
import io.llmproxy.net.PathPattern;
import io.llmproxy.route.Route;
import io.llmproxy.route.RouteTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
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
        List<Route<Integer>> all = new ArrayList<>();
        for (int index = 0; index < routes; index++) {
            all.add(new Route<>(null, PathPattern.compile(pattern(index)), null, null, index));
            all.add(new Route<>(host(index), null, null, null, index));
        }
        table = RouteTable.of(all, -1);
    }

    private static HostPattern host(int index) {
        String name = "tenant" + index + ".example";
        return HostPattern.parse(index % 2 == 0 ? name + "/v1" : "*." + name).orElseThrow();
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
    public Integer exact() {
        return lookup("gateway.example", "/tenant5/v1/chat/completions");
    }

    /** A path with a parameter. */
    @Benchmark
    public Integer param() {
        return lookup("gateway.example", "/tenant6/v1/models/gpt-4o");
    }

    /** A path with a segment that an expression matches. */
    @Benchmark
    public Integer regex() {
        return lookup("gateway.example", "/tenant7/v1/files/12345/content");
    }

    /** A path whose first segment leads nowhere. */
    @Benchmark
    public Integer backtracked() {
        return lookup("gateway.example", "/tenant6/region9/chat/completions");
    }

    /** A path that nothing matches. */
    @Benchmark
    public Integer unknown() {
        return lookup("gateway.example", "/v1/chat/completions");
    }

    /** A host that a wildcard stands for. */
    @Benchmark
    public Integer wildcard() {
        return lookup("a.b.tenant5.example:8443", "/v1/chat/completions");
    }

    /** A host whose prefix is removed. */
    @Benchmark
    public Integer prefix() {
        return lookup("tenant6.example", "/v1/chat/completions");
    }

    private Integer lookup(String host, String path) {
        return Objects.requireNonNull(
                        table.lookup(host, List.of(path), header -> List.of()).resolve(null))
                .target();
    }
}
