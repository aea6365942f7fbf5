package io.llmproxy.upstream;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.Map;
import java.util.function.BiConsumer;

/** Sends requests to forwards of this gateway. Each is sent once, whatever becomes of it: an answer that is lost may have been paid for. */
public interface OwnRequests {
    /** The head of an answer, and its body as it comes. */
    interface Answer extends Closeable {
        int status();

        /** Hands each header on, in its order. */
        void forEachHeader(BiConsumer<String, String> action);

        /** Waits for what comes. */
        InputStream body();

        /** Ends what is not read. */
        @Override
        void close();
    }

    /**
     * Sends a request, and waits for the head of its answer.
     *
     * @param target its path and query are sent as they are
     * @param headers without those of framing
     * @param body empty for none
     * @throws IOException if there is no answer
     */
    Answer send(String method, URI target, Map<String, String> headers, byte[] body) throws IOException;
}
