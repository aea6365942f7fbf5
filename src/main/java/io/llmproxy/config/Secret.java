package io.llmproxy.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** A string that is never printed. */
public final class Secret {
    private final String value;

    /** @param value what is to be kept secret */
    public Secret(String value) {
        this.value = value;
    }

    /** Returns the secret itself, for the one place that has to send it. */
    public String reveal() {
        return value;
    }

    /** Compares in time that does not depend on where two secrets differ. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Secret that
                && MessageDigest.isEqual(
                        value.getBytes(StandardCharsets.UTF_8), that.value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return "***";
    }
}
