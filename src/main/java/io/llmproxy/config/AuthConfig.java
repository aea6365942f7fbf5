package io.llmproxy.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The credential that an upstream is shown. */
public record AuthConfig(
        @Setting(
                value =
                        "Every type but `none` replaces the client's credential. `bearer` sends `Authorization: Bearer`, `api_key` sends the provider's header for keys, `google` sends tokens of a service account; `none` passes the client's credential on.",
                byDefault = "none")
        Type type,

        @Setting(value = "The one key of type `bearer` or `api_key`.", alias = "api_key") @Nullable Secret token,

        @Setting("Several keys of type `bearer` or `api_key`, in place of `token`.")
        List<AuthKeyConfig> keys,

        @Setting("Header for type `api_key`, which then holds the bare key. Default: the provider's header.") @Nullable String header,

        @Setting("User name of type `basic`.") @Nullable String username,
        @Setting("Password of type `basic`.") @Nullable Secret password,

        @Setting("JSON file with the key of a Google service account, of type `google`.") @Nullable Path serviceAccountFile,

        @Setting(
                value =
                        "Requests per minute that the provider allows for each key; further ones go to other keys and upstreams. 0: no limit is known.",
                byDefault = "0",
                min = 0,
                max = 1000000000)
        int rpm,

        @Setting(
                value =
                        "Tokens per minute, input and output, that the provider allows for each key. 0: no limit is known.",
                byDefault = "0",
                min = 0,
                max = 1000000000)
        int tpm) {
    public AuthConfig {
        keys = List.copyOf(keys);
    }

    /** How the credential travels. */
    public enum Type {
        BEARER,
        API_KEY,
        BASIC,
        GOOGLE,
        NONE
    }

    /** Returns the keys of a type that has some, be there one or several, each with its limits. */
    public List<AuthKeyConfig> all() {
        return token == null
                ? keys.stream().map(key -> key.orElse(rpm, tpm)).toList()
                : List.of(new AuthKeyConfig(token, 1, rpm, tpm));
    }
}
