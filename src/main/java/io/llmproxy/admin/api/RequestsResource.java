package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.access.Role;
import io.llmproxy.admin.ExplanationJson;
import io.llmproxy.explain.Explanation;
import io.llmproxy.explain.Explanations;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The last requests, and why each went where it went. */
@Path("requests")
@Produces(MediaType.APPLICATION_JSON)
public final class RequestsResource {
    private static final int KEPT = 8192;

    private final Explanations explanations;

    RequestsResource(Explanations explanations) {
        this.explanations = explanations;
    }

    /** Lists the last requests. */
    @GET
    @Needs(Role.VIEWER)
    public Object list(@Context UriInfo uri) {
        MultivaluedMap<String, String> query = uri.getQueryParameters();
        RequestFilter filter = RequestFilter.of(query);
        int limit = Page.limit(query.getFirst("limit"));
        List<Explanation> found = explanations.find(filter, KEPT).stream()
                .filter(Page.after(query.getFirst("cursor")))
                .limit(limit + 1L)
                .toList();
        ObjectNode whole = Json.MAPPER.createObjectNode();
        ArrayNode requests = whole.putArray("requests");
        found.stream().limit(limit).forEach(told -> summary(told, requests.addObject()));
        whole.put("next", found.size() > limit ? Page.cursor(found.get(limit - 1)) : null);
        return whole;
    }

    /** Tells all that is known of one. */
    @GET
    @Path("{id}")
    @Needs(Role.VIEWER)
    public Object one(@PathParam("id") String id) {
        List<Explanation> found = explanations.of(id);
        if (found.isEmpty()) {
            throw new Refused(404, "not_found", "No request with this id is known any more (the last 4096 are kept).");
        }
        ObjectNode whole = Json.MAPPER.createObjectNode();
        ArrayNode requests = whole.putArray("requests");
        for (Explanation told : found) {
            ObjectNode request = requests.addObject();
            summary(told, request);
            request.put("rule", told.rule())
                    .put("not_retried", told.notRetried())
                    .put("truncated", told.truncated());
            ExplanationJson.steps(told, request);
        }
        return whole;
    }

    private static void summary(Explanation told, ObjectNode request) {
        request.put("id", told.id())
                .put("at", Times.told(told.at()))
                .put("forward", told.forward())
                .put("key", told.key())
                .put("path", told.path())
                .put("model", told.model())
                .put("group", told.group())
                .put("upstream", told.upstream())
                .put("attempts", told.attempts())
                .put("status", told.status())
                .put("outcome", told.outcome())
                .put("error", told.error())
                .put("first_byte_ms", TimeUnit.NANOSECONDS.toMillis(told.firstByteNanos()))
                .put("total_ms", TimeUnit.NANOSECONDS.toMillis(told.nanos()));
        request.put("input_tokens", known(told.usage().input()));
        request.put("output_tokens", known(told.usage().output()));
        request.set("cost", Json.MAPPER.valueToTree(Amount.of(told.usage().cost())));
    }

    private static @Nullable Long known(long count) {
        return count < 0 ? null : count;
    }
}
