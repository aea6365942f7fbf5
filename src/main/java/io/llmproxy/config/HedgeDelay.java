package io.llmproxy.config;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * After which time a stream without content is late: a fixed one, such as {@code 800ms}, or a percentile of the times that streams
 * lately took, such as {@code p95}.
 */
public final class HedgeDelay {
    private static final Duration SHORTEST = Duration.ofMillis(50);
    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final Pattern PERCENTILE = Pattern.compile("[pP]([5-9]\\d)");

    /** What an operator is told who wrote something else. */
    public static final String EXPECTATION = Durations.format(SHORTEST) + " to " + Durations.format(LONGEST)
            + " in ms, s or m, a bare number counts milliseconds; or a percentile, p50 to p99";

    private final @Nullable Duration fixed;
    private final int percentile;

    private HedgeDelay(@Nullable Duration fixed, int percentile) {
        this.fixed = fixed;
        this.percentile = percentile;
    }

    /** Reads a delay; nothing if the text is none. */
    public static Optional<HedgeDelay> parse(String text) {
        Matcher learned = PERCENTILE.matcher(text);
        if (learned.matches()) {
            return Optional.of(new HedgeDelay(null, Integer.parseInt(learned.group(1))));
        }
        return Durations.parse(text, Unit.MILLISECONDS)
                .filter(fixed -> fixed.compareTo(SHORTEST) >= 0 && fixed.compareTo(LONGEST) <= 0)
                .map(fixed -> new HedgeDelay(fixed, 0));
    }

    /** The time; null if it is learned. */
    public @Nullable Duration fixed() {
        return fixed;
    }

    /** Which part of the streams, in percent, is not late; 0 if the time is fixed. */
    public int percentile() {
        return percentile;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HedgeDelay delay
                && percentile == delay.percentile
                && Objects.equals(fixed, delay.fixed);
    }

    @Override
    public int hashCode() {
        return Objects.hash(fixed, percentile);
    }

    /** The delay as it is written in YAML. */
    @Override
    public String toString() {
        return fixed == null ? "p" + percentile : Durations.format(fixed);
    }
}
