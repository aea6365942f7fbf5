package io.llmproxy.quota;

/**
 * What an allowance knows when another takes its place.
 *
 * @param start when its window began, in milliseconds since 1970; {@link Long#MIN_VALUE} if it has no beginning
 * @param used how much is used, which may be more than there is; 0 where what is held is given back to the one that gave it
 */
record Before(long start, long used) {}
