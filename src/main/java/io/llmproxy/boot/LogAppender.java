package io.llmproxy.boot;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import io.llmproxy.journal.Journal;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Leads what is logged to the queue of the sink that is configured at the moment. Changing it loses nothing. */
final class LogAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {
    private final LongAdder dropped = new LongAdder();
    private final AtomicReference<@Nullable Journal<ILoggingEvent>> queue = new AtomicReference<>();

    /**
     * From now on writes to another sink. What was logged before is still written to the one before.
     *
     * @param name names the log
     * @param sink where to
     */
    void redirect(String name, LogSink sink) {
        closeQueue(queue.getAndSet(LogQueue.start(name, sink, dropped)));
    }

    /** How many lines were not written: there was no room for them any more, or writing them failed. */
    long dropped() {
        return dropped.sum();
    }

    @Override
    protected void append(ILoggingEvent event) {
        event.prepareForDeferredProcessing();
        Journal<ILoggingEvent> current = queue.get();
        if (current != null && !current.offer(event)) {
            dropped.increment();
        }
    }

    @Override
    public void stop() {
        super.stop();
        closeQueue(queue.getAndSet(null));
    }

    private static void closeQueue(@Nullable Journal<ILoggingEvent> closing) {
        if (closing != null) {
            closing.close();
        }
    }
}
