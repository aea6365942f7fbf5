package io.llmproxy.admin.api;

import io.llmproxy.access.ApiToken;
import io.llmproxy.access.Digest;
import io.llmproxy.access.People;
import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Tokens of programs. A node looks again after 15 seconds whether one is still good; while the store is away, it is. */
final class ApiTokens {
    /** Each begins with it, so that one that was left somewhere is found. */
    static final String PREFIX = "llmproxy_";

    /** How a caller is known who has shown one. */
    static final String AUTHENTICATION = "api_token";

    private static final Duration FRESH = Sessions.FRESH;
    private static final Duration TOLD = Duration.ofMinutes(1);
    private static final int MOST = 1000;
    private static final int BYTES = 32;

    private final People people;
    private final Supplier<Instant> clock;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Seen> known = new ConcurrentHashMap<>();

    /** A token, and when the store said so. */
    private record Seen(ApiToken token, Instant looked) {}

    ApiTokens(People people, Supplier<Instant> clock) {
        this.people = people;
        this.clock = clock;
    }

    /** Makes up a token. */
    String next() {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** Whether a text may be one. */
    boolean isOne(String shown) {
        return people.isKept() && shown.startsWith(PREFIX);
    }

    /**
     * Finds the caller that a token stands for; null if it is not good. May wait for the store.
     *
     * @throws UnavailableException if the store is away, and the token is not known here
     */
    @Nullable Caller caller(String shown) {
        String digest = Digest.of(shown);
        Instant now = clock.get();
        Seen seen = known.get(digest);
        if (seen == null || !now.isBefore(seen.looked.plus(FRESH))) {
            seen = look(digest, seen, now);
        }
        if (seen == null || seen.token.isExpired(now)) {
            return null;
        }
        return new Caller("token:" + seen.token.name(), seen.token.role(), seen.token.scope(), AUTHENTICATION);
    }

    private @Nullable Seen look(String digest, @Nullable Seen before, Instant now) {
        try {
            ApiToken token = people.token(digest).orElse(null);
            if (token == null) {
                known.remove(digest);
                return null;
            }
            if (known.size() >= MOST) {
                known.clear();
            }
            Instant used = token.usedAt();
            if (used == null || !now.isBefore(used.plus(TOLD))) {
                people.used(token, now);
            }
            Seen seen = new Seen(token, now);
            known.put(digest, seen);
            return seen;
        } catch (UnavailableException e) {
            if (before == null) {
                throw e;
            }
            return before;
        }
    }

    /** Looks again at once what the store says of tokens. */
    void doubt() {
        known.clear();
    }

    /** Whether the caller that a token stood for may still call. Does not wait. */
    boolean isKnown(String shown) {
        String digest = Digest.of(shown);
        Instant now = clock.get();
        Seen seen = known.get(digest);
        if (seen == null || seen.token.isExpired(now)) {
            return false;
        }
        if (!now.isBefore(seen.looked.plus(FRESH))) {
            Seen before = new Seen(seen.token, now);
            known.put(digest, before);
            people.later(() -> look(digest, before, clock.get()));
        }
        return true;
    }
}
