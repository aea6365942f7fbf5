package io.llmproxy.auth;

import io.llmproxy.config.AuthConfig;
import io.llmproxy.config.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What we show an upstream to be let in. */
public sealed interface Credential {
    /** Lets the client's own credential pass. */
    record None() implements Credential {}

    /**
     * Takes the place of the client's credential.
     *
     * @param name the header that carries it
     * @param value the header's whole value
     */
    record Header(String name, Secret value) implements Credential {}

    /** Returns the credential that a configuration describes. */
    static Credential of(AuthConfig config) {
        return switch (config.type()) {
            case NONE -> new None();
            case BEARER -> authorization("Bearer " + reveal(config.token()));
            case BASIC -> authorization("Basic " + base64(config.username() + ":" + reveal(config.password())));
        };
    }

    private static Header authorization(String value) {
        return new Header("Authorization", new Secret(value));
    }

    private static String reveal(@Nullable Secret secret) {
        return Objects.requireNonNull(secret, "checked by the configuration").reveal();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
