package io.llmproxy.admin;

import io.llmproxy.protocol.ApiDialect;
import io.llmproxy.protocol.ApiError;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;

/**
 * Answers what no other servlet does. The container's own page would tell its version. While there is no configuration yet, nothing
 * is known of what clients may ask for, and they are told to come again.
 */
public final class NotFoundServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final byte[] BODY =
            "{\"error\":{\"message\":\"There is nothing at this path.\",\"code\":\"not_found\"}}"
                    .getBytes(StandardCharsets.UTF_8);

    private static final int RETRY_SECONDS = 5;

    private final transient BooleanSupplier waiting;

    /** @param waiting whether there is no configuration yet */
    public NotFoundServlet(BooleanSupplier waiting) {
        this.waiting = waiting;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (waiting.getAsBoolean()) {
            askLater(response);
        } else {
            answer(response);
        }
    }

    private static void askLater(HttpServletResponse response) throws IOException {
        ApiError error = new ApiError(
                HttpServletResponse.SC_SERVICE_UNAVAILABLE,
                "no_configuration",
                "The gateway has no configuration yet: it waits for its store; try again.",
                "",
                RETRY_SECONDS);
        byte[] body = ApiDialect.OPENAI.errorBody(error);
        response.setStatus(error.status());
        response.setContentType("application/json");
        response.setHeader("X-LLMProxy-Error", error.code());
        response.setHeader("Retry-After", Integer.toString(RETRY_SECONDS));
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }

    /** Answers that there is nothing. */
    public static void answer(HttpServletResponse response) throws IOException {
        response.setStatus(HttpServletResponse.SC_NOT_FOUND);
        response.setContentType("application/json");
        response.setHeader("X-LLMProxy-Error", "not_found");
        response.setContentLength(BODY.length);
        response.getOutputStream().write(BODY);
    }
}
