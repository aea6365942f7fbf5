package io.llmproxy.convert;

import io.llmproxy.convert.codec.Answering;
import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.codec.ClientCodec;
import io.llmproxy.convert.codec.Faults;
import io.llmproxy.convert.codec.Notes;
import io.llmproxy.convert.codec.StreamEncoder;
import io.llmproxy.convert.codec.UpstreamCodec;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonException;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.model.ChatAnswer;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.convert.model.Place;
import org.jspecify.annotations.Nullable;

/** One attempt: the request in the upstream's dialect, and the way back for whatever it answers. */
public final class Converted {
    private final ClientCodec client;
    private final UpstreamCodec upstream;
    private final Attempt attempt;
    private final Answering as;
    private final Json.Obj body;
    private final ReasoningMemory.@Nullable Recollection memory;

    Converted(
            ClientCodec client,
            UpstreamCodec upstream,
            Attempt attempt,
            Answering as,
            Json.Obj body,
            ReasoningMemory.@Nullable Recollection memory) {
        this.client = client;
        this.upstream = upstream;
        this.attempt = attempt;
        this.as = as;
        this.body = body;
        this.memory = memory;
    }

    /** Returns the request's body: JSON in UTF-8. The same request makes the same bytes. */
    public byte[] requestBody() {
        return body.bytes();
    }

    /** Returns the request's path below the upstream's base, with its query. */
    public String requestPath() {
        boolean stream = as.request().stream();
        String model = PathSegment.encode(attempt.model());
        boolean deployed = attempt.place() == Place.DEPLOYMENTS;
        return switch (upstream.dialect()) {
            case CHAT -> deployed ? "/openai/deployments/" + model + "/chat/completions" : "/v1/chat/completions";
            case RESPONSES -> deployed ? "/openai/responses" : "/v1/responses";
            case MESSAGES ->
                attempt.vertex()
                        ? "/publishers/anthropic/models/" + model + (stream ? ":streamRawPredict" : ":rawPredict")
                        : "/v1/messages";
            case GEMINI ->
                (attempt.vertex() ? "/publishers/google/models/" : "/v1beta/models/")
                        + model
                        + (stream ? ":streamGenerateContent?alt=sse" : ":generateContent");
        };
    }

    /** Returns the request that asks the upstream to count this one's tokens; null if it cannot. */
    public @Nullable CountRequest countRequest() {
        return Counting.request(body, attempt);
    }

    /**
     * Converts the upstream's count.
     *
     * @throws BadAnswerException if it is none
     */
    public byte[] count(byte[] answer) {
        return Counting.answer(client.dialect(), Counting.read(answer));
    }

    /** Returns the upstream's dialect. */
    public Dialect upstreamDialect() {
        return upstream.dialect();
    }

    /** Returns what was said otherwise, changed or left out. */
    public Notes notes() {
        return attempt.notes();
    }

    /** Returns the value of the header that tells the client what became of its request. */
    public String header() {
        return attempt.notes().header(client.dialect());
    }

    /**
     * Converts a whole answer.
     *
     * @throws BadAnswerException if it is none, or an error
     */
    public WholeAnswer answer(byte[] answer) {
        ChatAnswer decoded = decode(answer);
        Json.Obj encoded = client.encodeAnswer(decoded, as);
        return new WholeAnswer(encoded.bytes(), decoded.usage(), decoded.id());
    }

    /**
     * Converts a whole answer to a client that wants a stream.
     *
     * @throws BadAnswerException if it is none, or an error
     */
    public WholeAnswer answerAsStream(byte[] answer) {
        ChatAnswer decoded = decode(answer);
        StreamEncoder encoder = client.streamEncoder(as);
        StreamGuard guard = new StreamGuard(encoder);
        Replay.of(decoded, guard);
        if (guard.fault() != null) {
            throw new BadAnswerException(guard.fault());
        }
        return new WholeAnswer(encoder.written().toBytes(), decoded.usage(), decoded.id());
    }

    /** Makes a converter for the event stream that the upstream answers with. */
    public StreamConverter stream() {
        Long choices = as.request().sampling().choices();
        return new StreamConverter(
                upstream.streamDecoder(attempt),
                client.streamEncoder(as),
                as.limits(),
                recorder(),
                choices == null ? 1 : choices);
    }

    /** Makes a collector that turns the upstream's event stream into a whole answer. */
    public StreamCollector collect() {
        return new StreamCollector(upstream.streamDecoder(attempt), client, as, recorder());
    }

    /**
     * Converts an error.
     *
     * @param status the status of the upstream's answer
     * @param retryAfterSeconds what its header says; 0 if it has none
     */
    public ErrorAnswer error(int status, long retryAfterSeconds, byte[] error) {
        return error(Faults.decode(status, retryAfterSeconds, error));
    }

    /** Returns an error in the client's dialect. */
    public ErrorAnswer error(Fault fault) {
        return ErrorAnswer.of(client, fault);
    }

    private @Nullable ThoughtRecorder recorder() {
        return memory == null ? null : new ThoughtRecorder(memory);
    }

    private ChatAnswer decode(byte[] answer) {
        try {
            Json json = JsonReader.read(answer);
            if (json instanceof Json.Arr array && !array.isEmpty()) {
                json = array.items().get(0);
            }
            if (json instanceof Json.Obj object) {
                ChatAnswer decoded = upstream.decodeAnswer(object, attempt);
                if (memory != null) {
                    memory.keep(decoded.choices().get(0).parts());
                }
                return decoded;
            }
        } catch (JsonException e) {
            throw new BadAnswerException("the upstream's answer is not JSON");
        }
        throw new BadAnswerException("the upstream's answer is not a JSON object");
    }
}
