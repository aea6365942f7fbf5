package io.llmproxy.config.document;

import java.util.regex.Pattern;

/**
 * One thing that is wrong with the configuration, or suspicious about it. Never holds a secret's value.
 *
 * @param source name of the file, or {@code environment LLMPROXY_X}
 * @param line line in the file, counted from 1; 0 where there is none
 * @param path where in the YAML, such as {@code http_server.forwards[0].port}; empty for the whole file
 * @param message what is wrong, mostly {@code value (expected: …)}
 */
public record Problem(String source, int line, String path, String message) {
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\u2028\\u2029]");

    /** Keeps everything on one line. */
    public Problem {
        path = CONTROL.matcher(path).replaceAll("?");
        message = CONTROL.matcher(message).replaceAll("?");
    }

    /** Returns the line for the operator, such as {@code config.yaml:12: log.level: loud (expected: …)}. */
    @Override
    public String toString() {
        return source + (line > 0 ? ":" + line : "") + ": " + (path.isEmpty() ? "" : path + ": ") + message;
    }
}
