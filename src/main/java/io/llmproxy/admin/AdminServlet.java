package io.llmproxy.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.config.RateLimitConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.document.Problem;
import io.llmproxy.ratelimit.ClientAddress;
import io.llmproxy.ratelimit.RateLimiter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What operators can tell the gateway to do: {@code POST /admin/reload}. A call needs the bearer token of the configuration;
 * where there is none, every call is refused.
 */
public final class AdminServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final String BEARER = "Bearer ";
    private static final int UNPROCESSABLE = 422;
    private static final int TOO_MANY_REQUESTS = 429;

    /** Wrong tokens that an address may show: one each second, and so many at once. */
    private static final RateLimitConfig GUESSES = new RateLimitConfig(1, 10);

    private final transient Supplier<@Nullable Secret> token;
    private final transient ConfigReload reload;
    private final transient RateLimiter guesses = new RateLimiter(GUESSES, System::nanoTime);

    /**
     * @param token what a caller has to show; null to refuse every call
     * @param reload loads the configuration again
     */
    public AdminServlet(Supplier<@Nullable Secret> token, ConfigReload reload) {
        this.token = token;
        this.reload = reload;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (!"/reload".equals(request.getPathInfo())) {
            NotFoundServlet.answer(response);
        } else if (!request.getMethod().equals("POST")) {
            response.setHeader("Allow", "POST");
            refuse(response, HttpServletResponse.SC_METHOD_NOT_ALLOWED, "method_not_allowed", "Use POST.");
        } else if (isAuthorized(request, response)) {
            ConfigReload.Outcome outcome = reload.reload();
            answer(response, outcome.loaded() ? HttpServletResponse.SC_OK : UNPROCESSABLE, told(outcome));
        }
    }

    private boolean isAuthorized(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Secret expected = token.get();
        if (expected == null) {
            refuse(
                    response,
                    HttpServletResponse.SC_FORBIDDEN,
                    "admin_disabled",
                    "No token is configured (expected: http_server.admin.token or LLMPROXY_ADMIN_TOKEN).");
            return false;
        }
        ClientAddress client = ClientAddress.parse(request.getRemoteAddr()).orElse(ClientAddress.UNKNOWN);
        long wait = guesses.untilToken(client);
        if (wait > 0) {
            // Before the token is looked at: else a guess that is right would still be told.
            response.setHeader("Retry-After", Long.toString(TimeUnit.NANOSECONDS.toSeconds(wait) + 1));
            refuse(response, TOO_MANY_REQUESTS, "too_many_attempts", "Too many wrong tokens; try again later.");
            return false;
        }
        String shown = request.getHeader("Authorization");
        boolean bearer = shown != null && shown.regionMatches(true, 0, BEARER, 0, BEARER.length());
        if (bearer
                && expected.equals(new Secret(shown.substring(BEARER.length()).strip()))) {
            return true;
        }
        var unused = guesses.tryAcquire(client);
        response.setHeader("WWW-Authenticate", "Bearer");
        refuse(response, HttpServletResponse.SC_UNAUTHORIZED, "unauthorized", "The token is missing or wrong.");
        return false;
    }

    private static Reload told(ConfigReload.Outcome outcome) {
        return outcome.loaded()
                ? new Reload("success", outcome.version(), outcome.problems(), null)
                : new Reload("failure", outcome.version(), null, outcome.problems());
    }

    private static void refuse(HttpServletResponse response, int status, String code, String message)
            throws IOException {
        response.setHeader("X-LLMProxy-Error", code);
        answer(response, status, new Refusal(new Refusal.Detail(message, code)));
    }

    private static void answer(HttpServletResponse response, int status, Object told) throws IOException {
        byte[] body = Mapper.JSON.writeValueAsBytes(told);
        response.setStatus(status);
        response.setContentType("application/json");
        response.setHeader("Cache-Control", "no-store");
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Reload(
            String result,
            long version,
            @Nullable List<Problem> warnings,
            @Nullable List<Problem> problems) {}

    private record Refusal(Detail error) {
        private record Detail(String message, String code) {}
    }

    /** Made with the first call: the start of the gateway does not wait for it. */
    private static final class Mapper {
        static final JsonMapper JSON = new JsonMapper();

        private Mapper() {}
    }
}
