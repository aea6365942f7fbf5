package io.llmproxy.admin;

import io.llmproxy.config.RateLimitConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.net.Network;
import io.llmproxy.ratelimit.ClientAddress;
import io.llmproxy.ratelimit.RateLimiter;
import io.llmproxy.ratelimit.TrustedProxies;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
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
    private final Supplier<List<Network>> proxies;
    private final RateLimiter guesses = new RateLimiter(GUESSES, System::nanoTime);

    /** What pages of other origins show is counted apart: none can keep out those who call from the address of its browser. */
    private final RateLimiter guessesOfPages = new RateLimiter(GUESSES, System::nanoTime);

    /**
     * @param token what a caller has to show; null to refuse every call
     * @param proxies those whose word counts on where a call comes from
     */
    public OperatorToken(Supplier<@Nullable Secret> token, Supplier<List<Network>> proxies) {
        this.token = token;
        this.proxies = proxies;
    }

    /** Where a call comes from: the peer, or who a trusted proxy says that it speaks for. */
    public String address(HttpServletRequest request) {
        List<Network> trusted = proxies.get();
        return trusted.isEmpty()
                ? request.getRemoteAddr()
                : new TrustedProxies(trusted)
                        .addressOf(
                                request.getRemoteAddr(),
                                values(request, "X-Forwarded-For"),
                                values(request, "Forwarded"));
    }

    private static List<String> values(HttpServletRequest request, String header) {
        return Collections.list(request.getHeaders(header));
    }

    /**
     * Why a call is refused.
     *
     * @param status of the answer
     * @param code for programs
     * @param message for people
     * @param header of the answer, and its value; empty for none
     */
    public record Refusal(int status, String code, String message, Map<String, String> header) {
        /** Copies the header. */
        public Refusal {
            header = Map.copyOf(header);
        }
    }

    /** Whether the caller has shown the token; if not, the answer has been written. */
    boolean isShown(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Refusal refusal = refusal(request, bearer(request));
        if (refusal != null) {
            refusal.header().forEach(response::setHeader);
            OperatorAnswer.refuse(response, refusal.status(), refusal.code(), refusal.message());
        }
        return refusal == null;
    }

    /** The token that a call shows in its head; null if it shows none. */
    public static @Nullable String bearer(HttpServletRequest request) {
        String shown = request.getHeader("Authorization");
        return shown != null && shown.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? shown.substring(BEARER.length()).strip()
                : null;
    }

    /** The token that is to be shown; null if every call is refused. */
    public @Nullable Secret expected() {
        return token.get();
    }

    /**
     * Looks at a token.
     *
     * @param request that it comes with: each address may guess so often only
     * @param shown the token, null for none
     * @return why the call is refused, or null if the token is right
     */
    public @Nullable Refusal refusal(HttpServletRequest request, @Nullable String shown) {
        Secret expected = expected();
        if (expected == null) {
            return disabled();
        }
        // Before the token is looked at: else a guess that is right would still be told.
        Refusal slowed = slowed(request);
        if (slowed != null) {
            return slowed;
        }
        return shown != null && expected.equals(new Secret(shown)) ? null : wrong(request);
    }

    /** Why every call is refused where no token is configured. */
    public static Refusal disabled() {
        return new Refusal(
                HttpServletResponse.SC_FORBIDDEN,
                "admin_disabled",
                "No token is configured (expected: http_server.admin.token or LLMPROXY_ADMIN_TOKEN).",
                Map.of());
    }

    /** Why nothing is looked at that the address of a call shows: it has guessed too often. Null if it has not. */
    public @Nullable Refusal slowed(HttpServletRequest request) {
        long wait = guesses(request).untilToken(client(request));
        return wait > 0
                ? new Refusal(
                        TOO_MANY_REQUESTS,
                        "too_many_attempts",
                        "Too many wrong tokens; try again later.",
                        Map.of("Retry-After", Long.toString(TimeUnit.NANOSECONDS.toSeconds(wait) + 1)))
                : null;
    }

    private RateLimiter guesses(HttpServletRequest request) {
        return PageOrigin.isForeign(request) ? guessesOfPages : guesses;
    }

    private ClientAddress client(HttpServletRequest request) {
        return ClientAddress.parse(address(request)).orElse(ClientAddress.UNKNOWN);
    }

    /** A call has shown a wrong token, which counts as a guess of its address. */
    public Refusal wrong(HttpServletRequest request) {
        var unused = guesses(request).tryAcquire(client(request));
        return new Refusal(
                HttpServletResponse.SC_UNAUTHORIZED,
                "unauthorized",
                "The token is missing or wrong.",
                Map.of("WWW-Authenticate", "Bearer"));
    }
}
