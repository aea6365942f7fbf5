package io.llmproxy.store;

import io.llmproxy.access.Role;
import org.jspecify.annotations.Nullable;

/**
 * A role as its column holds it. One that is bound to a scope has another name: a node of a release that knows no scopes takes that for a
 * viewer's, and never for a whole admin's.
 */
final class RoleText {
    private static final String SCOPED = "scoped-";

    /** No scope of a configuration is called so: who is bound to it reaches nothing. */
    private static final String NOWHERE = "";

    private RoleText() {}

    static String of(Role role, @Nullable String scope) {
        return scope == null ? role.label() : SCOPED + role.label();
    }

    static Role read(String text) {
        return Role.of(text.startsWith(SCOPED) ? text.substring(SCOPED.length()) : text)
                .orElse(Role.VIEWER);
    }

    /**
     * Returns the scope of a role. Only the roles of this release are for the whole gateway without one: neither is one that was bound to a
     * scope, and has lost it, nor one that a newer release has written.
     *
     * @param text as the column of the role holds it
     * @param scope what its own column holds
     */
    static @Nullable String scope(String text, @Nullable String scope) {
        return scope == null && Role.of(text).isEmpty() ? NOWHERE : scope;
    }
}
