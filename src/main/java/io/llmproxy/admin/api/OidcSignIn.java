package io.llmproxy.admin.api;

import io.llmproxy.access.Attempts;
import io.llmproxy.admin.PageOrigin;
import io.llmproxy.admin.oidc.Handshake;
import io.llmproxy.admin.oidc.IdentityProvider;
import io.llmproxy.admin.oidc.Person;
import io.llmproxy.admin.oidc.ProviderException;
import io.llmproxy.config.OidcConfig;
import io.llmproxy.ratelimit.ClientAddress;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signs people in at the identity provider of the configuration. The provider sends the browser back to the console, which hands on what
 * it was sent back with: no page of the gateway has to take a call that comes from elsewhere. Strangers make the gateway ask the provider;
 * few at a time may, so that a slow provider holds few threads. To begin is not bounded once the provider is known, as then it costs
 * nothing.
 */
final class OidcSignIn {
    /** How one is known who has signed in so. */
    static final String AUTHENTICATION = "oidc";

    /** So long a person may stay at the provider. */
    static final Duration OPEN = Duration.ofMinutes(10);

    private static final Logger LOG = LoggerFactory.getLogger(OidcSignIn.class);
    private static final int AT_ONCE = 4;
    private static final int A_MINUTE = 20;
    private static final int LONGEST = 4096;

    private final Supplier<@Nullable OidcConfig> config;
    private final ScheduledExecutorService clock;
    private final LongSupplier nanoTime;
    private final Attempts ofAddress;
    private final Semaphore asking = new Semaphore(AT_ONCE);
    private volatile @Nullable IdentityProvider current;

    /** What was logged last. While a failure is remembered, strangers have it told again and again; it is logged once. */
    private volatile @Nullable ProviderException logged;

    /**
     * @param config the provider; null if there is none
     * @param clock breaks off calls of it
     */
    OidcSignIn(Supplier<@Nullable OidcConfig> config, ScheduledExecutorService clock, LongSupplier nanoTime) {
        this.config = config;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.ofAddress = new Attempts(A_MINUTE, Duration.ofMinutes(1), nanoTime);
    }

    /** What the provider is called; null if there is none. */
    @Nullable String name() {
        OidcConfig known = config.get();
        return known == null ? null : known.name();
    }

    /** What sessions that are opened here depend on: the provider, and what the gateway is called there. It is never null. */
    String opener() {
        OidcConfig known = config.get();
        return known == null ? "" : opener(known);
    }

    private static String opener(OidcConfig oidc) {
        return oidc.issuer() + '\n' + oidc.clientId();
    }

    /**
     * What a browser comes back with.
     *
     * @param secret what it kept meanwhile; null if it did not
     * @param iss the sender that the answer names; null if it names none
     * @param page where it came back to; null if it does not tell
     */
    record Return(
            @Nullable String secret,
            String code,
            String state,
            @Nullable String iss,
            @Nullable String page) {
        @Override
        public String toString() {
            return "***";
        }
    }

    /**
     * Who has signed in.
     *
     * @param opener the provider, on which the session depends
     * @param identity by what the provider knows the person for good
     * @param idToken what that has signed
     */
    record SignedIn(Caller caller, String opener, Map<String, String> identity, String idToken) {
        SignedIn {
            identity = Map.copyOf(identity);
        }

        @Override
        public String toString() {
            return caller.toString();
        }
    }

    /** Says where a browser that keeps a secret is to go. Nothing is kept here of those that are under way: so strangers fill no memory. */
    URI begin(HttpServletRequest request, String secret, @Nullable String page) {
        OidcConfig oidc = oidc();
        Handshake handshake = handshake(oidc, secret, page(request, oidc, page));
        return told(provider(oidc), known -> known.authorization(handshake));
    }

    private static String client(String address) {
        return ClientAddress.parse(address).orElse(ClientAddress.UNKNOWN).toString();
    }

    /**
     * Finds out who has come back.
     *
     * @param address where the call comes from, which may fail so often only
     */
    SignedIn end(HttpServletRequest request, String address, Return back) {
        OidcConfig oidc = oidc();
        if (back.secret() == null || back.secret().isEmpty()) {
            throw stale();
        }
        Handshake handshake = handshake(oidc, back.secret(), page(request, oidc, back.page()));
        if (!handshake.isState(back.state())) {
            throw stale();
        }
        if (back.code().length() > LONGEST) {
            throw Refused.invalid("code", "too long (expected: at most " + LONGEST + " characters)");
        }
        String client = client(address);
        slow(ofAddress.take(client));
        Person person = asked(provider(oidc), known -> known.person(handshake, back.code(), back.iss()));
        ofAddress.forgive(client);
        GroupRoles.Grant grant = GroupRoles.of(oidc).best(person.groups());
        if (grant == null) {
            throw new Refused(
                    403, "forbidden", "None of the person's groups has a role here (http_server.admin.oidc).");
        }
        return new SignedIn(
                new Caller("oidc:" + person.name(), grant.role(), grant.scope(), AUTHENTICATION),
                opener(oidc),
                Map.of("issuer", oidc.issuer(), "subject", person.subject()),
                person.idToken());
    }

    /** Where a browser is to go to sign out at the provider, too; nothing if it does not tell. */
    Optional<URI> leave(HttpServletRequest request, @Nullable String idToken, @Nullable String page) {
        OidcConfig oidc = config.get();
        if (oidc == null || (page == null && oidc.consoleUrl() == null)) {
            return Optional.empty();
        }
        try {
            String back = page(request, oidc, page);
            return told(provider(oidc), known -> known.endSession(idToken, back));
        } catch (Refused e) {
            // The session here has ended in any case.
            return Optional.empty();
        }
    }

    private static void slow(long seconds) {
        if (seconds > 0) {
            throw new Refused(429, "too_many_attempts", "Too many attempts to sign in; try again later.")
                    .with("Retry-After", Long.toString(seconds));
        }
    }

    private OidcConfig oidc() {
        OidcConfig oidc = config.get();
        if (oidc == null) {
            throw new Refused(
                    409, "conflict", "No identity provider is configured (expected: http_server.admin.oidc).");
        }
        return oidc;
    }

    private static Handshake handshake(OidcConfig oidc, String secret, String page) {
        return new Handshake(secret, oidc.issuer(), oidc.clientId(), page);
    }

    private IdentityProvider provider(OidcConfig oidc) {
        IdentityProvider known = current;
        if (known == null || !known.isOf(oidc)) {
            known = new IdentityProvider(oidc, clock, nanoTime);
            current = known;
        }
        return known;
    }

    private interface Question<T> {
        T ask(IdentityProvider provider) throws ProviderException;
    }

    /** What the provider tells of itself is enough: once that is known, it is not asked. */
    private <T> T told(IdentityProvider provider, Question<T> question) {
        return provider.isKnown() ? answered(provider, question) : asked(provider, question);
    }

    private <T> T asked(IdentityProvider provider, Question<T> question) {
        if (!asking.tryAcquire()) {
            throw new Refused(503, "busy", "Too many sign in at the moment; try again.").with("Retry-After", "5");
        }
        try {
            return answered(provider, question);
        } finally {
            asking.release();
        }
    }

    private <T> T answered(IdentityProvider provider, Question<T> question) {
        try {
            return question.ask(provider);
        } catch (ProviderException e) {
            if (!e.equals(logged)) {
                logged = e;
                LOG.warn("a person could not sign in by OpenID Connect: {}", e.text());
            }
            throw refused(e);
        }
    }

    private static Refused refused(ProviderException e) {
        return switch (e.kind()) {
            case AWAY -> new Refused(503, "provider_unavailable", e.text()).with("Retry-After", "5");
            case WRONG -> new Refused(502, "provider_error", e.text());
            case CODE -> stale();
        };
    }

    private static Refused stale() {
        return new Refused(
                403, "stale_sign_in", "This sign-in was begun elsewhere, or too long ago; begin it once more.");
    }

    /**
     * The console's address, to which the provider sends browsers. The provider compares it with those that it was told of. A page can only
     * name its own origin: the browser says which that is.
     */
    private static String page(HttpServletRequest request, OidcConfig oidc, @Nullable String told) {
        URI fixed = oidc.consoleUrl();
        if (fixed != null) {
            return fixed.toString();
        }
        try {
            URI page = new URI(String.valueOf(told));
            String scheme = String.valueOf(page.getScheme()).toLowerCase(Locale.ROOT);
            String origin = request.getHeader("Origin");
            boolean own = origin == null || isOf(origin, page);
            if ((scheme.equals("https") || scheme.equals("http"))
                    && page.getHost() != null
                    && page.getRawUserInfo() == null
                    && page.getRawQuery() == null
                    && page.getRawFragment() == null
                    && page.getRawPath().endsWith(OidcConfig.CONSOLE)
                    && own) {
                return page.toString();
            }
        } catch (URISyntaxException e) {
            throw noPage();
        }
        throw noPage();
    }

    private static boolean isOf(String origin, URI page) {
        return PageOrigin.isOwn(origin, page.getRawAuthority())
                && origin.regionMatches(
                        true, 0, page.getScheme() + "://", 0, page.getScheme().length() + 3);
    }

    private static Refused noPage() {
        return Refused.invalid("page", "no page of the console (expected: its address, which ends with /admin/ui/)");
    }
}
