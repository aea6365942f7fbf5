package io.llmproxy.convert.chat;

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

/** OpenAI's Chat Completions. */
public final class ChatCodec implements Codec {
    @Override
    public Dialect dialect() {
        return Dialect.CHAT;
    }

    @Override
    public ChatRequest decodeRequest(Node body, RequestLine line, Notes notes) {
        return new ChatRequestDecoder(body, notes).decode();
    }

    @Override
    public Json.Obj encodeRequest(ChatRequest request, Attempt attempt) {
        return new ChatRequestEncoder(request, attempt).encode();
    }

    @Override
    public ChatAnswer decodeAnswer(Json.Obj body, Attempt attempt) {
        return ChatAnswers.decode(body, attempt);
    }

    @Override
    public Json.Obj encodeAnswer(ChatAnswer answer, Answering as) {
        return ChatAnswers.encode(answer, as);
    }

    @Override
    public StreamDecoder streamDecoder(Attempt attempt) {
        return new ChatStreamDecoder(attempt);
    }

    @Override
    public StreamEncoder streamEncoder(Answering as) {
        return new ChatStreamEncoder(as);
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
