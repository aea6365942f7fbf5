package io.llmproxy.ratelimit;

import io.llmproxy.net.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The entries of a header that each proxy appends to, the last one first. Read from the end, so that nothing a client
 * wrote, such as half a pair of quotes, changes what a proxy wrote behind it.
 */
final class ForwardedHops {
    private static final int BEFORE_THE_LINE = -1;

    private final List<String> lines;
    private final Function<String, Optional<IpAddress>> reader;
    private int line;
    private int end = BEFORE_THE_LINE;

    private ForwardedHops(List<String> lines, Function<String, Optional<IpAddress>> reader) {
        this.lines = lines;
        this.reader = reader;
        this.line = lines.size();
    }

    /** Reads the addresses in lines of {@code X-Forwarded-For}. */
    static ForwardedHops ofForwardedFor(List<String> lines) {
        return new ForwardedHops(lines, IpAddress::parseEndpoint);
    }

    /** Reads the {@code for} parameters in lines of {@code Forwarded} (RFC 7239, section 4). */
    static ForwardedHops ofForwarded(List<String> lines) {
        return new ForwardedHops(
                lines, element -> ForwardedElement.nodeFor(element).flatMap(IpAddress::parseEndpoint));
    }

    /** Returns the address in the entry before; empty if there is no further entry, or no address in it. */
    Optional<IpAddress> next() {
        while (end != BEFORE_THE_LINE || line > 0) {
            String entry = entryBefore();
            // An empty entry is none, as in any list in a header.
            if (!entry.isEmpty()) {
                return reader.apply(entry);
            }
        }
        return Optional.empty();
    }

    private String entryBefore() {
        if (end == BEFORE_THE_LINE) {
            line--;
            end = lines.get(line).length();
        }
        String text = lines.get(line);
        int comma = commaBefore(text, end);
        String entry = text.substring(comma + 1, end).strip();
        end = comma;
        return entry;
    }

    /** Returns the last comma before an index that is not in quotes, or {@link #BEFORE_THE_LINE}. */
    private static int commaBefore(String text, int end) {
        boolean quoted = false;
        for (int index = end - 1; index >= 0; index--) {
            char c = text.charAt(index);
            if (c == '"' && !isEscaped(text, index)) {
                quoted = !quoted;
            } else if (c == ',' && !quoted) {
                return index;
            }
        }
        return BEFORE_THE_LINE;
    }

    private static boolean isEscaped(String text, int index) {
        int from = index;
        while (from > 0 && text.charAt(from - 1) == '\\') {
            from--;
        }
        return (index - from) % 2 != 0;
    }
}
