package io.llmproxy.upstream;

import io.llmproxy.auth.Credential;
import io.llmproxy.config.UpstreamConfig;
import org.jspecify.annotations.Nullable;

/** One of the keys that an upstream knows us by, and what has become of it. Tells nothing of its value. */
public final class UpstreamKey {
    private final int place;
    private final boolean several;
    private final Credential credential;
    private final KeyStanding standing;
    private final KeyAllowance allowance;

    UpstreamKey(int place, boolean several, Credential credential, KeyStanding standing, KeyAllowance allowance) {
        this.place = place;
        this.several = several;
        this.credential = credential;
        this.standing = standing;
        this.allowance = allowance;
    }

    /** What the upstream is shown. */
    public Credential credential() {
        return credential;
    }

    KeyStanding standing() {
        return standing;
    }

    /** What the provider lets it do. */
    KeyAllowance allowance() {
        return allowance;
    }

    /** Its place among the upstream's keys, from 0; also a metric label. */
    public int place() {
        return place;
    }

    /**
     * Tells it from all others, the same on all nodes; null if it is the client's own, or is fetched. Providers may limit each model by
     * itself, so that a key of two upstreams is two.
     */
    @Nullable String mark(UpstreamConfig upstream) {
        return credential instanceof Credential.Header header
                ? Marks.of(
                        upstream.name(),
                        upstream.url().toString(),
                        header.name(),
                        header.value().reveal())
                : null;
    }

    /** Where it stands in the configuration. */
    @Override
    public String toString() {
        return several ? "auth.keys[" + place + "]" : "auth";
    }
}
