package io.llmproxy.proxy.attempt;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Waits for what an exchange needs before it can go on, such as a token that has to be fetched. */
public final class FutureWait<T> {
    private final Waiting waiting;
    private final Duration limit;

    /** @param limit how long it may take */
    public FutureWait(Waiting waiting, Duration limit) {
        this.waiting = waiting;
        this.limit = limit;
    }

    /**
     * Waits, unless it is there.
     *
     * @param known is told it, or why there is none, by the thread that has it; not called once the wait is given up
     * @param giveUp is called if the client leaves, and before {@code known} if the time is over
     */
    public void start(
            CompletableFuture<T> future, BiConsumer<@Nullable T, @Nullable Throwable> known, Runnable giveUp) {
        if (future.isDone()) {
            var unused = future.whenComplete(known);
            return;
        }
        Runnable over = () -> known.accept(null, new TimeoutException("nothing within " + limit));
        Waiting.Wait wait = waiting.inLine(System.nanoTime(), limit, over, giveUp);
        var unused = future.whenComplete((value, failure) -> {
            // What comes too late must not end a later wait.
            if (waiting.end(wait)) {
                known.accept(value, failure);
            }
        });
    }
}
