package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.ChatAnswer;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.Dialect;

/** Writes requests to an API's upstreams, and reads what they answer. It knows no other API. */
public interface UpstreamCodec {
    /** Returns the dialect. */
    Dialect dialect();

    /**
     * Writes a request to an upstream.
     *
     * @throws ConversionException if this dialect cannot say it
     */
    Json.Obj encodeRequest(ChatRequest request, Attempt attempt);

    /**
     * Reads an upstream's answer.
     *
     * @throws BadAnswerException if it is none
     */
    ChatAnswer decodeAnswer(Json.Obj body, Attempt attempt);

    /** Makes a reader for one stream of an upstream. */
    StreamDecoder streamDecoder(Attempt attempt);
}
