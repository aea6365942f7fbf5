package io.llmproxy.auth;

import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.ModelPattern;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A key of a client's and what it opens. Two are equal if they are the same key at the same place of the configuration,
 * whatever else has changed: what is known of a key outlives a reload.
 */
public final class ClientKey {
    private final String scope;
    private final KeyDigest digest;
    private final ClientKeyConfig config;
    private final @Nullable Set<String> upstreams;

    private ClientKey(String scope, ClientKeyConfig config, @Nullable Set<String> upstreams) {
        this.scope = scope;
        this.digest = KeyDigest.configured(config.key());
        this.config = config;
        this.upstreams = upstreams;
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
        return new ClientKey(scope, config, null);
    }

    /**
     * Returns a key for some upstreams only.
     *
     * @param scope where it stands
     * @param config what it is
     * @param upstreams the names of the upstreams
     */
    public static ClientKey confined(String scope, ClientKeyConfig config, Set<String> upstreams) {
        return new ClientKey(scope, config, Set.copyOf(upstreams));
    }

    /** The name by which logs call it. */
    public String name() {
        return config.name();
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

    /** Whether an upstream of that name may be used. */
    public boolean opens(String upstream) {
        return upstreams == null || upstreams.contains(upstream);
    }

    KeyDigest digest() {
        return digest;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ClientKey that && scope.equals(that.scope) && digest.equals(that.digest);
    }

    @Override
    public int hashCode() {
        return digest.hashCode();
    }

    @Override
    public String toString() {
        return name();
    }
}
