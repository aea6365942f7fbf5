package io.llmproxy.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What is kept of each attempt and each exchange, and where. */
public record LedgerConfig(
        @Setting(value = "`false` keeps no ledger.", byDefault = "true")
        boolean enabled,

        @Setting(
                "Directory of the ledger's files. One process writes to it at a time. Default: `ledger` in systemd's state directory, else `ledger/NAME` beside the configuration file `NAME.yaml`, else in the container's base directory; if that cannot be written, no ledger is kept.")
        @Nullable Path directory,

        @Setting("Fallback directory, on another disk, while `directory` cannot be written.") @Nullable Path spillDirectory,

        @Setting(
                value =
                        "When records are synced to disk: each second (`interval`), after each write (`always`), or when the system does it (`never`)."
                                + " Only a loss of power can lose records that are not synced; the end of the process does not.",
                byDefault = "interval")
        Sync sync,

        @Setting(
                value = "Size at which a new file is begun.",
                byDefault = "256MiB",
                min = 1 << 16,
                max = 16L << 30,
                unit = Unit.BYTES)
        long rotateSize,

        @Setting(
                value = "Age at which a new file is begun.",
                byDefault = "1h",
                min = 1,
                max = 30L * 24 * 3600,
                unit = Unit.SECONDS)
        Duration rotateAfter,

        @Setting(value = "Whether closed files are compressed with gzip.", byDefault = "true")
        boolean compress,

        @Setting(
                value = "Age at which files are deleted; `0` keeps them.",
                byDefault = "2160h",
                min = 0,
                max = 100L * 366 * 24 * 3600,
                unit = Unit.SECONDS)
        Duration retainFor,

        @Setting(
                value = "Size of all files together beyond which the oldest are deleted; `0` keeps them.",
                byDefault = "4GiB",
                min = 0,
                max = 1L << 50,
                unit = Unit.BYTES)
        long retainSize,

        @Setting("Name of this node in the ledger, instead of the host's.") @Nullable String node) {

    /**
     * Where it is kept.
     *
     * @throws NullPointerException if that is still to be decided
     */
    public Path place() {
        return Objects.requireNonNull(directory, "ledger.directory");
    }

    /** Returns the same, kept elsewhere. */
    public LedgerConfig in(Path place) {
        return new LedgerConfig(
                enabled, place, spillDirectory, sync, rotateSize, rotateAfter, compress, retainFor, retainSize, node);
    }

    /** When lines are made to survive a loss of power. */
    public enum Sync {
        /** Each second. */
        INTERVAL,
        /** After each write. */
        ALWAYS,
        /** When the operating system does it. */
        NEVER
    }
}
