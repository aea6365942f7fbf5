package io.llmproxy.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.stream.DoubleStream;

/** Values by size. It has the bounds of all histograms that are made of it, and each of them adds neighbours up. */
final class Distribution {
    private final Bounds bounds;
    private final AtomicLongArray counts;
    private final DoubleAdder sum = new DoubleAdder();

    Distribution(Bounds bounds) {
        this.bounds = bounds;
        this.counts = new AtomicLongArray(bounds.upper.length + 1);
    }

    void observe(double value) {
        int found = Arrays.binarySearch(bounds.upper, value);
        counts.incrementAndGet(found < 0 ? -found - 1 : found);
        sum.add(value);
    }

    /** The upper bounds, in order, that several histograms need. */
    static final class Bounds {
        private final double[] upper;

        private Bounds(double[] upper) {
            this.upper = upper;
        }

        static Bounds of(double[]... histograms) {
            return new Bounds(Arrays.stream(histograms)
                    .flatMapToDouble(DoubleStream::of)
                    .sorted()
                    .distinct()
                    .toArray());
        }
    }

    /** What several distributions of the same bounds have together. */
    static final class Total {
        private final Bounds bounds;
        private final long[] counts;
        private double sum;

        Total(Bounds bounds) {
            this.bounds = bounds;
            this.counts = new long[bounds.upper.length + 1];
        }

        void add(Distribution distribution) {
            for (int i = 0; i < counts.length; i++) {
                counts[i] += distribution.counts.get(i);
            }
            sum += distribution.sum.sum();
        }

        double sum() {
            return sum;
        }

        boolean isEmpty() {
            return Arrays.stream(counts).allMatch(count -> count == 0);
        }

        /** The counts between the bounds of one histogram. */
        ClassicHistogramBuckets buckets(double[] upper) {
            ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
            int from = 0;
            for (double bound : upper) {
                int to = Arrays.binarySearch(bounds.upper, bound) + 1;
                buckets.bucket(bound, count(from, to));
                from = to;
            }
            return buckets.bucket(Double.POSITIVE_INFINITY, count(from, counts.length))
                    .build();
        }

        private long count(int from, int to) {
            return Arrays.stream(counts, from, to).sum();
        }
    }
}
