package io.llmproxy.protocol;

import static io.llmproxy.protocol.ApiFamily.ANTHROPIC;
import static io.llmproxy.protocol.ApiFamily.DEPLOYMENTS;
import static io.llmproxy.protocol.ApiFamily.GEMINI;
import static io.llmproxy.protocol.ApiFamily.MESSAGES;
import static io.llmproxy.protocol.ApiFamily.OPENAI;
import static io.llmproxy.protocol.ApiFamily.RESPONSES;
import static io.llmproxy.protocol.ApiFamily.SHARED;
import static io.llmproxy.protocol.ApiFamily.UNKNOWN;
import static io.llmproxy.protocol.ApiFamily.VERTEX_CLAUDE;
import static io.llmproxy.protocol.ModelPath.Place.BODY;
import static io.llmproxy.protocol.ModelPath.Place.BODY_OPTIONAL;
import static io.llmproxy.protocol.ModelPath.Place.ELSEWHERE;
import static io.llmproxy.protocol.ModelPath.Place.NONE;
import static io.llmproxy.protocol.ModelPath.Place.PATH;
import static io.llmproxy.protocol.ModelPath.Place.RESOURCE;

import io.llmproxy.protocol.ModelPath.Place;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of the APIs that are known, and what is to be known of each: one line each. Which one a request is for is
 * found once, by {@link ApiPath}.
 *
 * <p>A path stands below whatever base: its version and what comes before that do not count. A segment in braces varies.
 * Paths that begin with two asterisks are found by their end, and only where no other path fits; metrics call them
 * {@link #UNNAMED}. The first that fits counts.
 */
public enum Endpoint {
    CHAT("/v1/chat/completions", OPENAI, BODY, Task.CHAT),
    STORED_CHAT("/v1/chat/completions/{id}", OPENAI, NONE, Task.OTHER),
    COMPLETION("/v1/completions", OPENAI, BODY, Task.COMPLETION),
    EMBEDDING("/v1/embeddings", OPENAI, BODY, Task.EMBEDDING),
    RESPONSE("/v1/responses", RESPONSES, BODY_OPTIONAL, Task.RESPONSE),
    RESPONSE_COUNT("/v1/responses/input_tokens", RESPONSES, BODY_OPTIONAL, Task.COUNT),
    STORED_RESPONSE("/v1/responses/{id}", RESPONSES, NONE, Task.OTHER),
    RESPONSE_CANCEL("/v1/responses/{id}/cancel", RESPONSES, NONE, Task.OTHER),
    RESPONSE_INPUT("/v1/responses/{id}/input_items", RESPONSES, NONE, Task.OTHER),
    MODELS("/v1/models", SHARED, NONE, Task.OTHER),
    GEMINI_MODELS("/v1beta/models", GEMINI, NONE, Task.OTHER),
    GEMINI_GENERATE("/v1beta/models/{model}:generateContent", GEMINI, PATH, Task.CONTENT),
    GEMINI_STREAM("/v1beta/models/{model}:streamGenerateContent", GEMINI, PATH, Task.CONTENT_STREAM),
    GEMINI_COUNT("/v1beta/models/{model}:countTokens", GEMINI, PATH, Task.COUNT),
    GEMINI_EMBED("/v1beta/models/{model}:embedContent", GEMINI, PATH, Task.CONTENT_EMBEDDING),
    GEMINI_BATCH_EMBED("/v1beta/models/{model}:batchEmbedContents", GEMINI, PATH, Task.CONTENT_EMBEDDINGS),
    GEMINI_BATCH("/v1beta/models/{model}:batchGenerateContent", GEMINI, PATH, Task.OTHER),
    GEMINI_PREDICT("/v1beta/models/{model}:predict", GEMINI, PATH, Task.OTHER),
    GEMINI_LIVE(
            "/ws/google.ai.generativelanguage.{version}.GenerativeService.BidiGenerateContent",
            GEMINI,
            ELSEWHERE,
            Task.LIVE),
    MODEL("/v1/models/{id}", SHARED, PATH, Task.OTHER),
    IMAGE("/v1/images/generations", OPENAI, BODY_OPTIONAL, Task.IMAGE),
    IMAGE_EDIT("/v1/images/edits", OPENAI, BODY_OPTIONAL, Task.IMAGE),
    IMAGE_VARIATION("/v1/images/variations", OPENAI, BODY_OPTIONAL, Task.IMAGE),
    SPEECH("/v1/audio/speech", OPENAI, BODY, Task.OTHER),
    TRANSCRIPTION("/v1/audio/transcriptions", OPENAI, BODY, Task.TRANSCRIPTION),
    TRANSLATION("/v1/audio/translations", OPENAI, BODY, Task.TRANSCRIPTION),
    MODERATION("/v1/moderations", OPENAI, BODY_OPTIONAL, Task.ASSESSMENT),
    REALTIME("/v1/realtime", OPENAI, ELSEWHERE, Task.REALTIME),
    RERANK("/v1/rerank", OPENAI, BODY, Task.ASSESSMENT),
    FILES("/v1/files", SHARED, NONE, Task.OTHER),
    FILE("/v1/files/{id}", SHARED, NONE, Task.OTHER),
    FILE_CONTENT("/v1/files/{id}/content", SHARED, NONE, Task.OTHER),
    BATCHES("/v1/batches", OPENAI, ELSEWHERE, Task.OTHER),
    BATCH("/v1/batches/{id}", OPENAI, NONE, Task.OTHER),
    BATCH_CANCEL("/v1/batches/{id}/cancel", OPENAI, NONE, Task.OTHER),
    MESSAGE("/v1/messages", MESSAGES, BODY, Task.MESSAGE),
    MESSAGE_COUNT("/v1/messages/count_tokens", MESSAGES, BODY, Task.COUNT),
    MESSAGE_BATCHES("/v1/messages/batches", ANTHROPIC, ELSEWHERE, Task.OTHER),
    MESSAGE_BATCH("/v1/messages/batches/{id}", ANTHROPIC, NONE, Task.OTHER),
    MESSAGE_BATCH_CANCEL("/v1/messages/batches/{id}/cancel", ANTHROPIC, NONE, Task.OTHER),
    MESSAGE_BATCH_RESULTS("/v1/messages/batches/{id}/results", ANTHROPIC, NONE, Task.OTHER),
    COMPLETE("/v1/complete", ANTHROPIC, BODY, Task.OTHER),
    AZURE_CHAT("/openai/deployments/{deployment}/chat/completions", DEPLOYMENTS, PATH, Task.CHAT),
    AZURE_COMPLETION("/openai/deployments/{deployment}/completions", DEPLOYMENTS, PATH, Task.COMPLETION),
    AZURE_EMBEDDING("/openai/deployments/{deployment}/embeddings", DEPLOYMENTS, PATH, Task.EMBEDDING),
    HEALTH("/health", UNKNOWN, NONE, Task.OTHER),
    HEALTH_LIVE("/health/live", UNKNOWN, NONE, Task.OTHER),
    HEALTH_READY("/health/ready", UNKNOWN, NONE, Task.OTHER),
    HEALTH_STARTED("/health/started", UNKNOWN, NONE, Task.OTHER),

    // Vertex AI's, those of tuned models, and what else has one of Google's verbs, below whatever base.
    CLAUDE_PREDICT("**/publishers/anthropic/**:rawPredict", VERTEX_CLAUDE, BODY_OPTIONAL, Task.RAW_MESSAGE),
    CLAUDE_STREAM("**/publishers/anthropic/**:streamRawPredict", VERTEX_CLAUDE, BODY_OPTIONAL, Task.RAW_MESSAGE_STREAM),
    LIVE("**BidiGenerateContent", GEMINI, ELSEWHERE, Task.LIVE),
    LIVE_CONSTRAINED("**BidiGenerateContentConstrained", GEMINI, ELSEWHERE, Task.LIVE),
    GOOGLE_GENERATE("**:generateContent", GEMINI, BODY_OPTIONAL, Task.CONTENT),
    GOOGLE_STREAM("**:streamGenerateContent", GEMINI, BODY_OPTIONAL, Task.CONTENT_STREAM),
    GOOGLE_COUNT("**:countTokens", GEMINI, BODY_OPTIONAL, Task.COUNT),
    GOOGLE_EMBED("**:embedContent", GEMINI, BODY_OPTIONAL, Task.CONTENT_EMBEDDING),
    GOOGLE_BATCH_EMBED("**:batchEmbedContents", GEMINI, BODY_OPTIONAL, Task.CONTENT_EMBEDDINGS),
    GOOGLE_BATCH("**:batchGenerateContent", GEMINI, BODY_OPTIONAL, Task.OTHER),
    GOOGLE_ASYNC_EMBED("**:asyncBatchEmbedContent", GEMINI, BODY_OPTIONAL, Task.OTHER),
    GOOGLE_COMPUTE("**:computeTokens", GEMINI, BODY_OPTIONAL, Task.OTHER),
    GOOGLE_ANSWER("**:generateAnswer", GEMINI, BODY_OPTIONAL, Task.OTHER),
    GOOGLE_PREDICT("**:predict", GEMINI, BODY_OPTIONAL, Task.OTHER),
    GOOGLE_PREDICT_LONG("**:predictLongRunning", GEMINI, BODY_OPTIONAL, Task.OTHER),
    GOOGLE_FETCH("**:fetchPredictOperation", GEMINI, BODY_OPTIONAL, Task.OTHER),
    GOOGLE_RAW("**:rawPredict", GEMINI, BODY_OPTIONAL, Task.OTHER),
    GOOGLE_STREAM_RAW("**:streamRawPredict", GEMINI, BODY_OPTIONAL, Task.OTHER),
    GOOGLE_STREAM_PREDICT("**:serverStreamingPredict", GEMINI, BODY_OPTIONAL, Task.OTHER),

    // Google's resources: the body names a model. Only what stands before the path tells whose API it is.
    CACHES("**/cachedContents", UNKNOWN, RESOURCE, Task.OTHER),
    TUNED_MODELS("**/tunedModels", UNKNOWN, RESOURCE, Task.OTHER),
    TUNING_JOBS("**/tuningJobs", UNKNOWN, RESOURCE, Task.OTHER),
    PREDICTION_JOBS("**/batchPredictionJobs", UNKNOWN, RESOURCE, Task.OTHER),

    // Ollama's own and Cohere's own; another server may have something else there.
    OLLAMA_CHAT("**/api/chat", UNKNOWN, BODY_OPTIONAL, Task.OLLAMA),
    OLLAMA_GENERATE("**/api/generate", UNKNOWN, BODY_OPTIONAL, Task.OLLAMA),
    OLLAMA_EMBED("**/api/embed", UNKNOWN, BODY_OPTIONAL, Task.OLLAMA_EMBEDDING),
    COHERE_CHAT("**/v2/chat", UNKNOWN, BODY_OPTIONAL, Task.COHERE),
    COHERE_CHAT_V1("**/v1/chat", UNKNOWN, BODY_OPTIONAL, Task.COHERE),
    COHERE_GENERATE("**/v1/generate", UNKNOWN, BODY_OPTIONAL, Task.COHERE_TEXT),

    // What ends like a known path, below a base that is not known: such as OpenAI's API at Vertex AI.
    LIKE_CHAT("**/chat/completions", UNKNOWN, BODY_OPTIONAL, Task.UNKNOWN_CHAT),
    LIKE_COMPLETION("**/completions", UNKNOWN, BODY_OPTIONAL, Task.UNKNOWN_COMPLETION),
    LIKE_RESPONSE("**/responses", UNKNOWN, BODY_OPTIONAL, Task.UNKNOWN_RESPONSE),
    LIKE_MESSAGE("**/messages", UNKNOWN, BODY_OPTIONAL, Task.RAW_MESSAGE),
    LIKE_EMBEDDING("**/embeddings", UNKNOWN, BODY_OPTIONAL, Task.UNKNOWN_EMBEDDING),
    LIKE_IMAGE("**/images/generations", UNKNOWN, BODY_OPTIONAL, Task.IMAGE),
    LIKE_IMAGE_EDIT("**/images/edits", UNKNOWN, BODY_OPTIONAL, Task.IMAGE),
    LIKE_IMAGE_VARIATION("**/images/variations", UNKNOWN, BODY_OPTIONAL, Task.IMAGE),
    LIKE_TRANSCRIPTION("**/audio/transcriptions", UNKNOWN, BODY_OPTIONAL, Task.TRANSCRIPTION),
    LIKE_TRANSLATION("**/audio/translations", UNKNOWN, BODY_OPTIONAL, Task.TRANSCRIPTION),

    // Everything else.
    OTHER("**", UNKNOWN, BODY_OPTIONAL, Task.OTHER);

    /** What metrics and logs call every path that is not known to be of one API. */
    public static final String UNNAMED = "other";

    /** Stands for whatever comes before or between the known parts of a path. */
    static final String ANYTHING = "**";

    private final String path;
    private final ApiFamily family;
    private final Place place;
    private final Task task;

    Endpoint(String path, ApiFamily family, Place place, Task task) {
        this.path = path;
        this.family = family;
        this.place = place;
        this.task = task;
    }

    /** The path, as the table above writes it. */
    String path() {
        return path;
    }

    /** The name in metrics and logs: the path, such as {@code /v1/responses/{id}}, or {@link #UNNAMED}. */
    public String label() {
        return isKnown() ? path : UNNAMED;
    }

    /** Whether its whole path is known, and no more than its end. */
    public boolean isKnown() {
        return !path.startsWith(ANYTHING);
    }

    /** The API that it belongs to, unless the base of a request's path says otherwise: see {@link ApiPath#dialect}. */
    public ApiDialect dialect() {
        return family.dialect();
    }

    /** The paths that providers have together with it, unless the base says otherwise: see {@link ApiPath#family}. */
    public ApiFamily family() {
        return family;
    }

    /**
     * Where a request says which model it is for, provided that its method is one that has a body. A name in the path counts
     * in any case: see {@link ModelPath#model}.
     */
    public Place place() {
        return place;
    }

    /** What it does that endpoints of other APIs do as well, so that a request for it can be converted. */
    public Operation operation() {
        return task.operation();
    }

    /**
     * Returns the form in which answers tell what they took; nothing if they tell no usage, or that of another answer: to count
     * tokens costs none, and an answer that was stored was counted when it was made.
     *
     * @param method the request's, in capitals
     */
    public Optional<UsageShape> usage(String method) {
        return method.equals("POST") ? Optional.ofNullable(task.usage()) : Optional.empty();
    }

    /** Returns the form in which the messages of a session of WebSocket tell what they took; nothing if they do not. */
    public Optional<UsageShape> usageOfSession() {
        return Optional.ofNullable(task.usage());
    }

    /** Whether the messages of a session of WebSocket name its models, and not its query. */
    public boolean hasModelsInMessages() {
        return switch (this) {
            case RESPONSE, GEMINI_LIVE, LIVE, LIVE_CONSTRAINED -> true;
            default -> false;
        };
    }

    /**
     * Whether an answer is made for the request, so that an error in it is the provider's, and not what a client has stored there.
     *
     * @param method the request's, in capitals
     */
    public boolean isComputed(String method) {
        return method.equals("POST") && task != Task.OTHER;
    }

    /**
     * Whether a request may be repeated whatever its method: it makes nothing, costs next to nothing, and gives the same answer
     * again.
     */
    public boolean isRepeatable() {
        return task.isHarmless();
    }

    /**
     * Whether a stream of it may be asked for at two upstreams at once. That costs up to twice as much, and leaves nothing behind:
     * what is given up is gone. A response of OpenAI's Responses API is kept, may go on without its client, and may be added to a
     * conversation.
     */
    public boolean isHedgeable() {
        return switch (task) {
            case CHAT, COMPLETION, MESSAGE, CONTENT_STREAM, RAW_MESSAGE_STREAM -> true;
            default -> false;
        };
    }

    /** Whether it answers with a stream whatever the body says. */
    public boolean isStream() {
        return task.streamApi() == StreamApi.GEMINI;
    }

    /** How its streams are read; null if nothing is known of them. */
    @Nullable StreamApi streamApi() {
        return task.streamApi();
    }
}
