package io.llmproxy.convert.codec;

/**
 * How much of one stream is kept in memory, in bytes.
 *
 * @param event of one event of an upstream
 * @param arguments of calls that wait for their turn
 * @param text of an answer that must be told again at its end
 */
public record Limits(int event, int arguments, int text) {
    /** What holds where nothing is configured. */
    public static final Limits DEFAULT = new Limits(8 << 20, 4 << 20, 16 << 20);
}
