package io.llmproxy.store;

import io.llmproxy.access.Role;
import org.jspecify.annotations.Nullable;

/**
 * A role as its column holds it. One that is bound to a scope has another name: a node of a release that knows no scopes takes that for a
 * viewer's, and never for a whole admin's.
 */
final class RoleText {
    private static final String SCOPED = "scoped-";

    private RoleText() {}

    static String of(Role role, @Nullable String scope) {
        return scope == null ? role.label() : SCOPED + role.label();
    }

    static Role read(String text) {
        return Role.of(text.startsWith(SCOPED) ? text.substring(SCOPED.length()) : text)
                .orElse(Role.VIEWER);
    }
}
