package io.llmproxy.proxy.exchange;

import java.nio.ByteBuffer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Two logs as one: each keeps what it is to keep. */
public final class BodyLogs implements BodyLog {
    private final BodyLog one;
    private final BodyLog other;

    /** Tells {@code one} before {@code other}. */
    public BodyLogs(BodyLog one, BodyLog other) {
        this.one = one;
        this.other = other;
    }

    @Override
    public @Nullable Recording client(Exchange exchange) {
        return both(one.client(exchange), other.client(exchange));
    }

    @Override
    public @Nullable Recording attempt(Exchange exchange, String upstream) {
        return both(one.attempt(exchange, upstream), other.attempt(exchange, upstream));
    }

    private static @Nullable Recording both(@Nullable Recording one, @Nullable Recording other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return new Both(one, other);
    }

    private record Both(Recording one, Recording other) implements Recording {
        @Override
        public void request(String method, String path, Function<String, @Nullable String> header) {
            one.request(method, path, header);
            other.request(method, path, header);
        }

        @Override
        public void request(ByteBuffer piece) {
            one.request(piece);
            other.request(piece);
        }

        @Override
        public void answer(int status, Function<String, @Nullable String> header) {
            one.answer(status, header);
            other.answer(status, header);
        }

        @Override
        public void answer(ByteBuffer piece) {
            one.answer(piece);
            other.answer(piece);
        }

        @Override
        public void end(SettledAttempt attempt) {
            one.end(attempt);
            other.end(attempt);
        }

        @Override
        public void end(Exchange exchange) {
            one.end(exchange);
            other.end(exchange);
        }

        @Override
        public void discard() {
            one.discard();
            other.discard();
        }
    }
}
