package io.llmproxy.config;

import java.util.List;

/** What metrics are told, and how. */
public record MetricsConfig(
        @Setting(
                "Sets of names under which metrics are told: `llmproxy` (`llmproxy_*`), `llm_proxy` (`llm_proxy_*`, as maywzh's llm-proxy has them), `gen_ai` (`gen_ai_*`, OpenTelemetry's). Empty: `llmproxy`.")
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
