package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.access.Role;
import io.llmproxy.admin.OperatorToken;
import io.llmproxy.config.AdminConfig.Compat;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The admin API of shengyanli1982/llmproxy below {@code /api/v1}, for scripts that were written for that. Each answer is in its envelope,
 * with the status that is true; each change is a version of the configuration.
 */
public final class CompatApi extends CompatServlet {
    private static final long serialVersionUID = 1L;
    private static final Map<Integer, String> TYPES = Map.of(
            400, "BadRequest",
            401, "Unauthorized",
            403, "Forbidden",
            404, "NotFound",
            405, "MethodNotAllowed",
            409, "Conflict",
            415, "UnsupportedMediaType",
            503, "ServiceUnavailable");

    private final transient CompatRoutes routes;

    /**
     * @param token what operators show
     * @param gateway what the API tells of
     */
    public CompatApi(OperatorToken token, Gateway gateway) {
        super(Compat.LLMPROXY, "/api/v1", token, gateway);
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
    boolean answeredAnyway(List<String> path, HttpServletRequest request, HttpServletResponse response) {
        if (!path.equals(List.of("docs"))) {
            return false;
        }
        response.setStatus(HttpServletResponse.SC_FOUND);
        response.setHeader("Location", "../../admin/ui/#/api");
        return true;
    }

    @Override
    void answer(Call call, HttpServletRequest request, HttpServletResponse response) throws IOException {
        CompatRoutes.Route route = routes.find(call.method(), call.path());
        if (call.method().equals("GET")) {
            send(response, route.act(call.act(), null));
            return;
        }
        call.act().begins("config.commit", call.method() + " /api/v1/" + String.join("/", call.path()));
        RoleChecks.check(call.caller(), Role.EDITOR);
        send(response, route.act(call.act(), call.method().equals("DELETE") ? null : body(request)));
    }

    private static void send(HttpServletResponse response, Done done) throws IOException {
        if (done.location() != null) {
            response.setHeader("Location", done.location());
        }
        if (done.status() == HttpServletResponse.SC_NO_CONTENT) {
            response.setStatus(done.status());
            return;
        }
        ObjectNode envelope =
                Json.MAPPER.createObjectNode().put("code", done.status()).put("status", "success");
        if (done.data() != null) {
            envelope.set("data", done.data());
        }
        write(response, done.status(), envelope);
    }

    @Override
    void refuse(HttpServletResponse response, List<String> path, int status, String message) throws IOException {
        ObjectNode envelope = Json.MAPPER.createObjectNode().put("code", status).put("status", "error");
        envelope.putObject("error")
                .put("type", TYPES.getOrDefault(status, "InternalServerError"))
                .put("message", message);
        write(response, status, envelope);
    }
}
