package io.llmproxy.convert.gemini;

import io.llmproxy.convert.codec.Answering;
import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.Codec;
import io.llmproxy.convert.codec.Notes;
import io.llmproxy.convert.codec.RequestLine;
import io.llmproxy.convert.codec.StreamDecoder;
import io.llmproxy.convert.codec.StreamEncoder;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.ChatAnswer;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Fault;

/** Google's generateContent. */
public final class GeminiCodec implements Codec {
    @Override
    public Dialect dialect() {
        return Dialect.GEMINI;
    }

    @Override
    public ChatRequest decodeRequest(Node body, RequestLine line, Notes notes) {
        return new GeminiRequestDecoder(body, notes).decode(line.model(), line.stream());
    }

    @Override
    public Json.Obj encodeRequest(ChatRequest request, Attempt attempt) {
        return new GeminiRequestEncoder(request, attempt).encode();
    }

    @Override
    public ChatAnswer decodeAnswer(Json.Obj body, Attempt attempt) {
        return GeminiAnswers.decode(body, attempt);
    }

    @Override
    public Json.Obj encodeAnswer(ChatAnswer answer, Answering as) {
        return GeminiAnswers.encode(answer, as);
    }

    @Override
    public StreamDecoder streamDecoder(Attempt attempt) {
        return new GeminiStreamDecoder(attempt);
    }

    @Override
    public StreamEncoder streamEncoder(Answering as) {
        return new GeminiStreamEncoder(as);
    }

    @Override
    public Json.Obj encodeFault(Fault fault) {
        return GeminiFaults.encode(fault);
    }

    @Override
    public int statusOf(Fault fault) {
        return GeminiFaults.status(fault);
    }
}
