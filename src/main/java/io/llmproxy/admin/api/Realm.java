package io.llmproxy.admin.api;

import io.llmproxy.access.Role;
import io.llmproxy.config.ScopeConfig;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The users of the container that the application runs in. */
final class Realm {
    /** How one of these is known. */
    static final String AUTHENTICATION = "realm";

    private static final String PREFIX = "llmproxy-";
    private static final Pattern NAME = Pattern.compile("\\P{Cntrl}{1,190}");

    private Realm() {}

    /**
     * Asks the container whether name and password are right. It keeps no trace of that: the session is ours.
     *
     * @param scopes those of the configuration
     * @return null if they are wrong, or the container knows no users
     * @throws Refused if the user may do nothing here
     */
    static @Nullable Caller caller(HttpServletRequest request, String name, String password, List<ScopeConfig> scopes) {
        if (!NAME.matcher(name).matches()) {
            return null;
        }
        try {
            request.login(name, password);
        } catch (ServletException e) {
            return null;
        }
        try {
            GroupRoles.Grant grant = grant(request, scopes);
            return new Caller("realm:" + name, grant.role(), grant.scope(), AUTHENTICATION);
        } finally {
            leave(request);
        }
    }

    private static void leave(HttpServletRequest request) {
        try {
            request.logout();
        } catch (ServletException e) {
            throw new IllegalStateException("the container does not let its user go", e);
        }
    }

    private static GroupRoles.Grant grant(HttpServletRequest request, List<ScopeConfig> scopes) {
        Role whole = role(request, "");
        if (whole != null) {
            return new GroupRoles.Grant(whole, null);
        }
        GroupRoles.Grant best = null;
        for (ScopeConfig scope : scopes) {
            Role role = role(request, '@' + scope.name());
            if (role != null && (best == null || !best.role().covers(role))) {
                best = new GroupRoles.Grant(role, scope.name());
            }
        }
        if (best == null) {
            throw new Refused(
                    403,
                    "forbidden",
                    "The user has no role here (expected: llmproxy-admin, llmproxy-editor or llmproxy-viewer, or one of"
                            + " these with @ and the name of a scope).");
        }
        if (best.scope() != null && best.scope().length() > ScopeConfig.LONGEST_BOUND) {
            throw new Refused(
                    403,
                    "forbidden",
                    "The name of the user's scope is too long for a role (expected: at most "
                            + ScopeConfig.LONGEST_BOUND + " characters).");
        }
        return best;
    }

    private static @Nullable Role role(HttpServletRequest request, String suffix) {
        Role[] roles = Role.values();
        for (int i = roles.length - 1; i >= 0; i--) {
            if (request.isUserInRole(PREFIX + roles[i].label() + suffix)) {
                return roles[i];
            }
        }
        return null;
    }
}
