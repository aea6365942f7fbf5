package io.llmproxy.store;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a backup holds.
 *
 * @param tables the version of its tables
 * @param release of LLMProxy that has made it
 * @param madeAt when
 * @param keyId id of the key that its secrets are encrypted with, which it does not hold; null without secrets
 * @param head the number of the version that is wanted; 0 if there is none
 * @param rows how many rows each table has
 * @param sha256 digest of its content, in hexadecimal digits
 */
public record Backup(
        int tables,
        String release,
        Instant madeAt,
        @Nullable String keyId,
        long head,
        Map<String, Long> rows,
        String sha256) {
    /** Copies the map, and keeps its order. */
    public Backup {
        rows = Collections.unmodifiableMap(new LinkedHashMap<>(rows));
    }

    /** How many versions it holds. */
    public long versions() {
        return of(BackupTable.CONFIG_VERSION);
    }

    /** How many secrets. */
    public long secrets() {
        return of(BackupTable.SECRET);
    }

    /** How many client keys; those that were deleted lately are among them. */
    public long keys() {
        return of(BackupTable.CLIENT_KEY);
    }

    /** How many people who sign in with a password. */
    public long users() {
        return of(BackupTable.ADMIN_USER);
    }

    /** How many tokens of programs. */
    public long tokens() {
        return of(BackupTable.API_TOKEN);
    }

    /** How many entries of the audit. */
    public long audit() {
        return of(BackupTable.AUDIT);
    }

    private long of(BackupTable table) {
        return rows.getOrDefault(table.label(), 0L);
    }
}
