package io.llmproxy.admin.api;

import io.llmproxy.access.Role;
import jakarta.ws.rs.container.ContainerRequestContext;
import org.jspecify.annotations.Nullable;

/**
 * Who calls.
 *
 * @param name what the log, the audit and the history of the configuration call the caller
 * @param role what the caller may do
 * @param scope to whose keys that is bound; null for the whole gateway
 * @param authentication how that was found out, in the words of the audit
 */
record Caller(String name, Role role, @Nullable String scope, String authentication) {
    /** How one is known who has shown the operators' token. */
    static final String OPERATOR_TOKEN = "operator_token";

    /** The one who knows the operators' token. */
    static final Caller OPERATOR = new Caller("operator", Role.ADMIN, null, OPERATOR_TOKEN);

    /** Nothing is known of this one. */
    static final Caller UNKNOWN = new Caller("unknown", Role.VIEWER, null, "none");

    /** The one who makes a call. */
    static Caller of(ContainerRequestContext call) {
        return call.getProperty(AdminApi.CALLER) instanceof Caller caller ? caller : UNKNOWN;
    }
}
