package io.llmproxy.admin;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Answers what no other servlet does. The container's own page would tell its version. */
public final class NotFoundServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final byte[] BODY =
            "{\"error\":{\"message\":\"There is nothing at this path.\",\"code\":\"not_found\"}}"
                    .getBytes(StandardCharsets.UTF_8);

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        answer(response);
    }

    static void answer(HttpServletResponse response) throws IOException {
        response.setStatus(HttpServletResponse.SC_NOT_FOUND);
        response.setContentType("application/json");
        response.setHeader("X-LLMProxy-Error", "not_found");
        response.setContentLength(BODY.length);
        response.getOutputStream().write(BODY);
    }
}
