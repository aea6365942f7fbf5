package io.llmproxy.convert.messages;

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

/** Anthropic's Messages. */
public final class MessagesCodec implements Codec {
    @Override
    public Dialect dialect() {
        return Dialect.MESSAGES;
    }

    @Override
    public ChatRequest decodeRequest(Node body, RequestLine line, Notes notes) {
        return new MessagesRequestDecoder(body, notes).decode(line.model(), line.stream());
    }

    @Override
    public Json.Obj encodeRequest(ChatRequest request, Attempt attempt) {
        return new MessagesRequestEncoder(request, attempt).encode();
    }

    @Override
    public ChatAnswer decodeAnswer(Json.Obj body, Attempt attempt) {
        return MessagesAnswers.decode(body, attempt);
    }

    @Override
    public Json.Obj encodeAnswer(ChatAnswer answer, Answering as) {
        return MessagesAnswers.encode(answer, as);
    }

    @Override
    public StreamDecoder streamDecoder(Attempt attempt) {
        return new MessagesStreamDecoder(attempt);
    }

    @Override
    public StreamEncoder streamEncoder(Answering as) {
        return new MessagesStreamEncoder(as);
    }

    @Override
    public Json.Obj encodeFault(Fault fault) {
        return MessagesFaults.encode(fault);
    }

    @Override
    public int statusOf(Fault fault) {
        return MessagesFaults.status(fault);
    }
}
