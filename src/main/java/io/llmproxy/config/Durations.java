package io.llmproxy.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as operators write them: {@code 200ms}, {@code 15s}, {@code 5m}, {@code 1h}, or a bare number. */
public final class Durations {
    private static final Pattern BARE = Pattern.compile("[+-]?\\d{1,15}");
    private static final Pattern WITH_UNIT = Pattern.compile("(\\d{1,15})\\s*(ms|s|m|h)");

    private static final List<Form> FORMS = List.of(
            new Form("h", Duration.ofHours(1)),
            new Form("m", Duration.ofMinutes(1)),
            new Form("s", Duration.ofSeconds(1)),
            new Form("ms", Duration.ofMillis(1)));

    private record Form(String suffix, Duration length) {}

    private Durations() {}

    /**
     * Returns the duration, nothing if the text is none.
     *
     * @param bare what a number without a unit counts
     */
    public static Optional<Duration> parse(String text, Unit bare) {
        if (BARE.matcher(text).matches()) {
            return Optional.of(of(Long.parseLong(text), bare));
        }
        Matcher written = WITH_UNIT.matcher(text);
        return written.matches()
                ? Optional.of(length(written.group(2)).multipliedBy(Long.parseLong(written.group(1))))
                : Optional.empty();
    }

    /** Writes a duration in the largest unit that needs no fraction. Less than a millisecond is not written. */
    public static String format(Duration duration) {
        long millis = duration.toMillis();
        for (Form form : FORMS) {
            long length = form.length().toMillis();
            if (millis != 0 && millis % length == 0) {
                return millis / length + form.suffix();
            }
        }
        return "0s";
    }

    /** Returns the duration of a number of units, fractions included: the bounds of a setting. */
    public static Duration of(double count, Unit unit) {
        return Duration.ofMillis(Math.round(unit == Unit.SECONDS ? count * 1000 : count));
    }

    private static Duration of(long count, Unit unit) {
        return unit == Unit.SECONDS ? Duration.ofSeconds(count) : Duration.ofMillis(count);
    }

    private static Duration length(String suffix) {
        return FORMS.stream()
                .filter(form -> form.suffix().equals(suffix))
                .findFirst()
                .orElseThrow()
                .length();
    }
}
