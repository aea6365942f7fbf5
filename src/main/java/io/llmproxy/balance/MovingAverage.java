package io.llmproxy.balance;

import java.util.concurrent.atomic.AtomicLong;

/**
 * An exponentially weighted moving average: each sample moves it 15 % of the way. Lock-free; no sample is lost.
 *
 * @see <a href="https://en.wikipedia.org/wiki/Exponential_smoothing">Exponential smoothing</a>
 */
final class MovingAverage {
    private static final double SMOOTHING = 0.15;

    private final AtomicLong bits;

    /** @param start where to start from; if NaN, the first sample is taken as it is */
    MovingAverage(double start) {
        bits = new AtomicLong(Double.doubleToRawLongBits(start));
    }

    void add(double sample) {
        long before;
        long after;
        do {
            before = bits.get();
            double average = Double.longBitsToDouble(before);
            double moved = Double.isNaN(average) ? sample : average + SMOOTHING * (sample - average);
            after = Double.doubleToRawLongBits(moved);
        } while (!bits.compareAndSet(before, after));
    }

    /** Adds a sample that is known to be too small, if it is larger than the average, or than the given value if there is none yet. */
    void addAtLeast(double sample, double absent) {
        if (sample > orElse(absent)) {
            add(sample);
        }
    }

    /** Returns the average, or the given value if there is none yet. */
    double orElse(double absent) {
        double average = Double.longBitsToDouble(bits.get());
        return Double.isNaN(average) ? absent : average;
    }
}
