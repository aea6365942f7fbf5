package io.llmproxy.admin.api;

import io.llmproxy.access.Role;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.DynamicFeature;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.FeatureContext;

/** Puts a check of the caller's role before each method that {@link Needs} one. */
final class RoleChecks implements DynamicFeature {
    @Override
    public void configure(ResourceInfo route, FeatureContext context) {
        Needs needs = route.getResourceMethod().getAnnotation(Needs.class);
        if (needs != null) {
            Role needed = needs.value();
            boolean scoped = needs.scoped();
            ContainerRequestFilter check = request -> {
                if (request.getProperty(AdminApi.CALLER) instanceof Caller caller) {
                    if (!scoped) {
                        checkWhole(caller);
                    }
                    check(caller, needed);
                } else {
                    throw new Refused(401, "unauthorized", "Sign in, or show the token.");
                }
            };
            context.register(check);
        }
    }

    /** Refuses a caller whose role is bound to a scope. */
    static void checkWhole(Caller caller) {
        if (caller.scope() != null) {
            throw new Refused(
                    403, "forbidden", "The caller's role is bound to a scope (expected: one for the whole gateway).");
        }
    }

    /** Refuses a caller whose role may do less. */
    static void check(Caller caller, Role needed) {
        if (!caller.role().covers(needed)) {
            throw new Refused(403, "forbidden", "This needs the role " + needed.label() + " or one that may do more.");
        }
    }
}
