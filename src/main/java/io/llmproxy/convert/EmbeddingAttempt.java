package io.llmproxy.convert;

import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.Notes;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Place;

/** A request for embeddings, as an upstream of the other of the two APIs that have them is asked it. */
public final class EmbeddingAttempt implements WholeAttempt {
    private final Embeddings embeddings;
    private final Dialect client;
    private final Upstream upstream;
    private final Notes notes;

    /**
     * Prepares the request.
     *
     * @param client the API that the client speaks: Gemini's, else the upstream does
     * @throws ConversionException if the policy is strict, and the upstream's API cannot say all of it
     */
    public EmbeddingAttempt(Embeddings embeddings, Dialect client, Upstream upstream, Policy policy) {
        this.embeddings = embeddings;
        this.client = client;
        this.upstream = upstream;
        this.notes = new Notes(policy.lossy(), isOfGoogles() ? Dialect.CHAT : Dialect.GEMINI);
        embeddings.unused().forEach(notes::dropped);
        if (embeddings.taskType() != null && isOfGoogles()) {
            notes.lost("taskType", "OpenAI embeddings have no task type");
        }
    }

    private boolean isOfGoogles() {
        return client == Dialect.GEMINI;
    }

    @Override
    public String path() {
        String model = PathSegment.encode(upstream.model());
        if (!isOfGoogles()) {
            return "/v1beta/models/" + model + ":batchEmbedContents";
        }
        return upstream.place() == Place.DEPLOYMENTS
                ? "/openai/deployments/" + model + "/embeddings"
                : "/v1/embeddings";
    }

    @Override
    public byte[] body() {
        return isOfGoogles() ? embeddings.toOpenAi(upstream.model()) : embeddings.toGemini(upstream.model());
    }

    @Override
    public byte[] answer(byte[] answer) {
        return isOfGoogles() ? embeddings.answerToGemini(answer) : embeddings.answerToOpenAi(answer);
    }

    @Override
    public ErrorAnswer error(int status, long retryAfterSeconds, byte[] error) {
        return Conversion.error(client, status, retryAfterSeconds, error);
    }

    @Override
    public String header() {
        return notes.header(client);
    }
}
