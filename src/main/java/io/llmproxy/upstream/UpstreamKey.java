package io.llmproxy.upstream;

import io.llmproxy.auth.Credential;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** One of the keys that an upstream knows us by, and what has become of it. Tells nothing of its value. */
public final class UpstreamKey {
    private static final int MARK_BYTES = 16;

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

    /** Tells it from all others, the same on all nodes; null if it is the client's own, or is fetched. */
    @Nullable String mark(String url) {
        if (!(credential instanceof Credential.Header header)) {
            return null;
        }
        try {
            String text = String.join("\n", url, header.name(), header.value().reveal());
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, MARK_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Where it stands in the configuration. */
    @Override
    public String toString() {
        return several ? "auth.keys[" + place + "]" : "auth";
    }
}
