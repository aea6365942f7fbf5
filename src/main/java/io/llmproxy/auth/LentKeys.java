package io.llmproxy.auth;

import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.Secret;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Lends keys to requests that the gateway itself makes for an operator. A loan is a password for one request: the request counts
 * as that of the client with the lent key, and the key itself is not needed.
 */
public final class LentKeys implements KeySource {
    private static final int BYTES = 32;

    private final KeySource source;
    private final SecureRandom random = new SecureRandom();
    private final Map<KeyDigest, ClientKey> lent = new ConcurrentHashMap<>();

    /** @param source has all other keys */
    public LentKeys(KeySource source) {
        this.source = source;
    }

    /** A key that is lent until this is closed. */
    public final class Loan implements AutoCloseable {
        private final Secret shown;
        private final KeyDigest digest;

        private Loan(Secret shown) {
            this.shown = shown;
            this.digest = KeyDigest.of(shown.reveal());
        }

        /** What the request has to show. */
        public Secret shown() {
            return shown;
        }

        @Override
        public void close() {
            lent.remove(digest);
        }
    }

    /** Lends a key. */
    public Loan lend(ClientKey key) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        Loan loan = new Loan(
                new Secret("lent-" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes)));
        lent.put(loan.digest, key);
        return loan;
    }

    @Override
    public @Nullable ClientKey find(KeyDigest digest) {
        ClientKey key = lent.get(digest);
        return key == null ? source.find(digest) : key;
    }

    @Override
    public Optional<ClientKey> named(String name) {
        return source.named(name);
    }

    @Override
    public boolean isRequired() {
        return source.isRequired();
    }

    @Override
    public boolean isStale() {
        return source.isStale();
    }
}
