package io.llmproxy.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;

/** The names of OpenTelemetry's semantic conventions for GenAI (1.41), with underscores: {@code gen_ai_*}. */
final class GenAiNames implements MultiCollector {
    static final double[] DURATION = {
        0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92
    };
    static final double[] FIRST_TOKEN = {
        0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10
    };
    static final double[] BETWEEN_TOKENS = {0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5};
    static final double[] TOKENS = {
        1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864
    };

    /** What the conventions want where they have no name. */
    private static final String UNKNOWN = "_OTHER";

    private final AttemptCells cells;

    GenAiNames(AttemptCells cells) {
        this.cells = cells;
    }

    @Override
    public MetricSnapshots collect() {
        Family.Histograms durations = new Family.Histograms(AttemptCells.SECONDS);
        Family.Histograms tokens = new Family.Histograms(AttemptCells.TOKENS);
        Family.Histograms first = new Family.Histograms(AttemptCells.TO_FIRST);
        Family.Histograms between = new Family.Histograms(AttemptCells.BETWEEN);
        cells.forEach((of, cell) -> {
            if (of.operation() == null) {
                return;
            }
            Labels labels = Labels.of(
                    "gen_ai_operation_name", of.operation(),
                    "gen_ai_provider_name", of.provider() == null ? UNKNOWN : of.provider(),
                    "gen_ai_request_model", of.model());
            durations.add(
                    of.error() == null ? labels : labels.merge(Labels.of("error_type", of.error())), cell.seconds);
            tokens.add(labels.merge(Labels.of("gen_ai_token_type", "input")), cell.inputTokens);
            tokens.add(labels.merge(Labels.of("gen_ai_token_type", "output")), cell.outputTokens);
            first.add(labels, cell.toFirst);
            between.add(labels, cell.between);
        });
        return MetricSnapshots.builder()
                .metricSnapshot(durations.histogram(
                        "gen_ai_client_operation_duration_seconds", "Time of an operation to its end.", DURATION))
                .metricSnapshot(tokens.histogram("gen_ai_client_token_usage", "Tokens of an operation.", TOKENS))
                .metricSnapshot(first.histogram(
                        "gen_ai_server_time_to_first_token_seconds", "Time to the first token.", FIRST_TOKEN))
                .metricSnapshot(between.histogram(
                        "gen_ai_server_time_per_output_token_seconds",
                        "Mean time between two tokens of a stream.",
                        BETWEEN_TOKENS))
                .build();
    }
}
