package io.llmproxy.route;

import io.llmproxy.config.HostPattern;
import io.llmproxy.net.PathPattern;
import io.llmproxy.testing.Growth;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** What a client sends costs no more than in proportion to its size, whatever it is. */
final class RequestCostTest {
    private static final int SIZE = 2 * 1024;

    private static RouteTable<String> table() {
        List<Route<String>> routes = new ArrayList<>();
        for (String path : List.of(
                "/a/*",
                "/:a/:b/a",
                "/:a/*",
                "/{(a|aa)+}/a",
                "/*/*/*/{(a*)*}/a",
                "/a/a/a/*",
                "/{x:.*a.*a.*a}/*",
                "/a/:b/a/*")) {
            for (String host : List.of("example.org", "*.example.org", "*.org")) {
                routes.add(new Route<>(
                        HostPattern.parse(host).orElseThrow(), PathPattern.compile(path), null, null, host + path));
            }
        }
        return RouteTable.of(routes, null);
    }

    private static void cost(IntFunction<String> host, IntFunction<String> path) {
        RouteTable<String> table = table();
        IntFunction<Runnable> work = size -> {
            String asked = host.apply(size);
            List<String> readings = List.of(path.apply(size), path.apply(size) + "/");
            return () -> table.lookup(asked, readings, name -> List.of()).resolve(null);
        };
        Growth.ofAllocation(SIZE, work);
        Growth.ofCpu(SIZE, work);
    }

    @Test
    void aPathCostsAsMuchAsItIsLong() {
        for (String part : List.of("/a", "a", "/", "/aa", "%41")) {
            cost(size -> "x.example.org", size -> "/a" + part.repeat(size / part.length()));
        }
    }

    @Test
    void aHostCostsAsMuchAsItIsLong() {
        for (String part : List.of("a.", ".", ":", "]", "1", ":1")) {
            cost(size -> part.repeat(size / part.length()) + "example.org", size -> "/a/b");
            cost(size -> "example.org" + part.repeat(size / part.length()), size -> "/a/b");
        }
    }
}
