package io.llmproxy.boot;

import ch.qos.logback.classic.spi.ILoggingEvent;
import io.llmproxy.journal.Journal;
import io.llmproxy.journal.JournalSink;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is to be written to a log, and the thread that writes it: a sink that is slow, full or blocked holds up no caller. What
 * finds no room is dropped. Logback's own asynchronous appender leaves the opening of a file to its caller, who would be held
 * by a pipe without a reader, and cannot tell that a write has failed.
 */
final class LogQueue implements JournalSink<ILoggingEvent> {
    private static final Logger LOG = LoggerFactory.getLogger(LogQueue.class);
    private static final Journal.Limits LIMITS =
            new Journal.Limits(8192, 1024, Duration.ofMillis(10), Duration.ofSeconds(1));

    /** After a failure, what comes is dropped for so long. */
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final LogSink sink;
    private final LongAdder dropped;
    private boolean failing;
    private long failedAt;

    private LogQueue(LogSink sink, LongAdder dropped) {
        this.sink = sink;
        this.dropped = dropped;
    }

    /**
     * Starts one.
     *
     * @param name of the thread
     * @param sink where to
     * @param dropped counts the lines that were not written
     */
    static Journal<ILoggingEvent> start(String name, LogSink sink, LongAdder dropped) {
        return Journal.start("llmproxy-log-" + name, LIMITS, new LogQueue(sink, dropped), System::nanoTime);
    }

    @Override
    public void write(List<ILoggingEvent> batch) {
        if (failing && System.nanoTime() - failedAt < RETRY.toNanos()) {
            dropped.add(batch.size());
            return;
        }
        try {
            sink.write(batch);
            failing = false;
        } catch (IOException | RuntimeException e) {
            dropped.add(batch.size());
            failed(e);
        }
    }

    @Override
    public void lost(List<ILoggingEvent> batch) {
        dropped.add(batch.size());
    }

    @Override
    public void close(List<ILoggingEvent> left) {
        dropped.add(left.size());
        closeSink();
    }

    /** Tells it once: the one who looks after the log may have another thing to do than to read of it every second. */
    private void failed(Exception cause) {
        if (!failing) {
            LOG.warn("{} cannot be written: {}", sink, RootCause.of(cause));
        }
        failing = true;
        failedAt = System.nanoTime();
        closeSink();
    }

    private void closeSink() {
        try {
            sink.close();
        } catch (IOException e) {
            LOG.debug("{} could not be closed", sink, e);
        }
    }
}
