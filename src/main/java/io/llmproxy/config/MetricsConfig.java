package io.llmproxy.config;

import java.util.List;

/** What metrics are told, and how. */
public record MetricsConfig(
        @Setting(
                "Metric name sets: `llmproxy` (`llmproxy_*`), `llm_proxy` (`llm_proxy_*`, the names of maywzh's llm-proxy), `gen_ai` (`gen_ai_*`, OpenTelemetry's). Empty: `llmproxy`.")
        List<Names> names,

        @Setting(
                value =
                        "Whether requests, tokens and cost are counted by client key: the label `key`, the key's name, or `-` for none.",
                byDefault = "false")
        boolean byKey,

        @Setting(
                value = "How many issued keys of a store have a label of their own; all others are `other`.",
                byDefault = "1000",
                min = 0,
                max = 100_000)
        int maxKeys) {
    public MetricsConfig {
        names = names.isEmpty() ? List.of(Names.LLMPROXY) : List.copyOf(names);
    }

    /** A set of names. */
    public enum Names {
        LLMPROXY,
        LLM_PROXY,
        GEN_AI
    }
}
