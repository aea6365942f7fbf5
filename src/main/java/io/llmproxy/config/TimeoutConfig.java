package io.llmproxy.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How long the steps of an exchange with an upstream may take. */
public record TimeoutConfig(
        @Setting(
                value = "TCP connection and TLS handshake.",
                byDefault = "10s",
                min = 0.01,
                max = 120,
                unit = Unit.SECONDS)
        Duration connect,

        @Setting(
                value = "From the request to the head of the answer; unless set, 5m, and for a stream 1m.",
                min = 0.01,
                max = 3600,
                unit = Unit.SECONDS)
        @Nullable Duration firstByte,

        @Setting(
                value =
                        "For a stream, from the request to the head of the answer, and from there to its first content as long as it is held back; `first_byte` unless set.",
                min = 0.01,
                max = 3600,
                unit = Unit.SECONDS)
        @Nullable Duration firstEvent,

        @Setting(
                value = "Between two pieces of an answer.",
                byDefault = "2m",
                min = 0.01,
                max = 3600,
                unit = Unit.SECONDS)
        Duration stall,

        @Setting(
                value = "The whole exchange; not counted while `stream` is true.",
                byDefault = "5m",
                min = 0.01,
                max = 1200,
                unit = Unit.SECONDS)
        Duration request,

        @Setting(
                value = "How long an unused connection is kept.",
                byDefault = "1m",
                min = 0.1,
                max = 1800,
                unit = Unit.SECONDS)
        Duration idle) {
    /** Some models think for minutes before a plain answer begins. */
    private static final Duration PLAIN_HEAD = Duration.ofMinutes(5);

    /** A stream begins when its first words are made, mostly within seconds. */
    private static final Duration STREAM_HEAD = Duration.ofMinutes(1);

    /** How long the head of an answer that is no stream may take. */
    public Duration head() {
        return firstByte == null ? PLAIN_HEAD : firstByte;
    }

    /** How long the head of a stream may take. */
    public Duration streamHead() {
        if (firstEvent != null) {
            return firstEvent;
        }
        return firstByte == null ? STREAM_HEAD : firstByte;
    }
}
