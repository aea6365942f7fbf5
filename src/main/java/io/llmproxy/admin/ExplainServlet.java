package io.llmproxy.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.explain.Explanation;
import io.llmproxy.explain.Explanations;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells why requests went where they went: {@code GET /admin/explain/ID} of one id, {@code GET /admin/explain} of the last ones,
 * with {@code upstream}, {@code error} and {@code slower_than} (milliseconds) of those that fit. A call needs the operators' token.
 */
public final class ExplainServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final int MOST = 100;

    private final transient OperatorToken token;
    private final transient Explanations explanations;

    /**
     * @param token what a caller has to show
     * @param explanations what is known
     */
    public ExplainServlet(OperatorToken token, Explanations explanations) {
        this.token = token;
        this.explanations = explanations;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (!request.getMethod().equals("GET")) {
            response.setHeader("Allow", "GET");
            OperatorAnswer.refuse(
                    response, HttpServletResponse.SC_METHOD_NOT_ALLOWED, "method_not_allowed", "Use GET.");
        } else if (token.isShown(request, response)) {
            String path = request.getPathInfo();
            if (path == null || path.equals("/")) {
                search(request, response);
            } else {
                one(path.substring(1), response);
            }
        }
    }

    private void one(String id, HttpServletResponse response) throws IOException {
        List<Explanation> found = explanations.of(id);
        if (found.isEmpty()) {
            OperatorAnswer.refuse(
                    response,
                    HttpServletResponse.SC_NOT_FOUND,
                    "not_found",
                    "No request with this id is known any more (the last 4096 are kept).");
        } else {
            OperatorAnswer.send(response, HttpServletResponse.SC_OK, json(found));
        }
    }

    private void search(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String slower = request.getParameter("slower_than");
        Long millis = slower == null ? Long.valueOf(0) : millis(slower);
        if (millis == null) {
            OperatorAnswer.refuse(
                    response,
                    HttpServletResponse.SC_BAD_REQUEST,
                    "invalid_request",
                    "slower_than: not a number of milliseconds (expected: 0 to 86400000)");
            return;
        }
        Explanations.Wanted wanted = new Explanations.Wanted(
                request.getParameter("upstream"), request.getParameter("error"), TimeUnit.MILLISECONDS.toNanos(millis));
        OperatorAnswer.send(response, HttpServletResponse.SC_OK, json(explanations.find(wanted, MOST)));
    }

    private static @Nullable Long millis(String text) {
        try {
            long millis = Long.parseLong(text);
            return millis < 0 || millis > TimeUnit.DAYS.toMillis(1) ? null : millis;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static ObjectNode json(List<Explanation> found) {
        ObjectNode whole = OperatorAnswer.Mapper.JSON.createObjectNode();
        ArrayNode requests = whole.putArray("requests");
        found.forEach(explanation -> ExplanationJson.write(explanation, requests.addObject()));
        return whole;
    }
}
