package io.llmproxy.store;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The tables that a backup holds, in the order in which they stand there. */
enum BackupTable {
    CONFIG_VERSION,
    CONFIG_HEAD("scope"),
    SECRET,
    SECRET_STATE("scope"),
    CLIENT_KEY,
    CHANGE_COUNTER("name"),
    COMPAT_NUMBER,
    ADMIN_USER,
    API_TOKEN,
    AUDIT,
    AUDIT_END("scope"),
    /** Before the hours: a node that adds to both at this moment has its marks removed when its hours can be seen. */
    USAGE_MARK,
    USAGE_HOUR;

    /** What is of the moment: which nodes there are, what operators say of upstreams, who has signed in, and which tables have been made. */
    static final Set<String> LEFT_OUT = Set.of("node", "operator_override", "admin_session", "schema_history");

    private final @Nullable String key;

    BackupTable() {
        this.key = null;
    }

    /** @param key the column by which the rows are known that new tables have from the beginning */
    BackupTable(String key) {
        this.key = key;
    }

    static Optional<BackupTable> find(String name) {
        return Arrays.stream(values())
                .filter(table -> table.label().equals(name))
                .findFirst();
    }

    /** Its name in the database. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The column by which rows are known that take the place of those of new tables; null where new tables have none. */
    @Nullable String key() {
        return key;
    }
}
