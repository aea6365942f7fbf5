package io.llmproxy.config.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.config.AuthConfig;
import io.llmproxy.config.BalanceConfig;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.GroupConfig;
import io.llmproxy.config.HeaderConfig;
import io.llmproxy.config.MemberConfig;
import io.llmproxy.config.Provider;
import io.llmproxy.config.RetryConfig;
import io.llmproxy.config.RouteConfig;
import io.llmproxy.config.SpokenApi;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.config.load.FileFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of LiteLLM's proxy, in the forms that its documentation and its example files have. */
final class LiteLlmFileTest {
    private static final String MASTER = "general_settings: {master_key: sk-master-of-all}\n";
    private static final String ONE = """
            model_list:
              - model_name: gpt
                litellm_params: {model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY}
            """;
    private static final Map<String, String> ENVIRONMENT = Map.of(
            "OPENAI_API_KEY", "sk-of-openai",
            "ANTHROPIC_API_KEY", "sk-of-anthropic",
            "AZURE_API_KEY", "key-of-azure",
            "GROQ_API_KEY", "key-of-groq",
            "WITH_SLASH", "https://other.example.com/v1/");

    @TempDir
    private static Path directory;

    private static ConfigLoader.Loaded load(String yaml, String... more) {
        Map<String, String> environment = new HashMap<>(ENVIRONMENT);
        for (int i = 0; i < more.length; i += 2) {
            environment.put(more[i], more[i + 1]);
        }
        ConfigLoader.Loaded loaded = ConfigLoader.parse(yaml, "config.yaml", directory, environment);
        assertThat(loaded.format()).isEqualTo(FileFormat.LITELLM);
        String ours = ConfigLoader.inOwnWords(yaml, directory, environment);
        ConfigLoader.Loaded again = ConfigLoader.parse(ours, "ours.yaml", directory, environment);
        assertThat(again.format()).isEqualTo(FileFormat.LLMPROXY);
        assertThat(again.config()).isEqualTo(loaded.config());
        return loaded;
    }

    private static UpstreamConfig upstream(String parameters, String... more) {
        return load("model_list: [{model_name: m, litellm_params: {" + parameters + "}}]\n" + MASTER, more)
                .config()
                .upstreams()
                .get(0);
    }

    private static void assertRefused(String yaml, String... messages) {
        assertThatThrownBy(() -> load(yaml))
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        refused -> assertThat(refused.problems())
                                .extracting(Problem::toString)
                                .anySatisfy(problem -> assertThat(problem).contains(messages)));
    }

    private static List<String> warnings(ConfigLoader.Loaded loaded) {
        return loaded.warnings().stream().map(Problem::toString).toList();
    }

    private static GroupConfig group(ConfigLoader.Loaded loaded, String name) {
        return loaded.config().upstreamGroups().stream()
                .filter(group -> group.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> members(GroupConfig group) {
        return group.upstreams().stream().map(MemberConfig::name).toList();
    }

    private static String asked(UpstreamConfig upstream, String model) {
        return String.valueOf(upstream.models().upstreamName(model));
    }

    @Test
    void theSmallestFileLoads() {
        ConfigLoader.Loaded loaded = load(ONE + MASTER);

        assertThat(warnings(loaded)).isEmpty();
        ForwardConfig forward = loaded.config().httpServer().forwards().get(0);
        assertThat(forward.port()).isEqualTo(4000);
        assertThat(forward.upstreamGroup()).isEqualTo("main");
        assertThat(forward.routing()).isEmpty();
        assertThat(loaded.config().keys()).extracting(ClientKeyConfig::name).containsExactly("master");
        assertThat(loaded.config().httpServer().admin().token()).isNotNull();
        UpstreamConfig upstream = loaded.config().upstreams().get(0);
        assertThat(upstream.url()).hasToString("https://api.openai.com/v1");
        assertThat(upstream.provider()).isEqualTo(Provider.OPENAI);
        assertThat(upstream.dialect()).isNull();
        assertThat(upstream.auth().type()).isEqualTo(AuthConfig.Type.BEARER);
        assertThat(Objects.requireNonNull(upstream.auth().token()).reveal()).isEqualTo("sk-of-openai");
        assertThat(asked(upstream, "gpt")).isEqualTo("gpt-4o");
        assertThat(upstream.models().upstreamName("gpt-4o")).isNull();
        assertThat(loaded.text()).doesNotContain("sk-");
        assertThat(load(ONE + MASTER, "PORT", "8080")
                        .config()
                        .httpServer()
                        .forwards()
                        .get(0)
                        .port())
                .isEqualTo(8080);
    }

    @Test
    void withoutAMasterKeyEverybodyMayCall() {
        ConfigLoader.Loaded open = load(ONE);
        assertThat(open.config().keys()).isEmpty();
        assertThat(warnings(open))
                .singleElement()
                .asString()
                .contains("general_settings.master_key: there is none, so every client may use this gateway");
        assertThat(load(ONE, "LITELLM_MASTER_KEY", "sk-from-outside").config().keys())
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            gpt-4o-mini                   | OPENAI       |           | https://api.openai.com/v1                                            | gpt-4o-mini
            o3                            | OPENAI       |           | https://api.openai.com/v1                                            | o3
            claude-sonnet-4-5             | ANTHROPIC    |           | https://api.anthropic.com                                            | claude-sonnet-4-5
            anthropic/claude-sonnet-4-5   | ANTHROPIC    |           | https://api.anthropic.com                                            | claude-sonnet-4-5
            groq/llama-3.3-70b            | OPENAI       | OPENAI    | https://api.groq.com/openai/v1                                       | llama-3.3-70b
            ollama/llama3                 | OLLAMA       |           | http://localhost:11434                                               | llama3
            """)
    void aPrefixNamesTheProvider(String model, Provider provider, SpokenApi dialect, String url, String name) {
        UpstreamConfig upstream = upstream("model: " + model);
        assertThat(upstream.provider()).isEqualTo(provider);
        assertThat(upstream.dialect()).isEqualTo(dialect);
        assertThat(upstream.url()).hasToString(url);
        assertThat(asked(upstream, "m")).isEqualTo(name);
    }

    @Test
    void aBaseIsCalledAsItIsThere() {
        UpstreamConfig versioned =
                upstream("model: openai/org/name, api_base: 'https://a.example.com/v1/', api_key: k");
        assertThat(versioned.url()).hasToString("https://a.example.com/v1");
        assertThat(versioned.urlMode()).isEqualTo(UpstreamConfig.UrlMode.JOIN);
        assertThat(versioned.dialect()).isEqualTo(SpokenApi.OPENAI);
        assertThat(asked(versioned, "m")).isEqualTo("org/name");

        UpstreamConfig bare = upstream("model: hosted_vllm/x, api_base: 'http://localhost:8000'");
        assertThat(bare.url()).hasToString("http://localhost:8000/chat/completions");
        assertThat(bare.urlMode()).isEqualTo(UpstreamConfig.UrlMode.EXACT);
        assertThat(bare.auth().type()).isEqualTo(AuthConfig.Type.NONE);

        assertThat(upstream("model: openai/x, base_url: os.environ/WITH_SLASH, api_key: k")
                        .url())
                .hasToString("https://other.example.com/v1");
        assertThat(upstream("model: x, custom_llm_provider: openai, api_base: 'http://b/v1'")
                        .url())
                .hasToString("http://b/v1");
        assertThat(load("""
                        model_list:
                          - model_name: e
                            litellm_params: {model: openai/embed, api_base: 'http://b/api/v4', api_key: k}
                            model_info: {mode: embedding}
                        """ + MASTER).config().upstreams().get(0).url()).hasToString("http://b/api/v4/embeddings");
        // The provider's key does not go to somebody else's server unless it is stated or set for it.
        assertThat(upstream("model: groq/x, api_base: 'http://b/v1'", "GROQ_API_KEY", "")
                        .auth()
                        .type())
                .isEqualTo(AuthConfig.Type.NONE);
    }

    @Test
    void azureIsCalledInItsNewForm() {
        ConfigLoader.Loaded loaded = load("""
                model_list:
                  - model_name: gpt
                    litellm_params:
                      model: azure/my-deployment
                      api_base: https://x.openai.azure.com/
                      api_key: os.environ/AZURE_API_KEY
                      api_version: "2024-10-21"
                      tpm: 20_000
                      rpm: 60
                """ + MASTER);
        UpstreamConfig upstream = loaded.config().upstreams().get(0);
        assertThat(upstream.url()).hasToString("https://x.openai.azure.com/openai");
        assertThat(upstream.provider()).isEqualTo(Provider.AZURE_OPENAI);
        assertThat(upstream.apiVersion()).isNull();
        assertThat(upstream.auth().type()).isEqualTo(AuthConfig.Type.API_KEY);
        assertThat(upstream.auth().rpm()).isEqualTo(60);
        assertThat(upstream.auth().tpm()).isEqualTo(20_000);
        assertThat(asked(upstream, "gpt")).isEqualTo("my-deployment");
        assertThat(warnings(loaded))
                .singleElement()
                .asString()
                .startsWith("config.yaml:7: model_list[0].litellm_params"
                        + ".api_version: not carried over: Azure's /openai/v1 is called");
        assertThat(upstream(
                                "model: azure/x, api_version: preview",
                                "AZURE_API_BASE",
                                "https://y.example.com/openai/v1/")
                        .url())
                .hasToString("https://y.example.com/openai");
    }

    @Test
    void vertexHasItsProjectInThePath() throws IOException {
        Path file = Files.writeString(directory.resolve("vertex.json"), "{}");
        UpstreamConfig gemini = upstream("model: vertex_ai/gemini-2.5-pro, vertex_project: p, vertex_location: global,"
                + " vertex_credentials: '" + file + "'");
        assertThat(gemini.url()).hasToString("https://aiplatform.googleapis.com/v1/projects/p/locations/global");
        assertThat(gemini.dialect()).isEqualTo(SpokenApi.GEMINI);
        assertThat(gemini.auth().type()).isEqualTo(AuthConfig.Type.GOOGLE);
        UpstreamConfig claude = upstream(
                "model: vertex_ai/claude-sonnet-4-5, vertex_project: p", "GOOGLE_APPLICATION_CREDENTIALS", "" + file);
        assertThat(claude.url())
                .hasToString("https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1");
        assertThat(claude.dialect()).isEqualTo(SpokenApi.ANTHROPIC);
        assertRefused(
                "model_list: [{model_name: m, litellm_params: {model: vertex_ai/gemini-x, vertex_project: p,"
                        + " vertex_credentials: '{\"private_key\": \"canary\"}'}}]",
                "vertex_credentials: *** (expected: the path of a file with it)");
        assertRefused(
                "model_list: [{model_name: m, litellm_params: {model: vertex_ai/gemini-x, vertex_credentials: f}}]",
                "litellm_params.vertex_project: missing");
    }

    @Test
    void deploymentsOfAModelShareItsRequests() {
        ConfigLoader.Loaded loaded = load("""
                model_list:
                  - {model_name: a, litellm_params: {model: gpt-4o, weight: 3}}
                  - {model_name: a, litellm_params: {model: groq/llama, weight: 1.5}}
                  - {model_name: b, litellm_params: {model: gpt-4o-mini, max_parallel_requests: 7}, rpm: 10}
                """ + MASTER);
        assertThat(loaded.config().upstreams())
                .extracting(UpstreamConfig::name, UpstreamConfig::weight)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("a", 2),
                        org.assertj.core.groups.Tuple.tuple("a-2", 1),
                        org.assertj.core.groups.Tuple.tuple("b", 1));
        assertThat(loaded.config().upstreams().get(2).maxConcurrent()).isEqualTo(7);
        assertThat(loaded.config().upstreams().get(2).auth().rpm()).isEqualTo(10);
        assertThat(loaded.config().upstreamGroups()).hasSize(1);
        assertThat(group(loaded, "main").balance().strategy()).isEqualTo(BalanceConfig.Strategy.WEIGHTED_ROUNDROBIN);
        assertRefused(
                "model_list: [{model_name: m, litellm_params: {model: gpt-4o, weight: much}}]",
                "config.yaml:1: model_list[0].litellm_params.weight: much (expected: a number)");
    }

    @ParameterizedTest
    @CsvSource({
        "simple-shuffle, RANDOM",
        "least-busy, LEAST_REQUESTS",
        "latency-based-routing, RESPONSE_AWARE",
        "usage-based-routing-v2, LEAST_REQUESTS",
        "cost-based-routing, RANDOM"
    })
    void aStrategyHasItsCounterpart(String theirs, BalanceConfig.Strategy ours) {
        ConfigLoader.Loaded loaded = load(ONE + MASTER + "router_settings: {routing_strategy: " + theirs + "}\n");
        assertThat(group(loaded, "main").balance().strategy()).isEqualTo(ours);
        assertThat(warnings(loaded)).hasSize(theirs.matches("usage.*|cost.*") ? 1 : 0);
    }

    @Test
    void anUnknownStrategyIsRefused() {
        assertRefused(
                ONE + "router_settings: {routing_strategy: best}\n",
                "config.yaml:4: router_settings.routing_strategy: best (expected: simple-shuffle,");
    }

    @Test
    void fallbacksAreAskedNext() {
        ConfigLoader.Loaded loaded = load("""
                model_list:
                  - {model_name: big, litellm_params: {model: gpt-4o}}
                  - {model_name: big, litellm_params: {model: groq/big}}
                  - {model_name: small, litellm_params: {model: gpt-4o-mini}}
                  - {model_name: "claude/*", litellm_params: {model: "anthropic/*"}}
                router_settings:
                  fallbacks: [{big: [small, claude/sonnet]}, {small: [nosuch]}]
                  num_retries: 2
                  retry_after: 1
                  timeout: 30
                  stream_timeout: 2.5
                  cooldown_time: 20
                  allowed_fails: 3
                """ + MASTER);
        assertThat(members(group(loaded, "big"))).containsExactly("big", "big-2", "small", "claude/*");
        assertThat(group(loaded, "big").balance().strategy()).isEqualTo(BalanceConfig.Strategy.FAILOVER);
        List<UpstreamConfig> upstreams = loaded.config().upstreams();
        assertThat(asked(upstreams.get(2), "big")).isEqualTo("gpt-4o-mini");
        assertThat(asked(upstreams.get(3), "big")).isEqualTo("sonnet");
        assertThat(asked(upstreams.get(3), "claude/opus-4")).isEqualTo("opus-4");
        assertThat(asked(upstreams.get(0), "small")).isEqualTo("null");
        assertThat(loaded.config().httpServer().forwards().get(0).routing())
                .extracting(RouteConfig::targetGroup)
                .containsExactly("big", "small");
        var client = group(loaded, "big").httpClient();
        assertThat(client.timeout().firstByte()).isEqualTo(Duration.ofSeconds(30));
        assertThat(client.timeout().firstEvent()).isEqualTo(Duration.ofMillis(2500));
        RetryConfig retry = Objects.requireNonNull(client.retry());
        assertThat(retry.attempts()).isEqualTo(2);
        assertThat(retry.initial()).isEqualTo(Duration.ofSeconds(1));
        assertThat(Objects.requireNonNull(upstreams.get(0).breaker()).cooldown())
                .isEqualTo(Duration.ofSeconds(20));
        assertThat(upstreams.get(0).rateLimited().otherwise()).isEqualTo(Duration.ofSeconds(20));
        assertThat(warnings(loaded))
                .anyMatch(warning -> warning.contains("nosuch: not carried over: no deployment"))
                .anyMatch(warning -> warning.contains("big: has several deployments and fallbacks"))
                .anyMatch(warning -> warning.contains("allowed_fails: not carried over"));
    }

    @Test
    void defaultFallbacksAreForAllOthers() {
        ConfigLoader.Loaded loaded = load("""
                model_list:
                  - {model_name: a, litellm_params: {model: gpt-4o}}
                  - {model_name: last, litellm_params: {model: gpt-4o-mini}}
                litellm_settings: {default_fallbacks: [last], num_retries: 0, request_timeout: 9000}
                router_settings: {disable_cooldowns: true, cooldown_time: 5}
                """ + MASTER);
        assertThat(members(group(loaded, "a"))).containsExactly("a", "last");
        assertThat(loaded.config().httpServer().forwards().get(0).routing()).hasSize(1);
        assertThat(group(loaded, "main").httpClient().retry()).isNull();
        assertThat(group(loaded, "main").httpClient().timeout().firstByte()).isEqualTo(Duration.ofHours(1));
        assertThat(loaded.config().upstreams().get(0).breaker()).isNull();
    }

    @Test
    void orderAndTimesOfAModelMakeItAGroup() {
        ConfigLoader.Loaded loaded = load("""
                model_list:
                  - {model_name: a, litellm_params: {model: groq/second, order: 2, timeout: 7}}
                  - {model_name: a, litellm_params: {model: gpt-4o, order: 1, timeout: 7}}
                  - {model_name: main, litellm_params: {model: gpt-4o, stream_timeout: 3}}
                """ + MASTER);
        assertThat(members(group(loaded, "a"))).containsExactly("a-2", "a");
        assertThat(group(loaded, "a").httpClient().timeout().firstByte()).isEqualTo(Duration.ofSeconds(7));
        assertThat(group(loaded, "main-model").httpClient().timeout().firstEvent())
                .isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void aliasesAreOtherNames() {
        ConfigLoader.Loaded loaded = load(ONE + MASTER + """
                router_settings:
                  model_group_alias: {other: gpt, hidden: {model: gpt, hidden: true}, lost: nosuch}
                """);
        UpstreamConfig upstream = loaded.config().upstreams().get(0);
        assertThat(asked(upstream, "other")).isEqualTo("gpt-4o");
        assertThat(asked(upstream, "hidden")).isEqualTo("gpt-4o");
        assertThat(warnings(loaded))
                .hasSize(2)
                .anyMatch(warning -> warning.contains("model_group_alias.hidden.hidden: not carried over"))
                .anyMatch(warning -> warning.contains("nosuch: not carried over"));
    }

    @Test
    void referencesAndTheFilesOwnEnvironment() {
        ConfigLoader.Loaded loaded = load(
                """
                environment_variables: {REDIS_HOST: cache, OPENAI_API_KEY: sk-of-the-file}
                model_list:
                  - model_name: m
                    litellm_params:
                      {model: gpt-4o, api_key: os.environ/OPENAI_API_KEY, organization: org-1, extra_headers: {X-A: "${b}"}}
                router_settings: {redis_host: os.environ/REDIS_HOST, redis_port: 6380, redis_password: pw}
                litellm_settings: {json_logs: true, success_callback: [langfuse, otel]}
                """ + MASTER, "LANGFUSE_PUBLIC_KEY", "pk", "LANGFUSE_SECRET_KEY", "sk", "LANGFUSE_HOST", "https://l");
        UpstreamConfig upstream = loaded.config().upstreams().get(0);
        assertThat(Objects.requireNonNull(upstream.auth().token()).reveal()).isEqualTo("sk-of-the-file");
        assertThat(upstream.headers()).extracting(HeaderConfig::key).containsExactly("OpenAI-Organization", "X-A");
        assertThat(Objects.requireNonNull(upstream.headers().get(1).value()).reveal())
                .isEqualTo("${b}");
        assertThat(Objects.requireNonNull(loaded.config().redis()).url()).hasToString("redis://cache:6380");
        assertThat(Objects.requireNonNull(loaded.config().langfuse()).host()).hasToString("https://l");
        assertThat(warnings(loaded))
                .singleElement()
                .asString()
                .contains("litellm_settings.success_callback: otel: not");
        assertThat(loaded.text()).contains("format: json").doesNotContain("sk-of-the-file");
    }

    @Test
    void credentialsThatEntriesReferToAreTheirs() {
        ConfigLoader.Loaded loaded = load("""
                credential_list:
                  - credential_name: one
                    credential_values: {api_key: key-of-one, api_base: "https://one.example.com/v1"}
                    credential_info: {description: of one}
                model_list:
                  - {model_name: m, litellm_params: {model: openai/x, litellm_credential_name: one}}
                """ + MASTER);
        UpstreamConfig upstream = loaded.config().upstreams().get(0);
        assertThat(Objects.requireNonNull(upstream.auth().token()).reveal()).isEqualTo("key-of-one");
        assertThat(upstream.url()).hasToString("https://one.example.com/v1");
        assertRefused(
                "model_list: [{model_name: m, litellm_params: {model: gpt-4o, litellm_credential_name: two}}]",
                "litellm_credential_name: two (expected: the name of an entry of credential_list)");
    }

    @Test
    void whatIsNotCarriedOverIsToldByName() {
        ConfigLoader.Loaded loaded = load("""
                model_list:
                  - model_name: m
                    litellm_params: {model: gpt-4o, temperature: 0.2, input_cost_per_token: 0.1, tags: [a], odd: 1}
                    model_info: {id: x, supports_vision: true, blocked: true}
                  - {model_name: s, litellm_params: {model: sagemaker/x, aws_secret_access_key: canary}}
                  - {model_name: mock, litellm_params: {model: gpt-4o, mock_response: hello}}
                litellm_settings: {cache: true, cache_params: {password: canary}, callbacks: [otel], odd: 2}
                router_settings: {enable_pre_call_checks: true, retry_policy: {TimeoutErrorRetries: 3}, odd: 3}
                general_settings: {master_key: sk-master-of-all, database_url: "postgresql://u:canary@h/d", odd: 4}
                files_settings: [{custom_llm_provider: openai, api_key: canary}]
                odd: 5
                """);
        assertThat(loaded.config().upstreams())
                .singleElement()
                .satisfies(upstream -> assertThat(upstream.enabled()).isFalse());
        assertThat(warnings(loaded)).hasSize(18).allMatch(warning -> warning.contains("not carried over: "));
        assertThat(warnings(loaded))
                .noneMatch(warning -> warning.contains("canary"))
                .anyMatch(
                        warning -> warning.startsWith("config.yaml:4: model_list[0].model_info: id, supports_vision:"))
                .anyMatch(warning -> warning.contains("the provider of sagemaker/x is none that LLMProxy knows"))
                .anyMatch(warning -> warning.contains("it answers by itself (mock_response)"))
                .anyMatch(warning -> warning.startsWith("config.yaml:11: odd: not carried over"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            guardrails: [{guardrail_name: g}]                               | guardrails
            mcp_servers: {a: {auth_type: bearer_token}}                     | mcp_servers
            include: [other.yaml]                                           | include
            litellm_settings: {max_budget: 10}                              | litellm_settings.max_budget
            litellm_settings: {key_generation_settings: {}}                 | litellm_settings.key_generation_settings
            general_settings: {custom_auth: my.auth}                        | general_settings.custom_auth
            general_settings: {allowed_ips: [10.0.0.1]}                     | general_settings.allowed_ips
            general_settings: {enable_jwt_auth: true}                       | general_settings.enable_jwt_auth
            general_settings: {enforce_user_param: true}                    | general_settings.enforce_user_param
            general_settings: {pass_through_endpoints: [{path: /a, headers: {Authorization: k}}]} | general_settings.pass_through_endpoints
            router_settings: {model_access: {a: b}}                         | router_settings.model_access
            """)
    void whatKeepsCallersOutIsAnError(String more, String path) {
        assertRefused(ONE + more + "\n", "config.yaml:4: " + path + ": ", "(expected: ");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {model_name: m, litellm_params: {model: gpt-4o}, model_info: {team_id: t}}           | model_info.team_id
            {model_name: m, litellm_params: {model: gpt-4o}, model_info: {access_groups: [a]}}   | model_info.access_groups
            {model_name: m, litellm_params: {model: azure/x, api_base: "https://a", azure_ad_token: t}} | litellm_params.azure_ad_token
            {model_name: m, litellm_params: {model: openai/x, api_base: "https://a", client_secret: t}} | litellm_params.client_secret
            {model_name: m, litellm_params: {model: azure/x}}                                    | litellm_params.api_base: missing
            {model_name: m, litellm_params: {model: gpt-4o, timeout: soon}}                      | litellm_params.timeout: soon (expected: seconds)
            {model_name: m}                                                                      | model_list[0].litellm_params: missing
            {litellm_params: {model: gpt-4o}}                                                    | model_list[0].model_name: missing
            {model_name: m, litellm_params: {model: bedrock/x}}                                  | model_list: no deployment that can be carried over
            """)
    void anEntryThatCannotBeCarriedIsAnError(String entry, String message) {
        assertRefused("model_list:\n  - " + entry + "\n", "config.yaml:", message);
    }

    @Test
    void aFileWithoutModelsIsRefused() {
        assertRefused("general_settings: {master_key: sk-master-of-all}\n", "model_list: no deployment");
        assertRefused(
                ONE + "router_settings: {num_retries: some, timeout: x}\n",
                "num_retries: some (expected: a whole number)");
        assertRefused(
                ONE + "router_settings: {fallbacks: [{gpt: [{model: a}]}]}\n",
                "fallbacks: a section (expected: the name");
    }

    @ParameterizedTest
    @CsvSource({
        "chat, /chat/completions",
        "completion, /completions",
        "embedding, /embeddings",
        "image_generation, /images/generations",
        "audio_transcription, /audio/transcriptions",
        "audio_speech, /audio/speech",
        "moderation, /moderations",
        "rerank, /rerank",
        "responses, /responses"
    })
    void aBaseWithoutAVersionHasTheEndpointOfItsMode(String mode, String endpoint) {
        ConfigLoader.Loaded loaded = load("""
                model_list:
                  - model_name: m
                    litellm_params: {model: openai/x, api_base: 'http://b', api_key: k}
                    model_info: {mode: %s}
                """.formatted(mode) + MASTER);
        assertThat(loaded.config().upstreams().get(0).url()).hasToString("http://b" + endpoint);
    }

    @Test
    void limitsOfAKeyNeedOne() {
        ConfigLoader.Loaded loaded = load("""
                model_list:
                  - {model_name: a, litellm_params: {model: ollama/x, rpm: 5}}
                  - {model_name: b, litellm_params: {model: ollama/y, tpm: 5}}
                """ + MASTER);
        assertThat(warnings(loaded))
                .hasSize(2)
                .anyMatch(
                        warning -> warning.contains("[0].litellm_params.rpm: not carried over: it is a limit of a key"))
                .anyMatch(warning ->
                        warning.contains("[1].litellm_params.tpm: not carried over: it is a limit of a key"));
        assertRefused(
                "model_list: [{model_name: m, litellm_params: {model: gpt-4o, order: -1}}]",
                "litellm_params.order: -1 (expected: a number)");
    }

    @Test
    void whatIsSmallIsReadToo() throws IOException {
        Path file = Files.writeString(directory.resolve("service.json"), "{}");
        UpstreamConfig vertex = upstream("model: vertex_ai/gemini-x, vertex_project: p, api_base: 'http://v/', "
                + "vertex_credentials: '" + file + "'");
        assertThat(vertex.url()).hasToString("http://v/v1/projects/p/locations/us-central1");
        UpstreamConfig headed =
                upstream("model: claude-x, api_version: '1', headers: {X-A: b}, extra_headers: {X-B: [c]}");
        assertThat(headed.headers()).extracting(HeaderConfig::key).containsExactly("X-A");
        assertThat(headed.apiVersion()).isNull();
        ConfigLoader.Loaded times = load(
                "model_list: [{model_name: m, litellm_params: {model: gpt-4o, timeout: os.environ/SECONDS}}]\n"
                        + MASTER,
                "SECONDS",
                "7");
        assertThat(group(times, "m").httpClient().timeout().firstByte()).isEqualTo(Duration.ofSeconds(7));
        ConfigLoader.Loaded mixed = load("""
                model_list:
                  - {model_name: a, litellm_params: {model: gpt-4o, timeout: 7, weight: 2}}
                  - {model_name: a, litellm_params: {model: gpt-4o, timeout: 8}}
                  - {model_name: a, litellm_params: {model: gpt-4o}}
                router_settings: {routing_strategy: least-busy}
                """ + MASTER);
        assertThat(mixed.config().upstreamGroups()).hasSize(1);
        assertThat(mixed.config().upstreams().get(0).weight()).isEqualTo(1);
    }

    @Test
    void routersSayThingsInSeveralWays() {
        ConfigLoader.Loaded loaded = load("""
                model_list:
                  - {model_name: a, litellm_params: {model: gpt-4o}}
                  - {model_name: b, litellm_params: {model: gpt-4o-mini}}
                  - {model_name: "x-*", litellm_params: {model: groq/fixed}}
                router_settings:
                  fallbacks: [{"*": [b]}, {b: x-1}]
                  redis_url: redis://r:1
                  num_retries: os.environ/TRIES
                  allowed_fails: 2
                """ + MASTER, "TRIES", "4");
        assertThat(members(group(loaded, "a"))).containsExactly("a", "b");
        assertThat(members(group(loaded, "b"))).containsExactly("b", "x-*");
        assertThat(asked(loaded.config().upstreams().get(2), "b")).isEqualTo("fixed");
        assertThat(asked(loaded.config().upstreams().get(2), "x-2")).isEqualTo("fixed");
        assertThat(Objects.requireNonNull(loaded.config().redis()).url()).hasToString("redis://r:1");
        assertThat(Objects.requireNonNull(group(loaded, "main").httpClient().retry())
                        .attempts())
                .isEqualTo(4);
        assertThat(Objects.requireNonNull(loaded.config().upstreams().get(0).breaker())
                        .cooldown())
                .isEqualTo(Duration.ofSeconds(5));
        ConfigLoader.Loaded host = load(ONE + MASTER + "router_settings: {redis_host: r}\n");
        assertThat(Objects.requireNonNull(host.config().redis()).url()).hasToString("redis://r:6379");
        assertRefused(ONE + "router_settings: {num_retries: 1.5}\n", "num_retries: 1.5 (expected: a whole number)");
        assertRefused(
                ONE + "router_settings: {model_group_alias: {a: {hidden: true}}}\n",
                "model_group_alias.a.model: missing");
    }

    @Test
    void langfuseNeedsItsKeys() {
        String asks = ONE + MASTER + "litellm_settings: {callbacks: [langfuse_otel], json_logs: false}\n";
        assertThat(load(asks).config().langfuse()).isNull();
        assertThat(load(asks, "LANGFUSE_PUBLIC_KEY", "p").config().langfuse()).isNull();
        assertThat(load(asks, "LANGFUSE_PUBLIC_KEY", "p", "LANGFUSE_SECRET_KEY", "s")
                        .config()
                        .langfuse())
                .isNotNull();
        String other = ONE + MASTER + "litellm_settings: {callbacks: [otel]}\n";
        assertThat(load(other, "LANGFUSE_PUBLIC_KEY", "p", "LANGFUSE_SECRET_KEY", "s")
                        .config()
                        .langfuse())
                .isNull();
        assertThat(warnings(load(ONE + MASTER + "credential_list: [{credential_name: a}]\n")))
                .isEmpty();
    }
}
