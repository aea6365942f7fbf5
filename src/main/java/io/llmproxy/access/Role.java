package io.llmproxy.access;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What a caller may do: each role may do what those before it may. */
public enum Role {
    /** Sees everything but secrets. */
    VIEWER,
    /** Changes the configuration, and what operators change for the time being. */
    EDITOR,
    /** Does everything. */
    ADMIN;

    /** Whether it may do what another role may. */
    public boolean covers(Role needed) {
        return compareTo(needed) >= 0;
    }

    /** Its name in answers. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The role of a name; nothing if there is none. */
    public static Optional<Role> of(String label) {
        return Stream.of(values()).filter(role -> role.label().equals(label)).findFirst();
    }
}
