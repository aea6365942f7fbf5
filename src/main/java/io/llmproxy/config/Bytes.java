package io.llmproxy.config;

import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as operators write them: {@code 512}, {@code 64KiB}, {@code 8M}. */
public final class Bytes {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,15})\\s*(?:([KMG])(?:iB)?)?", Pattern.CASE_INSENSITIVE);
    private static final List<String> UNITS = List.of("", "K", "M", "G");

    private Bytes() {}

    /** Returns the number of bytes, nothing if the text is no size or one beyond all measure. */
    public static OptionalLong parse(String text) {
        Matcher size = SIZE.matcher(text);
        if (!size.matches()) {
            return OptionalLong.empty();
        }
        String unit = size.group(2) == null ? "" : size.group(2).toUpperCase(Locale.ROOT);
        long count = Long.parseLong(size.group(1));
        int shift = 10 * UNITS.indexOf(unit);
        return count > Long.MAX_VALUE >> shift ? OptionalLong.empty() : OptionalLong.of(count << shift);
    }

    /** Writes a number of bytes in the largest unit that needs no fraction. */
    public static String format(long bytes) {
        int unit = 0;
        long count = bytes;
        while (count > 0 && count % 1024 == 0 && unit < UNITS.size() - 1) {
            count /= 1024;
            unit++;
        }
        return unit == 0 ? Long.toString(count) : count + UNITS.get(unit) + "iB";
    }
}
