package io.llmproxy.proxy.attempt;

import io.llmproxy.auth.Credential;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Waits for a token that has to be fetched before an upstream can be asked. */
final class TokenWait {
    private final Waiting waiting;
    private final Duration limit;

    /** A token that comes too late must not end a later wait. */
    private final AtomicBoolean awaited = new AtomicBoolean(true);

    /** @param limit how long the token may take */
    TokenWait(Waiting waiting, Duration limit) {
        this.waiting = waiting;
        this.limit = limit;
    }

    /**
     * Waits, unless the token is there.
     *
     * @param fetched is told the token, or why there is none; not called once the wait is given up
     * @param giveUp is called if the client leaves, and before {@code fetched} if the time is over
     */
    void start(
            CompletableFuture<Credential.Header> token,
            BiConsumer<Credential.@Nullable Header, @Nullable Throwable> fetched,
            Runnable giveUp) {
        if (token.isDone()) {
            var unused = token.whenComplete(fetched);
            return;
        }
        Runnable over = () -> fetched.accept(null, new TimeoutException("no token within " + limit));
        waiting.inLine(System.nanoTime(), limit, over, () -> {
            awaited.set(false);
            giveUp.run();
        });
        var unused = token.whenComplete((header, failure) -> {
            if (awaited.getAndSet(false) && waiting.end()) {
                fetched.accept(header, failure);
            }
        });
    }
}
