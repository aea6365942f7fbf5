package io.llmproxy.config;

import java.util.List;

/** What metrics are told, and how. */
public record MetricsConfig(
        @Setting(
                "Metric name sets: `llmproxy` (`llmproxy_*`), `llm_proxy` (`llm_proxy_*`, the names of maywzh's llm-proxy), `gen_ai` (`gen_ai_*`, OpenTelemetry's). Empty: `llmproxy`.")
        List<Names> names) {
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
