package io.llmproxy.admin.api;

import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.lang.annotation.Annotation;

/** Writes a refusal with the id of the call. */
final class ProblemBodies implements ContainerResponseFilter {
    private static final Annotation[] NONE = {};

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) throws IOException {
        if (response.getEntity() instanceof Refused refused) {
            String id = String.valueOf(request.getProperty(AdminApi.REQUEST_ID));
            response.setEntity(ProblemAnswer.body(refused, id), NONE, MediaType.valueOf(ProblemAnswer.TYPE));
        }
    }
}
