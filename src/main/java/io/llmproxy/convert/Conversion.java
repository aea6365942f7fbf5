package io.llmproxy.convert;

import com.knuddels.jtokkit.api.Encoding;
import io.llmproxy.convert.codec.Answering;
import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.Capabilities;
import io.llmproxy.convert.codec.ClientCodec;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.Faults;
import io.llmproxy.convert.codec.Ids;
import io.llmproxy.convert.codec.Limits;
import io.llmproxy.convert.codec.Notes;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.codec.RequestLine;
import io.llmproxy.convert.codec.TokenEstimate;
import io.llmproxy.convert.codec.ToolNames;
import io.llmproxy.convert.codec.UpstreamCodec;
import io.llmproxy.convert.completions.CompletionsCodec;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonException;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Place;
import io.llmproxy.convert.model.Usage;
import org.jspecify.annotations.Nullable;

/** One request of a client, decoded; it can be attempted at upstreams of any dialect, each time anew. */
public final class Conversion {
    /** Vendors take some hundreds. */
    private static final int MOST_TOOLS = 4096;

    private final ClientCodec client;
    private final ChatRequest request;
    private final String model;
    private final boolean array;
    private final Notes notes;
    private final Policy policy;
    private final Limits limits;
    private final Ids ids;
    private final ReasoningMemory.@Nullable Recollection memory;

    private Conversion(
            ClientCodec client,
            ChatRequest request,
            String model,
            boolean array,
            Notes notes,
            Policy policy,
            Limits limits,
            Ids ids,
            ReasoningMemory.@Nullable Recollection memory) {
        this.client = client;
        this.request = request;
        this.model = model;
        this.array = array;
        this.notes = notes;
        this.policy = policy;
        this.limits = limits;
        this.ids = ids;
        this.memory = memory;
    }

    /**
     * Reads a client's request.
     *
     * @param line what the request's path says
     * @throws ConversionException if it is none of its dialect, or no other dialect can say it
     */
    public static Conversion of(Dialect dialect, RequestLine line, byte[] body, Policy policy, Limits limits, Ids ids) {
        return of(Codecs.of(dialect), line, body, policy, limits, ids);
    }

    /**
     * Reads a client's request of {@code /v1/completions}, which chats answer.
     *
     * @throws ConversionException if it is none, or a chat cannot answer it
     */
    public static Conversion ofCompletions(byte[] body, Policy policy, Limits limits, Ids ids) {
        return of(new CompletionsCodec(), RequestLine.NONE, body, policy, limits, ids);
    }

    private static Conversion of(
            ClientCodec client, RequestLine line, byte[] body, Policy policy, Limits limits, Ids ids) {
        Notes notes = new Notes(Policy.Lossy.QUIET, client.dialect());
        try {
            ChatRequest request = client.decodeRequest(Node.of(JsonReader.read(body)), line, notes);
            if (request.tools().size() > MOST_TOOLS) {
                throw ConversionException.invalid("tools", "tools must not be more than " + MOST_TOOLS);
            }
            String model = line.model().isEmpty() ? request.model() : line.model();
            return new Conversion(client, request, model, line.array(), notes, policy, limits, ids, null);
        } catch (JsonException e) {
            throw ConversionException.invalid(e);
        } catch (Node.Mismatch e) {
            throw ConversionException.invalid(e.path(), String.valueOf(e.getMessage()));
        }
    }

    /**
     * Reads a client's request to count the tokens of another one.
     *
     * @param line what the request's path says
     * @throws ConversionException if it is none of its dialect, or no other dialect can say it
     */
    public static Conversion ofCount(Dialect dialect, RequestLine line, byte[] body, Policy policy) {
        return of(dialect, line, Counting.counted(dialect, body), policy, Limits.DEFAULT, Ids.random());
    }

    /**
     * Returns this conversion, with what the model has thought before, if the client cannot send that itself; what the model thinks
     * now is remembered.
     */
    public Conversion remembering(ReasoningMemory.Recollection thoughts) {
        boolean hasPlace = client.dialect() == Dialect.MESSAGES
                || client.dialect() == Dialect.GEMINI
                || (client.dialect() == Dialect.RESPONSES && request.sealedReasoning());
        return hasPlace
                ? this
                : new Conversion(client, thoughts.recall(request), model, array, notes, policy, limits, ids, thoughts);
    }

    /** Returns what the client asks for. */
    public ChatRequest request() {
        return request;
    }

    /** Returns the name of the model that the client asks for. */
    public String model() {
        return model;
    }

    /** Returns whether the client wants a stream. */
    public boolean isStream() {
        return request.stream();
    }

    /**
     * Encodes the request for an upstream.
     *
     * @param epochSecond the time that answers are to bear
     * @throws ConversionException if the upstream's dialect cannot say it
     */
    public Converted attempt(Upstream upstream, long epochSecond) {
        UpstreamCodec codec = Codecs.of(upstream.dialect());
        Notes lost = new Notes(policy.lossy(), upstream.dialect());
        lost.addAll(notes);
        ToolNames names = new ToolNames(upstream.dialect(), request.tools(), request.turns());
        Capabilities capabilities = Capabilities.of(
                upstream.dialect(), upstream.place() == Place.VERTEX, upstream.model(), upstream.capabilities());
        Attempt attempt = new Attempt(
                upstream.dialect(),
                upstream.place(),
                upstream.family(),
                upstream.model(),
                capabilities,
                policy,
                names,
                lost,
                ids,
                wantsReasoning());
        try {
            Json.Obj body = codec.encodeRequest(request, attempt);
            Usage estimate = Usage.ofInput(TokenEstimate.of(request));
            Answering as = new Answering(request, model, policy, names, ids, epochSecond, estimate, limits, array);
            return new Converted(client, codec, attempt, as, body, memory);
        } catch (Node.Mismatch e) {
            throw ConversionException.invalid(e.path(), String.valueOf(e.getMessage()));
        }
    }

    /**
     * Counts the tokens that the request takes as input, where no upstream does.
     *
     * @param upstreamModel whose tokens they are
     */
    public TokenCount count(String upstreamModel) {
        Encoding encoding = Tokenizers.of(upstreamModel);
        return encoding == null
                ? new TokenCount(TokenEstimate.of(request), false)
                : new TokenCount(TokenEstimate.of(request, encoding::countTokensOrdinary), true);
    }

    /**
     * Returns an upstream's error in a client's dialect.
     *
     * @param status the status of the upstream's answer
     * @param retryAfterSeconds what its header says; 0 if it has none
     */
    public static ErrorAnswer error(Dialect client, int status, long retryAfterSeconds, byte[] error) {
        return ErrorAnswer.of(Codecs.of(client), Faults.decode(status, retryAfterSeconds, error));
    }

    private boolean wantsReasoning() {
        Boolean show = request.thinking().show();
        return show != null ? show : client.dialect() == Dialect.CHAT && policy.reasoningContent();
    }
}
