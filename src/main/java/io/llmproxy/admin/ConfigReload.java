package io.llmproxy.admin;

import io.llmproxy.config.document.Problem;
import java.util.List;

/** Loads the configuration again while requests are served. */
@FunctionalInterface
public interface ConfigReload {
    /** Loads the configuration, and serves it from now on unless anything is wrong with it. */
    Outcome reload();

    /**
     * How it went.
     *
     * @param loaded whether the new configuration is served; else the one before still is
     * @param version the version that is served now, counted from the start of the process
     * @param problems why it was not loaded; if it was, what the operator should look at nevertheless
     */
    record Outcome(boolean loaded, long version, List<Problem> problems) {
        /** Copies the list. */
        public Outcome {
            problems = List.copyOf(problems);
        }
    }
}
