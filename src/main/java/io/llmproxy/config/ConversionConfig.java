package io.llmproxy.config;

import java.util.List;

/** What is done with a request of one API that goes to an upstream of another. */
public record ConversionConfig(
        @Setting(
                value =
                        "What happens to a part of a request that the upstream's API cannot express: `strict` refuses the request if its meaning would change, `warn` leaves the part out and names it in `x-llmproxy-conversion`, `quiet` leaves it out.",
                byDefault = "warn")
        Lossy lossy,

        @Setting(
                value = "Limit of output tokens for Anthropic, which requires one, if the client sets none.",
                byDefault = "8192",
                min = 1,
                max = 1000000)
        int maxTokens,

        @Setting(
                value =
                        "What happens to a tool that only another provider runs, such as a web search: `refuse` answers 400, `drop` leaves the tool out and names it in `x-llmproxy-conversion`. A search for which the upstream has a tool of its own is converted if its `capabilities.web_search` is true.",
                byDefault = "refuse")
        Hosted hosted,

        @Setting(
                "Members of a request that are sent although the upstream's API does not have them, for servers that accept more, such as `top_k`.")
        List<String> forward,

        @Setting(
                value =
                        "`true` sends the client's name for its user to the upstream as it is, `false` sends a digest of it.",
                byDefault = "false")
        boolean forwardUser,

        @Setting(
                value = "Whether a Chat Completions client gets the reasoning of a model in `reasoning_content`.",
                byDefault = "true")
        boolean reasoningContent,

        @Setting(
                value =
                        "Whether a Chat Completions client gets the signatures of Gemini in `extra_content`, and may send them back. `false` is for clients that refuse members that they do not know.",
                byDefault = "true")
        boolean geminiSignatures,

        @Setting(
                "Values of `anthropic-beta` that are sent on to Claude at Vertex AI, which refuses those that it does not know.")
        List<String> anthropicBetas) {
    public ConversionConfig {
        anthropicBetas = List.copyOf(anthropicBetas);
        forward = List.copyOf(forward);
    }

    /** What is done with what cannot be expressed. */
    public enum Lossy {
        STRICT,
        WARN,
        QUIET
    }

    /** What is done with a tool that only another provider runs. */
    public enum Hosted {
        REFUSE,
        DROP
    }
}
