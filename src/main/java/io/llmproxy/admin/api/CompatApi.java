package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.access.Role;
import io.llmproxy.admin.AuditTrail;
import io.llmproxy.admin.ConfigDocuments.Unavailable;
import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import io.llmproxy.admin.NotFoundServlet;
import io.llmproxy.admin.OperatorToken;
import io.llmproxy.config.AdminConfig.Compat;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin API of shengyanli1982/llmproxy below {@code /api/v1}, for scripts that were written for that. Each answer is in its envelope,
 * with the status that is true; each change is a version of the configuration.
 */
public final class CompatApi extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(CompatApi.class);
    private static final Map<Integer, String> TYPES = Map.of(
            400, "BadRequest",
            401, "Unauthorized",
            403, "Forbidden",
            404, "NotFound",
            405, "MethodNotAllowed",
            409, "Conflict",
            415, "UnsupportedMediaType",
            503, "ServiceUnavailable");

    private final transient Gateway gateway;
    private final transient SignIn signIn;
    private final transient CompatRoutes routes;
    private final transient AuditTrail audit;

    /**
     * @param token what operators show
     * @param gateway what the API tells of
     */
    public CompatApi(OperatorToken token, Gateway gateway) {
        this.gateway = gateway;
        this.signIn = new SignIn(
                token,
                gateway.people(),
                () -> gateway.current().get().config().httpServer().admin(),
                Instant::now);
        this.audit = gateway.audit();
        this.routes = new CompatRoutes(gateway);
    }

    /**
     * What is answered.
     *
     * @param status of the answer
     * @param data what the envelope holds; null for none
     * @param location of what was made; null for nothing
     */
    record Done(
            int status, @Nullable JsonNode data, @Nullable String location) {}

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (!gateway.current().get().config().httpServer().admin().compat().contains(Compat.LLMPROXY)) {
            NotFoundServlet.answer(response);
            return;
        }
        String id = "adm_" + Long.toHexString(ThreadLocalRandom.current().nextLong() | Long.MIN_VALUE);
        response.setHeader("X-Request-Id", id);
        response.setHeader("Cache-Control", "no-store");
        response.setHeader("X-Content-Type-Options", "nosniff");
        Act act = new Act(id, request.getRemoteAddr());
        String refusal = null;
        try {
            Done done = answered(request, act);
            if (done.location() != null) {
                response.setHeader("Location", done.location());
            }
            send(response, done.status(), done.data());
        } catch (Refused refused) {
            refusal = refused.code();
            refused.headers().forEach(response::setHeader);
            refuse(response, refused.status(), message(refused));
        } catch (UnavailableException away) {
            boolean readOnly = away.reason() == Unavailable.READ_ONLY;
            refusal = readOnly ? "file_mode" : "store_unavailable";
            refuse(response, readOnly ? 409 : 503, String.valueOf(away.getMessage()));
        } catch (RuntimeException e) {
            LOG.error("admin API of LLMProxy: a call failed", e);
            refusal = "internal_error";
            refuse(response, 500, "The call failed; the log tells why.");
        }
        tell(act, refusal, OperatorToken.bearer(request) != null);
    }

    private void tell(Act act, @Nullable String refusal, boolean tried) {
        if (act.isKept()) {
            audit.kept(act.note());
        } else if (refusal != null && act.isKnown() && act.isBegun()) {
            audit.refused(act.refused(refusal));
        } else if (refusal != null && !act.isKnown() && tried) {
            act.begins("call", "/api/v1");
            audit.strange(act.refused(refusal));
        }
    }

    private Done answered(HttpServletRequest request, Act act) throws IOException {
        List<String> path = segments(request);
        if (path.equals(List.of("docs"))) {
            return new Done(HttpServletResponse.SC_FOUND, null, "../../admin/ui/#/api");
        }
        SignIn.Known known = signIn.known(request);
        act.by(known.caller(), known.authentication());
        String method = request.getMethod();
        boolean look = method.equals("GET") || method.equals("HEAD");
        CompatRoutes.Route route = routes.find(look ? "GET" : method, path);
        if (look) {
            return route.act(act, null);
        }
        act.begins("config.commit", method + " /api/v1/" + String.join("/", path));
        RoleChecks.check(known.caller(), Role.EDITOR);
        return route.act(act, body(request));
    }

    private static @Nullable ObjectNode body(HttpServletRequest request) throws IOException {
        if (request.getMethod().equals("DELETE")) {
            return null;
        }
        if (!SignIn.isJson(request.getContentType())) {
            throw Refused.noJson();
        }
        JsonNode body = JsonBodies.read(request.getInputStream(), JsonNode.class);
        if (body instanceof ObjectNode object) {
            return object;
        }
        throw new Refused(400, "invalid_request", "The body is no JSON object (expected: one).");
    }

    /** Names may hold what has a meaning in paths, so that each part is decoded by itself. */
    private static List<String> segments(HttpServletRequest request) {
        String prefix = request.getContextPath() + request.getServletPath();
        String rest = request.getRequestURI().substring(prefix.length());
        List<String> segments = new ArrayList<>();
        for (String part : rest.split("/", -1)) {
            if (!part.isEmpty()) {
                try {
                    segments.add(URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8));
                } catch (IllegalArgumentException e) {
                    throw new Refused(404, "not_found", "There is nothing at this path.");
                }
            }
        }
        return List.copyOf(segments);
    }

    private static String message(Refused refused) {
        return refused.problems().isEmpty()
                ? refused.detail()
                : String.join(
                        "; ",
                        refused.problems().stream()
                                .map(problem -> problem.path().isEmpty()
                                        ? problem.message()
                                        : problem.path() + ": " + problem.message())
                                .toList());
    }

    private static void send(HttpServletResponse response, int status, @Nullable JsonNode data) throws IOException {
        response.setStatus(status);
        if (status == HttpServletResponse.SC_NO_CONTENT || status == HttpServletResponse.SC_FOUND) {
            return;
        }
        ObjectNode envelope = Json.MAPPER.createObjectNode().put("code", status).put("status", "success");
        if (data != null) {
            envelope.set("data", data);
        }
        write(response, envelope);
    }

    private static void refuse(HttpServletResponse response, int status, String message) throws IOException {
        response.setStatus(status);
        ObjectNode envelope = Json.MAPPER.createObjectNode().put("code", status).put("status", "error");
        envelope.putObject("error")
                .put("type", TYPES.getOrDefault(status, "InternalServerError"))
                .put("message", message);
        write(response, envelope);
    }

    private static void write(HttpServletResponse response, ObjectNode envelope) throws IOException {
        byte[] body = Json.MAPPER.writeValueAsBytes(envelope);
        response.setContentType("application/json");
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}
