package io.llmproxy.quota;

/**
 * A point in time.
 *
 * @param nanos by a clock that never goes back, in nanoseconds since any instant
 * @param millis by the calendar, in milliseconds since 1970 in UTC
 */
public record Moment(long nanos, long millis) {}
