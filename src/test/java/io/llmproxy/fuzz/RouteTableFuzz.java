package io.llmproxy.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.llmproxy.route.PathPattern;
import io.llmproxy.route.Route;
import io.llmproxy.route.RouteTable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever the patterns, each is legal or not, and the table finds the one that a look at all of them would. */
final class RouteTableFuzz {
    private static final int MOST = 2000;

    static Stream<byte[]> seeds() {
        return Stream.of(
                        "/v1/chat/completions\n/v1/chat/completions\n/v1/*\n/*",
                        "/v1/models/gpt-4o\n/v1/models/:name\n/v1/models/{id:gpt-.*}\n/v1/*/gpt-4o\n/:v/models/*",
                        "/a/b/\n/a/*\n/a/b*\n/a/{[a-z]+}/\n/{x:a|b}/b/",
                        "//\n/*\n/:a/:b\n/{.*}/{.*}",
                        "/a\n/{(a{1,100}){1,100}}",
                        "/x\n/x{1}y\n/{:}\n{\n/**\n/a*b")
                .map(seed -> seed.getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "1m")
    void findsTheBestOfThosePatternsThatMatch(byte[] data) {
        String[] lines = new String(data, 0, Math.min(data.length, MOST), StandardCharsets.UTF_8).split("\n", -1);
        String path = lines[0];
        List<Route<String>> routes = new ArrayList<>();
        Set<String> known = new HashSet<>();
        for (int i = 1; i < lines.length; i++) {
            if (known.add(lines[i])) {
                addIfLegal(lines[i], routes);
            }
        }

        // Of equals the first wins, as it does in a stream's min.
        String best = routes.stream()
                .filter(route -> pattern(route).matches(path))
                .reduce((one, other) ->
                        PathPattern.MOST_SPECIFIC_FIRST.compare(pattern(one), pattern(other)) <= 0 ? one : other)
                .map(Route::target)
                .orElse("");
        RouteTable<String>.Lookup lookup = RouteTable.of(routes, "").lookup(null, path, header -> List.of());
        assertThat(lookup.resolve(null)).isEqualTo(new RouteTable.Match<>(best, path));
    }

    private static PathPattern pattern(Route<String> route) {
        return Objects.requireNonNull(route.path());
    }

    private static void addIfLegal(String text, List<Route<String>> routes) {
        try {
            routes.add(new Route<>(null, PathPattern.compile(text), null, null, text));
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageContaining("expected");
        }
    }
}
