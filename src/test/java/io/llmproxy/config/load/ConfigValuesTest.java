package io.llmproxy.config.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.GroupConfig;
import io.llmproxy.config.HttpServerConfig;
import io.llmproxy.config.LogConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.testing.BoundNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.naming.CommunicationException;
import javax.naming.NameNotFoundException;
import javax.naming.NamingException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Variables, files and overrides. */
final class ConfigValuesTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "${SET}             | value",
                "a ${SET} b${SET}   | a value bvalue",
                "${SET:-other}      | value",
                "${UNSET:-other}    | other",
                "${EMPTY:-other}    | other",
                "${UNSET:-a:-b c}   | a:-b c",
                "x${EMPTY}          | x",
                "$${SET}            | ${SET}",
                "$$${SET}           | $${SET}",
                "${REFERENCE}       | ${SET}",
                "$SET and $$ and }  | $SET and $$ and }",
                "${STRUCTURE}       | {a: [1]} # x",
                "${file:token}      | from the file",
                "${file:dir/deeper} | 1st",
            })
    void referencesAreReplacedOnce(String written, String expected) throws IOException {
        Files.writeString(directory.resolve("token"), "from the file\n");
        Files.writeString(Files.createDirectory(directory.resolve("dir")).resolve("deeper"), "1st\r\n");
        Map<String, String> environment =
                Map.of("SET", "value", "EMPTY", "", "REFERENCE", "${SET}", "STRUCTURE", "{a: [1]} # x");

        assertThat(token(written, environment)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "${jndi:llmproxy/both}              | of the application",
                "${jndi:llmproxy/shared}            | of the server",
                "${jndi:java:global/llmproxy/token} | of all",
                "a ${jndi:number}${jndi:truth:-no}  | a 12true",
                "${jndi:nothing:-a:-default}        | a:-default",
                "${jndi:empty:-default}             | default",
                "x${jndi:empty}                     | x",
                "${jndi:reference}                  | ${SET}",
                "${system:llmproxy.test-value}      | a property",
                "${system:llmproxy.none:-other}     | other",
            })
    void entriesOfTheContainerAndSystemPropertiesAreReplaced(String written, String expected) {
        System.setProperty("llmproxy.test-value", "a property");
        try (BoundNames names = BoundNames.of(Map.of(
                "java:comp/env/llmproxy/both", "of the application",
                "llmproxy/both", "of the server",
                "llmproxy/shared", "of the server",
                "java:global/llmproxy/token", "of all",
                "number", 12,
                "java:comp/env/truth", true,
                "empty", "",
                "reference", "${SET}"))) {
            assertThat(names).isNotNull();
            assertThat(token(written, Map.of("SET", "value"))).isEqualTo(expected);
        } finally {
            System.clearProperty("llmproxy.test-value");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "${jndi:no/such}            | ${jndi:no/such} is not bound (expected: an entry of that name, of the application"
                        + " or of the server, or ${jndi:no/such:-default})",
                "${jndi:wrapped}            | ${jndi:wrapped} is not bound (expected: an entry of that name, of the application"
                        + " or of the server, or ${jndi:wrapped:-default})",
                "${jndi:object}             | ${jndi:object} is a java.util.BitSet (expected: text)",
                "${jndi:object:-default}    | ${jndi:object} is a java.util.BitSet (expected: text)",
                "${jndi:failing}            | ${jndi:failing} cannot be looked up: CommunicationException (expected: text)",
                "${jndi:failing:-default}   | ${jndi:failing} cannot be looked up: CommunicationException (expected: text)",
                "${system:no.such}          | ${system:no.such} is not set (expected: a system property of that name, or"
                        + " ${system:no.such:-default})",
                "${jndi:ldap://h/x:-secret} | ${jndi:ldap://h/x:-***} (expected: ${NAME}, ${NAME:-default}, ${file:path},"
                        + " ${system:name} or ${jndi:name})",
                "${system:}                 | ${system:} (expected: ${NAME}, ${NAME:-default}, ${file:path}, ${system:name} or"
                        + " ${jndi:name})",
            })
    void whatCannotBeHadOfTheContainerIsAProblem(String written, String expected) {
        String yaml = "upstreams: [{name: u, url: http://u, auth: {type: bearer, token: '" + written + "'}}]";
        NamingException wrapped = new NamingException("lookup failed");
        wrapped.setRootCause(new NameNotFoundException("wrapped"));
        try (BoundNames names = BoundNames.of(Map.of(
                "java:comp/env/wrapped",
                wrapped,
                "object",
                new BitSet(),
                "java:comp/env/failing",
                new CommunicationException("with a secret")))) {
            assertThat(names).isNotNull();
            assertThat(problems(yaml, Map.of())).containsExactly("config.yaml:1: upstreams[0].auth.token: " + expected);
        }
    }

    @Test
    void withoutAContainerNoNameIsBound() {
        String yaml = "upstreams: [{name: u, url: http://u, auth: {type: bearer, token: '${jndi:llmproxy/token}'}}]";

        assertThat(problems(yaml, Map.of()))
                .containsExactly(
                        "config.yaml:1: upstreams[0].auth.token: ${jndi:llmproxy/token} is not bound: there is no"
                                + " JNDI here (expected: a container that has it, or ${jndi:llmproxy/token:-default})");
        assertThat(token("${jndi:llmproxy/token:-default}", Map.of())).isEqualTo("default");
    }

    @Test
    void referencesServeKeysOfEveryType() {
        ProxyConfig config = ConfigFixtures.parse("""
                        http_server:
                          forwards:
                            - name: a
                              upstream_group: g
                              port: ${PORT}
                              max_body: ${SIZE}KiB
                              ratelimit:
                                enabled: ${LIMITED:-false}
                                burst: ${NEVER_LOOKED_AT}
                              timeout: {connect: "${SECONDS}"}
                        """, directory, Map.of("PORT", "8080", "SIZE", "64", "SECONDS", "7"))
                .config();

        ForwardConfig forward = config.httpServer().forwards().get(0);
        assertThat(forward.port()).isEqualTo(8080);
        assertThat(forward.maxBody()).isEqualTo(65536);
        assertThat(forward.ratelimit()).isNull();
        assertThat(forward.timeout().connect()).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void durationTakesAUnitAndABareNumberCountsThatOfItsKey() {
        HttpServerConfig server = ConfigFixtures.parse("""
                        http_server:
                          max_lag: 250
                          shutdown_timeout: 1h
                          forwards:
                            - name: a
                              upstream_group: g
                              queue_timeout: 15
                              timeout: {connect: 200ms, write: "${WRITE}m"}
                        """, directory, Map.of("WRITE", "5"))
                .config()
                .httpServer();

        ForwardConfig forward = server.forwards().get(0);
        assertThat(server.maxLag()).isEqualTo(Duration.ofMillis(250));
        assertThat(server.shutdownTimeout()).isEqualTo(Duration.ofHours(1));
        assertThat(forward.queueTimeout()).isEqualTo(Duration.ofSeconds(15));
        assertThat(forward.timeout().connect()).isEqualTo(Duration.ofMillis(200));
        assertThat(forward.timeout().write()).isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void environmentGoesOverDotEnvAndDotEnvOverDefault() throws IOException {
        Files.writeString(directory.resolve(".env"), "ONE=dotenv\nTWO=dotenv\n");

        assertThat(token("${ONE:-default} ${TWO:-default} ${THREE:-default}", Map.of("ONE", "environment")))
                .isEqualTo("environment dotenv default");
    }

    @Test
    void fileThatIsTooLargeOrNoTextIsAProblem() throws IOException {
        Files.write(directory.resolve("large"), new byte[1024 * 1024 + 1]);
        Files.write(directory.resolve("binary"), new byte[] {(byte) 0xC3, 0x28});
        String yaml = "x-unused: ${file:never read}\nlog: {level: '${file:large}', format: '${file:binary}', "
                + "access: '${file:.}', access_file: \"${file:a\\0b}\"}";

        assertThat(problems(yaml, Map.of()))
                .containsExactly(
                        "config.yaml:2: log.level: ${file:large}: larger than 1MiB (expected: a file of text)",
                        "config.yaml:2: log.format: ${file:binary}: not UTF-8 (expected: text in UTF-8)",
                        "config.yaml:2: log.access: ${file:.}: a directory (expected: a file of text)",
                        "config.yaml:2: log.access_file: ${file:a?b} (expected: the path of a file)");
    }

    @Test
    void overrideSetsSingleValues() {
        ProxyConfig config = ConfigFixtures.parse(
                        "upstreams: [{name: u, url: http://u, auth: {type: bearer, token: '${MISSING}'}}]",
                        directory,
                        Map.of(
                                "LLMPROXY_UPSTREAMS__0__AUTH__TOKEN", "sk-${literal}",
                                "LLMPROXY_http_server__FORWARDS__0__default_group", "h",
                                "LLMPROXY_UPSTREAM_GROUPS__1__NAME", "h",
                                "LLMPROXY_UPSTREAM_GROUPS__1__UPSTREAMS__0__NAME", "u",
                                "LLMPROXY_LOG__LEVEL", "warn",
                                "LLMPROXY_CONFIG", "elsewhere.yaml",
                                "LLMPROXY_ADMIN_TOKEN", "secret",
                                "OTHER__LOG__LEVEL", "trace"))
                .config();

        assertThat(Objects.requireNonNull(config.upstreams().get(0).auth().token())
                        .reveal())
                .isEqualTo("sk-${literal}");
        assertThat(config.httpServer().forwards().get(0).upstreamGroup()).isEqualTo("h");
        assertThat(config.upstreamGroups()).extracting(GroupConfig::name).containsExactly("g", "h");
        assertThat(config.log().level()).isEqualTo(LogConfig.Level.WARN);
    }

    @Test
    void overridesAppendInTheOrderOfTheirNumbers() {
        Map<String, String> environment = new HashMap<>();
        for (int i = 1; i <= 11; i++) {
            environment.put("LLMPROXY_UPSTREAMS__" + i + "__NAME", "u" + i);
            environment.put("LLMPROXY_UPSTREAMS__" + i + "__URL", "http://u" + i);
        }

        assertThat(ConfigFixtures.parse("", directory, environment).config().upstreams())
                .extracting(UpstreamConfig::name)
                .containsExactly("u", "u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8", "u9", "u10", "u11");
    }

    @Test
    void dotEnvHoldsOverridesToo() throws IOException {
        Files.writeString(directory.resolve(".env"), "LLMPROXY_LOG__LEVEL=warn\nLLMPROXY_LOG__FORMAT=json");

        LogConfig log = ConfigFixtures.parse("", directory, Map.of("LLMPROXY_LOG__LEVEL", "error"))
                .config()
                .log();

        assertThat(log.level()).isEqualTo(LogConfig.Level.ERROR);
        assertThat(log.format()).isEqualTo(LogConfig.Format.JSON);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "LLMPROXY_LOG__LEVEL              | log.level: *** (expected: error, warn, info, debug, trace)",
                "LLMPROXY_LOG__LEVL               | log.levl: unknown key (did you mean `level`?)",
                "LLMPROXY_LOG__LEVEL__X           | log.level: a section (expected: a single value)",
                "LLMPROXY_LOGS__LEVEL             | logs: unknown key (did you mean `log`?)",
                "LLMPROXY_LOG__0__LEVEL           | log.0: unknown key (expected: level, to, format, access, access_file)",
                "LLMPROXY_UPSTREAMS__2__NAME      | upstreams: item 2 (expected: 0 to 1)",
                "LLMPROXY_UPSTREAMS__NAME         | upstreams: a section (expected: a list)",
                "LLMPROXY_HTTP_SERVER__FORWARDS   | http_server.forwards: a single value (expected: a list)",
                "LLMPROXY_UPSTREAMS__0__HEADERS__1__OP | upstreams[0].headers: item 1 (expected: 0 to 0)",
            })
    void overrideThatMatchesNothingIsAProblem(String variable, String expected) {
        assertThat(problems("log: {level: info}", Map.of(variable, "hunter2")))
                .containsExactly("environment " + variable + ": " + expected);
    }

    @Test
    void secretsAreNeverShown() {
        String yaml = """
                upstreams:
                  - name: u
                    url: https://hunter2:hunter2@u/?hunter2
                    weight: ${WEIGHT}
                    auth: {type: bearer, token: "hunter2\\n"}
                    headers: [{op: insert, key: X, value: "hunter2\\0"}]
                  - name: v
                    url: https://v
                    auth: hunter2
                  - hunter2
                upstream_groups:
                  - name: g
                    upstreams: [{name: u}]
                    http_client: {proxy: {url: "ftp://hunter2@proxy"}}
                """;

        List<String> problems =
                problems(yaml, Map.of("WEIGHT", "hunter2", "LLMPROXY_HTTP_SERVER__ADMIN__PORT", "hunter2"));

        assertThat(problems).hasSizeGreaterThan(7).noneMatch(problem -> problem.contains("hunter2"));
        assertThat(ConfigFixtures.sample("mixgroup.yaml").toString())
                .doesNotContain("YOUR_API_KEY", "MyProxyValue")
                .contains("token=***", "value=***");
    }

    @Test
    void valuesOfVariablesAreNeverShown() {
        String yaml = """
                http_server:
                  forwards:
                    - name: ${VALUE}
                      address: ${VALUE}
                      port: ${PORT}
                      upstream_group: ${VALUE}
                      routing:
                        - {path: "${ROUTE}", target_group: "${VALUE}"}
                        - {path: "${ROUTE}", target_group: g}
                        - {path: "${OPEN}", target_group: g}
                  admin: {port: 4711}
                upstreams:
                  - {name: u, url: http://u, headers: [{op: remove, key: "${VALUE}"}]}
                  - {name: "${VALUE}", url: http://u, tls: {ca_file: "${VALUE}"}}
                  - {name: "${VALUE}", url: http://u}
                """;

        List<String> problems =
                problems(yaml, Map.of("VALUE", "hunter 2", "ROUTE", "/hunter", "PORT", "4711", "OPEN", "/{hunter"));

        assertThat(problems).hasSize(10).noneMatch(problem -> problem.contains("hunter"));
        assertThat(problems)
                .contains(
                        "config.yaml:4: http_server.forwards[0].address: ${VALUE} (expected: an IP address)",
                        "config.yaml:9: http_server.forwards[0].routing[1].path: Duplicate path pattern '***'"
                                + " (expected: each pattern once)",
                        "config.yaml:10: http_server.forwards[0].routing[2].path: ${OPEN} (expected: a pattern)");
    }

    @Test
    void secretsAreEqualByTheirText() {
        assertThat(new Secret("a")).isEqualTo(new Secret("a")).hasSameHashCodeAs(new Secret("a"));
        assertThat(new Secret("a"))
                .isNotEqualTo(new Secret("b"))
                .isNotEqualTo("a")
                .hasToString("***");
    }

    private String token(String written, Map<String, String> environment) {
        String yaml = "upstreams: [{name: u, url: http://u, auth: {type: bearer, token: '" + written + "'}}]";
        ProxyConfig config = ConfigFixtures.parse(yaml, directory, environment).config();
        return Objects.requireNonNull(config.upstreams().get(0).auth().token()).reveal();
    }

    private List<String> problems(String yaml, Map<String, String> environment) {
        ConfigException exception =
                catchThrowableOfType(ConfigException.class, () -> ConfigFixtures.parse(yaml, directory, environment));
        return exception.problems().stream().map(Problem::toString).toList();
    }
}
