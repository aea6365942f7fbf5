package io.llmproxy.proxy.error;

import io.llmproxy.protocol.RetryAfter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An answer of the proxy's own to a request that no upstream serves.
 *
 * @param error why
 * @param message the text for the client
 * @param retryAfterNanos when it may go better, in nanoseconds from now; 0 if that is not known
 * @param attempted whether upstreams were asked, so that the client has nothing to gain by asking again at once
 * @param param the member of the request that is wrong; null if it is none
 */
public record Refusal(
        ProxyError error,
        String message,
        long retryAfterNanos,
        boolean attempted,
        @Nullable String param) {
    /** When what is short at the moment may be free again. */
    public static final Duration SOON = Duration.ofSeconds(1);

    /** A refusal that is not for one member of the request. */
    public Refusal(ProxyError error, String message, long retryAfterNanos, boolean attempted) {
        this(error, message, retryAfterNanos, attempted, null);
    }

    /** A refusal in the words of the error. */
    public Refusal(ProxyError error, long retryAfterNanos, boolean attempted) {
        this(error, error.message(), retryAfterNanos, attempted);
    }

    /** A refusal before any upstream was asked. */
    public static Refusal of(ProxyError error) {
        return new Refusal(error, 0, false);
    }

    /** A refusal before any upstream was asked, in words of its own. */
    public static Refusal of(ProxyError error, String message) {
        return new Refusal(error, message, 0, false);
    }

    /** A refusal before any upstream was asked, because of a member of the request. */
    public static Refusal of(ProxyError error, String message, @Nullable String param) {
        return new Refusal(error, message, 0, false, param);
    }

    /** A refusal because there is too much to do at the moment. */
    public static Refusal overloaded() {
        return new Refusal(ProxyError.OVERLOADED, SOON.toNanos(), false);
    }

    /** The time in whole seconds, as headers tell it. */
    public long retryAfterSeconds() {
        return RetryAfter.seconds(retryAfterNanos);
    }
}
