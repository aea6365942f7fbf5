package io.llmproxy.admin.api;

import io.llmproxy.admin.OperatorToken;
import io.llmproxy.config.Secret;
import io.llmproxy.net.IpAddress;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds out who calls: by the operators' token in the head of a call, or by the cookie of a session that was opened with it. A page of
 * another origin can make a browser send the cookie, so a call with it that is not a mere look has to come from the console.
 */
final class SignIn {
    static final String COOKIE = "llmproxy_session";

    private static final Set<String> LOOKS = Set.of("GET", "HEAD");

    private final OperatorToken token;
    private final Sessions sessions;

    SignIn(OperatorToken token, Sessions sessions) {
        this.token = token;
        this.sessions = sessions;
    }

    /**
     * Who calls, and how that is known.
     *
     * @param caller who
     * @param session the session, null for a token
     */
    record Known(Caller caller, Sessions.@Nullable Session session) {
        /** How it is known, in the words of the audit. */
        String authentication() {
            return session == null ? "operator_token" : "session";
        }
    }

    /** Whether a call that was refused tried something: a token was shown, or more than a look was wanted with a cookie. */
    boolean isAttempt(HttpServletRequest request) {
        return OperatorToken.bearer(request) != null
                || (cookie(request) != null && !LOOKS.contains(request.getMethod()));
    }

    /**
     * Says who calls.
     *
     * @throws Refused if that is not known, or may not be believed
     */
    Known known(HttpServletRequest request) {
        String shown = OperatorToken.bearer(request);
        if (shown != null) {
            check(request, shown);
            return new Known(Caller.OPERATOR, null);
        }
        Sessions.Session session = session(request);
        if (session == null) {
            throw nobody();
        }
        if (!LOOKS.contains(request.getMethod())) {
            refuseForeign(request);
            if (!"1".equals(request.getHeader("X-LLMProxy-UI"))) {
                throw foreign("X-LLMProxy-UI is missing (expected: 1).");
            }
            if (!isJson(request.getContentType())) {
                throw Refused.noJson();
            }
        }
        return new Known(session.caller(), session);
    }

    private Refused nobody() {
        if (token.expected() == null) {
            OperatorToken.Refusal refusal = token.refusal("", null);
            if (refusal != null) {
                return refused(refusal);
            }
        }
        return new Refused(401, "unauthorized", "Sign in, or show the token: Authorization: Bearer TOKEN.")
                .with("WWW-Authenticate", "Bearer");
    }

    private void check(HttpServletRequest request, String shown) {
        OperatorToken.Refusal refusal = token.refusal(request.getRemoteAddr(), shown);
        if (refusal != null) {
            throw refused(refusal);
        }
    }

    private static Refused refused(OperatorToken.Refusal refusal) {
        Refused refused = new Refused(refusal.status(), refusal.code(), refusal.message());
        for (var header : refusal.header().entrySet()) {
            refused = refused.with(header.getKey(), header.getValue());
        }
        return refused;
    }

    /**
     * Opens a session.
     *
     * @param shown the token
     * @return the session's name
     * @throws Refused if the token is wrong, or a page of another origin asks
     */
    String open(HttpServletRequest request, String shown) {
        refuseForeign(request);
        check(request, shown);
        // A new name for each sign-in; the one before is of no more use.
        close(request);
        return sessions.open(Caller.OPERATOR, shown);
    }

    /** Ends the session of a call, if it has one. */
    void close(HttpServletRequest request) {
        String name = cookie(request);
        if (name != null) {
            sessions.close(name);
        }
    }

    /** The session whose cookie a call shows, which counts as its use. */
    private Sessions.@Nullable Session session(HttpServletRequest request) {
        Secret expected = token.expected();
        String name = cookie(request);
        return expected == null || name == null ? null : sessions.use(name, expected.reveal());
    }

    /** The session of a name that was opened just now. */
    Sessions.@Nullable Session named(String name) {
        Secret expected = token.expected();
        return expected == null ? null : sessions.find(name, expected.reveal());
    }

    /** Tells from now on whether who has made this call may still do so. To look does not count as use of a session. */
    BooleanSupplier stillKnown(HttpServletRequest request) {
        Secret shown = token.expected();
        String name = OperatorToken.bearer(request) == null ? cookie(request) : null;
        return name == null ? () -> shown != null && shown.equals(token.expected()) : () -> named(name) != null;
    }

    private static @Nullable String cookie(HttpServletRequest request) {
        Cookie[] cookies = request.getCookies();
        if (cookies != null) {
            for (Cookie cookie : cookies) {
                if (cookie.getName().equals(COOKIE)) {
                    return cookie.getValue();
                }
            }
        }
        return null;
    }

    /**
     * The cookie's line. It states no path, so that a browser takes that of the API as the browser sees it: a proxy in front may have
     * put a prefix before it that the gateway does not know.
     */
    static String cookie(HttpServletRequest request, String name, long seconds) {
        boolean local = IpAddress.parseEndpoint(request.getRemoteAddr())
                .map(address -> address.isLoopback())
                .orElse(false);
        boolean secure = request.isSecure() || !local;
        return COOKIE + '=' + name + "; HttpOnly; SameSite=Strict" + (secure ? "; Secure" : "") + "; Max-Age="
                + seconds;
    }

    /** A browser says of itself where a call comes from; what says nothing is no browser, or a very old one that sends Origin. */
    private static void refuseForeign(HttpServletRequest request) {
        String site = request.getHeader("Sec-Fetch-Site");
        String origin = request.getHeader("Origin");
        if (site != null) {
            if (!site.equals("same-origin")) {
                throw foreign("The call comes from another page (Sec-Fetch-Site, expected: same-origin).");
            }
        } else if (origin == null ? cookie(request) != null : !isOwn(origin, request.getHeader("Host"))) {
            throw foreign("The call comes from another page (Origin, expected: the gateway's own).");
        }
    }

    private static boolean isOwn(String origin, @Nullable String host) {
        try {
            String authority = URI.create(origin).getRawAuthority();
            return authority != null && authority.equalsIgnoreCase(host);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static Refused foreign(String why) {
        return new Refused(403, "cross_site", why);
    }

    private static boolean isJson(@Nullable String type) {
        return type != null
                && type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals("application/json");
    }
}
