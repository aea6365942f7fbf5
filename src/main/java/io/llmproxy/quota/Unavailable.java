package io.llmproxy.quota;

/**
 * The store that nodes share is away, and a limit lets nothing pass without it. Nothing was taken of any.
 *
 * @param limit the limit
 */
public record Unavailable(Limit limit) implements Outcome {}
