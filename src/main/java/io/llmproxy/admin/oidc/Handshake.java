package io.llmproxy.admin.oidc;

import com.nimbusds.jose.util.Base64URL;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * One person's way to the provider and back. All that binds the way back to the way there comes from one secret, which only the browser
 * keeps, where no script sees it: any node can go on, and no node keeps anything of those who never come back. It is bound to the provider
 * and to the page as well, so that an answer of another provider, or to another page, does not fit.
 */
public final class Handshake {
    private static final String ALGORITHM = "HmacSHA256";
    private static final int BYTES = 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final String secret;
    private final String context;
    private final String page;

    /**
     * @param secret what the browser keeps
     * @param issuer the provider
     * @param client what the gateway is called there
     * @param page where the provider sends the browser back to
     */
    public Handshake(String secret, String issuer, String client, String page) {
        this.secret = secret;
        this.context = '\n' + issuer + '\n' + client + '\n' + page;
        this.page = page;
    }

    /** Makes up a secret. */
    public static String secret() {
        byte[] bytes = new byte[BYTES];
        RANDOM.nextBytes(bytes);
        return Base64URL.encode(bytes).toString();
    }

    /** Whether a state that came back is the one that was sent. */
    public boolean isState(String shown) {
        return MessageDigest.isEqual(state().getBytes(StandardCharsets.UTF_8), shown.getBytes(StandardCharsets.UTF_8));
    }

    String page() {
        return page;
    }

    String state() {
        return derived("state");
    }

    String nonce() {
        return derived("nonce");
    }

    /** What shows at the end that it is the gateway that began (RFC 7636). */
    String verifier() {
        return derived("verifier");
    }

    /** What the provider is told of it at the beginning. */
    String challenge() {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(verifier().getBytes(StandardCharsets.US_ASCII));
            return Base64URL.encode(digest).toString();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private String derived(String purpose) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM));
            return Base64URL.encode(mac.doFinal((purpose + context).getBytes(StandardCharsets.UTF_8)))
                    .toString();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }
}
