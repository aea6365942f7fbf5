package io.llmproxy.capture;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What is counted of records, whichever configuration they belong to. */
final class Counts {
    final LongAdder written = new LongAdder();
    final LongAdder dropped = new LongAdder();
    private final AtomicReference<@Nullable String> error = new AtomicReference<>();

    /** Why nothing can be written, or null. Returns what was said before. */
    @Nullable String failing(@Nullable String why) {
        return error.getAndSet(why);
    }

    /** How it does, with so many bytes waiting. */
    CaptureStatus status(long memory) {
        return new CaptureStatus(written.sum(), dropped.sum(), memory, error.get());
    }
}
