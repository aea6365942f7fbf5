package io.llmproxy.auth;

import org.jspecify.annotations.Nullable;

/**
 * What is known of a client by its key.
 *
 * @param key its key, also one that may not be used; null if it shows none that is known
 * @param failure why it is not let in, or null
 */
public record Authentication(
        @Nullable ClientKey key, @Nullable AuthFailure failure) {
    /** No key was asked for. */
    public static final Authentication NOT_ASKED = new Authentication(null, null);

    static Authentication refused(AuthFailure failure) {
        return new Authentication(null, failure);
    }
}
