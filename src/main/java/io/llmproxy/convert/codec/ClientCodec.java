package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.ChatAnswer;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Fault;

/** Reads the requests of an API's clients, and writes what they are answered. It knows no other API. */
public interface ClientCodec {
    /** Returns the dialect. */
    Dialect dialect();

    /**
     * Reads a client's request.
     *
     * @param line what the request's path says
     * @param notes what is not understood inside of it
     * @throws Node.Mismatch if it is none
     * @throws ConversionException if no other dialect can say it
     */
    ChatRequest decodeRequest(Node body, RequestLine line, Notes notes);

    /**
     * Writes the answer to a client.
     *
     * @throws BadAnswerException if this dialect cannot say it
     */
    Json.Obj encodeAnswer(ChatAnswer answer, Answering as);

    /** Makes a writer for one stream to a client. */
    StreamEncoder streamEncoder(Answering as);

    /** Writes an error to a client. */
    Json.Obj encodeFault(Fault fault);

    /** Returns the status by which this dialect's clients know an error. */
    int statusOf(Fault fault);
}
