package io.llmproxy.admin.oidc;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetParseException;
import com.nimbusds.jose.jwk.source.JWKSetRetrievalException;
import com.nimbusds.jose.jwk.source.JWKSetSource;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import io.llmproxy.access.Attempts;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a token was signed by the provider, for this gateway, for this sign-in, and lately. The provider's keys are kept for ten
 * minutes; a token of a key that is not among them has them fetched anew, every 15 seconds at most in the long run. To fail does not count.
 * A token names no address that is asked.
 */
final class IdTokens {
    /** Signed with a private key: only the provider can have made one. */
    private static final Set<JWSAlgorithm> ALGORITHMS = Set.of(
            JWSAlgorithm.RS256,
            JWSAlgorithm.RS384,
            JWSAlgorithm.RS512,
            JWSAlgorithm.PS256,
            JWSAlgorithm.PS384,
            JWSAlgorithm.PS512,
            JWSAlgorithm.ES256,
            JWSAlgorithm.ES384,
            JWSAlgorithm.ES512);

    private static final Duration KEPT = Duration.ofMinutes(10);
    private static final Duration OUTAGE = Duration.ofHours(4);
    private static final Duration PERIOD = Duration.ofSeconds(30);
    private static final int IN_PERIOD = 2;

    /** With less time left, a provider that does well would seem to be away. */
    private static final Duration LEAST = Duration.ofSeconds(1);

    private static final Duration SKEW = Duration.ofSeconds(60);

    private final String issuer;
    private final String client;
    private final JWKSource<Deadline> keys;

    /** One token after the other: while the keys are fetched for one, the others wait for these, as long as their deadlines let them. */
    private final Semaphore turn = new Semaphore(1);

    /**
     * @param client what the gateway is called at the provider
     * @param address where the keys are
     * @param nanoTime a clock that never goes back
     */
    IdTokens(String issuer, String client, URI address, ProviderCalls calls, LongSupplier nanoTime) {
        this.issuer = issuer;
        this.client = client;
        this.keys = JWKSourceBuilder.create(new Keys(address, calls, new Attempts(IN_PERIOD, PERIOD, nanoTime)))
                .cache(KEPT.toMillis(), Duration.ofSeconds(20).toMillis())
                .refreshAheadCache(false)
                .rateLimited(false)
                .outageTolerant(OUTAGE.toMillis())
                .build();
    }

    /** Where the keys are fetched from. */
    private record Keys(URI address, ProviderCalls calls, Attempts fetches) implements JWKSetSource<Deadline> {
        private static final String ALL = "keys";

        @Override
        public JWKSet getJWKSet(JWKSetCacheRefreshEvaluator evaluator, long now, Deadline deadline)
                throws KeySourceException {
            if (deadline.within(LEAST).compareTo(LEAST) < 0) {
                throw new JWKSetRetrievalException("the answers before took too long", null);
            }
            long seconds = fetches.take(ALL);
            if (seconds > 0) {
                throw new KeySourceException(
                        "they were fetched a moment ago, and may be fetched again in " + seconds + " s");
            }
            try {
                return fetch(deadline);
            } catch (KeySourceException e) {
                fetches.forgive(ALL);
                throw e;
            }
        }

        private JWKSet fetch(Deadline deadline) throws KeySourceException {
            try {
                ProviderCalls.Reply reply = calls.get(address, Map.of(), deadline);
                if (reply.status() != 200) {
                    throw new JWKSetRetrievalException(ProviderCalls.shown(address) + " answers " + reply, null);
                }
                return JWKSet.parse(reply.body());
            } catch (ProviderException e) {
                throw new JWKSetRetrievalException(e.text(), e);
            } catch (ParseException e) {
                throw new JWKSetParseException(ProviderCalls.shown(address) + " answers no keys", e);
            }
        }

        @Override
        public void close() {
            // No connection is kept.
        }
    }

    /**
     * Checks a token.
     *
     * @param nonce what it has to repeat
     * @param accessToken what came with it; null for nothing
     * @param deadline until when the keys have to be there
     */
    JWTClaimsSet check(String token, String nonce, @Nullable String accessToken, Deadline deadline)
            throws ProviderException {
        try {
            SignedJWT signed = SignedJWT.parse(token);
            JWTClaimsSet claims = believed(signed, deadline);
            checkParty(claims);
            if (!isEqual(nonce, claims.getStringClaim("nonce"))) {
                throw ProviderException.wrong("The provider's token was made for another sign-in (nonce)");
            }
            checkAccessToken(claims, signed.getHeader().getAlgorithm(), accessToken);
            return claims;
        } catch (KeySourceException e) {
            throw new ProviderException(
                    ProviderException.Kind.AWAY, "The provider's keys cannot be had: " + e.getMessage());
        } catch (ParseException e) {
            throw ProviderException.wrong("The provider's token cannot be read");
        } catch (BadJOSEException | JOSEException e) {
            throw ProviderException.wrong("The provider's token is not believed: " + e.getMessage());
        }
    }

    /** What a token says, if the provider has signed it for this gateway, and lately. */
    private JWTClaimsSet believed(SignedJWT signed, Deadline deadline)
            throws ProviderException, BadJOSEException, JOSEException {
        if (!deadline.awaits(turn)) {
            throw new ProviderException(
                    ProviderException.Kind.AWAY, "The provider's keys cannot be had: no answer in time");
        }
        try {
            DefaultJWTProcessor<Deadline> processor = new DefaultJWTProcessor<>();
            processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, keys));
            processor.setJWTClaimsSetVerifier(verifier());
            return processor.process(signed, deadline);
        } finally {
            turn.release();
        }
    }

    private DefaultJWTClaimsVerifier<Deadline> verifier() {
        DefaultJWTClaimsVerifier<Deadline> verifier = new DefaultJWTClaimsVerifier<>(
                client, new JWTClaimsSet.Builder().issuer(issuer).build(), Set.of("sub", "exp", "iat"));
        verifier.setMaxClockSkew((int) SKEW.toSeconds());
        return verifier;
    }

    /** A token for several parties names the one that asked for it. */
    private void checkParty(JWTClaimsSet claims) throws ProviderException, ParseException {
        String party = claims.getStringClaim("azp");
        if (party == null ? claims.getAudience().size() > 1 : !party.equals(client)) {
            throw ProviderException.wrong("The provider's token was made out to another client (azp)");
        }
        Date issued = claims.getIssueTime();
        if (issued == null || issued.toInstant().isAfter(Instant.now().plus(SKEW))) {
            throw ProviderException.wrong("The provider's token is of the future (iat); compare the clocks");
        }
    }

    /** Half of the digest of what came with the token, where the provider has put that in. */
    private static void checkAccessToken(JWTClaimsSet claims, JWSAlgorithm algorithm, @Nullable String accessToken)
            throws ProviderException, ParseException {
        String expected = claims.getStringClaim("at_hash");
        if (expected == null || accessToken == null) {
            return;
        }
        String bits = algorithm.getName().substring(2);
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-" + bits).digest(accessToken.getBytes(StandardCharsets.US_ASCII));
            String half =
                    Base64URL.encode(Arrays.copyOf(digest, digest.length / 2)).toString();
            if (!isEqual(half, expected)) {
                throw ProviderException.wrong("The provider's tokens do not belong together (at_hash)");
            }
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-" + bits, e);
        }
    }

    private static boolean isEqual(String expected, @Nullable String told) {
        return told != null
                && MessageDigest.isEqual(
                        expected.getBytes(StandardCharsets.UTF_8), told.getBytes(StandardCharsets.UTF_8));
    }
}
