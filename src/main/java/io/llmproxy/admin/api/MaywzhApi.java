package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.admin.OperatorToken;
import io.llmproxy.config.AdminConfig.Compat;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.PushbackInputStream;
import java.util.List;

/**
 * The admin API of maywzh's llm-proxy below {@code /admin/v1}, for its two web UIs and for scripts. What its two servers answer is
 * answered together, with the status that is true.
 *
 * <p>Its UIs are pages of other origins. They may call: every call needs a token, which a page has from its user alone.
 */
public final class MaywzhApi extends CompatServlet {
    private static final long serialVersionUID = 1L;
    private static final String ROOT = "/admin/v1";
    private static final String A_DAY = "86400";
    private static final List<String> VALIDATE = List.of("auth", "validate");

    private final transient MaywzhRoutes routes;

    /**
     * @param token what operators show
     * @param gateway what the API tells of
     */
    public MaywzhApi(OperatorToken token, Gateway gateway) {
        super(Compat.MAYWZH, ROOT, token, gateway);
        this.routes = new MaywzhRoutes(gateway);
    }

    @Override
    boolean answeredAnyway(List<String> path, HttpServletRequest request, HttpServletResponse response) {
        response.setHeader("Access-Control-Allow-Origin", "*");
        if (!request.getMethod().equals("OPTIONS")) {
            if (OperatorToken.bearer(request) == null) {
                throw new Refused(401, "unauthorized", "Missing or invalid authorization header")
                        .with("WWW-Authenticate", "Bearer");
            }
            return false;
        }
        response.setHeader("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE");
        response.setHeader("Access-Control-Allow-Headers", "Authorization, Content-Type");
        response.setHeader("Access-Control-Max-Age", A_DAY);
        response.setStatus(HttpServletResponse.SC_NO_CONTENT);
        return true;
    }

    @Override
    void answer(Call call, HttpServletRequest request, HttpServletResponse response) throws IOException {
        MaywzhRoutes.Route route = routes.find(call.method(), call.path());
        if (!route.action().isEmpty()) {
            call.act().begins(route.action(), call.method() + " " + ROOT + "/" + String.join("/", call.path()));
        }
        RoleChecks.check(call.caller(), route.needs());
        MaywzhRoutes.Done done = route.handler()
                .handle(new MaywzhRoutes.Question(call.act(), sent(call, request), request::getParameter));
        if (done.told() == null) {
            response.setStatus(done.status());
        } else {
            write(response, done.status(), done.told());
        }
    }

    /** Pages say that they send JSON also where they send nothing. */
    private static ObjectNode sent(Call call, HttpServletRequest request) throws IOException {
        if (call.method().equals("GET")) {
            return Json.MAPPER.createObjectNode();
        }
        // The head does not always tell: HTTP/2 knows neither a length that must be there nor Transfer-Encoding.
        PushbackInputStream body = new PushbackInputStream(request.getInputStream());
        int first = body.read();
        if (first < 0) {
            return Json.MAPPER.createObjectNode();
        }
        body.unread(first);
        return body(request, body);
    }

    @Override
    void refuse(HttpServletResponse response, List<String> path, int status, String message) throws IOException {
        ObjectNode told = Json.MAPPER.createObjectNode().put("detail", message);
        if (path.equals(VALIDATE)) {
            told.put("valid", false).put("message", message);
        }
        told.putObject("error").put("message", message).put("code", status);
        write(response, status, told);
    }
}
