package io.llmproxy.telemetry.push;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.metrics.data.DoublePointData;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.SummaryPointData;
import io.opentelemetry.sdk.resources.Resource;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PointsTest {
    private static final long BEGIN = 1_000;
    private static final long NOW = 61_000;
    private static final Labels LABELS = Labels.of("upstream", "a");

    private static List<MetricData> of(MetricSnapshot... snapshots) {
        return new Points(Resource.empty(), InstrumentationScopeInfo.create("test"), BEGIN, NOW)
                .of(MetricSnapshots.of(snapshots));
    }

    private static Attributes attributes(String key, String value) {
        return Attributes.of(AttributeKey.stringKey(key), value);
    }

    private static MetricData one(MetricSnapshot snapshot) {
        List<MetricData> metrics = of(snapshot);
        assertThat(metrics).hasSize(1);
        return metrics.get(0);
    }

    private static CounterSnapshot counter(String name, Labels labels, double value) {
        return CounterSnapshot.builder()
                .name(name)
                .help("What it counts.")
                .dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                        .labels(labels)
                        .value(value)
                        .build())
                .build();
    }

    private static HistogramSnapshot histogram(String name, Labels labels) {
        return HistogramSnapshot.builder()
                .name(name)
                .dataPoint(HistogramSnapshot.HistogramDataPointSnapshot.builder()
                        .labels(labels)
                        .classicHistogramBuckets(ClassicHistogramBuckets.of(
                                new double[] {0.5, 2, Double.POSITIVE_INFINITY}, new long[] {3, 1, 2}))
                        .sum(17.5)
                        .build())
                .build();
    }

    @Test
    void aCounterIsASumFromTheBeginning() {
        MetricData metric = one(counter("llmproxy_http_requests", LABELS, 7));

        assertThat(metric.getName()).isEqualTo("llmproxy_http_requests");
        assertThat(metric.getDescription()).isEqualTo("What it counts.");
        assertThat(metric.getUnit()).isEmpty();
        assertThat(metric.getDoubleSumData().isMonotonic()).isTrue();
        DoublePointData point = metric.getDoubleSumData().getPoints().iterator().next();
        assertThat(point.getValue()).isEqualTo(7);
        assertThat(point.getAttributes()).isEqualTo(attributes("upstream", "a"));
        assertThat(point.getStartEpochNanos()).isEqualTo(TimeUnit.SECONDS.toNanos(1));
        assertThat(point.getEpochNanos()).isEqualTo(TimeUnit.SECONDS.toNanos(61));
    }

    @Test
    void aGaugeKeepsItsNameAndTellsItsUnit() {
        MetricData metric = one(GaugeSnapshot.builder()
                .name("llmproxy_log_bytes")
                .dataPoint(
                        GaugeSnapshot.GaugeDataPointSnapshot.builder().value(12).build())
                .build());

        assertThat(metric.getName()).isEqualTo("llmproxy_log_bytes");
        assertThat(metric.getUnit()).isEqualTo("By");
        assertThat(metric.getDoubleGaugeData().getPoints())
                .singleElement()
                .returns(12.0, DoublePointData::getValue)
                .returns(Attributes.empty(), DoublePointData::getAttributes);
    }

    @Test
    void aHistogramHasOneBoundLessThanCounts() {
        MetricData metric = one(histogram("llmproxy_ttft_seconds", LABELS));

        assertThat(metric.getUnit()).isEqualTo("s");
        HistogramPointData point =
                metric.getHistogramData().getPoints().iterator().next();
        assertThat(point.getBoundaries()).containsExactly(0.5, 2.0);
        assertThat(point.getCounts()).containsExactly(3L, 1L, 2L);
        assertThat(point.getCount()).isEqualTo(6);
        assertThat(point.getSum()).isEqualTo(17.5);
    }

    @Test
    void whatTheConventionsDefineHasTheirNames() {
        MetricData metric = one(histogram(
                "gen_ai_server_time_to_first_token_seconds",
                Labels.of("gen_ai_operation_name", "chat", "error_type", "timeout")));

        assertThat(metric.getName()).isEqualTo("gen_ai.server.time_to_first_token");
        assertThat(metric.getUnit()).isEqualTo("s");
        assertThat(metric.getHistogramData().getPoints())
                .singleElement()
                .returns(
                        Attributes.of(
                                AttributeKey.stringKey("gen_ai.operation.name"), "chat",
                                AttributeKey.stringKey("error.type"), "timeout"),
                        HistogramPointData::getAttributes);
        assertThat(one(histogram("gen_ai_client_token_usage", LABELS)))
                .returns("gen_ai.client.token.usage", MetricData::getName)
                .returns("{token}", MetricData::getUnit);
    }

    @Test
    void aFactIsAGaugeOfOne() {
        MetricData metric = one(InfoSnapshot.builder()
                .name("jvm_runtime")
                .dataPoint(InfoSnapshot.InfoDataPointSnapshot.builder()
                        .labels(Labels.of("version", "17"))
                        .build())
                .build());

        assertThat(metric.getName()).isEqualTo("jvm_runtime_info");
        assertThat(metric.getDoubleGaugeData().getPoints())
                .singleElement()
                .returns(1.0, DoublePointData::getValue)
                .returns(attributes("version", "17"), DoublePointData::getAttributes);
    }

    @Test
    void aSummaryKeepsItsNameAndUnit() {
        MetricData metric = one(SummarySnapshot.builder()
                .name("jvm_gc_collection_seconds")
                .dataPoint(SummarySnapshot.SummaryDataPointSnapshot.builder()
                        .count(4)
                        .sum(0.25)
                        .labels(LABELS)
                        .build())
                .build());

        assertThat(metric.getName()).isEqualTo("jvm_gc_collection_seconds");
        assertThat(metric.getUnit()).isEqualTo("s");
        assertThat(metric.getSummaryData().getPoints())
                .singleElement()
                .returns(4L, SummaryPointData::getCount)
                .returns(0.25, SummaryPointData::getSum)
                .returns(attributes("upstream", "a"), SummaryPointData::getAttributes);
    }

    @Test
    void aMetricWithoutPointsIsNotSent() {
        assertThat(of(CounterSnapshot.builder().name("llmproxy_none").build())).isEmpty();
    }
}
