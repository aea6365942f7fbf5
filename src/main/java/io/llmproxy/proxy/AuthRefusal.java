package io.llmproxy.proxy;

import io.llmproxy.auth.AuthFailure;
import io.llmproxy.auth.KeyPlace;
import io.llmproxy.auth.PresentedKey;
import java.util.stream.Collectors;

/** Tells a client that its key does not let it in. Whether there is such a key at all is nobody's business. */
final class AuthRefusal {
    private static final String MISSING =
            "No API key was given. Send one as Authorization: Bearer, x-api-key or x-goog-api-key.";
    private static final String CONFLICT = "Different API keys were given, in %s. Send one.";

    private AuthRefusal() {}

    /** Notes the failure, and returns what the client is told. */
    static Refusal of(Exchange exchange, AuthFailure failure) {
        String message = failure == AuthFailure.MISSING ? MISSING : ProxyError.INVALID_KEY.message();
        return of(exchange, failure, message);
    }

    /** Notes that keys differ, and returns what the client is told. */
    static Refusal of(Exchange exchange, PresentedKey.Conflict conflict) {
        String places = conflict.places().stream().map(KeyPlace::label).collect(Collectors.joining(", "));
        return of(exchange, AuthFailure.CONFLICTING, CONFLICT.formatted(places));
    }

    private static Refusal of(Exchange exchange, AuthFailure failure, String message) {
        exchange.unauthenticated(failure);
        return Refusal.of(ProxyError.INVALID_KEY, message);
    }
}
