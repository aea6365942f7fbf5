package io.llmproxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.MetricsConfig;
import io.llmproxy.config.MetricsConfig.Names;
import io.llmproxy.config.Provider;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.jetty.loop.EventLoops;
import io.llmproxy.jetty.loop.LoopThreads;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.SettledAttempt;
import io.llmproxy.proxy.exchange.SettledAttempt.Ending;
import io.llmproxy.proxy.servlet.Entrance;
import io.llmproxy.proxy.servlet.FakeClient;
import io.llmproxy.upstream.UpstreamHttp;
import io.llmproxy.upstream.UpstreamListener;
import io.llmproxy.upstream.Upstreams;
import io.llmproxy.usage.AttemptUsage;
import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Count;
import io.llmproxy.usage.Usage;
import io.llmproxy.usage.UsageSource;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class NameSetsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final Cost NO_COST = new Cost(Cost.State.NONE, null, null, null, null);
    private static final Usage USAGE =
            new Usage.Builder().set(Count.INPUT, 12).set(Count.OUTPUT, 5).build();
    private static final String ATTEMPT = "api_key_name=\"-\",endpoint=\"/v1/chat/completions\",method=\"POST\",";
    private static final String CHAT =
            "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai\",gen_ai_request_model=\"gpt-5\"";

    private final NameSets names = new NameSets(() -> Upstreams.NONE, new KeyLabels());
    private final Entrance entrance = new Entrance("", new ExchangeListener() {});

    @AfterEach
    void stop() {
        entrance.close();
    }

    private void uses(Names... sets) {
        names.follow(new MetricsConfig(List.of(sets), false, 10));
    }

    private void settle(
            Provider provider, @Nullable String model, Ending ending, @Nullable ProxyError error, Usage usage)
            throws Exception {
        int status = error == null ? 200 : 0;
        SettledAttempt.Times times = new SettledAttempt.Times(0, 0, SECOND, 3 * SECOND, 4 * SECOND);
        settle(provider, model, ending, error, usage, status, true, times, UsageSource.REPORTED);
    }

    private void settle(
            Provider provider,
            @Nullable String model,
            Ending ending,
            @Nullable ProxyError error,
            Usage usage,
            int status,
            boolean stream,
            SettledAttempt.Times times,
            UsageSource source)
            throws Exception {
        Exchange exchange = entrance.routed(FakeClient.of("POST", "/v1/chat/completions"));
        names.settled(
                exchange,
                new SettledAttempt(
                        1,
                        1,
                        "g",
                        "u",
                        provider,
                        0,
                        null,
                        new SettledAttempt.Model(model, "asked-canary", "sent-canary"),
                        stream,
                        status,
                        ending,
                        error,
                        times,
                        10,
                        20,
                        new AttemptUsage(
                                usage, source, source, source, null, 0, AttemptUsage.Answer.UNKNOWN, Set.of(), null),
                        NO_COST));
    }

    private String scraped() {
        return text(names);
    }

    private static String text(NameSets names) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            PrometheusTextFormatWriter.builder().build().write(out, names.scrape());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void bothSetsAreMadeOfTheSameFigures() throws Exception {
        uses(Names.LLM_PROXY, Names.GEN_AI);
        settle(Provider.OPENAI, "gpt-5", Ending.COMPLETED, null, USAGE);
        settle(Provider.OPENAI, "gpt-5", Ending.CLIENT_GONE, ProxyError.CLIENT_GONE, USAGE);
        settle(Provider.CUSTOM, null, Ending.COMPLETED, null, new Usage.Builder().build());

        assertThat(scraped())
                .contains("llm_proxy_requests_total{" + ATTEMPT
                        + "model=\"gpt-5\",provider=\"u\",status_code=\"200\"} 1.0")
                .contains("llm_proxy_requests_total{" + ATTEMPT
                        + "model=\"other\",provider=\"u\",status_code=\"200\"} 1.0")
                .contains("llm_proxy_client_disconnects_total{model=\"gpt-5\",provider=\"u\"} 1.0")
                .contains("llm_proxy_provider_latency_seconds_bucket{provider=\"u\",le=\"2.0\"} 0")
                .contains("llm_proxy_provider_latency_seconds_bucket{provider=\"u\",le=\"5.0\"} 3")
                .contains("llm_proxy_ttft_seconds_count{model=\"gpt-5\",provider=\"u\",source=\"provider\"} 2")
                .contains("gen_ai_client_operation_duration_seconds_count{" + CHAT + "} 1")
                .contains("gen_ai_client_operation_duration_seconds_count{error_type=\"client_closed_request\"," + CHAT
                        + "} 1")
                .contains("gen_ai_client_token_usage_sum{" + CHAT + ",gen_ai_token_type=\"input\"} 24.0")
                .contains("gen_ai_provider_name=\"_OTHER\",gen_ai_request_model=\"other\"")
                .contains("gen_ai_server_time_per_output_token_seconds_count{" + CHAT + "} 2")
                .doesNotContain("canary");
    }

    @Test
    void paceIsToldOfStreamsWhoseTokensTheUpstreamReported() throws Exception {
        uses(Names.LLM_PROXY, Names.GEN_AI);
        SettledAttempt.Times none = new SettledAttempt.Times(0, 0, -1, -1, 4 * SECOND);
        SettledAttempt.Times atOnce = new SettledAttempt.Times(0, 0, SECOND, SECOND, 4 * SECOND);
        SettledAttempt.Times usual = new SettledAttempt.Times(0, 0, SECOND, 3 * SECOND, 4 * SECOND);
        Usage one = new Usage.Builder().set(Count.OUTPUT, 1).build();
        Ending end = Ending.COMPLETED;
        settle(Provider.OPENAI, "gpt-5", end, null, USAGE, 200, false, usual, UsageSource.REPORTED);
        settle(Provider.OPENAI, "gpt-5", end, null, USAGE, 200, true, none, UsageSource.REPORTED);
        settle(Provider.OPENAI, "gpt-5", end, null, USAGE, 200, true, atOnce, UsageSource.REPORTED);
        settle(Provider.OPENAI, "gpt-5", end, null, USAGE, 200, true, usual, UsageSource.ESTIMATED);
        settle(Provider.OPENAI, "gpt-5", end, null, one, 200, true, usual, UsageSource.REPORTED);
        settle(Provider.OPENAI, "gpt-5", end, null, USAGE, 200, true, usual, UsageSource.REPORTED);
        settle(Provider.OPENAI, "gpt-5", end, null, USAGE, 429, true, none, UsageSource.NONE);

        assertThat(scraped())
                .contains("llm_proxy_ttft_seconds_count{model=\"gpt-5\",provider=\"u\",source=\"provider\"} 4")
                .contains("llm_proxy_tokens_per_second_count{model=\"gpt-5\",provider=\"u\",source=\"provider\"} 1")
                .contains(
                        "gen_ai_client_operation_duration_seconds_count{error_type=\"upstream_error\"," + CHAT + "} 1");
    }

    @Test
    void theOldNamesTellTheStateOfEachProvider() {
        ProxyConfig config =
                ConfigLoader.parse("""
                        http_server: {forwards: [{name: f, upstream_group: g}]}
                        upstreams:
                          - {name: a, url: 'http://a', breaker: {threshold: 0.5}}
                          - {name: b, url: 'http://b', enabled: false}
                        upstream_groups: [{name: g, upstreams: [{name: a, weight: 3}, {name: b}]}]
                        """, "config.yaml", Path.of(""), Map.of()).config();
        UpstreamHttp http =
                new UpstreamHttp(new EventLoops(new LoopThreads("test", 1), new ScheduledExecutorScheduler(), 1));
        Upstreams upstreams = Upstreams.NONE.next(config, http, new UpstreamListener() {});
        NameSets sets = new NameSets(() -> upstreams, new KeyLabels());
        sets.follow(new MetricsConfig(List.of(Names.LLM_PROXY), false, 10));

        assertThat(text(sets))
                .contains("llm_proxy_provider_health{provider=\"a\"} 1.0")
                .contains("llm_proxy_provider_health{provider=\"b\"} 0.0")
                .contains("llm_proxy_provider_circuit_state{provider=\"a\",state=\"closed\"} 1.0")
                .contains("llm_proxy_provider_circuit_state{provider=\"a\",state=\"open\"} 0.0")
                .doesNotContain("llm_proxy_provider_circuit_state{provider=\"b\"")
                .contains("llm_proxy_provider_effective_weight{provider=\"a\"} 3.0");
        http.stop();
    }

    @Test
    void whatNoConfigurationAsksForIsNotCounted() throws Exception {
        settle(Provider.OPENAI, "gpt-5", Ending.COMPLETED, null, USAGE);
        assertThat(scraped()).isEmpty();

        uses(Names.LLM_PROXY);
        assertThat(scraped()).doesNotContain("llm_proxy_requests_total{", "gen_ai_");
    }

    @Test
    void ourOwnNamesAreToldUnlessTheyAreLeftOut() {
        ConfigMetrics config = new ConfigMetrics(names);
        config.failed();
        assertThat(scraped()).contains("llmproxy_config_reloads_total{result=\"failure\"} 1.0");

        uses(Names.GEN_AI);
        assertThat(scraped()).isEmpty();
        assertThat(names.scrape(name -> name.startsWith("llmproxy_")).size()).isZero();
    }
}
