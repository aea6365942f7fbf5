package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.JsonBuffer;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.convert.model.StreamEvents;
import org.jspecify.annotations.Nullable;

/** Writes the stream that a client reads, and keeps to its grammar whatever order it hears of things in. */
public interface StreamEncoder extends StreamEvents {
    /** Returns what has been written since the buffer was cleared. */
    JsonBuffer written();

    /** Returns why the stream cannot go on, such as that it is too large; null if it can. */
    default @Nullable Fault objection() {
        return null;
    }

    /** Returns why the stream cannot have a good end; null if it can. */
    default @Nullable Fault ending() {
        return null;
    }

    /** Returns about how many bytes are kept of the stream, beyond what every stream needs. */
    default long held() {
        return 0;
    }

    /** Returns what may be written between two events to show that the stream lives; empty where nothing may. */
    byte[] heartbeat();
}
