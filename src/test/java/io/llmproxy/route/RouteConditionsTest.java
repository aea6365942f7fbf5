package io.llmproxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.HostPattern;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.RouteHeaderConfig;
import io.llmproxy.net.PathPattern;
import io.llmproxy.route.NaiveRules.Ask;
import io.llmproxy.route.NaiveRules.Rule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a route may demand besides a path. A target is named by the conditions that lead to it. */
final class RouteConditionsTest {

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource({
        "one.test, one.test",
        "ONE.test, one.test",
        "one.test., one.test",
        "one.test:80, one.test",
        "one.test:, one.test",
        "one.test:8443, one.test:8443",
        "One.Test.:8443, one.test:8443",
        "a.one.test, *.one.test",
        "a.b.one.test:99, *.one.test",
        "a.b.one.test:8443, *.one.test:8443",
        "a.deep.one.test, *.deep.one.test",
        "deep.one.test, *.one.test",
        "[::1], [::1]",
        "[::1]:8443, [::1]",
        "10.0.0.1:3000, 10.0.0.1",
        "xone.test, other",
        "other.test, other",
        ".one.test, other",
        "..one.test, *.one.test",
        "one.test:84430, other",
        "one.test:x, other",
        "one.test:0, other",
        "one.test:-1, other",
        "one.test/, other",
        "one.test@other.test, other",
        "'one test', other",
        ":8443, other",
        "., other",
        "'', other",
    })
    void hostsAreToldByNameAndPort(String asked, String expected) {
        List<Route<String>> routes = routesOf(
                "one.test", "*.one.test", "one.test:8443", "*.deep.one.test", "*.one.test:8443", "[::1]", "10.0.0.1");

        assertThat(target(routes, asked, "/")).isEqualTo(expected);
        Collections.reverse(routes);
        assertThat(target(routes, asked, "/")).isEqualTo(expected);
    }

    @Test
    void aRequestWithoutHostGoesWhereHostsDoNotMatter() {
        List<Route<String>> routes = routesOf("one.test");
        assertThat(target(routes, null, "/")).isEqualTo("other");

        routes.add(route("", "/v1/*", "", "", "paths"));
        assertThat(target(routes, null, "/v1/x")).isEqualTo("paths");
        assertThat(target(routes, "!", "/v1/x")).isEqualTo("paths");
    }

    @Test
    void hostsLongerThanAnyNameAreNoHosts() {
        List<Route<String>> routes = routesOf("*.test");

        assertThat(target(routes, "a.".repeat(124) + "test", "/")).isEqualTo("*.test");
        assertThat(target(routes, "a.".repeat(125) + "test", "/")).isEqualTo("other");
    }

    @ParameterizedTest(name = "{0} becomes {2}, by {1}")
    @CsvSource({
        "/v1/completions, one.test/v1, /completions",
        "/v1, one.test/v1, /",
        "/v1/, one.test/v1, /",
        "/v1//x, one.test/v1, /x",
        "/v1///, one.test/v1, /",
        "/v1/v1, one.test/v1, /v1",
        "/v1/deep, one.test/v1/deep, /",
        "/v1/deep/x, one.test/v1/deep, /x",
        "/v1/deeper, one.test/v1, /deeper",
        "/v10/x, one.test, /v10/x",
        "/V1/x, one.test, /V1/x",
        "/x/v1, one.test, /x/v1",
        "/, one.test, /",
    })
    void thePrefixOfAHostIsRemoved(String path, String target, String left) {
        List<Route<String>> routes = routesOf("one.test", "one.test/v1", "one.test/v1/deep");

        RouteTable<String>.Lookup lookup = lookup(routes, "one.test", path, Map.of());

        assertThat(lookup.needsModel()).isFalse();
        assertThat(lookup.resolve(null)).isEqualTo(new RouteTable.Match<>(target, left));
    }

    @Test
    void pathsAreThoseBehindThePrefix() {
        List<Route<String>> routes = List.of(
                route("one.test/p", "/v1/*", "", "", "below"),
                route("one.test", "/p/v1/*", "", "", "plain"),
                route("one.test/p", "/", "", "", "root"));

        assertThat(target(routes, "one.test", "/p/v1/x")).isEqualTo("below");
        assertThat(target(routes, "one.test", "/p")).isEqualTo("root");
        assertThat(target(routes, "one.test", "/p/other")).isEqualTo("other");
    }

    @Test
    void aHostWhosePathsDoNotMatchLeavesTheRequestToOthers() {
        List<Route<String>> routes = List.of(
                route("one.test:80", "/x", "", "", "port"),
                route("one.test", "/y", "", "", "name"),
                route("*.test", "/z", "", "", "wildcard"),
                route("", "/w", "", "", "all"));

        assertThat(target(routes, "one.test:80", "/x")).isEqualTo("port");
        assertThat(target(routes, "one.test:80", "/y")).isEqualTo("name");
        assertThat(target(routes, "one.test:80", "/z")).isEqualTo("wildcard");
        assertThat(target(routes, "one.test:80", "/w")).isEqualTo("all");
        assertThat(target(routes, "one.test:80", "/v")).isEqualTo("other");
    }

    @Test
    void theHostCountsForMoreThanThePathAndThePathForMoreThanTheHeader() {
        List<Route<String>> routes = List.of(
                route("", "/a/b", "", "", "path"),
                route("", "", "x-team=a", "", "header"),
                route("*.test", "", "", "", "wildcard"));

        assertThat(resolve(routes, "one.test", "/a/b", Map.of("x-team", "a"), null))
                .isEqualTo("wildcard");
        assertThat(resolve(routes, "one", "/a/b", Map.of("x-team", "a"), null)).isEqualTo("path");
        assertThat(resolve(routes, "one", "/a/c", Map.of("x-team", "a"), null)).isEqualTo("header");
        assertThat(resolve(routes, "one", "/a/c", Map.of("x-team", "A"), null)).isEqualTo("other");
        assertThat(resolve(routes, "one", "/a/c", Map.of(), null)).isEqualTo("other");
    }

    @Test
    void anyLineOfAHeaderCounts() {
        RouteTable<String> table =
                RouteTable.of(List.of(route("", "/:any", "X-Team=a", "", "header"), route("", "/:b", "", "", "b")), "");

        assertThat(target(
                        table.lookup(
                                null, List.of("/x"), name -> name.equals("x-team") ? List.of("b", "a") : List.of()),
                        null))
                .isEqualTo("header");
        assertThat(target(table.lookup(null, List.of("/x"), name -> List.of("b, a")), null))
                .isEqualTo("b");
    }

    @Test
    void withoutADefaultARequestMayGoNowhere() {
        RouteTable<String> table = RouteTable.of(List.of(route("one.test", "", "", "", "host")), null);

        assertThat(table.lookup("two.test", List.of("/x"), name -> List.of()).resolve(null))
                .isNull();
        assertThat(target(table.lookup("one.test", List.of("/x"), name -> List.of()), null))
                .isEqualTo("host");
    }

    @Test
    void theModelIsAskedForOnlyWhereItMatters() {
        List<Route<String>> routes = List.of(
                route("", "/v1/*", "", "gpt-4o", "exact"),
                route("", "/v1/*", "", "gpt-*", "pattern"),
                route("", "/v1/files", "", "", "files"),
                route("one.test", "", "", "", "host"));

        assertThat(lookup(routes, "one.test", "/v1/chat", Map.of()).needsModel())
                .isFalse();
        assertThat(lookup(routes, "a", "/v1/files", Map.of()).needsModel()).isFalse();
        assertThat(lookup(routes, "a", "/v2/chat", Map.of()).needsModel()).isFalse();
        RouteTable<String>.Lookup chat = lookup(routes, "a", "/v1/chat", Map.of());
        assertThat(chat.needsModel()).isTrue();
        assertThat(target(chat, "gpt-4o")).isEqualTo("exact");
        assertThat(target(chat, "gpt-5")).isEqualTo("pattern");
        assertThat(target(chat, "GPT-5")).isEqualTo("other");
        assertThat(target(chat, "claude")).isEqualTo("other");
        assertThat(target(chat, null)).isEqualTo("other");
    }

    @Test
    void whoseModelIsAnotherIsLookedUpAmongTheLessSpecific() {
        List<Route<String>> routes = List.of(
                route("one.test/p", "/v1/*", "", "gpt-4o", "model"),
                route("one.test/p", "/v1/*", "x=1", "", "header"),
                route("one.test/p", "", "", "claude-*", "prefix"),
                route("", "", "", "", "all"));

        RouteTable<String>.Lookup lookup = lookup(routes, "one.test", "/p/v1/x", Map.of());
        assertThat(lookup.needsModel()).isTrue();
        assertThat(lookup.resolve("gpt-4o")).isEqualTo(new RouteTable.Match<>("model", "/v1/x"));
        assertThat(lookup.resolve("claude-3")).isEqualTo(new RouteTable.Match<>("prefix", "/v1/x"));
        assertThat(lookup.resolve("other")).isEqualTo(new RouteTable.Match<>("all", "/p/v1/x"));
        assertThat(lookup(routes, "one.test", "/p/v1/x", Map.of("x", "1")).needsModel())
                .isFalse();
    }

    @Test
    void theFirstOfEqualsWins() {
        List<Route<String>> routes = List.of(
                route("", "", "x=1", "", "x"),
                route("", "", "y=1", "", "y"),
                route("", "/:a", "", "g.*", "g"),
                route("", "/:b", "", ".*4", "4"));

        assertThat(resolve(routes, "a", "/p/q", Map.of("x", "1", "y", "1"), null))
                .isEqualTo("x");
        assertThat(resolve(routes, "a", "/p", Map.of(), "g4")).isEqualTo("g");
        assertThat(resolve(routes, "a", "/p", Map.of(), "o4")).isEqualTo("4");
    }

    @Test
    void longPathsAndHostsAreFine() {
        List<Route<String>> routes = new ArrayList<>();
        for (int depth = 1; depth < 400; depth++) {
            routes.add(route("*.test" + "/a".repeat(depth), "", "", "", "a" + depth));
        }
        String host = "a.".repeat(120) + "test";

        Assertions.assertTimeout(Duration.ofSeconds(2), () -> {
            assertThat(target(routes, host, "/a".repeat(1000))).isEqualTo("a399");
            assertThat(target(routes, host, "/".repeat(4000))).isEqualTo("other");
        });
    }

    @Test
    void agreesWithTryingEveryRule() {
        SplittableRandom random = new SplittableRandom(4);
        int found = 0;
        int models = 0;
        for (int round = 0; round < 2000; round++) {
            List<Rule> rules = IntStream.range(0, random.nextInt(1, 25))
                    .mapToObj(number -> randomRule(random, number))
                    .toList();
            RouteTable<Integer> table = RouteTable.of(
                    rules.stream()
                            .map(rule -> route(rule.host(), rule.path(), rule.header(), rule.model(), rule.number()))
                            .toList(),
                    -1);
            NaiveRules naive = new NaiveRules(rules);
            for (int each = 0; each < 30; each++) {
                Ask ask = randomAsk(random);
                Rule best = naive.best(ask);
                RouteTable<Integer>.Lookup lookup = table.lookup(
                        ask.host(),
                        List.of(ask.path()),
                        name -> Stream.ofNullable(ask.headers().get(name)).toList());
                RouteTable.Match<Integer> expected = best == null
                        ? new RouteTable.Match<>(-1, ask.path())
                        : new RouteTable.Match<>(best.number(), NaiveRules.stripped(best, ask.path()));
                assertThat(lookup.resolve(ask.model()))
                        .as("%s among %s", ask, rules)
                        .isEqualTo(expected);
                if (!lookup.needsModel()) {
                    assertThat(lookup.resolve("any")).isEqualTo(lookup.resolve(null));
                }
                found += best == null ? 0 : 1;
                models += lookup.needsModel() ? 1 : 0;
            }
        }
        assertThat(found).isBetween(20_000, 55_000);
        assertThat(models).isBetween(5_000, 55_000);
    }

    private static Rule randomRule(SplittableRandom random, int number) {
        String host = one(random, "", "", "a.b", "b", "*.b", "*.a.b", "c");
        if (!host.isEmpty()) {
            host += one(random, "", "", ":1", ":2") + one(random, "", "", "/p", "/p/q", "/q");
        }
        String path = one(random, "", "", "/", "/p", "/p/q", "/:x", "/:y/q", "/*", "/p/*", "/{x:[pq]}", "/p/q/*");
        return new Rule(number, host, path, one(random, "", "", "x=1", "x=2", "y=1"), one(random, "", "m", "m*", "n"));
    }

    private static Ask randomAsk(SplittableRandom random) {
        String host = one(random, "a.b", "B", "c.B", "c.a.b", "c", "d") + one(random, "", ":1", ":2", ":3");
        String path = one(random, "/", "/p", "/p/", "/p/q", "/p/q/r", "/q", "/r", "/p//q", "/pq");
        Map<String, String> headers = Map.of("x", one(random, "1", "2", "3"), "y", one(random, "1", "2"));
        return new Ask(host, path, headers, random.nextInt(4) == 0 ? null : one(random, "m", "mm", "n", "o"));
    }

    private static String one(SplittableRandom random, String... of) {
        return of[random.nextInt(of.length)];
    }

    private static List<Route<String>> routesOf(String... hosts) {
        List<Route<String>> routes = new ArrayList<>();
        Stream.of(hosts).forEach(host -> routes.add(route(host, "", "", "", host)));
        return routes;
    }

    private static <T> Route<T> route(String host, String path, String header, String model, T target) {
        String[] line = header.split("=", 2);
        return new Route<>(
                host.isEmpty() ? null : HostPattern.parse(host).orElseThrow(),
                path.isEmpty() ? null : PathPattern.compile(path),
                header.isEmpty() ? null : new RouteHeaderConfig(line[0], line[1]),
                model.isEmpty() ? null : ModelPattern.parse(model).orElseThrow(),
                target);
    }

    private static String target(List<Route<String>> routes, @Nullable String host, String path) {
        return resolve(routes, host, path, Map.of(), null);
    }

    private static String target(RouteTable<String>.Lookup lookup, @Nullable String model) {
        return Objects.requireNonNull(lookup.resolve(model)).target();
    }

    private static String resolve(
            List<Route<String>> routes,
            @Nullable String host,
            String path,
            Map<String, String> headers,
            @Nullable String model) {
        return target(lookup(routes, host, path, headers), model);
    }

    private static RouteTable<String>.Lookup lookup(
            List<Route<String>> routes, @Nullable String host, String path, Map<String, String> headers) {
        return RouteTable.of(routes, "other")
                .lookup(
                        host,
                        List.of(path),
                        name -> Stream.ofNullable(headers.get(name)).toList());
    }
}
