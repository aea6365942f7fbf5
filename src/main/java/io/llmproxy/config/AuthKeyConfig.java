package io.llmproxy.config;

/** One of the keys that an upstream knows us by. */
public record AuthKeyConfig(
        @Setting(value = "The key.", required = true) Secret key,

        @Setting(
                value = "Share of the requests that are made with it, relative to the other keys.",
                byDefault = "1",
                min = 0.01,
                max = 1000)
        double weight,

        @Setting(
                value = "Requests per minute that the provider allows for this key. Default: `auth.rpm`.",
                byDefault = "0",
                min = 0,
                max = 1000000000)
        int rpm,

        @Setting(
                value = "Tokens per minute that the provider allows for this key. Default: `auth.tpm`.",
                byDefault = "0",
                min = 0,
                max = 1000000000)
        int tpm) {
    /** The same, with these limits where it states none. */
    AuthKeyConfig orElse(int otherRpm, int otherTpm) {
        return new AuthKeyConfig(key, weight, rpm == 0 ? otherRpm : rpm, tpm == 0 ? otherTpm : tpm);
    }
}
