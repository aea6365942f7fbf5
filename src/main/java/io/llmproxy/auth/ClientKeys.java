package io.llmproxy.auth;

import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.Secret;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The keys that one forward knows: those for all forwards, its own, those of single upstreams, and those of a source, which is asked
 * last. To find one takes the same time however many there are, and tells nothing of those that resemble it.
 */
public final class ClientKeys {
    /** A longer key is none of ours, because the configuration takes none. */
    private static final int LONGEST = 512;

    private final Map<KeyDigest, ClientKey> global;
    private final Map<KeyDigest, ClientKey> more;
    private final boolean required;
    private final String forward;
    private final KeySource source;
    private final Set<String> guarded;

    /**
     * @param forward the forward's name
     * @param source has further keys
     * @param global the keys for all forwards; kept as it is, as all forwards share it
     * @param own the forward's own keys
     * @param ofUpstreams the keys of the upstreams that the forward sends requests to
     * @param guarded the names of those of them that have keys
     */
    ClientKeys(
            String forward,
            KeySource source,
            Map<KeyDigest, ClientKey> global,
            Stream<ClientKey> own,
            Stream<ClientKey> ofUpstreams,
            Set<String> guarded) {
        this.forward = forward;
        this.source = source;
        this.global = global;
        this.more = byDigest(own);
        this.required = !global.isEmpty() || !more.isEmpty();
        this.more.putAll(byDigest(ofUpstreams));
        this.guarded = Set.copyOf(guarded);
    }

    static Map<KeyDigest, ClientKey> byDigest(Stream<ClientKey> keys) {
        Map<KeyDigest, ClientKey> byDigest = new HashMap<>();
        keys.forEach(key -> byDigest.put(key.digest(), key));
        return byDigest;
    }

    /** Whether no client is asked for a key. */
    public boolean isEmpty() {
        return !isRequired() && guarded.isEmpty();
    }

    /** Whether every upstream asks for a key; otherwise only some do. */
    public boolean isRequired() {
        return required || source.isRequired();
    }

    /** Whether an upstream of that name serves no client without a key. */
    public boolean guards(String upstream) {
        return isRequired() || guarded.contains(upstream);
    }

    /** Tells who shows a key, and whether it may be used. */
    public Authentication authenticate(PresentedKey presented, Instant now) {
        if (presented instanceof PresentedKey.Conflict) {
            return Authentication.refused(AuthFailure.CONFLICTING);
        }
        if (!(presented instanceof PresentedKey.One one)) {
            return Authentication.refused(AuthFailure.MISSING);
        }
        ClientKey key = find(one.key());
        if (key == null) {
            return Authentication.refused(source.isStale() ? AuthFailure.UNVERIFIED : AuthFailure.UNKNOWN);
        }
        return new Authentication(key, failure(key, now));
    }

    private @Nullable AuthFailure failure(ClientKey key, Instant now) {
        if (!key.isFor(forward)) {
            return AuthFailure.ELSEWHERE;
        }
        return switch (key.state(now)) {
            case GOOD -> null;
            case DISABLED -> AuthFailure.DISABLED;
            case EXPIRED -> AuthFailure.EXPIRED;
        };
    }

    /** Finds a key by its name. Looks at all of them. */
    public Optional<ClientKey> named(String name) {
        return Stream.concat(global.values().stream(), more.values().stream())
                .filter(key -> key.name().equals(name))
                .findFirst()
                .or(() -> source.named(name).filter(key -> key.isFor(forward)));
    }

    private @Nullable ClientKey find(Secret presented) {
        String text = presented.reveal();
        if (text.length() > LONGEST) {
            return null;
        }
        KeyDigest digest = KeyDigest.of(text);
        ClientKey found = global.get(digest);
        ClientKey known = found == null ? more.get(digest) : found;
        return known == null ? source.find(digest) : known;
    }
}
