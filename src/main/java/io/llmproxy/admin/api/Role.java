package io.llmproxy.admin.api;

import java.util.Locale;

/** What a caller may do: each role may do what those before it may. */
enum Role {
    /** Sees everything but secrets. */
    VIEWER,
    /** Changes the configuration, and what operators change for the time being. */
    EDITOR,
    /** Does everything. */
    ADMIN;

    boolean covers(Role needed) {
        return compareTo(needed) >= 0;
    }

    /** Its name in answers. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
