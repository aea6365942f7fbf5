package io.llmproxy.quota;

import java.util.Locale;

/**
 * What a limit is set for.
 *
 * @param kind what it is
 * @param id tells it from all others of its kind
 * @param name by which messages and metrics call it
 */
public record Subject(Kind kind, String id, String name) {
    /** All clients together. */
    public static final Subject GATEWAY = new Subject(Kind.GATEWAY, "", "");

    /** What a limit can be set for. */
    public enum Kind {
        KEY,
        /** A key of a store, which is issued while the gateway runs: there may be any number of them. */
        ISSUED_KEY,
        SCOPE,
        GATEWAY;

        /** Its name in metrics. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Returns what messages call it. */
    public String text() {
        return switch (kind) {
            case KEY, ISSUED_KEY -> "the API key '" + name + "'";
            case SCOPE -> "'" + name + "'";
            case GATEWAY -> "this gateway";
        };
    }

    /** Returns the subject that a key is. */
    public static Subject key(String id, String name) {
        return new Subject(Kind.KEY, id, name);
    }

    /**
     * Returns the subject that a key of a store is.
     *
     * @param id stays the same when the key gets another name or value
     * @param name what it is called now
     */
    public static Subject issuedKey(String id, String name) {
        return new Subject(Kind.ISSUED_KEY, id, name);
    }

    /** Returns the subject that a scope is. */
    public static Subject scope(String name) {
        return new Subject(Kind.SCOPE, name, name);
    }
}
