package io.llmproxy.config;

/** What a plain number in the configuration counts. */
public enum Unit {
    NONE,
    SECONDS,
    MILLISECONDS,
    /** Also written with a suffix: {@code 64KiB}, {@code 8MiB}, {@code 1GiB}. */
    BYTES
}
