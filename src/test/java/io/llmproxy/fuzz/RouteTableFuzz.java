package io.llmproxy.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.llmproxy.net.PathPattern;
import io.llmproxy.route.Route;
import io.llmproxy.route.RouteTable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
        Map<String, PathPattern> patterns = new LinkedHashMap<>();
        for (int i = 1; i < lines.length; i++) {
            addIfLegal(lines[i], patterns);
        }
        // No method of this class may have a route as its parameter: then JUnit would load that record before Jazzer
        // looks at
        // it, and Java 17 loses the fields of such a record when it is instrumented later.
        List<Route<String>> routes = new ArrayList<>();
        for (PathPattern pattern : patterns.values()) {
            routes.add(new Route<>(null, pattern, null, null, pattern.toString()));
        }

        // Of equals the first wins, as it does in a stream's min.
        String best = patterns.values().stream()
                .filter(pattern -> pattern.matches(path))
                .reduce((one, other) -> PathPattern.MOST_SPECIFIC_FIRST.compare(one, other) <= 0 ? one : other)
                .map(PathPattern::toString)
                .orElse("");
        RouteTable<String>.Lookup lookup = RouteTable.of(routes, "").lookup(null, List.of(path), header -> List.of());
        assertThat(lookup.resolve(null)).isEqualTo(new RouteTable.Match<>(best, path));
    }

    private static void addIfLegal(String text, Map<String, PathPattern> patterns) {
        try {
            patterns.putIfAbsent(text, PathPattern.compile(text));
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageContaining("expected");
        }
    }
}
