package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.admin.AuditTrail;
import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import io.llmproxy.admin.NotFoundServlet;
import io.llmproxy.admin.OperatorToken;
import io.llmproxy.config.AdminConfig.Compat;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin API of a system that was replaced, for scripts and pages that were written for it. Subclasses say what it answers, and in which
 * form; here is found out who calls, and the audit is told.
 */
abstract class CompatServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(CompatServlet.class);

    private final Compat system;
    private final String root;
    private final transient Gateway gateway;
    private final transient SignIn signIn;
    private final transient AuditTrail audit;

    /**
     * @param system whose API it is
     * @param root where it is, as the audit calls it
     * @param token what operators show
     * @param gateway what the API tells of
     */
    CompatServlet(Compat system, String root, OperatorToken token, Gateway gateway) {
        this.system = system;
        this.root = root;
        this.gateway = gateway;
        this.signIn = new SignIn(
                token, gateway.people(), () -> gateway.current().get().config(), Instant::now, gateway.clock());
        this.audit = gateway.audit();
    }

    /** Answers, unless it is refused. */
    abstract void answer(Call call, HttpServletRequest request, HttpServletResponse response) throws IOException;

    /** Answers a call that is refused. */
    abstract void refuse(HttpServletResponse response, List<String> path, int status, String message)
            throws IOException;

    /** Answers a call that needs no credential. Returns whether it was one. */
    boolean answeredAnyway(List<String> path, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        return false;
    }

    /**
     * A call of somebody who is known.
     *
     * @param caller who
     * @param method {@code GET} for a look
     * @param path its parts below the root
     * @param act as the audit is to tell it
     */
    record Call(Caller caller, String method, List<String> path, Act act) {}

    @Override
    protected final void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (!gateway.current().get().config().httpServer().admin().compat().contains(system)) {
            NotFoundServlet.answer(response);
            return;
        }
        String id = "adm_" + Long.toHexString(ThreadLocalRandom.current().nextLong() | Long.MIN_VALUE);
        response.setHeader("X-Request-Id", id);
        response.setHeader("Cache-Control", "no-store");
        response.setHeader("X-Content-Type-Options", "nosniff");
        Act act = new Act(id, signIn.address(request));
        List<String> path = List.of();
        String refusal = null;
        try {
            path = segments(request);
            if (answeredAnyway(path, request, response)) {
                return;
            }
            SignIn.Known known = signIn.known(request);
            act.by(known.caller(), known.authentication());
            // These systems know no such roles.
            RoleChecks.checkWhole(known.caller());
            String method = request.getMethod().equals("HEAD") ? "GET" : request.getMethod();
            answer(new Call(known.caller(), method, path, act), request, response);
        } catch (Refused refused) {
            refusal = refused.code();
            if (refused.status() == HttpServletResponse.SC_FORBIDDEN && act.isKnown() && !act.isBegun()) {
                act.begins("call", request.getMethod() + ' ' + root + '/' + String.join("/", path));
            }
            refused.headers().forEach(response::setHeader);
            refuse(response, path, refused.status(), message(refused));
        } catch (UnavailableException away) {
            Refused refused = Refusals.refused(away);
            refusal = refused.code();
            refused.headers().forEach(response::setHeader);
            refuse(response, path, refused.status(), message(refused));
        } catch (RuntimeException e) {
            LOG.error("admin API below {}: a call failed", root, e);
            refusal = "internal_error";
            refuse(response, path, 500, "The call failed; the log tells why.");
        }
        tell(act, refusal, OperatorToken.bearer(request) != null);
    }

    private void tell(Act act, @Nullable String refusal, boolean tried) {
        if (act.isKept()) {
            audit.kept(act.note());
        } else if (act.isBegun() && refusal == null) {
            audit.done(act.note());
        } else if (act.isBegun() && act.isKnown()) {
            audit.refused(act.refused(String.valueOf(refusal)));
        } else if (refusal != null && !act.isKnown() && tried) {
            act.begins("call", root);
            audit.strange(act.refused(refusal));
        }
    }

    /** The JSON object that was sent. */
    static ObjectNode body(HttpServletRequest request) throws IOException {
        return body(request, request.getInputStream());
    }

    /** The JSON object of a stream, which holds the body that was sent. */
    static ObjectNode body(HttpServletRequest request, InputStream sent) throws IOException {
        if (!SignIn.isJson(request.getContentType())) {
            throw Refused.noJson();
        }
        JsonNode body = JsonBodies.read(sent, JsonNode.class);
        if (body instanceof ObjectNode object) {
            return object;
        }
        throw new Refused(400, "invalid_request", "The body is not valid (expected: a JSON object).");
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

    static void write(HttpServletResponse response, int status, JsonNode told) throws IOException {
        byte[] body = Json.MAPPER.writeValueAsBytes(told);
        response.setStatus(status);
        response.setContentType("application/json");
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}
