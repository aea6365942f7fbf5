package io.llmproxy.launcher;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What {@code --store} says, as the file of a node would say it. */
final class StoreOption {
    private StoreOption() {}

    /**
     * Returns the file.
     *
     * @param where a directory for H2, or the JDBC URL of a PostgreSQL database
     * @param seed the configuration that becomes version 1 if the store is empty, or null
     */
    static String text(String where, @Nullable Path seed) {
        String key = where.startsWith("jdbc:") ? "url" : "directory";
        String first = seed == null ? "" : ", seed: " + quoted(seed.toString());
        return "store: {" + key + ": " + quoted(where) + first + "}\n";
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
