package io.llmproxy.convert.responses;

import io.llmproxy.convert.codec.Answering;
import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.Codec;
import io.llmproxy.convert.codec.Notes;
import io.llmproxy.convert.codec.OpenAiFaults;
import io.llmproxy.convert.codec.RequestLine;
import io.llmproxy.convert.codec.StreamDecoder;
import io.llmproxy.convert.codec.StreamEncoder;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.ChatAnswer;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Fault;

/** OpenAI's Responses. */
public final class ResponsesCodec implements Codec {
    @Override
    public Dialect dialect() {
        return Dialect.RESPONSES;
    }

    @Override
    public ChatRequest decodeRequest(Node body, RequestLine line, Notes notes) {
        return new ResponsesRequestDecoder(body, notes).decode();
    }

    @Override
    public Json.Obj encodeRequest(ChatRequest request, Attempt attempt) {
        return new ResponsesRequestEncoder(request, attempt).encode();
    }

    @Override
    public ChatAnswer decodeAnswer(Json.Obj body, Attempt attempt) {
        return ResponsesAnswers.decode(body, attempt);
    }

    @Override
    public Json.Obj encodeAnswer(ChatAnswer answer, Answering as) {
        return ResponsesAnswers.encode(answer, as);
    }

    @Override
    public StreamDecoder streamDecoder(Attempt attempt) {
        return new ResponsesStreamDecoder(attempt);
    }

    @Override
    public StreamEncoder streamEncoder(Answering as) {
        return new ResponsesStreamEncoder(as);
    }

    @Override
    public Json.Obj encodeFault(Fault fault) {
        return OpenAiFaults.encode(fault);
    }

    @Override
    public int statusOf(Fault fault) {
        return OpenAiFaults.status(fault);
    }
}
