package io.llmproxy.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What is logged, and how. */
public record LogConfig(
        @Setting(value = "Least severe level that is logged.", byDefault = "info")
        Level level,

        @Setting(
                value =
                        "Where to: `streams` are standard error, and standard output for access lines; `container` is the app server's own log, by java.util.logging.",
                byDefault = "streams")
        Target to,

        @Setting(value = "`text` for people or `json` for machines; one line an entry.", byDefault = "text")
        Format format,

        @Setting(value = "Whether each exchange is logged with one line.", byDefault = "true")
        boolean access,

        @Setting("File for the access lines. Without one they go where `to` says.") @Nullable Path accessFile) {

    /** How severe a message is. */
    public enum Level {
        ERROR,
        WARN,
        INFO,
        DEBUG,
        TRACE
    }

    /** Where the log is written. */
    public enum Target {
        STREAMS,
        CONTAINER
    }

    /** How a line is written. */
    public enum Format {
        TEXT,
        JSON
    }
}
