package io.llmproxy.auth;

import io.llmproxy.config.AuthConfig;
import io.llmproxy.config.Provider;
import io.llmproxy.config.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What we show an upstream to be let in. */
public sealed interface Credential permits Credential.None, Credential.Header, GoogleTokens {
    /** Lets the client's own credential pass. */
    record None() implements Credential {}

    /**
     * Takes the place of the client's credential.
     *
     * @param name the header that carries it
     * @param value the header's whole value
     */
    record Header(String name, Secret value) implements Credential {}

    /**
     * Returns the credentials that a configuration describes: one for each key, in its order, else the only one. Those of
     * type {@code google} are {@link GoogleTokens}, as they are fetched.
     */
    static List<Credential> of(AuthConfig config, Provider provider) {
        return switch (config.type()) {
            case NONE -> List.of(new None());
            case BEARER -> forKeys(config, AUTHORIZATION, true);
            case API_KEY -> {
                String header = config.header();
                String known = provider.keyHeader();
                yield header == null
                        ? forKeys(config, known, known.equals(AUTHORIZATION))
                        : forKeys(config, header, false);
            }
            case BASIC ->
                List.of(header(AUTHORIZATION, "Basic " + base64(config.username() + ":" + reveal(config.password()))));
            case GOOGLE -> throw new IllegalArgumentException("tokens of Google are fetched: use GoogleTokens");
        };
    }

    /** The header of HTTP's own schemes. */
    String AUTHORIZATION = "Authorization";

    private static List<Credential> forKeys(AuthConfig config, String header, boolean bearer) {
        return config.all().stream()
                .map(item ->
                        header(header, (bearer ? "Bearer " : "") + item.key().reveal()))
                .toList();
    }

    private static Credential header(String name, String value) {
        return new Header(name, new Secret(value));
    }

    private static String reveal(@Nullable Secret secret) {
        return Objects.requireNonNull(secret, "checked by the configuration").reveal();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
