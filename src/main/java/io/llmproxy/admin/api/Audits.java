package io.llmproxy.admin.api;

import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.DynamicFeature;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.FeatureContext;
import jakarta.ws.rs.core.MultivaluedMap;

/** Notes what each call of an {@link Audited} method is about to do, before it is looked at whether the caller may. */
final class Audits implements DynamicFeature {
    @Override
    public void configure(ResourceInfo route, FeatureContext context) {
        Audited audited = route.getResourceMethod().getAnnotation(Audited.class);
        if (audited != null) {
            String action = audited.value();
            ContainerRequestFilter begin = request -> begin(action, request);
            context.register(begin, Priorities.AUTHENTICATION);
        }
    }

    private static void begin(String action, ContainerRequestContext request) {
        boolean dry = "true".equals(request.getUriInfo().getQueryParameters().getFirst("dry_run"));
        if (!dry) {
            MultivaluedMap<String, String> path = request.getUriInfo().getPathParameters();
            String object = path.isEmpty()
                    ? ""
                    : String.valueOf(path.values().iterator().next().get(0));
            Act.of(request).begins(action, object);
        }
    }
}
