package io.llmproxy.config;

import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The Langfuse that generations are sent to. */
@Switchable
public record LangfuseConfig(
        @Setting(value = "Base URL of Langfuse.", byDefault = "https://cloud.langfuse.com")
        URI host,

        @Setting(value = "The project's public key.", required = true)
        String publicKey,

        @Setting(value = "The project's secret key.", required = true)
        Secret secretKey,

        @Setting(value = "Share of the requests that are sent.", byDefault = "1", min = 0, max = 1)
        double sampleRate,

        @Setting("Environment of the requests in Langfuse, such as `production`.") @Nullable String environment,

        @Setting("Release of the requests in Langfuse.") @Nullable String release,

        @Setting(value = "Whether prompts and answers are sent, too.", byDefault = "false")
        boolean content,

        @Setting(
                value = "How much of a prompt, and of an answer, is sent; the rest is cut off.",
                byDefault = "64KiB",
                min = 1024,
                max = 1 << 20,
                unit = Unit.BYTES)
        long maxContent,

        @Setting("Names of JSON members whose values are replaced by `***` in prompts and answers, at every depth.")
        List<String> redact) {
    public LangfuseConfig {
        redact = List.copyOf(redact);
    }
}
