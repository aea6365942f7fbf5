package io.llmproxy.upstream;

import org.jspecify.annotations.Nullable;

/**
 * How an upstream stood when one was chosen.
 *
 * @param upstream its name
 * @param excluded why it could not be chosen; null if it could
 * @param inFlight requests that it was working on
 * @param weight its weight in the group, as configured
 */
public record Candidate(String upstream, @Nullable String excluded, int inFlight, int weight) {}
