package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;

/** A refusal as the client reads it, after RFC 9457. */
final class ProblemAnswer {
    static final String TYPE = "application/problem+json";

    /** Header with the code of the refusal. */
    static final String CODE = "X-LLMProxy-Error";

    private static final Map<Integer, String> TITLES = Map.ofEntries(
            Map.entry(400, "Bad Request"),
            Map.entry(401, "Unauthorized"),
            Map.entry(403, "Forbidden"),
            Map.entry(404, "Not Found"),
            Map.entry(405, "Method Not Allowed"),
            Map.entry(406, "Not Acceptable"),
            Map.entry(409, "Conflict"),
            Map.entry(412, "Precondition Failed"),
            Map.entry(413, "Content Too Large"),
            Map.entry(415, "Unsupported Media Type"),
            Map.entry(422, "Unprocessable Content"),
            Map.entry(428, "Precondition Required"),
            Map.entry(429, "Too Many Requests"),
            Map.entry(500, "Internal Server Error"),
            Map.entry(503, "Service Unavailable"));

    private ProblemAnswer() {}

    static byte[] body(Refused refused, String requestId) throws IOException {
        ObjectNode body = Json.MAPPER
                .createObjectNode()
                .put("type", "about:blank")
                .put("title", TITLES.getOrDefault(refused.status(), "Error"))
                .put("status", refused.status())
                .put("code", refused.code())
                .put("detail", refused.detail())
                .put("request_id", requestId);
        if (!refused.problems().isEmpty()) {
            body.set("problems", Json.MAPPER.valueToTree(refused.problems()));
        }
        refused.members().forEach((name, value) -> body.set(name, Json.MAPPER.valueToTree(value)));
        return Json.MAPPER.writeValueAsBytes(body);
    }

    /** Answers a call that no resource sees. */
    static void send(Refused refused, String requestId, HttpServletResponse response) throws IOException {
        byte[] body = body(refused, requestId);
        response.setStatus(refused.status());
        response.setContentType(TYPE);
        response.setHeader(CODE, refused.code());
        refused.headers().forEach(response::setHeader);
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}
