package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.ChatAnswer;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Fault;

/** Reads and writes one dialect. It knows no other. */
public interface Codec {
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

    /**
     * Writes the answer to a client.
     *
     * @throws BadAnswerException if this dialect cannot say it
     */
    Json.Obj encodeAnswer(ChatAnswer answer, Answering as);

    /** Makes a reader for one stream of an upstream. */
    StreamDecoder streamDecoder(Attempt attempt);

    /** Makes a writer for one stream to a client. */
    StreamEncoder streamEncoder(Answering as);

    /** Writes an error to a client. */
    Json.Obj encodeFault(Fault fault);

    /** Returns the status by which this dialect's clients know an error. */
    int statusOf(Fault fault);

    /**
     * What a request says outside of its body.
     *
     * @param model the model in the path; empty if the body names it
     * @param stream whether the path asks for a stream
     * @param array whether the query does not ask for events, so that a stream of Gemini's is an array
     */
    record RequestLine(String model, boolean stream, boolean array) {
        /** Nothing. */
        public static final RequestLine NONE = new RequestLine("", false, false);
    }
}
