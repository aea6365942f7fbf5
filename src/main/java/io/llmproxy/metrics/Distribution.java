package io.llmproxy.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.Exemplar;
import io.prometheus.metrics.model.snapshots.Exemplars;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/** Values by size. It has the bounds of all histograms that are made of it, and each of them adds neighbours up. */
final class Distribution {
    private final Bounds bounds;
    private final AtomicLongArray counts;
    private final DoubleAdder sum = new DoubleAdder();
    /** The last value of each bucket whose trace is kept; null before the first. */
    private volatile @Nullable AtomicReferenceArray<@Nullable Exemplar> traced;

    Distribution(Bounds bounds) {
        this.bounds = bounds;
        this.counts = new AtomicLongArray(bounds.upper.length + 1);
    }

    void observe(double value) {
        observe(value, null);
    }

    /** @param trace where it came from, as far as that is kept */
    void observe(double value, @Nullable String trace) {
        int found = Arrays.binarySearch(bounds.upper, value);
        int bucket = found < 0 ? -found - 1 : found;
        counts.incrementAndGet(bucket);
        sum.add(value);
        if (trace != null) {
            Exemplar last = Exemplar.builder()
                    .value(value)
                    .traceId(trace)
                    .timestampMillis(System.currentTimeMillis())
                    .build();
            traced().set(bucket, last);
        }
    }

    /** Two that make it at once lose one value; others will follow. */
    private AtomicReferenceArray<@Nullable Exemplar> traced() {
        AtomicReferenceArray<@Nullable Exemplar> known = traced;
        if (known == null) {
            known = new AtomicReferenceArray<>(counts.length());
            traced = known;
        }
        return known;
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
        private final @Nullable Exemplar[] traced;
        private double sum;

        Total(Bounds bounds) {
            this.bounds = bounds;
            this.counts = new long[bounds.upper.length + 1];
            this.traced = new Exemplar[counts.length];
        }

        void add(Distribution distribution) {
            AtomicReferenceArray<@Nullable Exemplar> others = distribution.traced;
            for (int i = 0; i < counts.length; i++) {
                counts[i] += distribution.counts.get(i);
                if (others != null) {
                    traced[i] = newer(traced[i], others.get(i));
                }
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

        /** Of each bucket of one histogram the newest value whose trace is kept. */
        Exemplars exemplars(double[] upper) {
            List<Exemplar> found = new ArrayList<>();
            int from = 0;
            for (double bound : upper) {
                int to = Arrays.binarySearch(bounds.upper, bound) + 1;
                one(from, to).ifPresent(found::add);
                from = to;
            }
            one(from, counts.length).ifPresent(found::add);
            return Exemplars.of(found);
        }

        private Optional<Exemplar> one(int from, int to) {
            Exemplar newest = null;
            for (int i = from; i < to; i++) {
                newest = newer(newest, traced[i]);
            }
            return Optional.ofNullable(newest);
        }

        private static @Nullable Exemplar newer(@Nullable Exemplar one, @Nullable Exemplar other) {
            if (one == null || other == null) {
                return one == null ? other : one;
            }
            return other.getTimestampMillis() > one.getTimestampMillis() ? other : one;
        }

        private long count(int from, int to) {
            return Arrays.stream(counts, from, to).sum();
        }
    }
}
