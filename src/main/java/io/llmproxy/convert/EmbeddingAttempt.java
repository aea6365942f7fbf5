package io.llmproxy.convert;

import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.Notes;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.model.Dialect;

/** A request for embeddings, as an upstream of the other of the two APIs that have them is asked it. */
public final class EmbeddingAttempt implements WholeAttempt {
    private final Embeddings embeddings;
    private final Dialect client;
    private final String upstreamModel;
    private final Notes notes;

    /**
     * Prepares the request.
     *
     * @param client the API that the client speaks: Gemini's, else the upstream does
     * @throws ConversionException if the policy is strict, and the upstream's API cannot say all of it
     */
    public EmbeddingAttempt(Embeddings embeddings, Dialect client, String upstreamModel, Policy policy) {
        this.embeddings = embeddings;
        this.client = client;
        this.upstreamModel = upstreamModel;
        this.notes = new Notes(policy.lossy(), isOfGoogles() ? Dialect.CHAT : Dialect.GEMINI);
        embeddings.unused().forEach(notes::dropped);
        if (embeddings.taskType() != null && isOfGoogles()) {
            notes.lost("taskType", "embeddings are made for no task there");
        }
    }

    private boolean isOfGoogles() {
        return client == Dialect.GEMINI;
    }

    @Override
    public String path() {
        return isOfGoogles()
                ? "/v1/embeddings"
                : "/v1beta/models/" + PathSegment.encode(upstreamModel) + ":batchEmbedContents";
    }

    @Override
    public byte[] body() {
        return isOfGoogles() ? embeddings.toOpenAi(upstreamModel) : embeddings.toGemini(upstreamModel);
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
