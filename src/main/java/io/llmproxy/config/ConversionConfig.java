package io.llmproxy.config;

/** What is done with a request of one API that goes to an upstream of another. */
public record ConversionConfig(
        @Setting(
                value =
                        "What happens to a part of a request that the upstream's API cannot express: `strict` refuses the request if its meaning would change, `warn` leaves the part out and names it in `x-llmproxy-conversion`, `quiet` leaves it out.",
                byDefault = "warn")
        Lossy lossy,

        @Setting(
                value = "Limit of output tokens for Anthropic, which demands one, where the client sets none.",
                byDefault = "8192",
                min = 1,
                max = 1000000)
        int maxTokens) {

    /** What is done with what cannot be expressed. */
    public enum Lossy {
        STRICT,
        WARN,
        QUIET
    }
}
