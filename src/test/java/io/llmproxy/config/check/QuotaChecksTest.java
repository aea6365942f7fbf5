package io.llmproxy.config.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.RedisConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.load.ConfigFixtures;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class QuotaChecksTest {
    private static List<String> problems(String yaml) {
        ConfigException thrown = catchThrowableOfType(ConfigException.class, () -> config(yaml));
        return thrown.problems().stream()
                .map(Problem::toString)
                .map(text -> text.replaceFirst("^config.yaml:\\d+: ", ""))
                .toList();
    }

    private static ProxyConfig config(String yaml) {
        return ConfigFixtures.parse(yaml, Path.of(""), Map.of()).config();
    }

    private static String problemOf(String limit) {
        List<String> problems = problems("limits: [{%s}]".formatted(limit));
        assertThat(problems).hasSize(1);
        return problems.get(0);
    }

    @Test
    void scopesAndLimitsAreRead() {
        ProxyConfig config = config("""
                scopes:
                  - {name: acme, kind: org, limits: [{metric: cost, per: month, amount: 0.5, zone: Europe/Berlin}]}
                  - {name: red, parent: acme, models: ["gpt-*"], enabled: false}
                keys: [{name: k, key: sk-12345678, scope: red, limits: [{metric: concurrent, amount: 3, mode: shadow}]}]
                """);

        assertThat(config.scopes()).extracting("name").containsExactly("acme", "red");
        assertThat(config.scopes().get(0).limits().get(0).units()).isEqualTo(500_000_000);
        assertThat(config.keys().get(0).scope()).isEqualTo("red");
        assertThat(config.limits()).isEmpty();
    }

    @Test
    void aTreeHasNoHoles() {
        assertThat(problems("scopes: [{name: a, parent: aa}, {name: ' '}, {name: a}]"))
                .containsExactly(
                        "scopes[1].name: \"\" (expected: a name)",
                        "scopes[2].name: Duplicate scope name 'a' (expected: a unique name)",
                        "scopes[0].parent: unknown scope 'aa' (did you mean `a`?)");
        assertThat(problems("keys: [{name: k, key: sk-12345678, scope: x}]"))
                .containsExactly("keys[0].scope: unknown scope 'x' (expected: one that is defined; there is none)");
    }

    @Test
    void aGroupMayHaveAScopeThatIsNotThereYet() {
        String groups = """
                scopes: [{name: search}]
                http_server:
                  forwards: [{name: a, upstream_group: g}]
                  admin:
                    sso: {trusted_proxies: [10.0.0.1], secret: secret-of-the-proxy, scoped_groups: [{group: g, scope: serach}]}
                    oidc:
                      issuer: https://idp.example.com
                      client_id: gw
                      scoped_groups: [{group: g, scope: search}, {group: g, scope: x, role: editor}]
                """;
        assertThat(ConfigFixtures.parse(groups, Path.of(""), Map.of()).warnings())
                .extracting(Problem::toString)
                .map(text -> text.replaceFirst("^config.yaml:\\d+: ", ""))
                .containsExactly(
                        "http_server.admin.sso.scoped_groups[0].scope: unknown scope 'serach' (did you mean `search`?); its members see nothing",
                        "http_server.admin.oidc.scoped_groups[1].scope: unknown scope 'x' (expected: search); its members see nothing");
        assertThat(problems(groups.replace("scope: x, role: editor", "role: editor")))
                .singleElement()
                .asString()
                .startsWith("http_server.admin.oidc.scoped_groups[1].scope: missing");
        assertThat(problems(groups.replace("scope: serach", "scope: " + "s".repeat(201))))
                .containsExactly(
                        "http_server.admin.sso.scoped_groups[0].scope: too long for a role (expected: at most 200 characters)");
    }

    @Test
    void aTreeHasNoCircles() {
        assertThat(problems("scopes: [{name: a, parent: b}, {name: b, parent: a}, {name: c, parent: c}]"))
                .containsExactly(
                        "scopes[0].parent: b (expected: a scope that is not itself below this one)",
                        "scopes[1].parent: a (expected: a scope that is not itself below this one)",
                        "scopes[2].parent: c (expected: a scope that is not itself below this one)");
    }

    @Test
    void anOrganisationBelongsToNoTeam() {
        assertThat(problems("scopes: [{name: a, kind: org, parent: b}, {name: b}]"))
                .containsExactly(
                        "scopes[0].parent: b, which is of kind team (expected: a scope of kind org or of a larger one)");
    }

    @Test
    void aLimitIsWholeAndPositive() {
        assertThat(problemOf("metric: requests, per: minute, amount: -1"))
                .isEqualTo("limits[0].amount: -1 (expected: 0.000001 to 1000000000000000)");
        assertThat(problemOf("metric: requests, per: minute")).startsWith("limits[0].amount: missing");
        assertThat(problemOf("per: minute, amount: 1")).startsWith("limits[0].metric: missing");
        assertThat(problemOf("metric: total, per: minute, amount: 1.5"))
                .isEqualTo("limits[0].amount: 1.5 (expected: a whole number, because only a cost may have a fraction)");
        assertThat(problemOf("metric: cost, per: day, amount: 20000000"))
                .isEqualTo("limits[0].amount: 20000000 (expected: a cost of at most 9000000)");
        assertThat(problemOf("metric: requests, amount: 5"))
                .isEqualTo("limits[0].per: missing (expected: second, minute, hour, day, month, total)");
        assertThat(problemOf("metric: concurrent, per: day, amount: 5"))
                .isEqualTo("limits[0].per: day (expected: no `per`, which is not allowed with concurrent)");
        assertThat(problemOf("metric: requests, per: hour, amount: 5, zone: UTC"))
                .isEqualTo("limits[0].zone: UTC (expected: no `zone`, which is only allowed if `per` is day or month)");
        assertThat(problemOf("metric: requests, per: day, amount: 5, zone: Mars/Olympus"))
                .isEqualTo("limits[0].zone: Mars/Olympus (expected: a time zone such as UTC or Europe/Berlin)");
    }

    @Test
    void warningsArePartsOfAnAmountThatLasts() {
        assertThat(problemOf("metric: requests, per: hour, amount: 5, warn_at: [0.8]"))
                .isEqualTo(
                        "limits[0].warn_at: not allowed here (expected: no `warn_at`, unless `per` is day, month or total)");
        assertThat(problemOf("metric: concurrent, amount: 5, warn_at: [0.8]"))
                .isEqualTo(
                        "limits[0].warn_at: not allowed here (expected: no `warn_at`, unless `per` is day, month or total)");
        assertThat(problemOf("metric: requests, per: day, amount: 5, warn_at: [0.5, 80]"))
                .isEqualTo("limits[0].warn_at[1]: 80 (expected: 0.01 to 1)");
        assertThat(problemOf("metric: requests, per: day, amount: 5, warn_at: [0]"))
                .isEqualTo("limits[0].warn_at[0]: 0 (expected: 0.01 to 1)");
    }

    @Test
    void onlyWhatIsMeasuredCanBeUnmeasured() {
        for (String metric : List.of("metric: requests, per: day", "metric: concurrent")) {
            assertThat(problemOf(metric + ", amount: 5, unmeasured: refuse"))
                    .isEqualTo(
                            "limits[0].unmeasured: not allowed here (expected: no `unmeasured`, unless tokens or a cost are counted)");
        }
        assertThat(problemOf("metric: total, per: day, amount: 5, unmeasured: maybe"))
                .isEqualTo("limits[0].unmeasured: maybe (expected: allow, refuse)");
    }

    @Test
    void limitsDoNotContradictEachOther() {
        assertThat(problems("""
                limits:
                  - {metric: requests, per: minute, amount: 5}
                  - {metric: requests, per: minute, amount: 6}
                  - {metric: requests, per: minute, amount: 6, models: [m]}
                """))
                .containsExactly(
                        "limits[1]: duplicate limit, see limits[0] (expected: one for each metric, period and set of models)");
    }

    @Test
    void aLimitThatAnotherOneNeverLetsBeReachedIsWarnedOf() {
        assertThat(warnings("""
                limits:
                  - {metric: requests, per: minute, amount: 1000}
                  - {metric: requests, per: day, amount: 60}
                  - {metric: output, per: hour, amount: 500, models: [m]}
                  - {metric: total, per: hour, amount: 400}
                  - {metric: requests, per: month, amount: 70, models: [m]}
                keys:
                  - name: k
                    key: sk-client-0001
                    limits: [{metric: total, per: second, amount: 9}, {metric: total, per: total, amount: 8}]
                """))
                .containsExactly(
                        "limits[0].amount: 1000 requests per minute are more than limits[1] allows: 60 requests per day (expected: at most 60, or only one of them)",
                        "limits[2].amount: 500 output per hour are more than limits[3] allows: 400 total per hour (expected: at most 400, or only one of them)",
                        "keys[0].limits[0].amount: 9 total per second are more than keys[0].limits[1] allows: 8 total in all (expected: at most 8, or only one of them)");
    }

    /** All limits apply, so that a smaller one elsewhere is the use of it; and what is only counted bounds nothing. */
    @Test
    void limitsOfOtherPlacesTimesModelsAndModesDoNotContradict() {
        assertThat(warnings("""
                scopes:
                  - {name: a, kind: org, limits: [{metric: requests, per: day, amount: 10}]}
                  - {name: b, parent: a, limits: [{metric: requests, per: minute, amount: 1000}]}
                limits:
                  - {metric: requests, per: minute, amount: 60}
                  - {metric: requests, per: day, amount: 60}
                  - {metric: requests, per: month, amount: 9, mode: shadow}
                  - {metric: requests, per: month, amount: 8, models: [m]}
                  - {metric: input, per: month, amount: 7}
                  - {metric: total, per: month, amount: 7}
                  - {metric: concurrent, amount: 500}
                """)).isEmpty();
    }

    private static List<String> warnings(String yaml) {
        return ConfigFixtures.parse(yaml, Path.of(""), Map.of()).warnings().stream()
                .map(warning -> warning.path() + ": " + warning.message())
                .toList();
    }

    @Test
    void aCostWithoutPricesIsWarnedOf() {
        String yaml = "limits: [{metric: requests, per: day, amount: 1}, {metric: cost, per: day, amount: 1}]";
        assertThat(ConfigFixtures.parse(yaml, Path.of(""), Map.of()).warnings())
                .singleElement()
                .asString()
                .contains("limits[1]: a cost needs prices");
        assertThat(ConfigFixtures.parse(yaml + "\nprices: prices.yaml", Path.of(""), Map.of())
                        .warnings())
                .isEmpty();
    }

    @Test
    void theStoreThatNodesShareHasAnAddress() {
        assertThat(problems("redis: {url: 'http://u:secret@h', prefix: 'a b', user: u}"))
                .containsExactly(
                        "redis.url: not a Redis URL (expected: redis://host:port or rediss://host:port, with the password"
                                + " in `password`)",
                        "redis.prefix: a b (expected: letters, digits, `_`, `-`, `.` and `:`)",
                        "redis.password: missing (expected: a password, because there is a user)");
        for (String none : List.of("redis://my_redis:6379", "redis://h:70000", "redis://a..b", "rediss://[:::]")) {
            assertThat(problems("redis: {url: '" + none + "'}"))
                    .as("%s", none)
                    .singleElement()
                    .asString()
                    .startsWith("redis.url: not a Redis URL");
        }
        assertThat(problems("redis: {url: 'rediss://h', ca_file: no-such.pem}"))
                .singleElement()
                .asString()
                .startsWith("redis.ca_file: ")
                .endsWith("no such file (expected: a file that this process may read)");
        assertThat(problems("redis: {url: 'rediss://h', ca_file: '"
                        + Path.of("pom.xml").toAbsolutePath() + "'}"))
                .singleElement()
                .asString()
                .startsWith("redis.ca_file: ")
                .endsWith("(expected: certificates in PEM)");
        ProxyConfig config = config("""
                redis: {url: 'rediss://[::1]:6380/2', user: u, password: secret}
                limits: [{metric: cost, per: day, amount: 1}, {metric: input, per: day, amount: 1}]
                """);
        assertThat(config.limits())
                .extracting(LimitConfig::onStoreLossOrDefault)
                .containsExactly(LimitConfig.OnStoreLoss.CLOSED, LimitConfig.OnStoreLoss.SHARE);
        assertThat(config("redis: {url: 'redis://h', enabled: false}").redis()).isNull();
    }

    @Test
    void sentinelsStandInThePlaceOfAnAddress() {
        ProxyConfig config = config("""
                redis:
                  sentinel: {master: my-master.1, nodes: [one, 'two:26380', '[::1]:1'], user: u, password: p, tls: true, database: 2}
                """);
        RedisConfig redis = Objects.requireNonNull(config.redis());
        assertThat(redis.url()).isNull();
        assertThat(Objects.requireNonNull(redis.sentinel()).nodes()).containsExactly("one", "two:26380", "[::1]:1");
        assertThat(config("redis: {url: 'redis://h', sentinel: {enabled: false}}")
                        .redis())
                .isNotNull();

        assertThat(problems("redis: {}"))
                .containsExactly(
                        "redis.url: missing (expected: the URL of Redis, `redis.sentinel` or `redis.cluster`)");
        assertThat(problems("redis: {url: 'redis://h', sentinel: {master: m, nodes: [s]}}"))
                .containsExactly("redis.sentinel: not allowed beside redis.url (expected: only one of them)");
        assertThat(problems("redis: {sentinel: {}}"))
                .containsExactly(
                        "redis.sentinel.master: missing (expected: text)",
                        "redis.sentinel.nodes: empty (expected: at least one address)");
        assertThat(problems("redis: {sentinel: {master: 'a b', nodes: [], user: u}}"))
                .containsExactly(
                        "redis.sentinel.master: a b (expected: letters, digits, `_`, `-` and `.`)",
                        "redis.sentinel.nodes: empty (expected: at least one address)",
                        "redis.sentinel.password: missing (expected: a password, because there is a user)");
        assertThat(problems("redis: {sentinel: {master: m, nodes: ['redis://s:1', 's:70000', 's/1', 'my_s']}}"))
                .hasSize(4)
                .allMatch(problem -> problem.endsWith("(expected: host or host:port of a sentinel)"));
    }

    @Test
    void aClusterStandsInThePlaceOfAnAddress() {
        RedisConfig redis = Objects.requireNonNull(
                config("redis: {cluster: {nodes: [one, 'two:6380', '[::1]:1'], tls: true}, user: u, password: p}")
                        .redis());
        assertThat(Objects.requireNonNull(redis.cluster()).nodes()).containsExactly("one", "two:6380", "[::1]:1");
        assertThat(redis.cluster().tls()).isTrue();

        assertThat(problems("redis: {url: 'redis://h', cluster: {nodes: [n]}}"))
                .containsExactly("redis.cluster: not allowed beside redis.url (expected: only one of them)");
        assertThat(problems("redis: {sentinel: {master: m, nodes: [s]}, cluster: {nodes: [n]}}"))
                .containsExactly("redis.cluster: not allowed beside redis.sentinel (expected: only one of them)");
        assertThat(problems("redis: {cluster: {}}"))
                .containsExactly("redis.cluster.nodes: empty (expected: at least one address)");
        assertThat(problems("redis: {cluster: {nodes: ['redis://n:1', 'n:70000', 'n/1', 'my_n']}}"))
                .hasSize(4)
                .allMatch(problem -> problem.endsWith("(expected: host or host:port of a node)"));
    }
}
