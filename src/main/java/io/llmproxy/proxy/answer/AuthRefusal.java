package io.llmproxy.proxy.answer;

import io.llmproxy.auth.AuthFailure;
import io.llmproxy.auth.KeyPlace;
import io.llmproxy.auth.PresentedKey;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.upstream.UpstreamGroup;
import java.time.Duration;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Tells a client that its key does not let it in. It does not tell whether there is such a key at all. */
public final class AuthRefusal {
    private static final String MISSING =
            "No API key was given. Send one as Authorization: Bearer, x-api-key, api-key, x-goog-api-key or ?key=.";
    /** When a store that is away is asked again, more or less. */
    private static final Duration VERIFIABLE = Duration.ofSeconds(5);

    private static final String CONFLICT = "Different API keys were given, in %s. Send one.";

    private AuthRefusal() {}

    /** Notes the failure, and returns what the client is told. */
    public static Refusal of(Exchange exchange, AuthFailure failure) {
        if (failure == AuthFailure.UNVERIFIED) {
            exchange.unauthenticated(failure);
            return new Refusal(ProxyError.KEY_UNVERIFIED, VERIFIABLE.toNanos(), false);
        }
        String message = failure == AuthFailure.MISSING ? MISSING : ProxyError.INVALID_KEY.message();
        return of(exchange, failure, message);
    }

    /** Notes that keys differ, and returns what the client is told. */
    public static Refusal of(Exchange exchange, PresentedKey.Conflict conflict) {
        String places = conflict.places().stream().map(KeyPlace::label).collect(Collectors.joining(", "));
        return of(exchange, AuthFailure.CONFLICTING, CONFLICT.formatted(places));
    }

    /** Returns what the client is told if its key opens none of a group's upstreams, and notes that; null if it does. */
    public static @Nullable Refusal of(Exchange exchange, UpstreamGroup group) {
        return group.has(exchange::mayUse)
                ? null
                : of(exchange, Objects.requireNonNullElse(exchange.authFailure(), AuthFailure.ELSEWHERE));
    }

    private static Refusal of(Exchange exchange, AuthFailure failure, String message) {
        exchange.unauthenticated(failure);
        return Refusal.of(ProxyError.INVALID_KEY, message);
    }
}
