package io.llmproxy.telemetry.push;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.Map;

/**
 * Names as OpenTelemetry has them. What its conventions define gets its dots back, and what Prometheus says in the name of a metric becomes
 * the unit; our own names stay as they are scraped, so that a rule or a dashboard holds on both ways.
 */
final class Conventions {
    private static final String GEN_AI = "gen_ai_";

    /** The metrics of the conventions for GenAI, by the names under which they are scraped. */
    private static final Map<String, Name> DEFINED = Map.of(
            "gen_ai_client_operation_duration_seconds", new Name("gen_ai.client.operation.duration", "s"),
            "gen_ai_client_token_usage", new Name("gen_ai.client.token.usage", "{token}"),
            "gen_ai_server_time_to_first_token_seconds", new Name("gen_ai.server.time_to_first_token", "s"),
            "gen_ai_server_time_per_output_token_seconds", new Name("gen_ai.server.time_per_output_token", "s"));

    private Conventions() {}

    /**
     * How a metric is called.
     *
     * @param text its name
     * @param unit as UCUM writes it; empty for a plain number
     */
    record Name(String text, String unit) {}

    static Name name(String scraped) {
        Name defined = DEFINED.get(scraped);
        return defined == null ? new Name(scraped, unit(scraped)) : defined;
    }

    private static String unit(String name) {
        if (name.endsWith("_seconds")) {
            return "s";
        }
        return name.endsWith("_bytes") ? "By" : "";
    }

    /**
     * The attributes of a point.
     *
     * @param metric the name under which it is scraped
     */
    static Attributes attributes(String metric, Labels labels) {
        boolean defined = metric.startsWith(GEN_AI);
        AttributesBuilder attributes = Attributes.builder();
        labels.forEach(label -> attributes.put(
                AttributeKey.stringKey(defined ? dotted(label.getName()) : label.getName()), label.getValue()));
        return attributes.build();
    }

    private static String dotted(String label) {
        return label.startsWith(GEN_AI)
                ? "gen_ai." + label.substring(GEN_AI.length()).replace('_', '.')
                : label.replace('_', '.');
    }
}
