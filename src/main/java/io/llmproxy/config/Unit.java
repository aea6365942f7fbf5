package io.llmproxy.config;

/** What a plain number in the configuration counts. */
public enum Unit {
    NONE,
    /** Of a duration, which is also written with a unit: {@code 200ms}, {@code 15s}, {@code 5m}, {@code 1h}. */
    SECONDS,
    /** Of a duration, as above. */
    MILLISECONDS,
    /** Also written with a suffix: {@code 64KiB}, {@code 8MiB}, {@code 1GiB}. */
    BYTES
}
