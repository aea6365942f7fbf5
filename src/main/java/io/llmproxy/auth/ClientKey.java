package io.llmproxy.auth;

import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.ModelPattern;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A key of a client's and what it opens. Two are equal if they are the same key at the same place of the configuration,
 * whatever else has changed: what is known of a key outlives a reload. A key of a {@link KeySource} may bring along more than that.
 */
public abstract class ClientKey {
    private static final int MARK_BYTES = 16;

    private final String scope;
    private final KeyDigest digest;
    private final ClientKeyConfig config;
    private @Nullable String mark;

    /**
     * @param scope where it stands: keys of different scopes have nothing to do with each other
     * @param config what it is
     */
    protected ClientKey(String scope, ClientKeyConfig config) {
        this.scope = scope;
        this.digest = KeyDigest.configured(config.key());
        this.config = config;
    }

    /** A key of the configuration. */
    private static final class Configured extends ClientKey {
        private final @Nullable Set<String> upstreams;

        Configured(String scope, ClientKeyConfig config, @Nullable Set<String> upstreams) {
            super(scope, config);
            this.upstreams = upstreams;
        }

        @Override
        public boolean isConfigured() {
            return true;
        }

        @Override
        public boolean isFor(String forward) {
            return true;
        }

        @Override
        public boolean opens(String upstream) {
            return upstreams == null || upstreams.contains(upstream);
        }
    }

    /** Whether a key may be used. */
    public enum State {
        GOOD,
        DISABLED,
        EXPIRED
    }

    /**
     * Returns a key for all upstreams.
     *
     * @param scope where it stands: keys of different scopes have nothing to do with each other
     * @param config what it is
     */
    public static ClientKey of(String scope, ClientKeyConfig config) {
        return new Configured(scope, config, null);
    }

    /**
     * Returns a key for some upstreams only.
     *
     * @param scope where it stands
     * @param config what it is
     * @param upstreams the names of the upstreams
     */
    public static ClientKey confined(String scope, ClientKeyConfig config, Set<String> upstreams) {
        return new Configured(scope, config, Set.copyOf(upstreams));
    }

    /** The name by which logs call it. */
    public String name() {
        return config.name();
    }

    /** Whether it stands in the configuration; else it was issued while the gateway ran, and there may be any number of such keys. */
    public boolean isConfigured() {
        return false;
    }

    /** Tells it from all other keys, also where two places of the configuration have one of the same name. */
    public String id() {
        return scope.isEmpty() ? name() : scope + '/' + name();
    }

    /** The settings. */
    public ClientKeyConfig config() {
        return config;
    }

    /** Whether it may be used. */
    public State state(Instant now) {
        if (!config.enabled()) {
            return State.DISABLED;
        }
        Instant expires = config.expires();
        return expires == null || now.isBefore(expires) ? State.GOOD : State.EXPIRED;
    }

    /** Whether there are models that may not be asked for. */
    public boolean isConfined() {
        return !config.allowedModels().isEmpty();
    }

    /** Whether a model may be asked for, by the name that the client uses. */
    public boolean allows(String model) {
        List<ModelPattern> allowed = config.allowedModels();
        boolean found = allowed.isEmpty();
        for (int i = 0; i < allowed.size() && !found; i++) {
            found = allowed.get(i).matches(model);
        }
        return found;
    }

    /** Whether it is valid for the forward of that name. */
    public abstract boolean isFor(String forward);

    /** Whether an upstream of that name may be used. */
    public abstract boolean opens(String upstream);

    /** What it is found by. */
    public KeyDigest digest() {
        return digest;
    }

    /** Tells whose things are that it makes, the same on all nodes: from all other clients', also after it was rotated. Says nothing of the key. */
    public String mark() {
        String known = mark;
        if (known == null) {
            byte[] named = KeyDigest.of(scope + '\n' + lasting()).bytes();
            known = Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(named, MARK_BYTES));
            mark = known;
        }
        return known;
    }

    /** What stays as long as the key is the same client's; that of the configuration has nothing else. */
    protected String lasting() {
        return HexFormat.of().formatHex(digest.bytes());
    }

    @Override
    public final boolean equals(@Nullable Object other) {
        return other instanceof ClientKey that && scope.equals(that.scope) && digest.equals(that.digest);
    }

    @Override
    public final int hashCode() {
        return digest.hashCode();
    }

    @Override
    public String toString() {
        return name();
    }
}
