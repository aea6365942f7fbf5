package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.StreamEvents;

/** Reads the events of one stream of an upstream. Not for several threads. */
public interface StreamDecoder {
    /**
     * Takes the data of one event.
     *
     * @param events hears what it means
     */
    void event(Json.Obj data, StreamEvents events);

    /** Takes the mark that OpenAI puts at the end of a chat. */
    default void done(StreamEvents events) {}

    /** The upstream has closed the stream: tells that it is whole, or that it was cut. */
    void end(StreamEvents events);
}
