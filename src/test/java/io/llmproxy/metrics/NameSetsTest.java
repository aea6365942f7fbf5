package io.llmproxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.MetricsConfig;
import io.llmproxy.config.MetricsConfig.Names;
import io.llmproxy.config.Provider;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.SettledAttempt;
import io.llmproxy.proxy.exchange.SettledAttempt.Ending;
import io.llmproxy.proxy.servlet.Entrance;
import io.llmproxy.proxy.servlet.FakeClient;
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
import java.util.List;
import java.util.Set;
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

    private final NameSets names = new NameSets(() -> Upstreams.NONE);
    private final Entrance entrance = new Entrance("", new ExchangeListener() {});

    @AfterEach
    void stop() {
        entrance.close();
    }

    private void uses(Names... sets) {
        names.follow(new MetricsConfig(List.of(sets)));
    }

    private void settle(
            Provider provider, @Nullable String model, Ending ending, @Nullable ProxyError error, Usage usage)
            throws Exception {
        Exchange exchange = entrance.routed(FakeClient.of("POST", "/v1/chat/completions"));
        UsageSource source = UsageSource.REPORTED;
        names.settled(
                exchange,
                new SettledAttempt(
                        1,
                        1,
                        "g",
                        "u",
                        provider,
                        0,
                        new SettledAttempt.Model(model, "asked-canary", "sent-canary"),
                        true,
                        error == null ? 200 : 0,
                        ending,
                        error,
                        new SettledAttempt.Times(0, 0, SECOND, 3 * SECOND, 4 * SECOND),
                        10,
                        20,
                        new AttemptUsage(
                                usage, source, source, source, null, 0, AttemptUsage.Answer.UNKNOWN, Set.of(), null),
                        NO_COST));
    }

    private String scraped() {
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
