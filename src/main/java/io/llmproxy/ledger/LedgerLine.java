package io.llmproxy.ledger;

import io.llmproxy.convert.json.JsonBuffer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Writes one line after the other: a JSON object whose last member is the checksum (CRC32C) of all bytes before it. Used by one
 * thread.
 */
final class LedgerLine {
    /** No line is longer, with its end. */
    static final int LONGEST = 8192;

    /** What comes from outside, such as the identifier of an answer, is cut to so many characters. */
    private static final int LONGEST_TEXT = 256;

    private static final int VERSION = 1;
    private static final HexFormat HEX = HexFormat.of();
    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final String boot;
    private final JsonBuffer json = new JsonBuffer(1024);
    private final CRC32C checksum = new CRC32C();
    private boolean first;
    private long second = Long.MIN_VALUE;
    private String secondText = "";

    LedgerLine(String boot) {
        this.boot = boot;
    }

    /** Begins a line with what all of them have. */
    LedgerLine begin(String type, String id, long at) {
        json.clear();
        json.raw('{');
        first = true;
        return number("v", VERSION).text("t", type).text("id", id).time("at", at);
    }

    /**
     * Ends the line, and returns it with its line end.
     *
     * @throws IllegalArgumentException if it is too long
     */
    byte[] finish() {
        checksum.reset();
        checksum.update(json.array(), 0, json.size());
        json.raw(",\"crc\":\"").raw(HEX.toHexDigits((int) checksum.getValue())).raw("\"}\n");
        if (json.size() > LONGEST) {
            throw new IllegalArgumentException(
                    "a line of " + json.size() + " bytes (expected: at most " + LONGEST + ")");
        }
        return json.toBytes();
    }

    /** Writes a text, unless there is none. */
    LedgerLine text(String name, @Nullable String value) {
        if (value != null) {
            name(name);
            json.string(shortened(value));
        }
        return this;
    }

    /** Writes texts, unless there are none. */
    LedgerLine texts(String name, List<String> values) {
        if (!values.isEmpty()) {
            name(name);
            char before = '[';
            for (String value : values) {
                json.raw(before).string(shortened(value));
                before = ',';
            }
            json.raw(']');
        }
        return this;
    }

    /** Writes a number. */
    LedgerLine number(String name, long value) {
        name(name);
        json.number(value);
        return this;
    }

    /** Writes a number that is unknown if it is negative. */
    LedgerLine known(String name, long value) {
        return value < 0 ? this : number(name, value);
    }

    /** Writes a number with two decimals, unless it is none. */
    LedgerLine decimal(String name, double value) {
        if (Double.isFinite(value)) {
            name(name);
            json.raw(String.format(Locale.ROOT, "%.2f", value));
        }
        return this;
    }

    /** Writes whether it is so. */
    LedgerLine flag(String name, boolean value) {
        name(name);
        json.raw(value ? "true" : "false");
        return this;
    }

    /** Writes which exchange of this run it is. */
    LedgerLine exchange(long number) {
        return text("exchange", LedgerId.exchange(boot, number));
    }

    /** Writes a time, given in milliseconds since 1970. */
    LedgerLine time(String name, long millis) {
        name(name);
        json.raw('"').raw(timeText(millis)).raw('"');
        return this;
    }

    /** Begins a member that is an object. */
    LedgerLine begin(String name) {
        name(name);
        json.raw('{');
        first = true;
        return this;
    }

    /** Ends it. */
    LedgerLine end() {
        json.raw('}');
        first = false;
        return this;
    }

    private void name(String name) {
        if (!first) {
            json.raw(',');
        }
        first = false;
        json.string(name).raw(':');
    }

    private String timeText(long millis) {
        long now = Math.floorDiv(millis, 1000L);
        if (now != second) {
            secondText = SECONDS.format(Instant.ofEpochSecond(now));
            second = now;
        }
        int rest = (int) Math.floorMod(millis, 1000L);
        return secondText + (rest < 10 ? ".00" : rest < 100 ? ".0" : ".") + rest + "Z";
    }

    private static String shortened(String value) {
        return value.length() <= LONGEST_TEXT ? value : value.substring(0, LONGEST_TEXT);
    }
}
