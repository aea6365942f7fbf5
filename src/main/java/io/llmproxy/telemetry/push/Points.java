package io.llmproxy.telemetry.push;

import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.Data;
import io.opentelemetry.sdk.metrics.data.DoublePointData;
import io.opentelemetry.sdk.metrics.data.GaugeData;
import io.opentelemetry.sdk.metrics.data.HistogramData;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import io.opentelemetry.sdk.metrics.data.SumData;
import io.opentelemetry.sdk.metrics.data.SummaryData;
import io.opentelemetry.sdk.metrics.data.SummaryPointData;
import io.opentelemetry.sdk.resources.Resource;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/** Writes what a scrape tells in OpenTelemetry's form. Sums are cumulative, as Prometheus has them. */
final class Points {
    private static final AggregationTemporality CUMULATIVE = AggregationTemporality.CUMULATIVE;

    private final Resource resource;
    private final InstrumentationScopeInfo scope;
    private final long begin;
    private final long now;

    /**
     * @param begin when counting began, in milliseconds since 1970
     * @param now when the snapshots were taken, in milliseconds since 1970
     */
    Points(Resource resource, InstrumentationScopeInfo scope, long begin, long now) {
        this.resource = resource;
        this.scope = scope;
        this.begin = TimeUnit.MILLISECONDS.toNanos(begin);
        this.now = TimeUnit.MILLISECONDS.toNanos(now);
    }

    /** Each metric that has points. */
    List<MetricData> of(MetricSnapshots snapshots) {
        List<MetricData> all = new ArrayList<>();
        for (MetricSnapshot snapshot : snapshots) {
            if (!snapshot.getDataPoints().isEmpty()) {
                add(snapshot, all);
            }
        }
        return all;
    }

    private void add(MetricSnapshot snapshot, List<MetricData> all) {
        String name = snapshot.getMetadata().getPrometheusName();
        if (snapshot instanceof CounterSnapshot counter) {
            all.add(sum(snapshot, name, points(name, counter.getDataPoints(), point -> point.getValue())));
        } else if (snapshot instanceof GaugeSnapshot gauge) {
            all.add(gauge(snapshot, name, points(name, gauge.getDataPoints(), point -> point.getValue())));
        } else if (snapshot instanceof UnknownSnapshot unknown) {
            all.add(gauge(snapshot, name, points(name, unknown.getDataPoints(), point -> point.getValue())));
        } else if (snapshot instanceof InfoSnapshot info) {
            all.add(gauge(snapshot, name + "_info", points(name, info.getDataPoints(), point -> 1)));
        } else if (snapshot instanceof HistogramSnapshot histogram) {
            all.add(histogram(name, histogram));
        } else if (snapshot instanceof SummarySnapshot summary) {
            all.add(summary(name, summary));
        } else {
            throw new IllegalArgumentException("a metric of another type: " + name);
        }
    }

    private <T extends DataPointSnapshot> List<DoublePointData> points(
            String name, List<T> snapshots, ToDoubleFunction<T> value) {
        return snapshots.stream()
                .map(point -> DoublePointData.create(
                        begin,
                        now,
                        Conventions.attributes(name, point.getLabels()),
                        value.applyAsDouble(point),
                        List.of()))
                .toList();
    }

    private MetricData sum(MetricSnapshot snapshot, String name, List<DoublePointData> points) {
        return metric(snapshot, name, MetricDataType.DOUBLE_SUM, SumData.createDoubleSumData(true, CUMULATIVE, points));
    }

    private MetricData gauge(MetricSnapshot snapshot, String name, List<DoublePointData> points) {
        return metric(snapshot, name, MetricDataType.DOUBLE_GAUGE, GaugeData.createDoubleGaugeData(points));
    }

    private MetricData histogram(String name, HistogramSnapshot snapshot) {
        List<HistogramPointData> points = snapshot.getDataPoints().stream()
                .map(point -> {
                    ClassicHistogramBuckets buckets = point.getClassicBuckets();
                    List<Double> bounds = new ArrayList<>();
                    List<Long> counts = new ArrayList<>();
                    buckets.forEach(bucket -> {
                        if (bucket.getUpperBound() != Double.POSITIVE_INFINITY) {
                            bounds.add(bucket.getUpperBound());
                        }
                        counts.add(bucket.getCount());
                    });
                    return HistogramPointData.create(
                            begin,
                            now,
                            Conventions.attributes(name, point.getLabels()),
                            point.getSum(),
                            false,
                            0,
                            false,
                            0,
                            bounds,
                            counts);
                })
                .toList();
        return metric(snapshot, name, MetricDataType.HISTOGRAM, HistogramData.create(CUMULATIVE, points));
    }

    /** Ours have no quantiles. */
    private MetricData summary(String name, SummarySnapshot snapshot) {
        List<SummaryPointData> points = snapshot.getDataPoints().stream()
                .map(point -> SummaryPointData.create(
                        begin,
                        now,
                        Conventions.attributes(name, point.getLabels()),
                        point.getCount(),
                        point.getSum(),
                        List.of()))
                .toList();
        return metric(snapshot, name, MetricDataType.SUMMARY, SummaryData.create(points));
    }

    private MetricData metric(MetricSnapshot snapshot, String scraped, MetricDataType type, Data<?> data) {
        Conventions.Name name = Conventions.name(scraped);
        String help = snapshot.getMetadata().getHelp();
        return new Metric(resource, scope, name.text(), help == null ? "" : help, name.unit(), type, data);
    }
}
