package io.llmproxy.admin;

import io.llmproxy.config.RateLimitConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.ratelimit.ClientAddress;
import io.llmproxy.ratelimit.RateLimiter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The bearer token that operators show. Where none is configured, every call is refused. */
public final class OperatorToken {
    private static final String BEARER = "Bearer ";
    private static final int TOO_MANY_REQUESTS = 429;

    /** Wrong tokens that an address may show: one each second, and so many at once. */
    private static final RateLimitConfig GUESSES = new RateLimitConfig(1, 10);

    private final Supplier<@Nullable Secret> token;
    private final RateLimiter guesses = new RateLimiter(GUESSES, System::nanoTime);

    /** @param token what a caller has to show; null to refuse every call */
    public OperatorToken(Supplier<@Nullable Secret> token) {
        this.token = token;
    }

    /** Whether the caller has shown the token; if not, the answer has been written. */
    boolean isShown(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Secret expected = token.get();
        if (expected == null) {
            OperatorAnswer.refuse(
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
            OperatorAnswer.refuse(
                    response, TOO_MANY_REQUESTS, "too_many_attempts", "Too many wrong tokens; try again later.");
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
        OperatorAnswer.refuse(
                response, HttpServletResponse.SC_UNAUTHORIZED, "unauthorized", "The token is missing or wrong.");
        return false;
    }
}
