package io.llmproxy.quota;

/**
 * What the store answers to a {@link LeaseCall}.
 *
 * @param granted how much the node may use from now on; it counts as used
 * @param used how much is used of the limit, by all nodes
 * @param micros the time until what was asked for can be had, in microseconds; 0 if that is not known
 * @param born when the store's count was born: another one was lost; 0 if that does not matter
 */
public record LeaseReply(long granted, long used, long micros, long born) {}
