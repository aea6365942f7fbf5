package io.llmproxy.quota;

/**
 * The usage of the request cannot be measured, and a limit refuses such requests. Nothing was taken of any limit.
 *
 * @param limit the limit
 */
public record Unmeasured(Limit limit) implements Outcome {}
