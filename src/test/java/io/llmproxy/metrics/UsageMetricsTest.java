package io.llmproxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.MetricsConfig;
import io.llmproxy.config.Provider;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.SettledAttempt;
import io.llmproxy.proxy.servlet.Entrance;
import io.llmproxy.proxy.servlet.FakeClient;
import io.llmproxy.usage.AttemptUsage;
import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Count;
import io.llmproxy.usage.Money;
import io.llmproxy.usage.Usage;
import io.llmproxy.usage.UsageAnomaly;
import io.llmproxy.usage.UsageSource;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import jakarta.servlet.ServletException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is counted of the tokens, the cost and the pace of attempts. */
final class UsageMetricsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final String LABELS = "{model=\"gpt-5\",upstream=\"u\"} ";
    private static final Cost NO_COST = new Cost(Cost.State.NONE, null, null, null, null);
    private static final Usage USAGE = new Usage.Builder()
            .set(Count.INPUT, 12)
            .set(Count.OUTPUT, 5)
            .set(Count.CACHE_READ, 4)
            .set(Count.CACHE_WRITE, 0)
            .build();

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final KeyLabels keys = new KeyLabels();
    private final UsageMetrics metrics = new UsageMetrics(registry, keys);
    private final Entrance entrance = new Entrance("", new ExchangeListener() {});
    private @Nullable Exchange exchange;

    @BeforeEach
    void request() throws IOException, ServletException {
        exchange = entrance.routed(FakeClient.of("POST", "/v1/chat/completions"));
    }

    @AfterEach
    void stop() {
        entrance.close();
    }

    private void settle(
            @Nullable String model, AttemptUsage usage, Cost cost, boolean stream, long firstToken, long lastToken) {
        SettledAttempt attempt = new SettledAttempt(
                1,
                1,
                "g",
                "u",
                Provider.OPENAI,
                0,
                null,
                new SettledAttempt.Model(model, "asked-canary", "sent-canary"),
                stream,
                200,
                SettledAttempt.Ending.COMPLETED,
                null,
                new SettledAttempt.Times(0, 0, firstToken, lastToken, 4 * SECOND),
                10,
                20,
                usage,
                cost);
        metrics.settled(Objects.requireNonNull(exchange), attempt);
    }

    private void settle(@Nullable String model, AttemptUsage usage, Cost cost) {
        settle(model, usage, cost, false, -1, -1);
    }

    private static AttemptUsage usage(Usage usage, UsageSource source, UsageAnomaly... anomalies) {
        return new AttemptUsage(
                usage, source, source, source, null, 0, AttemptUsage.Answer.UNKNOWN, Set.of(anomalies), null);
    }

    private String scraped() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            PrometheusTextFormatWriter.builder().build().write(out, registry.scrape());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void whatIsCountedByKeyHasItsLabelAndTheSumStaysRight() {
        Cost cost = new Cost(Cost.State.PRICED, new Money(250_000_000_000L, "USD"), Cost.From.TABLE, null, null);
        Cost unpriced = new Cost(Cost.State.UNPRICED, null, null, null, null);

        settle("gpt-5", usage(USAGE, UsageSource.REPORTED), cost);
        keys.follow(new MetricsConfig(List.of(), true, 1));
        settle("gpt-5", usage(USAGE, UsageSource.REPORTED), cost);
        settle("gpt-5", usage(USAGE, UsageSource.REPORTED), unpriced);
        keys.follow(new MetricsConfig(List.of(), false, 1));
        settle("gpt-5", usage(USAGE, UsageSource.REPORTED), cost);

        assertThat(scraped())
                .contains("llmproxy_usage_input_tokens_total" + LABELS + "24.0\n")
                .contains("llmproxy_usage_input_tokens_total{key=\"-\",model=\"gpt-5\",upstream=\"u\"} 24.0\n")
                .contains("llmproxy_cost_total{currency=\"USD\",model=\"gpt-5\",upstream=\"u\"} 0.5\n")
                .contains("llmproxy_cost_total{currency=\"USD\",key=\"-\",model=\"gpt-5\",upstream=\"u\"} 0.25\n")
                .contains("llmproxy_unpriced_requests_total{key=\"-\",model=\"gpt-5\",upstream=\"u\"} 1.0\n");
    }

    @Test
    void tokensAndCostsAddUpByUpstreamAndModel() {
        Cost cost = new Cost(Cost.State.PRICED, new Money(250_000_000_000L, "USD"), Cost.From.TABLE, null, null);

        settle("gpt-5", usage(USAGE, UsageSource.REPORTED), cost);
        settle("gpt-5", usage(USAGE, UsageSource.REPORTED), cost);

        assertThat(scraped())
                .contains("llmproxy_usage_input_tokens_total" + LABELS + "24.0\n")
                .contains("llmproxy_usage_output_tokens_total" + LABELS + "10.0\n")
                .contains("llmproxy_usage_cache_read_tokens_total" + LABELS + "8.0\n")
                .contains("llmproxy_usage_cache_write_tokens_total" + LABELS + "0.0\n")
                .contains("llmproxy_usage_reasoning_tokens_total" + LABELS + "0.0\n")
                .contains("llmproxy_usage_records_total{source=\"reported\",upstream=\"u\"} 2.0\n")
                .contains("llmproxy_cost_total{currency=\"USD\",model=\"gpt-5\",upstream=\"u\"} 0.5\n")
                .doesNotContain("llmproxy_unpriced_requests_total{", "llmproxy_usage_anomalies_total{", "canary");
    }

    @Test
    void aModelThatTheConfigurationDoesNotNameMakesNoSeriesOfItsOwn() {
        settle(null, usage(USAGE, UsageSource.PARTIAL), NO_COST);

        assertThat(scraped())
                .contains("llmproxy_usage_input_tokens_total{model=\"other\",upstream=\"u\"} 12.0\n")
                .doesNotContain("canary");
    }

    @ParameterizedTest
    @CsvSource({"UNPRICED, true", "NONE, false", "INCOMPLETE, false"})
    void onlyAModelWithoutAPriceIsUnpriced(Cost.State state, boolean counted) {
        settle("gpt-5", usage(USAGE, UsageSource.REPORTED), new Cost(state, null, null, null, null));

        assertThat(scraped().contains("llmproxy_unpriced_requests_total" + LABELS + "1.0\n"))
                .isEqualTo(counted);
        assertThat(scraped()).doesNotContain("llmproxy_cost_total{");
    }

    @Test
    void anAttemptThatUsedNothingIsOnlyCountedAsSuch() {
        settle("gpt-5", AttemptUsage.NONE, NO_COST);

        assertThat(scraped())
                .contains("llmproxy_usage_records_total{source=\"none\",upstream=\"u\"} 1.0\n")
                .doesNotContain("tokens_total{");
    }

    @Test
    void countsWithoutASourceAreCountedAllTheSame() {
        settle("gpt-5", usage(USAGE, UsageSource.NONE), NO_COST);

        assertThat(scraped()).contains("llmproxy_usage_input_tokens_total" + LABELS + "12.0\n");
    }

    @Test
    void countsThatContradictThemselvesAreCountedByKind() {
        settle("gpt-5", usage(USAGE, UsageSource.REPORTED, UsageAnomaly.NEGATIVE, UsageAnomaly.TOTAL_DIFFERS), NO_COST);

        assertThat(scraped())
                .contains("llmproxy_usage_anomalies_total{kind=\"negative\",upstream=\"u\"} 1.0\n")
                .contains("llmproxy_usage_anomalies_total{kind=\"total_differs\",upstream=\"u\"} 1.0\n");
    }

    @Test
    void thePaceOfAStreamIsMeasuredFromTheRequestToItsTokens() {
        settle("gpt-5", usage(USAGE, UsageSource.REPORTED), NO_COST, true, SECOND / 2, 5 * SECOND / 2);

        assertThat(scraped())
                .contains("llmproxy_ttft_seconds_sum" + LABELS + "0.5\n")
                .contains("llmproxy_time_per_output_token_seconds_sum" + LABELS + "0.5\n")
                .contains("llmproxy_output_tokens_per_second_sum" + LABELS + "2.0\n");
    }

    @ParameterizedTest
    @CsvSource({
        "false, REPORTED, 5, 1, 2, 0, 0",
        "true, REPORTED, 5, -1, -1, 0, 0",
        "true, ESTIMATED, 5, 1, 2, 1, 0",
        "true, REPORTED, 1, 1, 2, 1, 0",
        "true, REPORTED, 5, 1, 1, 1, 0",
        "true, REPORTED, 5, 1, 2, 1, 1"
    })
    void thePaceIsMeasuredOnlyWhereItIsKnown(
            boolean stream, UsageSource source, long output, long first, long last, int firsts, int paces) {
        settle("gpt-5", usage(Usage.of(1, output), source), NO_COST, stream, first * SECOND, last * SECOND);

        assertThat(scraped())
                .contains("llmproxy_ttft_seconds_count" + LABELS + firsts + "\n")
                .contains("llmproxy_time_per_output_token_seconds_count" + LABELS + paces + "\n")
                .contains("llmproxy_output_tokens_per_second_count" + LABELS + paces + "\n");
    }
}
