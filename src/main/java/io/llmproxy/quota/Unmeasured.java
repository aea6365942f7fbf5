package io.llmproxy.quota;

/**
 * It would not be known how much the request uses of a limit that lets no such request pass. Nothing was taken of any.
 *
 * @param limit the limit
 */
public record Unmeasured(Limit limit) implements Outcome {}
