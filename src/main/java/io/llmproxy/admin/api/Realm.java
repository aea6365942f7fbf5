package io.llmproxy.admin.api;

import io.llmproxy.access.Role;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
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
     * @return null if they are wrong, or the container knows no users
     * @throws Refused if the user may do nothing here
     */
    static @Nullable Caller caller(HttpServletRequest request, String name, String password) {
        if (!NAME.matcher(name).matches()) {
            return null;
        }
        try {
            request.login(name, password);
        } catch (ServletException e) {
            return null;
        }
        try {
            return new Caller("realm:" + name, role(request), AUTHENTICATION);
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

    private static Role role(HttpServletRequest request) {
        Role[] roles = Role.values();
        for (int i = roles.length - 1; i >= 0; i--) {
            if (request.isUserInRole(PREFIX + roles[i].label())) {
                return roles[i];
            }
        }
        throw new Refused(
                403,
                "forbidden",
                "The user has no role here (expected: llmproxy-admin, llmproxy-editor or llmproxy-viewer).");
    }
}
