package io.llmproxy.config.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.llmproxy.config.AuthConfig;
import io.llmproxy.config.AuthKeyConfig;
import io.llmproxy.config.BalanceConfig;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.GroupConfig;
import io.llmproxy.config.HeaderLineConfig;
import io.llmproxy.config.HealthCheckConfig;
import io.llmproxy.config.KeyRateLimitConfig;
import io.llmproxy.config.LangfuseConfig;
import io.llmproxy.config.MemberConfig;
import io.llmproxy.config.Provider;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.RouteConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.SpokenApi;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.load.ConfigFixtures;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.testing.Certificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The files of the systems that LLMProxy takes the place of, as their documents have them. */
final class ForeignFilesTest {
    private static final Map<String, String> MAYWZH =
            Map.of("API_BASE_URL", "https://api.example.com/v1", "API_KEY_1", "sk-upstream-canary");

    private static final String PROVIDER = """
            providers:
              - {name: p, api_base: 'https://a', api_key: key-of-a, model_mapping: {m: n}}
            """;

    @TempDir
    private static Path directory;

    @BeforeAll
    static void writeCertificate() throws IOException {
        Certificates.Pair pair = new Certificates(directory).serverPem("server", "EC", "dns:a");
        Files.copy(pair.certificate(), directory.resolve("certificate.pem"));
        Files.copy(pair.key(), directory.resolve("private-key.pem"));
    }

    private ConfigLoader.Loaded load(String name, Map<String, String> environment) {
        return parse(ConfigFixtures.text("foreign/" + name), environment);
    }

    private ConfigLoader.Loaded parse(String yaml, Map<String, String> environment) {
        return ConfigLoader.parse(yaml, "config.yml", directory, environment);
    }

    @Test
    void x5iusFileLoads() {
        ConfigLoader.Loaded loaded = load("x5iu.yml", Map.of());
        ProxyConfig config = loaded.config();

        assertThat(loaded.warnings()).isEmpty();
        assertThat(config.keys()).extracting(ClientKeyConfig::name).containsExactly("client-1", "client-2");
        ForwardConfig forward = config.httpServer().forwards().get(0);
        assertThat(forward.port()).isEqualTo(443);
        assertThat(forward.upstreamGroup()).isNull();
        assertThat(forward.tls()).isNotNull();
        assertThat(forward.routing())
                .extracting(rule -> String.valueOf(rule.host()), RouteConfig::targetGroup)
                .contains(org.assertj.core.groups.Tuple.tuple("gemini.example.com", "gemini.example.com"))
                .hasSize(4);
        assertThat(config.upstreams())
                .extracting(UpstreamConfig::provider)
                .containsExactly(Provider.OPENAI, Provider.GEMINI, Provider.ANTHROPIC, Provider.OPENAI);
        UpstreamConfig anthropic = config.upstreams().get(2);
        assertThat(anthropic.url()).hasToString("https://api.anthropic.com:443");
        assertThat(anthropic.auth().type()).isEqualTo(AuthConfig.Type.API_KEY);
        HealthCheckConfig check = Objects.requireNonNull(anthropic.healthCheck());
        assertThat(check.method()).isEqualTo("POST");
        assertThat(check.headers())
                .containsExactly(
                        new HeaderLineConfig("Content-Type", new Secret("application/json")),
                        new HeaderLineConfig("anthropic-version", new Secret("2023-06-01")));
        UpstreamConfig backup = config.upstreams().get(3);
        assertThat(backup.auth().keys()).extracting(AuthKeyConfig::weight).containsExactly(1.0, 2.0);
        assertThat(backup.keys())
                .singleElement()
                .satisfies(key -> assertThat(key.key().reveal()).isEqualTo("provider-specific-auth-key"));
    }

    @Test
    void providersOfOneHostShareItByTheWeightsOfTheirKeys() {
        ProxyConfig config = parse("""
                        cert_file: certificate.pem
                        private_key_file: private-key.pem
                        providers:
                          - {type: openai, host: a, endpoint: one, weight: 1.5, api_key: [k1k1k1k1, k2k2k2k2]}
                          - {type: openai, host: a, endpoint: two, tls: false, port: 8080, weight: 0.5}
                          - {type: gemini, host: a/p, endpoint: three, api_key: k3k3k3k3, auth_keys: [client-key]}
                        """, Map.of()).config();

        assertThat(config.upstreams())
                .extracting(upstream -> upstream.url().toString())
                .containsExactly("https://one", "http://two:8080", "https://three");
        GroupConfig shared = config.upstreamGroups().get(0);
        assertThat(shared.balance().strategy()).isEqualTo(BalanceConfig.Strategy.WEIGHTED_ROUNDROBIN);
        assertThat(shared.upstreams()).containsExactly(new MemberConfig("a", 6), new MemberConfig("a-2", 1));
        assertThat(config.upstreamGroups()).extracting(GroupConfig::name).containsExactly("a", "a/p");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{type: anthropic, host: a, endpoint: b} | no api_key (expected: one, because type is anthropic)",
                "{type: mistral, host: a, endpoint: b, api_key: k} | mistral (expected: openai, anthropic",
                "{host: a, endpoint: b} | type: missing (expected: a value)",
                "{type: openai, endpoint: b} | host: missing (expected: a value)",
                "{type: openai, host: a, endpoint: b, weight: heavy} | heavy (expected: a number)",
                "{type: openai, host: a, endpoint: [b]} | a list (expected: a single value)",
            })
    void whatX5iuWouldNotTakeIsAProblemWithItsLine(String provider, String problem) {
        String yaml = "cert_file: certificate.pem\nprivate_key_file: private-key.pem\nproviders:\n"
                + "  - {type: openai, host: fine, endpoint: fine}\n  - " + provider + "\n";

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> parse(yaml, Map.of()))
                .withMessageContaining("config.yml:5")
                .withMessageContaining(problem);
    }

    @Test
    void maywzhsFileLoads() {
        ConfigLoader.Loaded loaded = load("maywzh.yaml", MAYWZH);
        ProxyConfig config = loaded.config();

        assertThat(loaded.warnings()).singleElement().asString().contains("CERTIFICATES ARE NOT CHECKED");
        ForwardConfig forward = config.httpServer().forwards().get(0);
        assertThat(forward.port()).isEqualTo(18000);
        assertThat(forward.upstreamGroup()).isEqualTo("main");
        UpstreamConfig upstream = config.upstreams().get(0);
        assertThat(upstream.url()).hasToString("https://api.example.com/v1");
        assertThat(upstream.auth().type()).isEqualTo(AuthConfig.Type.BEARER);
        assertThat(upstream.tls().verify()).isFalse();
        assertThat(upstream.weight()).isEqualTo(2);
        assertThat(upstream.models().upstreamName("claude-4.5-sonnet")).isEqualTo("actual-provider-model");
        assertThat(upstream.models().upstreamName("claude-opus-4-5-20251101")).isEqualTo("claude-opus-mapped");
        assertThat(upstream.models().upstreamName("gemini-2.5-pro")).isEqualTo("gemini-pro");
        assertThat(upstream.models().upstreamName("gpt-4")).isNull();
        assertThat(config.keys()).extracting(ClientKeyConfig::name).containsExactly("Production Key", "Unlimited Key");
        KeyRateLimitConfig limit = Objects.requireNonNull(config.keys().get(0).rateLimit());
        assertThat(limit.requestsPerSecond()).isEqualTo(100);
        assertThat(config.keys().get(1).rateLimit()).isNull();
    }

    @Test
    void theEnvironmentGoesOverMaywzhsFile() {
        Map<String, String> environment = new HashMap<>(MAYWZH);
        environment.putAll(Map.of(
                "PORT", "19000",
                "VERIFY_SSL", "Yes",
                "PROVIDER_SUFFIX", "Proxy",
                "REQUEST_TIMEOUT_SECS", "120",
                "ADAPTIVE_ROUTING_ENABLED", "true",
                "ADAPTIVE_429_THRESHOLD", "5",
                "LANGFUSE_ENABLED", "true"));
        ConfigLoader.Loaded loaded = load("maywzh.yaml", environment);
        ForwardConfig forward = loaded.config().httpServer().forwards().get(0);
        GroupConfig group = loaded.config().upstreamGroups().get(0);

        assertThat(forward.port()).isEqualTo(19000);
        assertThat(forward.modelPrefix()).isEqualTo("Proxy");
        assertThat(loaded.config().upstreams().get(0).tls().verify()).isTrue();
        assertThat(group.httpClient().timeout().firstByte()).hasSeconds(120);
        assertThat(group.balance().strategy()).isEqualTo(BalanceConfig.Strategy.ADAPTIVE);
        assertThat(loaded.config().langfuse()).isNull();
        assertThat(loaded.config().capture()).isNull();
        assertThat(loaded.warnings())
                .extracting(Problem::toString)
                .anyMatch(warning -> warning.contains("LANGFUSE_ENABLED") && warning.contains("not carried over"))
                .anyMatch(warning -> warning.contains("ADAPTIVE_429_THRESHOLD"));
    }

    @Test
    void maywzhsLangfuseAndLogOfBodiesAreCarriedOver() {
        Map<String, String> environment = new HashMap<>(MAYWZH);
        environment.putAll(Map.of(
                "LANGFUSE_ENABLED", "true",
                "LANGFUSE_PUBLIC_KEY", "pk-1",
                "LANGFUSE_SECRET_KEY", "sk-lf-1",
                "LANGFUSE_HOST", "https://langfuse.example.com",
                "LANGFUSE_SAMPLE_RATE", "0.5",
                "JSONL_LOG_ENABLED", "true",
                "JSONL_LOG_PATH", "/var/log/proxy/requests.jsonl"));
        ConfigLoader.Loaded loaded = load("maywzh.yaml", environment);

        LangfuseConfig langfuse = Objects.requireNonNull(loaded.config().langfuse());
        assertThat(langfuse.host()).hasToString("https://langfuse.example.com");
        assertThat(langfuse.secretKey().reveal()).isEqualTo("sk-lf-1");
        assertThat(langfuse.sampleRate()).isEqualTo(0.5);
        assertThat(Objects.requireNonNull(loaded.config().capture()).directory())
                .isEqualTo(Path.of("/var/log/proxy/requests"));

        environment.put("JSONL_LOG_PATH", "/var/log/proxy/bodies");
        assertThat(Objects.requireNonNull(
                                load("maywzh.yaml", environment).config().capture())
                        .directory())
                .isEqualTo(Path.of("/var/log/proxy/bodies"));
    }

    @Test
    void whatHasNoCounterpartIsListed() {
        ConfigLoader.Loaded loaded = parse("""
                        providers:
                          - name: a
                            provider_type: claude
                            api_base: https://a
                            api_key: ${A:key-of-a}
                            model_mapping: {m: {mapped_model: n, max_tokens: 5}}
                            provider_params: {gcp_project: p}
                          - {name: b, api_base: 'https://b', api_key: key-of-b, model_mapping: {}}
                        telemetry: true
                        """, Map.of());

        assertThat(loaded.config().upstreams().get(0).auth().token()).isEqualTo(new Secret("key-of-a"));
        assertThat(loaded.config().upstreams().get(0).models().upstreamName("m"))
                .isEqualTo("n");
        assertThat(loaded.config().upstreams().get(1).enabled()).isFalse();
        assertThat(loaded.warnings())
                .extracting(Problem::toString)
                .anyMatch(warning -> warning.startsWith("config.yml:6: providers[0].model_mapping.m.max_tokens"))
                .anyMatch(warning -> warning.startsWith("config.yml:7: providers[0].provider_params"))
                .anyMatch(warning -> warning.startsWith("config.yml:8: providers[1].model_mapping"))
                .anyMatch(warning -> warning.startsWith("config.yml:9: telemetry"));
    }

    @ParameterizedTest
    @CsvSource({
        "openai, OPENAI, OPENAI",
        "Azure, OPENAI, OPENAI",
        "response_api, OPENAI, RESPONSES",
        "responses, OPENAI, RESPONSES",
        "claude, ANTHROPIC, ANTHROPIC",
        "gcp-vertex, VERTEX, ANTHROPIC",
        "gemini, VERTEX, GEMINI"
    })
    void theTypeOfAProviderTellsWhichApiItSpeaks(String type, Provider provider, SpokenApi dialect) {
        String file = """
                providers: [{name: a, provider_type: %s, api_base: 'https://a', api_key: key-of-a, model_mapping: {m: n}}]
                master_api_key: gate-key-0001
                """;
        UpstreamConfig upstream =
                parse(file.formatted(type), Map.of()).config().upstreams().get(0);

        assertThat(upstream.provider()).isEqualTo(provider);
        assertThat(upstream.dialect()).isEqualTo(dialect);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "master_api_key: gate-key-0001",
                "server: {master_api_key: gate-key-0001}",
                "master_api_key: ${GATE:-gate-key-0001}",
            })
    void theOnlyKeyOfMaywzhsFileIsAsked(String access) {
        ProxyConfig config = parse(PROVIDER + access + "\n", Map.of()).config();

        assertThat(config.keys()).extracting(key -> key.key().reveal()).containsExactly("gate-key-0001");
    }

    @Test
    void theOnlyKeyOfMaywzhMayBeInTheEnvironment() {
        Map<String, String> environment = Map.of("MASTER_API_KEY", "gate-key-0001", "ADMIN_KEY", "admin-key-0001");
        ProxyConfig config =
                parse(PROVIDER + "master_api_key: of-the-file\n", environment).config();

        assertThat(config.keys()).extracting(key -> key.key().reveal()).containsExactly("gate-key-0001");
        assertThat(config.httpServer().admin().token()).isEqualTo(new Secret("admin-key-0001"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "auth_token: x",
                "apiKeys: [a, b]",
                "allowed_ips: [10.0.0.0/8]",
                "security: {basic: {login: x}}",
                "server: {auth: {enabled: true}}",
                "server: {port: 18000, x-access-list: [a]}",
                "virtual_keys: [{alias: a}]",
                "users: [{name: a}]",
                "middlewares: [{cors: {}}, {jwt: {issuer: x}}]",
                "require_permission: true",
                "master_keys: [{key: gate-key-0001, allowed_providers: [p]}]",
                "master_keys: [{key: gate-key-0001, valid_until: 2027-01-01}]",
                "master_keys: [{key: gate-key-0001, rate_limit: {requests_per_second: 1, requests_per_day: 5}}]",
            })
    void accessControlThatIsNotUnderstoodIsAProblem(String access) {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> parse(PROVIDER + access + "\n", Map.of()))
                .withMessageContaining("config.yml:3")
                .withMessageContaining("looks like access control that LLMProxy does not apply");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "auth_key: a | auth_key: looks like access control",
                "acl: [a] | acl: looks like access control",
                "providers: [{type: openai, host: a, endpoint: b, allow: [c]}] | providers[0].allow: looks like access",
                "providers: [{type: openai, host: a, endpoint: b, auth_keys: []}] | auth_keys: empty, so no client",
            })
    void soItIsInX5iusFile(String access, String problem) {
        String yaml = "cert_file: certificate.pem\nprivate_key_file: private-key.pem\n";
        String provider = access.startsWith("providers") ? "" : "providers: [{type: openai, host: a, endpoint: b}]\n";

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> parse(yaml + provider + access + "\n", Map.of()))
                .withMessageContaining(problem);
    }

    @ParameterizedTest
    @CsvSource({"DB_URL,postgres://u:pass-canary@h/d", "MASTER_KEY,key-canary", "MASTER_API_KEYS,a-canary"})
    void keysElsewhereInTheEnvironmentAreAProblem(String name, String value) {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> parse(PROVIDER, Map.of(name, value)))
                .withMessageContaining("environment " + name)
                .withMessageNotContaining("canary");
    }

    @Test
    void aDescriptionOfAKeyOrAModelRestrictsNoClient() {
        ConfigLoader.Loaded loaded = parse("""
                        providers:
                          - name: p
                            provider_key: p
                            api_base: https://a
                            api_key: key-of-a
                            model_mapping: {m: {mapped_model: n, max_input_tokens: 5, input_cost_per_1k_tokens: 1}}
                        master_keys:
                          - {key: gate-key-0001, description: mine, created_at: 2026-01-01, expires:}
                        """, Map.of());

        assertThat(loaded.config().keys()).extracting(ClientKeyConfig::name).containsExactly("key-1");
        assertThat(loaded.warnings()).hasSize(5);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{requests_per_second: 1} | 1 | 10",
                "{requests_per_second: 100, burst_size: 10} | 100 | 10",
                "{requests_per_second: 100, burst_size: 150} | 100 | 150",
                "7 | 7 | 7",
            })
    void aRateLimitMeansWhatItMeansThere(String limit, int perSecond, int burst) {
        String keys = "master_keys: [{key: gate-key-0001, rate_limit: " + limit + "}]\n";
        KeyRateLimitConfig ours = Objects.requireNonNull(
                parse(PROVIDER + keys, Map.of()).config().keys().get(0).rateLimit());

        assertThat(ours.requestsPerSecond()).isEqualTo(perSecond);
        assertThat(ours.burst()).isEqualTo(burst);
    }

    @ParameterizedTest
    @CsvSource({"x5iu.yml", "maywzh.yaml"})
    void whatIsPrintedLoadsAgainAndHoldsNoSecret(String name) {
        String text = load(name, MAYWZH).text();

        assertThat(text)
                .doesNotContain("client-api-key")
                .doesNotContain("sk-")
                .doesNotContain("your-")
                .doesNotContain("provider-specific");
        List<String> lines = text.lines().toList();
        StringBuilder filled = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            filled.append(lines.get(i).replace("'***'", "another-key-" + i)).append('\n');
        }
        ProxyConfig again = parse(filled.toString(), MAYWZH).config();
        ProxyConfig before = load(name, MAYWZH).config();
        assertThat(again.httpServer()).isEqualTo(before.httpServer());
        assertThat(again.upstreamGroups()).isEqualTo(before.upstreamGroups());
        assertThat(again.upstreams())
                .extracting(UpstreamConfig::name, UpstreamConfig::url, UpstreamConfig::models)
                .isEqualTo(before.upstreams().stream()
                        .map(upstream ->
                                org.assertj.core.groups.Tuple.tuple(upstream.name(), upstream.url(), upstream.models()))
                        .toList());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "verify_ssl: {a: b} | config.yml:3: verify_ssl: a section (expected: a single value)",
                "server: on | config.yml:3: server: a single value (expected: a section)",
                "master_keys: {a: b} | config.yml:3: master_keys: a section (expected: a list)",
                "master_keys: [a] | master_keys[0]: a single value (expected: a section)",
                "master_keys: [{key: gate-key-0001, allowed_models: [{a: b}]}] | allowed_models[0]: a section (expected",
            })
    void aValueOfAnotherShapeIsAProblemWithItsLine(String line, String problem) {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> parse(PROVIDER + line + "\n", Map.of()))
                .withMessageContaining(problem);
    }

    @ParameterizedTest
    @ValueSource(strings = {"providers: [a]\n", "providers: [{name: p}]\n", "providers: {endpoint: a, api_base: b}\n"})
    void aFileThatIsOfNoneOfThemIsReadAsOurs(String yaml) {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> parse(yaml, Map.of()))
                .withMessageContaining("config.yml:1: providers")
                .withMessageContaining("upstreams");
    }

    @Test
    void aProviderMayBeNamedByItsKeyAndServesNothingWithoutModels() {
        ConfigLoader.Loaded loaded =
                parse(PROVIDER + "  - {provider_key: q, api_base: 'https://b', api_key: key-of-b}\n", Map.of());
        UpstreamConfig second = loaded.config().upstreams().get(1);

        assertThat(second.name()).isEqualTo("q");
        assertThat(second.enabled()).isFalse();
        assertThat(loaded.warnings())
                .extracting(Problem::toString)
                .anyMatch(warning -> warning.startsWith("config.yml:3: providers[1].model_mapping: not carried over"));
    }

    @Test
    void theOnlyKeyOfMaywzhsFileStatedTwiceIsAProblem() {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> parse(
                        PROVIDER + "server: {master_api_key: gate-canary-1}\nmaster_api_key: gate-canary-2\n",
                        Map.of()))
                .withMessageContaining("config.yml:4: master_api_key: given twice, also in server (expected: once)")
                .withMessageNotContaining("canary");
    }

    @Test
    void aProviderWithoutANameIsAProblem() {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> parse(
                        PROVIDER + "  - {api_base: 'https://b', api_key: key-of-b, model_mapping: {m: n}}\n", Map.of()))
                .withMessageContaining("config.yml:3: providers[1].name: missing (expected: a value)");
    }

    @Test
    void aDatabaseBesideTheKeysOfTheFileIsNotCarriedOver() {
        String keys = "master_keys: [{key: gate-key-0001, enabled: false, allowed_models:}, {key: gate-key-0002}]\n";
        ConfigLoader.Loaded loaded = parse(
                PROVIDER + keys,
                Map.of("DB_URL", "postgres://u:pass-canary@h/d", "LANGFUSE_ENABLED", "False", "MASTER_NODE", "n"));

        assertThat(loaded.config().keys()).extracting(ClientKeyConfig::enabled).containsExactly(false, true);
        assertThat(loaded.warnings())
                .extracting(Problem::toString)
                .singleElement()
                .asString()
                .contains("environment DB_URL", "not carried over: the configuration in a database")
                .doesNotContain("canary");
    }

    @Test
    void theEnvironmentAloneGivesThePortAndTheTimeToTheFirstByte() {
        ProxyConfig config = parse(PROVIDER, Map.of("PORT", "19000", "TTFT_TIMEOUT_SECS", "7"))
                .config();

        assertThat(config.httpServer().forwards().get(0).port()).isEqualTo(19000);
        assertThat(config.upstreamGroups().get(0).httpClient().timeout().firstByte())
                .hasSeconds(7);
    }

    @Test
    void aKeyOfX5iusFileWithoutAWeightHasItsProviders() {
        ProxyConfig config = parse("""
                        cert_file: certificate.pem
                        private_key_file: private-key.pem
                        providers:
                          - {type: openai, host: a, endpoint: b, weight: 3, api_keys: [{key: k1k1k1k1}, {key: k2k2k2k2, weight: 1}]}
                        """, Map.of()).config();

        assertThat(config.upstreams().get(0).auth().keys())
                .extracting(AuthKeyConfig::weight)
                .containsExactly(3.0, 1.0);
    }

    @Test
    void aHeaderOfX5iusFileWithoutAColonIsAProblem() {
        String yaml = """
                cert_file: certificate.pem
                private_key_file: private-key.pem
                providers:
                  - {type: openai, host: a, endpoint: b, health_check: {path: /, headers: [canary]}}
                """;

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> parse(yaml, Map.of()))
                .withMessageContaining("health_check.headers: no colon (expected: `Name: value`)")
                .withMessageNotContaining("canary");
    }
}
