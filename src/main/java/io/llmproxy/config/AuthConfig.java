package io.llmproxy.config;

import org.jspecify.annotations.Nullable;

/** The credential that an upstream is shown. */
public record AuthConfig(
        @Setting(
                value = "`bearer` and `basic` replace the client's credential; `none` lets it pass.",
                byDefault = "none")
        Type type,

        @Setting("Token of type `bearer`.") @Nullable Secret token,
        @Setting("User name of type `basic`.") @Nullable String username,
        @Setting("Password of type `basic`.") @Nullable Secret password) {

    /** How the credential travels. */
    public enum Type {
        BEARER,
        BASIC,
        NONE
    }
}
