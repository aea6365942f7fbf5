package io.llmproxy.store;

import java.time.Instant;
import java.util.Locale;

/**
 * One configuration as it was committed; never changed afterwards.
 *
 * @param id counts the versions from 1
 * @param parent the version that it took the place of; 0 for the first one
 * @param createdAt when, by the database's clock
 * @param author who made it
 * @param message what for
 * @param origin which way it came
 * @param sha256 of the content, in hexadecimal digits
 * @param content the document, as YAML
 */
public record ConfigVersion(
        long id,
        long parent,
        Instant createdAt,
        String author,
        String message,
        Origin origin,
        String sha256,
        String content) {
    /** Which way a version came. */
    public enum Origin {
        UI,
        API,
        IMPORT,
        SEED,
        ROLLBACK,
        /** A commit that was not confirmed, or that too many nodes refused. */
        AUTO_ROLLBACK;

        /** As it is stored and shown, such as {@code auto-rollback}. */
        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }
}
