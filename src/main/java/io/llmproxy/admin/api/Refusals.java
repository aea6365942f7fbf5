package io.llmproxy.admin.api;

import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes an answer of everything that is thrown; {@link ProblemBodies} writes it. */
final class Refusals implements ExceptionMapper<Throwable> {
    private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);

    /** What Jersey says by an exception of its own. */
    private static final Map<Integer, Refused> KNOWN = Map.of(
            404, new Refused(404, "not_found", "There is nothing at this path."),
            405, new Refused(405, "method_not_allowed", "The method is not allowed here; Allow lists those that are."),
            406, new Refused(406, "not_acceptable", "The answer has none of the types that Accept lists."),
            415,
                    new Refused(
                            415,
                            "unsupported_media_type",
                            "The body has another type (expected: Content-Type: application/json)."));

    @Override
    public Response toResponse(Throwable thrown) {
        if (thrown instanceof Refused refused) {
            return answer(refused, null);
        }
        if (thrown instanceof UnavailableException unavailable) {
            return answer(refused(unavailable), null);
        }
        if (thrown instanceof WebApplicationException known) {
            Response answer = known.getResponse();
            Refused refused = KNOWN.get(answer.getStatus());
            if (refused != null) {
                return answer(refused, refused.status() == 405 ? allowed(answer) : null);
            }
        }
        LOG.error("admin API: a call failed", thrown);
        return answer(new Refused(500, "internal_error", "The call failed; the log tells why."), null);
    }

    /** Why a call cannot be carried out now. */
    static Refused refused(UnavailableException unavailable) {
        String why = String.valueOf(unavailable.getMessage());
        return switch (unavailable.reason()) {
            case READ_ONLY -> new Refused(409, "file_mode", why);
            case MANAGED -> new Refused(409, "managed", why);
            case CONFLICT -> new Refused(409, "conflict", why);
            case INVALID -> new Refused(400, "invalid_request", why);
            case AWAY -> new Refused(503, "store_unavailable", why).with("Retry-After", "5");
            case OUTCOME_UNKNOWN -> new Refused(503, "outcome_unknown", why).with("Retry-After", "5");
        };
    }

    /** Jersey lists OPTIONS, which it is not asked, and leaves HEAD out. */
    private static String allowed(Response answer) {
        Set<String> methods = new TreeSet<>(answer.getAllowedMethods());
        methods.remove("OPTIONS");
        if (methods.contains("GET")) {
            methods.add("HEAD");
        }
        return String.join(", ", methods);
    }

    private static Response answer(Refused refused, @Nullable String allow) {
        Response.ResponseBuilder built = Response.status(refused.status())
                .type(ProblemAnswer.TYPE)
                .header(ProblemAnswer.CODE, refused.code())
                .header("Allow", allow)
                .entity(refused);
        refused.headers().forEach(built::header);
        return built.build();
    }
}
