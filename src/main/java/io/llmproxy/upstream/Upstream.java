package io.llmproxy.upstream;

import io.llmproxy.auth.Credential;
import io.llmproxy.balance.Load;
import io.llmproxy.config.HeaderConfig;
import io.llmproxy.config.UpstreamConfig;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One backend: where it is, what it is shown, and how it is doing. There is one object for all groups that use it. */
public final class Upstream {
    private final UpstreamConfig config;
    private final BaseUrl baseUrl;
    private final Credential credential;
    private final Condition condition;
    private final UpstreamListener listener;

    private Upstream(UpstreamConfig config, Condition condition, UpstreamListener listener) {
        this.config = config;
        this.baseUrl = new BaseUrl(config.url(), config.urlMode());
        this.credential = Credential.of(config.auth());
        this.condition = condition;
        this.listener = listener;
    }

    /**
     * Makes an upstream of its configuration. What was known of the same backend before is kept.
     *
     * @param config what is known of the backend
     * @param groups the groups that it is a member of
     * @param listener told of its ups and downs
     * @param before the upstream of the same name in the configuration before, or null
     */
    static Upstream of(
            UpstreamConfig config, List<String> groups, UpstreamListener listener, @Nullable Upstream before) {
        Condition condition = before == null || !before.config.url().equals(config.url())
                ? Condition.unknown(config, groups, listener)
                : before.condition.under(config, before.config, groups, listener);
        return new Upstream(config, condition, listener);
    }

    /** The name from the configuration; also a metric label. */
    public String name() {
        return config.name();
    }

    /** Scheme, host and port. */
    public URI origin() {
        return baseUrl.origin();
    }

    /** Path and query of the upstream request for a client's path and query. */
    public String target(String path, @Nullable String query) {
        return baseUrl.target(path, query);
    }

    /** What the backend is shown to let us in. */
    public Credential credential() {
        return credential;
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

    Load load() {
        return condition.load();
    }

    Condition condition() {
        return condition;
    }

    UpstreamListener listener() {
        return listener;
    }

    /** Whether a request may be sent to it at once. */
    boolean isAvailable(long now) {
        return isUsable(now) && condition.hasFreeSlot();
    }

    /** Whether a request may be sent to it as soon as it has a slot. */
    boolean isUsable(long now) {
        return config.enabled() && condition.isUsable(now);
    }

    /** When it may be worth while to ask again, in nanoseconds from now; at least a second. */
    long retryAfterNanos(long now) {
        long shortest = 1_000_000_000L;
        var check = config.healthCheck();
        long unwell = isWell() || check == null ? 0 : check.interval().toNanos();
        return Math.max(shortest, Math.max(unwell, condition.remainingNanos(now)));
    }
}
