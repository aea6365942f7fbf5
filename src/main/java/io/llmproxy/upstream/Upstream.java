package io.llmproxy.upstream;

import io.llmproxy.auth.Credential;
import io.llmproxy.balance.Load;
import io.llmproxy.breaker.CircuitBreaker;
import io.llmproxy.config.HeaderConfig;
import io.llmproxy.config.Provider;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.config.UpstreamConfig.UrlMode;
import io.llmproxy.protocol.ApiBase;
import io.llmproxy.protocol.ApiFamily;
import io.llmproxy.ratelimit.ConcurrencyLimit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One backend: where it is, what it is shown, and how it is doing. There is one object for all groups that use it. */
public final class Upstream {
    private static final Logger LOG = LoggerFactory.getLogger(Upstream.class);

    private final UpstreamConfig config;
    private final BaseUrl baseUrl;
    private final ApiBase apiBase;
    private final ProviderDefaults defaults;
    private final KeyRing keys;
    private final Condition condition;
    private final UpstreamListener listener;

    private Upstream(UpstreamConfig config, KeyRing keys, Condition condition, UpstreamListener listener) {
        this.config = config;
        this.baseUrl = new BaseUrl(config.url(), config.urlMode());
        this.apiBase = ApiBase.of(config);
        this.defaults = ProviderDefaults.of(config);
        this.keys = keys;
        this.condition = condition;
        this.listener = listener;
    }

    /**
     * Makes an upstream of its configuration. What was known of the same backend before is kept.
     *
     * @param config what is known of the backend
     * @param groups the groups that it is a member of
     * @param listener told of its ups and downs
     * @param blocking may be blocked to fetch what the backend is shown
     * @param before the upstream of the same name in the configuration before, or null
     */
    static Upstream of(
            UpstreamConfig config,
            List<String> groups,
            UpstreamListener listener,
            Executor blocking,
            @Nullable Upstream before) {
        if (before == null || !before.config.url().equals(config.url())) {
            KeyRing keys = KeyRing.of(config, blocking, null, System.nanoTime());
            return new Upstream(config, keys, Condition.unknown(config, groups, listener), listener);
        }
        KeyRing keys = KeyRing.of(config, blocking, before.keys, System.nanoTime());
        return new Upstream(config, keys, before.condition.under(config, before.config, groups, listener), listener);
    }

    /** Its configuration is served from now on. */
    void takeOver() {
        condition.takeOver();
    }

    /** The name from the configuration; also a metric label. */
    public String name() {
        return config.name();
    }

    /** What {@code Host} says: name and port as they are configured. */
    public String authority() {
        return baseUrl.origin().getRawAuthority();
    }

    /** Returns a new request to the backend, sent by a client; it has no path yet. */
    public Request newRequest(HttpClient client) {
        return baseUrl.request(client);
    }

    /**
     * Returns a new request.
     *
     * @param target path and query, which go out as they are
     */
    public Request newRequest(HttpClient client, String target) {
        return baseUrl.request(client, target);
    }

    /** Path and query of the upstream request for a client's path and query. */
    public String target(String path, @Nullable String query) {
        return baseUrl.target(path, defaults.query(query));
    }

    /** Whether the backend can be asked for these paths. */
    public boolean serves(ApiFamily family) {
        return config.urlMode() == UrlMode.EXACT || apiBase.serves(family);
    }

    /** Whether it is known which API the backend speaks, and at which paths, so that clients of another can be served. */
    public boolean isApiKnown() {
        return config.urlMode() == UrlMode.JOIN && (config.dialect() != null || config.provider() != Provider.CUSTOM);
    }

    /** Headers that a request has unless the client has sent them. */
    public Map<String, String> defaultHeaders() {
        return defaults.headers();
    }

    /** What shows that it is well where the configuration does not say; null if connecting is enough. */
    @Nullable String healthPath() {
        return defaults.healthPath();
    }

    KeyRing keys() {
        return keys;
    }

    /** The key to ask with whether the backend is well. */
    public UpstreamKey keyForCheck(long now) {
        return keys.forProbe(now);
    }

    /** Returns the keys that do not see what was made with a credential; none if that is no key of the backend any more. */
    public Set<UpstreamKey> keysWithout(Credential credential) {
        return keys.others(credential);
    }

    /** Whether there is a key that the backend is not known to refuse. */
    public boolean hasGoodKey(long now) {
        return keys.hasGood(Set.of(), now);
    }

    /**
     * The backend has not accepted a key.
     *
     * @param key the key
     * @param reason why not
     * @param used when the request was begun that was refused
     * @param now the time in nanoseconds
     */
    public void keyRefused(UpstreamKey key, KeyFailure reason, long used, long now) {
        listener.keyFailed(name(), key.place(), reason);
        if (key.standing().refused(used, now)) {
            LOG.warn("upstream {} rejected {} ({}); the key is not used for now", name(), key, reason.label());
        }
    }

    /** The backend has accepted a key. */
    public void keyAccepted(UpstreamKey key) {
        if (key.standing().accepted()) {
            LOG.info("upstream {} accepts {} again", name(), key);
        }
    }

    /** Changes to a request's headers, in order. */
    public List<HeaderConfig> headers() {
        return config.headers();
    }

    /** The settings. */
    public UpstreamConfig config() {
        return config;
    }

    /** Whether health checks found it well; true before the first one, and without any. */
    public boolean isWell() {
        return condition.isWell();
    }

    /** Health checks begin to look at it. */
    public void watched() {
        listener.healthChanged(name(), isWell());
    }

    /** Health checks look at it no more: what they found last may not stay true. */
    public void unwatched() {
        condition.found(true);
        listener.healthUnwatched(name());
    }

    /** Tells how one health check ended. */
    public void checked(boolean success) {
        listener.healthChecked(name(), success);
    }

    /**
     * Tells what health checks found.
     *
     * @return false if that was known
     */
    public boolean found(boolean well) {
        boolean news = condition.found(well);
        if (news) {
            listener.healthChanged(name(), well);
        }
        return news;
    }

    /**
     * Whether it is asked, and if not, why.
     *
     * @param now the time in nanoseconds
     */
    public Standing standing(long now) {
        if (!config.enabled()) {
            return Standing.DISABLED;
        }
        if (!isWell()) {
            return Standing.UNHEALTHY;
        }
        if (!condition.isBreakerPermitting(now)) {
            return Standing.BREAKER_OPEN;
        }
        if (isCoolingDown(now)) {
            return Standing.COOLING_DOWN;
        }
        if (!hasGoodKey(now)) {
            return Standing.KEYS_REFUSED;
        }
        return condition.hasFreeSlot() ? Standing.SERVING : Standing.FULL;
    }

    /** What its breaker does with calls; null if it has none. */
    public CircuitBreaker.@Nullable State breakerState() {
        CircuitBreaker breaker = condition.breaker();
        return breaker == null ? null : breaker.state();
    }

    /** Closes its breaker; returns whether it has one. */
    public boolean resetBreaker(long now) {
        CircuitBreaker breaker = condition.breaker();
        if (breaker != null) {
            breaker.reset(now);
        }
        return breaker != null;
    }

    /** The average time to the first byte of an answer, in nanoseconds. */
    public double firstByteNanos() {
        return load().firstByteNanos();
    }

    /** The requests that it is working on. */
    public int inFlight() {
        return load().inFlight();
    }

    /** How many requests wait for it. */
    public int queued() {
        ConcurrencyLimit slots = condition().slots();
        return slots == null ? 0 : slots.queued();
    }

    Load load() {
        return condition.load();
    }

    Condition condition() {
        return condition;
    }

    UpstreamListener listener() {
        return listener;
    }

    /** Whether a request may be sent to it at once, if there is a key to send it with. */
    boolean isAvailable(long now) {
        return isUsable(now) && condition.hasFreeSlot();
    }

    /** Whether a request may be sent to it as soon as it has a slot, if there is a key to send it with. */
    boolean isUsable(long now) {
        return config.enabled() && condition.isUsable(now);
    }

    /** Whether it, or each of its keys, has used up what it may do. */
    boolean isCoolingDown(long now) {
        return !condition.cooldown().isOver(now) || keys.isCoolingDown(now);
    }

    /** When it may be worth while to ask again, in nanoseconds from now; at least a second. */
    public long retryAfterNanos(long now) {
        long shortest = 1_000_000_000L;
        var check = config.healthCheck();
        long unwell = isWell() || check == null ? 0 : check.interval().toNanos();
        return Math.max(shortest, Math.max(unwell, Math.max(condition.remainingNanos(now), keys.remainingNanos(now))));
    }
}
