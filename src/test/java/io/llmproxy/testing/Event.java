package io.llmproxy.testing;

/**
 * One server-sent event or comment as it stands on the wire, without the empty line at its end.
 *
 * @param text its lines
 * @param nanos {@link System#nanoTime()} when it had come whole
 */
public record Event(String text, long nanos) {
    /** Whether it is a comment, such as a heartbeat. */
    public boolean comment() {
        return text.startsWith(":");
    }

    /** What stands after {@code data:}. */
    public String data() {
        return text.lines()
                .filter(line -> line.startsWith("data:"))
                .map(line -> line.substring(5).strip())
                .findFirst()
                .orElse("");
    }
}
