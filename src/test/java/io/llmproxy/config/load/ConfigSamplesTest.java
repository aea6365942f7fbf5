package io.llmproxy.config.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.AdminConfig;
import io.llmproxy.config.AuthConfig;
import io.llmproxy.config.BalanceConfig;
import io.llmproxy.config.BreakerConfig;
import io.llmproxy.config.CapabilitiesConfig;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.ClientTimeoutConfig;
import io.llmproxy.config.ConversionConfig;
import io.llmproxy.config.CooldownConfig;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.GroupConfig;
import io.llmproxy.config.HeaderConfig;
import io.llmproxy.config.HedgeConfig;
import io.llmproxy.config.HedgeDelay;
import io.llmproxy.config.HttpClientConfig;
import io.llmproxy.config.HttpServerConfig;
import io.llmproxy.config.KeyRateLimitConfig;
import io.llmproxy.config.LogConfig;
import io.llmproxy.config.MemberConfig;
import io.llmproxy.config.ModelMap;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.Provider;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.RateLimitConfig;
import io.llmproxy.config.RetryConfig;
import io.llmproxy.config.RouteConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.TimeoutConfig;
import io.llmproxy.config.TlsConfig;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.config.UsageMode;
import io.llmproxy.config.WebSocketConfig;
import io.llmproxy.config.document.Problem;
import io.llmproxy.net.ListenAddress;
import io.llmproxy.net.PathPattern;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigSamplesTest {
    private static final ClientTimeoutConfig DEFAULT_TIMEOUT =
            new ClientTimeoutConfig(Duration.ofSeconds(10), Duration.ofSeconds(60));

    @ParameterizedTest
    @ValueSource(strings = {"mixgroup.yaml", "mixgroup-stream-mode.yaml"})
    void documentedForwardAndAdminLoad(String sample) {
        HttpServerConfig server = load(sample).httpServer();

        assertThat(server.forwards()).singleElement().satisfies(forward -> {
            assertThat(forward.name()).isEqualTo("to_mixgroup");
            assertThat(forward.port()).isEqualTo(3000);
            assertThat(forward.address()).hasToString("0.0.0.0");
            assertThat(forward.upstreamGroup()).isEqualTo("mixgroup");
            assertThat(forward.ratelimit()).isEqualTo(new RateLimitConfig(100, 200));
            assertThat(forward.timeout().connect()).isEqualTo(Duration.ofSeconds(10));
            assertThat(forward.routing()).isEmpty();
        });
        assertThat(server.admin())
                .isEqualTo(new AdminConfig(
                        9000,
                        address("0.0.0.0"),
                        null,
                        DEFAULT_TIMEOUT,
                        null,
                        null,
                        null,
                        null,
                        false,
                        List.of(),
                        List.of()));
    }

    @Test
    void documentedUpstreamsLoad() {
        ProxyConfig config = load("mixgroup.yaml");

        assertThat(config.upstreams())
                .extracting(UpstreamConfig::name)
                .containsExactly("openai_primary", "anthropic_primary");
        UpstreamConfig openai = config.upstreams().get(0);
        assertThat(openai.url()).isEqualTo(URI.create("https://api.openai.com/v1"));
        assertThat(openai.auth())
                .isEqualTo(new AuthConfig(
                        AuthConfig.Type.BEARER, new Secret("YOUR_API_KEY"), List.of(), null, null, null, null, 0, 0));
        assertThat(openai.headers())
                .containsExactly(
                        new HeaderConfig(HeaderConfig.Op.INSERT, "X-Custom-Header", new Secret("MyProxyValue")));
        assertThat(openai.breaker()).isEqualTo(new BreakerConfig(0.5, Duration.ofSeconds(30), 10));
        UpstreamConfig anthropic = config.upstreams().get(1);
        assertThat(anthropic.url()).isEqualTo(URI.create("https://api.anthropic.com"));
        assertThat(anthropic.breaker()).isNull();
        assertThat(load("mixgroup-stream-mode.yaml").upstreams().get(0).breaker())
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mixgroup.yaml", "mixgroup-stream-mode.yaml"})
    void documentedGroupLoads(String sample) {
        assertThat(load(sample).upstreamGroups()).singleElement().satisfies(group -> {
            assertThat(group.upstreams())
                    .containsExactly(new MemberConfig("openai_primary", 8), new MemberConfig("anthropic_primary", 2));
            assertThat(group.balance().strategy()).isEqualTo(BalanceConfig.Strategy.WEIGHTED_ROUNDROBIN);
            HttpClientConfig client = group.httpClient();
            assertThat(client.agent()).isEqualTo("LLMProxy/1.0");
            assertThat(client.keepalive()).isEqualTo(Duration.ofMinutes(1));
            assertThat(client.stream()).isTrue();
            assertThat(client.timeout().request()).isEqualTo(Duration.ofMinutes(5));
            assertThat(client.retry()).isEqualTo(new RetryConfig(3, Duration.ofMillis(500), false));
            assertThat(client.proxy()).isNull();
        });
    }

    @Test
    void documentedResponseAwareGroupLoads() {
        ProxyConfig config = load("response-aware.yaml");

        assertThat(config.upstreamGroups().get(0).balance().strategy())
                .isEqualTo(BalanceConfig.Strategy.RESPONSE_AWARE);
        assertThat(config.upstreams())
                .extracting(UpstreamConfig::breaker)
                .containsExactly(
                        new BreakerConfig(0.5, Duration.ofSeconds(30), 10),
                        new BreakerConfig(0.3, Duration.ofSeconds(60), 10));
    }

    private static ListenAddress address(String text) {
        return ListenAddress.parse(text).orElseThrow();
    }

    @Test
    void everySpellingLoads() {
        ProxyConfig config = load("every-spelling.yaml");

        ForwardConfig forward = config.httpServer().forwards().get(0);
        assertThat(forward.upstreamGroup()).isEqualTo("main");
        assertThat(forward.ratelimit()).isNull();
        assertThat(forward.routing())
                .containsExactly(
                        new RouteConfig(PathPattern.compile("/v1/messages"), null, null, null, "local"),
                        new RouteConfig(PathPattern.compile("/files/{id:[0-9]+}"), null, null, null, "main"));
        UpstreamConfig cloud = config.upstreams().get(0);
        assertThat(cloud.urlMode()).isEqualTo(UpstreamConfig.UrlMode.EXACT);
        assertThat(cloud.auth())
                .isEqualTo(new AuthConfig(
                        AuthConfig.Type.BASIC, null, List.of(), null, "user", new Secret("pa$$word"), null, 0, 0));
        assertThat(config.upstreams().get(1).url().getHost()).isEqualTo("[::1]");
        HttpClientConfig merged = config.upstreamGroups().get(0).httpClient();
        assertThat(merged.agent()).isEqualTo("Gateway/2");
        assertThat(merged.stream()).isFalse();
        assertThat(merged.retry()).isNull();
        assertThat(config.upstreamGroups().get(1).httpClient().agent()).isEqualTo("LLMProxy/1.0");
        assertThat(config.keys())
                .containsExactly(
                        new ClientKeyConfig(
                                "team",
                                new Secret("sk-team-0001"),
                                false,
                                Instant.parse("2027-01-31T00:00:00Z"),
                                Stream.of("gpt-4o", "claude-*", "gpt-4.*")
                                        .map(text -> ModelPattern.parse(text).orElseThrow())
                                        .toList(),
                                new KeyRateLimitConfig(10, null),
                                2,
                                false,
                                null,
                                List.of()),
                        new ClientKeyConfig(
                                "plain",
                                new Secret("sk-plain-0001"),
                                true,
                                null,
                                List.of(),
                                null,
                                0,
                                false,
                                null,
                                List.of()));
        assertThat(config.upstreams().get(1).keys())
                .extracting(ClientKeyConfig::expires)
                .containsExactly(Instant.parse("2027-01-31T11:30:00Z"));
        assertThat(config.log().level()).isEqualTo(LogConfig.Level.DEBUG);
        assertThat(config.log().accessFile())
                .isEqualTo(ConfigFixtures.resource("logs/access.log").toAbsolutePath());
    }

    @Test
    void keysThatNothingEverReadAreAcceptedWithAWarning() {
        assertThat(ConfigFixtures.sample("every-spelling.yaml").warnings())
                .extracting(Problem::toString)
                .containsExactly(
                        "src/test/resources/config/every-spelling.yaml:32: upstreams[0].http_client: has no effect",
                        "src/test/resources/config/every-spelling.yaml:35: upstreams[0].ratelimit: has no effect");
    }

    @Test
    void absentKeysHaveTheDocumentedDefaults() {
        ProxyConfig config = ConfigLoader.parse(
                        ConfigFixtures.complete(""), "minimal", ConfigFixtures.resource(""), Map.of())
                .config();

        assertThat(config.httpServer())
                .isEqualTo(new HttpServerConfig(
                        List.of(new ForwardConfig(
                                "a",
                                3000,
                                address("0.0.0.0"),
                                null,
                                "g",
                                List.of(),
                                null,
                                List.of(),
                                0,
                                100,
                                Duration.ofSeconds(10),
                                DEFAULT_TIMEOUT,
                                null,
                                new WebSocketConfig(true, Duration.ofMinutes(10), 64L << 20),
                                128,
                                null,
                                List.of(),
                                512L << 20,
                                8L << 20,
                                ForwardConfig.OnClientGone.ABORT,
                                Duration.ofSeconds(30))),
                        new AdminConfig(
                                9000,
                                address("127.0.0.1"),
                                null,
                                DEFAULT_TIMEOUT,
                                null,
                                null,
                                null,
                                null,
                                false,
                                List.of(),
                                List.of()),
                        Duration.ofSeconds(30),
                        0,
                        Duration.ofMillis(100),
                        1000));
        assertThat(config.upstreams())
                .containsExactly(new UpstreamConfig(
                        "u",
                        URI.create("http://u"),
                        UpstreamConfig.UrlMode.JOIN,
                        Provider.CUSTOM,
                        null,
                        null,
                        1,
                        new AuthConfig(AuthConfig.Type.NONE, null, List.of(), null, null, null, null, 0, 0),
                        List.of(),
                        ModelMap.ALL,
                        new CapabilitiesConfig(
                                null, null, null, List.of(), null, null, null, null, null, null, null, null, null, null,
                                null, null, null, null, null, null, null),
                        UsageMode.AUTO,
                        List.of(),
                        null,
                        new CooldownConfig(Duration.ofSeconds(5), Duration.ofMinutes(10)),
                        null,
                        0,
                        100,
                        Duration.ofSeconds(10),
                        true,
                        new TlsConfig(null, null, null, true)));
        assertThat(config.upstreamGroups())
                .containsExactly(new GroupConfig(
                        "g",
                        List.of(new MemberConfig("u", null)),
                        new BalanceConfig(
                                BalanceConfig.Strategy.ROUNDROBIN, null, true, BalanceConfig.UnknownResources.SEARCH),
                        defaultClient(),
                        GroupConfig.Convert.FALLBACK,
                        new ConversionConfig(
                                ConversionConfig.Lossy.WARN,
                                8192,
                                ConversionConfig.Hosted.REFUSE,
                                List.of(),
                                false,
                                true,
                                true,
                                List.of()),
                        null));
        assertThat(config.keys()).isEmpty();
        assertThat(config.log())
                .isEqualTo(new LogConfig(
                        LogConfig.Level.INFO, LogConfig.Target.STREAMS, LogConfig.Format.TEXT, true, null));
    }

    @Test
    void emptySwitchableSectionsHaveTheDocumentedDefaults() {
        ProxyConfig config =
                ConfigFixtures.parse("""
                        http_server: {forwards: [{name: a, upstream_group: g, ratelimit: {}}]}
                        upstreams: [{name: u, url: 'http://u', breaker: {}}]
                        upstream_groups: [{name: g, upstreams: [{name: u}], http_client: {retry: {}}, hedge: {}}]
                        """, ConfigFixtures.resource(""), Map.of()).config();

        assertThat(config.httpServer().forwards().get(0).ratelimit()).isEqualTo(new RateLimitConfig(100, 200));
        assertThat(config.upstreams().get(0).breaker()).isEqualTo(new BreakerConfig(0.5, Duration.ofSeconds(30), 10));
        assertThat(Objects.requireNonNull(
                        config.upstreamGroups().get(0).httpClient().retry()))
                .isEqualTo(new RetryConfig(3, Duration.ofMillis(500), false));
        assertThat(Objects.requireNonNull(config.upstreamGroups().get(0).hedge()))
                .isEqualTo(new HedgeConfig(HedgeDelay.parse("p95").orElseThrow(), Duration.ofMillis(100), 50));
    }

    private static HttpClientConfig defaultClient() {
        TimeoutConfig timeout = new TimeoutConfig(
                Duration.ofSeconds(10),
                null,
                null,
                Duration.ofSeconds(120),
                Duration.ofSeconds(300),
                Duration.ofSeconds(60));
        assertThat(timeout.head()).hasMinutes(5);
        assertThat(timeout.streamHead()).hasMinutes(1);
        return new HttpClientConfig(
                "LLMProxy/1.0",
                Duration.ofSeconds(60),
                true,
                Duration.ofSeconds(15),
                Duration.ofSeconds(2),
                false,
                timeout,
                Duration.ofMinutes(5),
                null,
                null);
    }

    private static ProxyConfig load(String sample) {
        return ConfigFixtures.sample(sample).config();
    }
}
