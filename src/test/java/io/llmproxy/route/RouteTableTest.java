package io.llmproxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.HostPattern;
import io.llmproxy.config.RouteHeaderConfig;
import io.llmproxy.net.PathPattern;
import io.llmproxy.testing.Allocation;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RouteTableTest {
    /** Bytes for the look-up, what is asked, each segment of the path as it is compared, and the match. */
    private static final double LOOKUP = 600;

    private RouteTable.@Nullable Match<String> match;

    @Test
    void anEmptyTableLeadsNowhere() {
        Paths table = table();

        assertThat(table.lookup("/")).isNull();
        assertThat(table.lookup("/api")).isNull();
    }

    @Test
    void exactPathsAreFound() {
        Paths table = table("/", "/api", "/api/v1");

        assertThat(table.lookup("/")).isEqualTo("/");
        assertThat(table.lookup("/api")).isEqualTo("/api");
        assertThat(table.lookup("/api/v1")).isEqualTo("/api/v1");
        assertThat(table.lookup("/api/v3")).isNull();
        assertThat(table.lookup("/ap")).isNull();
        assertThat(table.lookup("")).isNull();
        assertThat(table.lookup("*")).isNull();
    }

    @Test
    void parametersAreExactlyOneSegmentEach() {
        Paths table = table("/users/:id", "/users/:id/posts/:post");

        assertThat(table.lookup("/users/1")).isEqualTo("/users/:id");
        assertThat(table.lookup("/users/1/posts/2")).isEqualTo("/users/:id/posts/:post");
        assertThat(table.lookup("/users")).isNull();
        assertThat(table.lookup("/users/")).isNull();
        assertThat(table.lookup("/users/1/posts")).isNull();
        assertThat(table.lookup("/users/1/posts/2/3")).isNull();
    }

    @Test
    void wildcardsAreOneSegmentOrAllTheRest() {
        Paths table = table("/files/*", "/api/*/docs");

        assertThat(table.lookup("/files/a")).isEqualTo("/files/*");
        assertThat(table.lookup("/files/a/b/c.txt")).isEqualTo("/files/*");
        assertThat(table.lookup("/files/")).isEqualTo("/files/*");
        assertThat(table.lookup("/files")).isNull();
        assertThat(table.lookup("/api/v1/docs")).isEqualTo("/api/*/docs");
        assertThat(table.lookup("/api/v2/docs")).isEqualTo("/api/*/docs");
        assertThat(table.lookup("/api/v1/documents")).isNull();
    }

    @Test
    void expressionsMatchWholeSegments() {
        String code = "/code/{code:[A-Z][A-Z][A-Z][0-9][0-9][0-9]}";
        Paths table = table("/users/{id:[0-9]+}", code);

        assertThat(table.lookup("/users/123")).isEqualTo("/users/{id:[0-9]+}");
        assertThat(table.lookup("/users/abc")).isNull();
        assertThat(table.lookup("/code/ABC123")).isEqualTo(code);
        assertThat(table.lookup("/code/abc123")).isNull();
        assertThat(table.lookup("/code/ABC12")).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "/api/users, /api/users",
        "/api/42, /api/{id:[0-9]+}",
        "/api/other, /api/:name",
        "/api/other/more, /api/*",
        "/api/, /api/*",
        "/x/y, /*",
    })
    void theMoreSpecificWinsInWhateverOrderTheyAreGiven(String path, String expected) {
        List<String> patterns = List.of("/*", "/api/*", "/api/:name", "/api/{id:[0-9]+}", "/api/users");

        assertThat(table(patterns).lookup(path)).isEqualTo(expected);
        assertThat(table(reversed(patterns)).lookup(path)).isEqualTo(expected);
    }

    @Test
    void kindsMayBeMixed() {
        Paths table = table("/api/:version/users/{id:[0-9]+}/profile");

        assertThat(table.lookup("/api/v1/users/7/profile")).isNotNull();
        assertThat(table.lookup("/api/v1/users/abc/profile")).isNull();
        assertThat(table.lookup("/api/v1/users/7")).isNull();
    }

    @Test
    void aStaticSegmentThatLeadsNowhereIsGivenUp() {
        Paths table = table("/api/users/admin", "/api/users/:id", "/api/:kind/:id/x", "/api/users/:id/y");

        assertThat(table.lookup("/api/users/admin")).isEqualTo("/api/users/admin");
        assertThat(table.lookup("/api/users/alice")).isEqualTo("/api/users/:id");
        assertThat(table.lookup("/api/users/a")).isEqualTo("/api/users/:id");
        assertThat(table.lookup("/api/users/1/x")).isEqualTo("/api/:kind/:id/x");
        assertThat(table.lookup("/api/users/1/y")).isEqualTo("/api/users/:id/y");
        assertThat(table.lookup("/api/users/1/z")).isNull();
    }

    @Test
    void moreStaticSegmentsCountForMoreThanEarlierOnes() {
        assertThat(table("/a/:x/:y", "/:x/b/c").lookup("/a/b/c")).isEqualTo("/:x/b/c");
        assertThat(table("/:x/b", "/a/:x").lookup("/a/b")).isEqualTo("/a/:x");
        assertThat(table("/*", "/a*", "/ab*").lookup("/abc/d")).isEqualTo("/ab*");
    }

    @Test
    void theFirstOfEqualsWins() {
        assertThat(table("/:first", "/:b").lookup("/x")).isEqualTo("/:first");
        assertThat(table("/{a:[a-z]}", "/{longer:[a-y]}").lookup("/x")).isEqualTo("/{a:[a-z]}");
        assertThat(table("/{b:[a-y]}", "/{a:[a-z]}").lookup("/x")).isEqualTo("/{b:[a-y]}");
        assertThat(table("/{a:x}", "/{b:[x]}").lookup("/x")).isEqualTo("/{b:[x]}");
    }

    @Test
    void longPathsAreFine() {
        String deep = "/a".repeat(1000);
        Paths table = table(deep + "/:id", "/:x/*", "/{evil:(a+)+$}");

        assertThat(table.lookup(deep + "/1")).isEqualTo(deep + "/:id");
        assertThat(table.lookup(deep + "/1/2")).isEqualTo("/:x/*");
        assertThat(table.lookup("/".repeat(2000))).isNull();
        Assertions.assertTimeout(
                Duration.ofSeconds(2),
                () -> assertThat(table.lookup("/" + "a".repeat(2000) + "!")).isNull());
    }

    @Test
    void agreesWithTryingEveryPattern() {
        SplittableRandom random = new SplittableRandom(17);
        int found = 0;
        for (int round = 0; round < 2000; round++) {
            List<String> patterns = Stream.generate(() -> randomPattern(random))
                    .limit(random.nextInt(1, 15))
                    .distinct()
                    .toList();
            Paths table = table(patterns);
            NaiveRouter naive = new NaiveRouter(patterns);
            for (int each = 0; each < 50; each++) {
                String path = randomPath(random);
                String expected = naive.lookup(path);
                assertThat(table.lookup(path)).as("%s among %s", path, patterns).isEqualTo(expected);
                assertThat(patterns.stream()
                                .map(PathPattern::compile)
                                .filter(pattern -> pattern.matches(path))
                                .map(PathPattern::toString))
                        .containsExactlyElementsOf(naive.matching(path));
                found += expected == null ? 0 : 1;
            }
        }
        assertThat(found).isBetween(20_000, 80_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 1000})
    void aLookupAllocatesLittleHoweverManyRoutesThereAre(int routes) {
        RouteTable<String> table = table(IntStream.range(0, routes)
                        .mapToObj(index -> "/tenant" + index + "/v1/:kind/*")
                        .toList())
                .table();

        List<String> path = List.of("/tenant7/v1/chat/completions");

        assertThat(Allocation.perCall(
                        10_000,
                        () -> match = table.lookup("a.test", path, header -> List.of())
                                .resolve(null)))
                .isBetween(1.0, LOOKUP);
        assertThat(match).isNotNull();
    }

    /** Each time that a rule's header is compared, that rule has been tried. */
    private static final class Compared extends AbstractList<String> {
        private int times;

        @Override
        public boolean contains(Object value) {
            times++;
            return super.contains(value);
        }

        @Override
        public String get(int index) {
            return "blue";
        }

        @Override
        public int size() {
            return 1;
        }
    }

    @Test
    void ofThousandsOfRoutesOnlyThoseOfTheHostAndPathAreTried() {
        RouteHeaderConfig header = new RouteHeaderConfig("X-Team", "blue");
        List<Route<Integer>> routes =
                IntStream.range(0, 4000).mapToObj(index -> route(index, header)).toList();
        RouteTable<Integer> table = RouteTable.of(routes, null);

        for (int index : new int[] {0, 1, 2, 3, 3000, 3001, 3002, 3003}) {
            Compared values = new Compared();
            String host = index % 4 == 2 ? null : (index % 4 == 1 ? "sub." : "") + "host" + index + ".test";
            String path = "/v1/chat/y" + index + "/completions";

            assertThat(table.lookup(host, List.of(path), name -> values).resolve(null))
                    .isNotNull()
                    .extracting(RouteTable.Match::target)
                    .isEqualTo(index);
            assertThat(values.times).as("rules tried for " + index).isBetween(1, 2);
        }
    }

    private static Route<Integer> route(int index, RouteHeaderConfig header) {
        HostPattern host = switch (index % 4) {
            case 0 -> HostPattern.parse("host" + index + ".test").orElseThrow();
            case 1 -> HostPattern.parse("*.host" + index + ".test").orElseThrow();
            case 2 -> null;
            default -> HostPattern.parse("host" + index + ".test/v1").orElseThrow();
        };
        PathPattern path = index % 4 == 2 ? PathPattern.compile("/v1/:x/y" + index + "/*") : null;
        return new Route<>(host, path, header, null, index);
    }

    private static String randomPattern(SplittableRandom random) {
        String[] parts = {"a", "b", "ab", "", ":p", ":q", "*", "{x:a*}", "{[ab]+}", "{y:b}", "a{z:b?}"};
        return randomParts(random, parts) + (random.nextInt(8) == 0 ? "/a*" : "");
    }

    private static String randomPath(SplittableRandom random) {
        return randomParts(random, "a", "b", "ab", "c", "aa", "");
    }

    private static String randomParts(SplittableRandom random, String... parts) {
        StringBuilder path = new StringBuilder();
        for (int depth = random.nextInt(1, 5); depth > 0; depth--) {
            path.append('/').append(parts[random.nextInt(parts.length)]);
        }
        return path.toString();
    }

    private static List<String> reversed(List<String> patterns) {
        List<String> reversed = new ArrayList<>(patterns);
        Collections.reverse(reversed);
        return reversed;
    }

    private static Paths table(String... patterns) {
        return table(List.of(patterns));
    }

    private static Paths table(List<String> patterns) {
        List<Route<String>> routes = patterns.stream()
                .map(text -> new Route<>(null, PathPattern.compile(text), null, null, text))
                .toList();
        return new Paths(RouteTable.of(routes, ""));
    }

    /** A table whose routes differ in their paths only. */
    private record Paths(RouteTable<String> table) {
        @Nullable String lookup(String path) {
            RouteTable<String>.Lookup lookup = table.lookup("a.test", List.of(path), header -> List.of());
            assertThat(lookup.needsModel()).isFalse();
            RouteTable.Match<String> match = Objects.requireNonNull(lookup.resolve(null));
            assertThat(match.path()).isEqualTo(path);
            return match.target().isEmpty() ? null : match.target();
        }
    }
}
