package io.llmproxy.proxy.exchange;

import java.nio.ByteBuffer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Keeps the bodies of exchanges that operators want to look at. No call blocks, and none throws. */
public interface BodyLog {
    /** Keeps none. */
    BodyLog NONE = new BodyLog() {};

    /** Returns what records the client's side of an exchange; null if it is not to be recorded. */
    default @Nullable Recording client(Exchange exchange) {
        return null;
    }

    /** Returns what records an attempt; null if it is not to be recorded. */
    default @Nullable Recording attempt(Exchange exchange, String upstream) {
        return null;
    }

    /** Records one request and its answer. Request and answer may be told on different threads at a time. */
    interface Recording {
        /**
         * The head of the request.
         *
         * @param header returns the value of a header, or null
         */
        void request(String method, String path, Function<String, @Nullable String> header);

        /** The next piece of the request's body. It is copied, and stays as it is. */
        void request(ByteBuffer piece);

        /**
         * The head of the answer.
         *
         * @param header returns the value of a header, or null
         */
        void answer(int status, Function<String, @Nullable String> header);

        /** The next piece of the answer's body. It is copied, and stays as it is. */
        void answer(ByteBuffer piece);

        /** An attempt is over: it is written, if it is to be. */
        void end(SettledAttempt attempt);

        /** An exchange is over, whose client's side this is: it is written, if it is to be. */
        void end(Exchange exchange);

        /** There is nothing to write. */
        void discard();
    }
}
