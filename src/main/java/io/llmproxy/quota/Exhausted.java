package io.llmproxy.quota;

/**
 * A limit is used up, and nothing was taken of any.
 *
 * @param limit the first one that is used up
 * @param retryAfter the time until nothing stands in the way of the request, in nanoseconds; 0 if that is never
 * @param standings of all limits that concern the request
 */
public record Exhausted(Limit limit, long retryAfter, Standings standings) implements Outcome {}
