package io.llmproxy.proxy.exchange;

import io.llmproxy.config.Provider;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.protocol.Operation;
import io.llmproxy.protocol.UsageShape;
import org.jspecify.annotations.Nullable;

/** What OpenTelemetry calls providers and operations. */
public final class GenAi {
    private GenAi() {}

    /** The provider whose API is served; null if OpenTelemetry has no name for it. */
    public static @Nullable String provider(Provider provider) {
        return switch (provider) {
            case OPENAI -> "openai";
            case AZURE_OPENAI -> "azure.ai.openai";
            case ANTHROPIC -> "anthropic";
            case GEMINI -> "gcp.gemini";
            case VERTEX -> "gcp.vertex_ai";
            case OLLAMA, VLLM, CUSTOM -> null;
        };
    }

    /** What is asked for; null if OpenTelemetry has no name for it. */
    public static @Nullable String operation(Exchange exchange) {
        Endpoint endpoint = exchange.endpoint();
        UsageShape shape = endpoint.usage(exchange.method()).orElse(null);
        if (shape == null) {
            return null;
        }
        return switch (shape) {
            case CHAT -> endpoint.operation() == Operation.COMPLETION ? "text_completion" : "chat";
            case RESPONSES, MESSAGES, OLLAMA -> "chat";
            case GEMINI ->
                switch (endpoint.operation()) {
                    case EMBEDDING, EMBEDDINGS -> "embeddings";
                    default -> "generate_content";
                };
            case EMBEDDINGS -> "embeddings";
            case IMAGES, TRANSCRIPTION -> null;
        };
    }
}
