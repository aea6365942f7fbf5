package io.llmproxy.admin.api;

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
            ContainerRequestFilter check = request -> {
                if (!(request.getProperty(AdminApi.CALLER) instanceof Caller caller)
                        || !caller.role().covers(needed)) {
                    throw new Refused(
                            403, "forbidden", "This needs the role " + needed.label() + " or one that may do more.");
                }
            };
            context.register(check);
        }
    }
}
