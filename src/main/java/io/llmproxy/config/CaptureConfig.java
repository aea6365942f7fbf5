package io.llmproxy.config;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which requests and answers are written to files with their bodies, and how much of them. */
@Switchable
public record CaptureConfig(
        @Setting(value = "Directory for capture files only.", required = true)
        Path directory,

        @Setting(
                "Which side is written: `client` (what a client sent and received), `upstream` (what each attempt sent and received). Empty: both.")
        List<Side> sides,

        @Setting("Forwards whose requests are written; empty for all.")
        List<String> forwards,

        @Setting("Names of the client keys whose requests are written; empty for all, also for requests without a key.")
        List<String> keys,

        @Setting("Upstreams whose attempts are written; empty for all.")
        List<String> upstreams,

        @Setting(
                value = "Whether only failures are written: a status of 400 or more, a cut, a client that left.",
                byDefault = "false")
        boolean errorsOnly,

        @Setting(value = "Share of the requests that are written.", byDefault = "1", min = 0, max = 1)
        double sampleRate,

        @Setting(
                "When to stop: an instant such as `2027-01-31T12:00:00Z`, or a date, which means its beginning in UTC.")
        @Nullable Instant until,

        @Setting(
                value = "How much of a body is written; the rest is cut off.",
                byDefault = "64KiB",
                min = 1024,
                max = 16 << 20,
                unit = Unit.BYTES)
        long maxBody,

        @Setting(
                "Additional headers to write; harmless ones (`Content-Type`, `User-Agent` and the like) are always written.")
        List<String> headers,

        @Setting("Names of JSON members whose values are replaced by `***`, at every depth.")
        List<String> redact,

        @Setting(
                value = "Size at which a new file is begun.",
                byDefault = "64MiB",
                min = 1 << 16,
                max = 16L << 30,
                unit = Unit.BYTES)
        long rotateSize,

        @Setting(
                value = "Age at which files are deleted.",
                byDefault = "24h",
                min = 1,
                max = 10L * 366 * 24 * 3600,
                unit = Unit.SECONDS)
        Duration retainFor,

        @Setting(
                value = "Size of all files together beyond which the oldest are deleted.",
                byDefault = "1GiB",
                min = 1 << 20,
                max = 1L << 50,
                unit = Unit.BYTES)
        long retainSize) {
    public CaptureConfig {
        sides = sides.isEmpty() ? List.of(Side.values()) : List.copyOf(sides);
        forwards = List.copyOf(forwards);
        keys = List.copyOf(keys);
        upstreams = List.copyOf(upstreams);
        headers = List.copyOf(headers);
        redact = List.copyOf(redact);
    }

    /** Whose view of a request is written. */
    public enum Side {
        /** What a client sent, and was sent. */
        CLIENT,
        /** What an attempt sent to an upstream, and got. */
        UPSTREAM
    }
}
