package io.llmproxy.admin.api;

import io.llmproxy.access.People;
import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import io.llmproxy.admin.OperatorToken;
import io.llmproxy.admin.PageOrigin;
import io.llmproxy.admin.oidc.Handshake;
import io.llmproxy.config.AdminConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.SsoConfig;
import io.llmproxy.net.IpAddress;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds out who calls: by a token in the head of a call, or by the cookie of a session that was opened with the operators' token or a
 * password. A page of another origin can make a browser send the cookie, so a call with it that is not a mere look has to come from the
 * console.
 */
final class SignIn {
    static final String COOKIE = "llmproxy_session";

    /** Keeps the secret of a sign-in while the browser is at the identity provider. */
    private static final String LOGIN = "llmproxy_login";

    /** Keeps what the identity provider has signed, which it wants to see again when a person signs out. */
    private static final String HINT = "llmproxy_hint";

    /** Browsers keep no longer cookie, and containers take no longer head. */
    private static final Pattern HINTS = Pattern.compile("[A-Za-z0-9._-]{1,3000}");

    private static final Set<String> LOOKS = Set.of("GET", "HEAD");

    private final OperatorToken token;
    private final Sessions sessions;
    private final ApiTokens tokens;
    private final Passwords passwords;
    private final OidcSignIn oidc;
    private final boolean hasPeople;
    private final Supplier<ProxyConfig> config;

    SignIn(
            OperatorToken token,
            People people,
            Supplier<ProxyConfig> config,
            Supplier<Instant> clock,
            ScheduledExecutorService background) {
        this.config = config;
        this.token = token;
        this.sessions = new Sessions(clock, people);
        this.tokens = new ApiTokens(people, clock);
        this.passwords = new Passwords(people, clock, System::nanoTime);
        this.oidc = new OidcSignIn(() -> config.get().httpServer().admin().oidc(), background, System::nanoTime);
        this.hasPeople = people.isKept();
    }

    private AdminConfig admin() {
        return config.get().httpServer().admin();
    }

    /** A user was changed: what was known of the user's sessions is looked at again. */
    void doubt(String user) {
        sessions.doubt(user);
    }

    ApiTokens tokens() {
        return tokens;
    }

    Passwords passwords() {
        return passwords;
    }

    /** Whether one can sign in with the operators' token. */
    boolean hasToken() {
        return token.expected() != null;
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
            return session == null ? caller.authentication() : "session";
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
            return new Known(bearer(request, shown), null);
        }
        Sessions.Session session = session(request);
        Caller caller = session == null ? ProxySignIn.caller(request, admin().sso()) : session.caller();
        if (caller == null) {
            throw notSignedIn();
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
        return new Known(caller, session);
    }

    /** Where a call comes from. */
    String address(HttpServletRequest request) {
        return token.address(request);
    }

    /**
     * How one can sign in here.
     *
     * @param token whether with the operators' token
     * @param password whether with a name and a password
     * @param provider what the identity provider is called with which one can sign in; null for none
     * @param signedIn whether the caller is signed in already
     */
    record Ways(boolean token, boolean password, @Nullable String provider, boolean signedIn) {}

    /** Tells how one can sign in. */
    Ways ways(HttpServletRequest request) {
        boolean signedIn = session(request) != null;
        try {
            signedIn |= ProxySignIn.caller(request, admin().sso()) != null;
        } catch (Refused e) {
            // Then the next call tells why not.
            signedIn = true;
        }
        return new Ways(hasToken(), hasPeople || admin().realm(), oidc.name(), signedIn);
    }

    private Caller bearer(HttpServletRequest request, String shown) {
        if (!tokens.isOne(shown)) {
            check(request, shown);
            return Caller.OPERATOR;
        }
        OperatorToken.Refusal slowed = token.slowed(request);
        // A token that is known to be good is no guess: wrong ones from the same address do not slow it.
        if (slowed != null && !tokens.isKnown(shown)) {
            throw refused(slowed);
        }
        Caller caller;
        try {
            caller = tokens.caller(shown);
        } catch (UnavailableException e) {
            throw new Refused(503, "store_unavailable", String.valueOf(e.getMessage())).with("Retry-After", "5");
        }
        if (caller == null) {
            throw refused(token.wrong(request));
        }
        return caller;
    }

    private Refused notSignedIn() {
        if (token.expected() == null
                && !hasPeople
                && admin().sso() == null
                && admin().oidc() == null
                && !admin().realm()) {
            return refused(OperatorToken.disabled());
        }
        return new Refused(401, "unauthorized", "Sign in, or show the token: Authorization: Bearer TOKEN.")
                .with("WWW-Authenticate", "Bearer");
    }

    private void check(HttpServletRequest request, String shown) {
        OperatorToken.Refusal refusal = token.refusal(request, shown);
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
     * Opens a session with the operators' token.
     *
     * @param shown the token
     * @return the session's name
     * @throws Refused if the token is wrong, or a page of another origin asks
     */
    String open(HttpServletRequest request, String shown) {
        refuseForeign(request);
        check(request, shown);
        return opened(request, Caller.OPERATOR, shown);
    }

    /**
     * Opens a session with a password.
     *
     * @return the session's name
     * @throws Refused if name or password is wrong, or a page of another origin asks
     */
    String open(HttpServletRequest request, String name, String password) {
        refuseForeign(request);
        return opened(request, passwords.check(address(request), name, password, others(request)), null);
    }

    /**
     * A person on the way to the identity provider.
     *
     * @param location where that is
     * @param cookie what the browser keeps meanwhile
     */
    record Departure(URI location, String cookie) {
        @Override
        public String toString() {
            return "***";
        }
    }

    /**
     * Begins a sign-in at the identity provider.
     *
     * @param page the console's address, as the browser sees it
     */
    Departure depart(HttpServletRequest request, @Nullable String page) {
        refuseForeign(request);
        String secret = Handshake.secret();
        URI location = oidc.begin(request, secret, page);
        return new Departure(location, cookie(request, LOGIN, secret, OidcSignIn.OPEN.toSeconds()));
    }

    /**
     * A person who has come back from the identity provider.
     *
     * @param session the name of the session that was opened
     * @param identity by what an identity provider knows the person for good; empty if there is none
     * @param cookies what the browser keeps from now on, besides the session's
     */
    record Arrival(String session, Map<String, String> identity, List<String> cookies) {
        Arrival {
            identity = Map.copyOf(identity);
            cookies = List.copyOf(cookies);
        }

        static Arrival of(String session) {
            return new Arrival(session, Map.of(), List.of());
        }

        @Override
        public String toString() {
            return "***";
        }
    }

    /**
     * Opens a session for one who has come back from the identity provider. What the browser kept meanwhile is of no more use then.
     *
     * @throws Refused if the provider does not say for sure who that is
     */
    Arrival arrive(HttpServletRequest request, String code, String state, @Nullable String iss, @Nullable String page) {
        refuseForeign(request);
        OidcSignIn.SignedIn person = oidc.end(
                request, address(request), new OidcSignIn.Return(cookie(request, LOGIN), code, state, iss, page));
        String session = opened(request, person.caller(), person.opener());
        boolean keeps = HINTS.matcher(person.idToken()).matches();
        return new Arrival(
                session,
                person.identity(),
                List.of(
                        cookie(request, LOGIN, "", 0),
                        cookie(request, HINT, keeps ? person.idToken() : "", keeps ? Sessions.LIFE.toSeconds() : 0)));
    }

    /**
     * Ends the session of a call.
     *
     * @param page the console's address, as the browser sees it; null if it is not told
     * @return where the browser is to go to leave the identity provider as well; nothing if it has not come from there
     */
    Optional<URI> leave(HttpServletRequest request, Caller caller, @Nullable String page) {
        close(request);
        return caller.authentication().equals(OidcSignIn.AUTHENTICATION)
                ? oidc.leave(request, cookie(request, HINT), page)
                : Optional.empty();
    }

    /** What a browser is told to keep no longer when a session has ended. */
    static List<String> forgotten(HttpServletRequest request) {
        return List.of(cookie(request, COOKIE, "", 0), cookie(request, HINT, "", 0));
    }

    private Passwords.Others others(HttpServletRequest request) {
        return admin().realm()
                ? (name, password) ->
                        Realm.caller(request, name, password, config.get().scopes())
                : (name, password) -> null;
    }

    /** A new name for each sign-in; the one before is of no more use. */
    private String opened(HttpServletRequest request, Caller caller, @Nullable String opener) {
        try {
            close(request);
        } catch (UnavailableException e) {
            // It ends by itself; one who knows the operators' token signs in while the store is away.
        }
        return sessions.open(caller, opener);
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
        String name = cookie(request);
        return name == null ? null : sessions.use(name, this::opener);
    }

    /** What opens sessions of those who are known in this way; null if these depend on nothing. */
    private @Nullable String opener(String authentication) {
        return switch (authentication) {
            case Caller.OPERATOR_TOKEN -> {
                Secret expected = token.expected();
                yield expected == null ? null : expected.reveal();
            }
            case OidcSignIn.AUTHENTICATION -> oidc.opener();
            default -> null;
        };
    }

    /** The session of a name that was opened just now. */
    Sessions.@Nullable Session named(String name) {
        return sessions.find(name, this::opener);
    }

    /** Tells from now on whether who has made this call may still do so. To look does not count as use of a session. */
    BooleanSupplier stillKnown(HttpServletRequest request) {
        String bearer = OperatorToken.bearer(request);
        if (bearer != null && tokens.isOne(bearer)) {
            return () -> tokens.isKnown(bearer);
        }
        Secret shown = token.expected();
        String name = bearer == null ? cookie(request) : null;
        SsoConfig sso = admin().sso();
        if (bearer == null && (name == null || named(name) == null)) {
            return () -> sso != null && sso.equals(admin().sso());
        }
        return name == null ? () -> shown != null && shown.equals(token.expected()) : () -> named(name) != null;
    }

    private static @Nullable String cookie(HttpServletRequest request) {
        return cookie(request, COOKIE);
    }

    private static @Nullable String cookie(HttpServletRequest request, String wanted) {
        Cookie[] cookies = request.getCookies();
        if (cookies != null) {
            for (Cookie cookie : cookies) {
                if (cookie.getName().equals(wanted)) {
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
    static String cookie(HttpServletRequest request, String session, long seconds) {
        return cookie(request, COOKIE, session, seconds);
    }

    private static String cookie(HttpServletRequest request, String name, String value, long seconds) {
        boolean local = IpAddress.parseEndpoint(request.getRemoteAddr())
                .map(address -> address.isLoopback())
                .orElse(false);
        // Behind a proxy that speaks TLS only the browser knows that it does, and says so.
        String origin = request.getHeader("Origin");
        boolean secure = request.isSecure() || !local || (origin != null && origin.startsWith("https://"));
        return name + '=' + value + "; HttpOnly; SameSite=Strict" + (secure ? "; Secure" : "") + "; Max-Age=" + seconds;
    }

    /** A browser says of itself where a call comes from; what says nothing is no browser, or a very old one that sends Origin. */
    private void refuseForeign(HttpServletRequest request) {
        String site = request.getHeader("Sec-Fetch-Site");
        String origin = request.getHeader("Origin");
        if (site != null) {
            if (!site.equals("same-origin")) {
                throw foreign("The call comes from another page (Sec-Fetch-Site, expected: same-origin).");
            }
        } else if (origin == null
                ? cookie(request) != null || cookie(request, LOGIN) != null || admin().sso() != null
                : !PageOrigin.isOwn(origin, request.getHeader("Host"))) {
            throw foreign("The call comes from another page (Origin, expected: the gateway's own).");
        }
    }

    private static Refused foreign(String why) {
        return new Refused(403, "cross_site", why);
    }

    static boolean isJson(@Nullable String type) {
        return type != null
                && type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals("application/json");
    }
}
