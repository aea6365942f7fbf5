package io.llmproxy.admin.oidc;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import io.llmproxy.admin.oidc.ProviderException.Kind;
import io.llmproxy.config.OidcConfig;
import io.llmproxy.config.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A provider as a configuration names it. What it tells of itself is kept for an hour, and longer while it is away; if it is away from the
 * start, it is asked again a little later. One caller asks at a time, and the others wait for what it learns. Each may wait for so many
 * seconds, whatever the provider is asked for meanwhile.
 */
public final class IdentityProvider {
    private static final Duration PATIENCE = Duration.ofSeconds(8);
    private static final Duration WHOLE = Duration.ofSeconds(12);
    private static final Duration KEPT = Duration.ofHours(1);
    private static final Duration AGAIN = Duration.ofSeconds(2);
    private static final Pattern ERROR = Pattern.compile("[a-z0-9_]{1,60}");
    private static final String POST = "client_secret_post";
    private static final String BASIC = "client_secret_basic";

    private final OidcConfig config;
    private final ProviderCalls calls;
    private final LongSupplier nanoTime;
    private final Duration whole;
    private final Semaphore turn = new Semaphore(1);
    private volatile Known known = Known.NOTHING;

    /**
     * What is known of the provider.
     *
     * @param told what it tells of itself; null if nothing is known
     * @param failure why it was not told at the last attempt; null if it was
     * @param nanos when that was
     */
    private record Known(@Nullable Told told, @Nullable ProviderException failure, long nanos) {
        static final Known NOTHING = new Known(null, null, 0);

        boolean isFresh(long now) {
            return (failure != null && now - nanos < AGAIN.toNanos())
                    || (failure == null && told != null && now - nanos < KEPT.toNanos());
        }

        Told told(@Nullable ProviderException otherwise) throws ProviderException {
            if (told != null) {
                return told;
            }
            throw otherwise == null ? new ProviderException(Kind.AWAY, "The provider is not known yet") : otherwise;
        }
    }

    private record Told(ProviderMetadata metadata, IdTokens tokens) {}

    /**
     * @param clock breaks off calls that take too long
     * @param nanoTime a clock that never goes back
     */
    public IdentityProvider(OidcConfig config, ScheduledExecutorService clock, LongSupplier nanoTime) {
        this(config, clock, nanoTime, PATIENCE, WHOLE);
    }

    /**
     * @param patience how long one call may take
     * @param whole how long all may take that one caller waits for
     */
    IdentityProvider(
            OidcConfig config,
            ScheduledExecutorService clock,
            LongSupplier nanoTime,
            Duration patience,
            Duration whole) {
        this.config = config;
        this.whole = whole;
        this.calls = new ProviderCalls(clock, patience, config.caFile());
        this.nanoTime = nanoTime;
    }

    /** Whether it is the one of a configuration. */
    public boolean isOf(OidcConfig other) {
        return config.equals(other);
    }

    /**
     * Whether what it tells of itself is known, or that it does not tell: then no caller waits to learn where a browser is to go, but one
     * that asks for it anew now and then.
     */
    public boolean isKnown() {
        Known now = known;
        return now.told != null || now.isFresh(nanoTime.getAsLong());
    }

    /**
     * Begins: says where the browser is to go.
     *
     * @throws ProviderException if it cannot be said, because the provider does not tell
     */
    public URI authorization(Handshake handshake) throws ProviderException {
        Map<String, String> query = new LinkedHashMap<>();
        query.put("response_type", "code");
        query.put("client_id", config.clientId());
        query.put("redirect_uri", handshake.page());
        query.put("scope", config.scope());
        query.put("state", handshake.state());
        query.put("nonce", handshake.nonce());
        query.put("code_challenge", handshake.challenge());
        query.put("code_challenge_method", "S256");
        return with(told(deadline()).metadata.authorization(), query);
    }

    /**
     * Ends: finds out who has signed in. The state was compared before.
     *
     * @param code what the provider has sent the browser back with
     * @param issuer the sender that this names; null if it names none
     * @throws ProviderException if that is not known for sure
     */
    public Person person(Handshake handshake, String code, @Nullable String issuer) throws ProviderException {
        Deadline deadline = deadline();
        Told told = told(deadline);
        if (issuer == null ? told.metadata.tellsIssuer() : !issuer.equals(config.issuer())) {
            throw ProviderException.wrong("The answer comes from another provider (iss)");
        }
        ObjectNode tokens = exchange(told.metadata, handshake, code, deadline);
        String idToken = tokens.path("id_token").asText();
        if (idToken.isEmpty()) {
            throw ProviderException.wrong("The provider sent no id_token");
        }
        String access = tokens.path("access_token").asText();
        JWTClaimsSet signed = told.tokens.check(idToken, handshake.nonce(), access.isEmpty() ? null : access, deadline);
        Claims claims = new Claims(signed.getClaims());
        Claims more = access.isEmpty() || (claims.has(config.groupsClaim()) && claims.has(config.nameClaim()))
                ? claims
                : userInfo(told.metadata, signed.getSubject(), access, claims, deadline);
        String name = or(claims.name(config.nameClaim()), more.name(config.nameClaim()));
        String called = or(name, claims.name("sub"));
        String subject = signed.getSubject();
        if (called == null || subject == null) {
            throw ProviderException.wrong("The provider's token has no subject (sub)");
        }
        Set<String> groups = (claims.has(config.groupsClaim()) ? claims : more).groups(config.groupsClaim());
        return new Person(subject, called, groups, idToken);
    }

    private Deadline deadline() {
        return Deadline.after(whole, nanoTime);
    }

    private static @Nullable String or(@Nullable String first, @Nullable String second) {
        return first == null ? second : first;
    }

    /**
     * Says where the browser is to go to sign out at the provider as well. Does not fail: then it goes nowhere.
     *
     * @param idToken what was signed when the person signed in; null if it is not known any more
     * @param page where the provider sends the browser back to
     */
    public Optional<URI> endSession(@Nullable String idToken, String page) {
        try {
            URI address = told(deadline()).metadata.endSession();
            Map<String, String> query = new LinkedHashMap<>();
            if (idToken != null) {
                query.put("id_token_hint", idToken);
            }
            query.put("client_id", config.clientId());
            query.put("post_logout_redirect_uri", page);
            return Optional.ofNullable(address == null ? null : with(address, query));
        } catch (ProviderException e) {
            return Optional.empty();
        }
    }

    private static URI with(URI address, Map<String, String> query) {
        String text = address.toString();
        return URI.create(text + (address.getRawQuery() == null ? '?' : '&') + ProviderCalls.encoded(query));
    }

    private ObjectNode exchange(ProviderMetadata metadata, Handshake handshake, String code, Deadline deadline)
            throws ProviderException {
        Map<String, String> form = new LinkedHashMap<>();
        form.put("grant_type", "authorization_code");
        form.put("code", code);
        form.put("redirect_uri", handshake.page());
        form.put("code_verifier", handshake.verifier());
        Map<String, String> headers = Map.of();
        Secret secret = config.clientSecret();
        Set<String> methods = metadata.secretMethods();
        if (secret != null && (methods.isEmpty() || methods.contains(BASIC) || !methods.contains(POST))) {
            headers = Map.of("Authorization", "Basic " + basic(secret));
        } else {
            form.put("client_id", config.clientId());
            if (secret != null) {
                form.put("client_secret", secret.reveal());
            }
        }
        ProviderCalls.Reply reply = calls.post(metadata.token(), headers, form, deadline);
        if (reply.status() == 200) {
            return ProviderCalls.object(metadata.token(), reply);
        }
        throw refusal(metadata, reply);
    }

    private static ProviderException refusal(ProviderMetadata metadata, ProviderCalls.Reply reply) {
        if (reply.isAway()) {
            return new ProviderException(Kind.AWAY, ProviderCalls.shown(metadata.token()) + " answers " + reply);
        }
        String error = "";
        try {
            error = ProviderCalls.object(metadata.token(), reply).path("error").asText();
        } catch (ProviderException e) {
            // Its status says enough.
        }
        if (error.equals("invalid_grant")) {
            return new ProviderException(Kind.CODE, "The provider does not take the code of this sign-in any more");
        }
        String shown = ERROR.matcher(error).matches() ? error : reply.toString();
        return ProviderException.wrong("The provider refuses the gateway: " + shown);
    }

    /** Both are encoded first, as in a form (RFC 6749, 2.3.1). */
    private String basic(Secret secret) {
        String pair = ProviderCalls.encoded(config.clientId()) + ':' + ProviderCalls.encoded(secret.reveal());
        return Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    /** Some providers put little into a token, and tell the rest when asked. */
    private Claims userInfo(
            ProviderMetadata metadata, String subject, String access, Claims otherwise, Deadline deadline)
            throws ProviderException {
        URI address = metadata.userInfo();
        if (address == null) {
            return otherwise;
        }
        ProviderCalls.Reply reply = calls.get(address, Map.of("Authorization", "Bearer " + access), deadline);
        if (reply.status() != 200) {
            throw new ProviderException(
                    reply.isAway() ? Kind.AWAY : Kind.WRONG, ProviderCalls.shown(address) + " answers " + reply);
        }
        ObjectNode object = ProviderCalls.object(address, reply);
        if (!object.path("sub").asText().equals(subject)) {
            throw ProviderException.wrong(ProviderCalls.shown(address) + " tells of another person (sub)");
        }
        try {
            return new Claims(JSONObjectUtils.parse(object.toString()));
        } catch (ParseException e) {
            throw ProviderException.wrong(ProviderCalls.shown(address) + " answers no JSON object");
        }
    }

    /** What is old is good enough for all but the one that asks anew. */
    private Told told(Deadline deadline) throws ProviderException {
        Known before = known;
        if (before.isFresh(nanoTime.getAsLong())) {
            return before.told(before.failure);
        }
        boolean asks = before.told == null ? deadline.awaits(turn) : turn.tryAcquire();
        if (!asks) {
            return before.told(new ProviderException(Kind.AWAY, "The provider does not answer in time"));
        }
        try {
            Known meanwhile = known;
            return meanwhile.isFresh(nanoTime.getAsLong())
                    ? meanwhile.told(meanwhile.failure)
                    : ask(meanwhile, deadline);
        } finally {
            turn.release();
        }
    }

    private Told ask(Known before, Deadline deadline) throws ProviderException {
        try {
            URI address = ProviderMetadata.address(config.issuer());
            ProviderCalls.Reply reply = calls.get(address, Map.of(), deadline);
            if (reply.status() != 200) {
                throw new ProviderException(Kind.AWAY, ProviderCalls.shown(address) + " answers " + reply);
            }
            ProviderMetadata metadata = ProviderMetadata.read(config.issuer(), ProviderCalls.object(address, reply));
            Told old = before.told;
            Told next = old != null && old.metadata.equals(metadata)
                    ? old
                    : new Told(
                            metadata,
                            new IdTokens(config.issuer(), config.clientId(), metadata.keys(), calls, nanoTime));
            known = new Known(next, null, nanoTime.getAsLong());
            return next;
        } catch (ProviderException e) {
            known = new Known(before.told, e, nanoTime.getAsLong());
            return before.told(e);
        }
    }
}
