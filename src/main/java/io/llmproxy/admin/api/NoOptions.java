package io.llmproxy.admin.api;

import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;

/** Lets Jersey refuse OPTIONS as any other method that is not allowed: pages of other origins have no business here. */
@PreMatching
final class NoOptions implements ContainerRequestFilter {
    @Override
    public void filter(ContainerRequestContext request) {
        if (request.getMethod().equals("OPTIONS")) {
            request.setMethod("NONE");
        }
    }
}
