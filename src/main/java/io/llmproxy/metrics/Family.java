package io.llmproxy.metrics;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.LinkedHashMap;
import java.util.Map;

/** One metric as it is put together at a scrape: what has the same labels is added up. */
final class Family {
    private Family() {}

    /** Sums by labels. */
    static final class Sums {
        private final Map<Labels, Double> sums = new LinkedHashMap<>();

        void add(Labels labels, double value) {
            sums.merge(labels, value, Double::sum);
        }

        void add(Labels labels, long count) {
            add(labels, (double) count);
        }

        CounterSnapshot counter(String name, String help) {
            CounterSnapshot.Builder family =
                    CounterSnapshot.builder().name(name).help(help);
            sums.forEach((labels, value) -> family.dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                    .labels(labels)
                    .value(value)
                    .build()));
            return family.build();
        }

        GaugeSnapshot gauge(String name, String help) {
            GaugeSnapshot.Builder family = GaugeSnapshot.builder().name(name).help(help);
            sums.forEach((labels, value) -> family.dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                    .labels(labels)
                    .value(value)
                    .build()));
            return family.build();
        }
    }

    /** Distributions by labels. */
    static final class Histograms {
        private final Distribution.Bounds bounds;
        private final Map<Labels, Distribution.Total> totals = new LinkedHashMap<>();

        Histograms(Distribution.Bounds bounds) {
            this.bounds = bounds;
        }

        void add(Labels labels, Distribution distribution) {
            totals.computeIfAbsent(labels, fresh -> new Distribution.Total(bounds))
                    .add(distribution);
        }

        HistogramSnapshot histogram(String name, String help, double[] upper) {
            HistogramSnapshot.Builder family =
                    HistogramSnapshot.builder().name(name).help(help);
            totals.forEach((labels, total) -> {
                if (!total.isEmpty()) {
                    family.dataPoint(HistogramSnapshot.HistogramDataPointSnapshot.builder()
                            .labels(labels)
                            .classicHistogramBuckets(total.buckets(upper))
                            .sum(total.sum())
                            .exemplars(total.exemplars(upper))
                            .build());
                }
            });
            return family.build();
        }
    }
}
