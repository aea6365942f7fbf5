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
    private final Load load;

    private Upstream(UpstreamConfig config, Load load) {
        this.config = config;
        this.baseUrl = new BaseUrl(config.url(), config.urlMode());
        this.credential = Credential.of(config.auth());
        this.load = load;
    }

    /**
     * Makes an upstream of its configuration. What was known of the same backend before is kept.
     *
     * @param config what is known of the backend
     * @param before the upstream of the same name in the configuration before, or null
     */
    static Upstream of(UpstreamConfig config, @Nullable Upstream before) {
        if (before == null || !before.config.url().equals(config.url())) {
            return new Upstream(config, new Load());
        }
        return before.config.equals(config) ? before : new Upstream(config, before.load);
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

    UpstreamConfig config() {
        return config;
    }

    Load load() {
        return load;
    }
}
