package io.llmproxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.metrics.Distribution.Bounds;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

final class DistributionTest {
    private static final double[] COARSE = {1, 10};
    private static final double[] FINE = {0.5, 1, 2, 5};
    private static final Bounds BOUNDS = Bounds.of(COARSE, FINE);

    private static List<Long> counts(Distribution.Total total, double[] upper) {
        ClassicHistogramBuckets buckets = total.buckets(upper);
        List<Long> counts = new ArrayList<>();
        for (int i = 0; i < buckets.size(); i++) {
            counts.add(buckets.getCount(i));
        }
        return counts;
    }

    @Test
    void eachHistogramAddsNeighboursUp() {
        Distribution distribution = new Distribution(BOUNDS);
        for (double value : new double[] {0.1, 0.5, 0.6, 1, 1.5, 2, 3, 7, 10, 11}) {
            distribution.observe(value);
        }
        Distribution.Total total = new Distribution.Total(BOUNDS);
        total.add(distribution);

        assertThat(counts(total, COARSE)).containsExactly(4L, 5L, 1L);
        assertThat(counts(total, FINE)).containsExactly(2L, 2L, 2L, 1L, 3L);
        assertThat(total.sum()).isEqualTo(36.7);
        assertThat(total.isEmpty()).isFalse();
    }

    @Test
    void totalsAddUp() {
        Distribution.Total total = new Distribution.Total(BOUNDS);
        assertThat(total.isEmpty()).isTrue();
        for (int i = 0; i < 2; i++) {
            Distribution distribution = new Distribution(BOUNDS);
            distribution.observe(3);
            total.add(distribution);
        }

        assertThat(counts(total, COARSE)).containsExactly(0L, 2L, 0L);
        assertThat(total.sum()).isEqualTo(6);
    }

    @Test
    void theLastValueOfEachBucketWhoseTraceIsKeptIsTold() {
        Distribution one = new Distribution(BOUNDS);
        one.observe(0.1);
        one.observe(0.2, "a".repeat(32));
        one.observe(0.7, "b".repeat(32));
        one.observe(100, "c".repeat(32));
        one.observe(200);
        Distribution other = new Distribution(BOUNDS);
        other.observe(3);
        Distribution.Total total = new Distribution.Total(BOUNDS);
        total.add(one);
        total.add(other);

        List<Double> fine = new ArrayList<>();
        total.exemplars(FINE).forEach(exemplar -> fine.add(exemplar.getValue()));
        assertThat(fine).containsExactly(0.2, 0.7, 100.0);
        List<String> coarse = new ArrayList<>();
        total.exemplars(COARSE)
                .forEach(exemplar -> coarse.add(exemplar.getLabels().get("trace_id")));
        assertThat(coarse).hasSize(2).contains("c".repeat(32));
    }

    @Test
    void ofSeveralValuesTheNewestIsTold() {
        Distribution one = new Distribution(BOUNDS);
        one.observe(0.1, "a".repeat(32));
        long before = System.currentTimeMillis();
        Awaitility.await().until(() -> System.currentTimeMillis() > before);
        Distribution other = new Distribution(BOUNDS);
        other.observe(0.2, "b".repeat(32));
        Distribution.Total total = new Distribution.Total(BOUNDS);
        total.add(one);
        total.add(other);

        List<Double> values = new ArrayList<>();
        total.exemplars(COARSE).forEach(exemplar -> values.add(exemplar.getValue()));
        assertThat(values).containsExactly(0.2);
    }

    @Test
    void withoutTracesThereAreNone() {
        Distribution.Total total = new Distribution.Total(BOUNDS);
        Distribution distribution = new Distribution(BOUNDS);
        distribution.observe(1);
        total.add(distribution);

        assertThat(total.exemplars(FINE).size()).isZero();
    }
}
