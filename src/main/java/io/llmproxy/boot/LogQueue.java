package io.llmproxy.boot;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.Encoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is to be written to a log, and the thread that writes it: a sink that is slow, full or blocked holds nobody else. What
 * finds no room is dropped. Logback's own asynchronous appender leaves the opening of a file to its caller, who would be held
 * by a pipe that nobody reads, and cannot tell that a write has failed.
 */
final class LogQueue implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(LogQueue.class);
    private static final int CAPACITY = 8192;
    private static final int LARGEST_BATCH = 1024;

    /** So long lines are collected before they are written: under load, nobody has to wake the thread. */
    private static final long NAP_MILLIS = 10;

    /** After a failure, what comes is dropped for so long. */
    private static final Duration RETRY = Duration.ofSeconds(1);

    /** How long the last lines may take. */
    private static final long FAREWELL_MILLIS = 1000;

    /** Somebody who has just seen the queue open may still be about to put a line into it. */
    private static final long AFTERMATH_MILLIS = 20;

    private final BlockingQueue<ILoggingEvent> queue = new ArrayBlockingQueue<>(CAPACITY);
    private final Encoder<ILoggingEvent> encoder;
    private final LogSink sink;
    private final LongAdder dropped;
    private final Thread worker;
    private boolean failing;
    private long failedAt;

    private LogQueue(String name, Encoder<ILoggingEvent> encoder, LogSink sink, LongAdder dropped) {
        this.encoder = encoder;
        this.sink = sink;
        this.dropped = dropped;
        this.worker = new Thread(this, "llmproxy-log-" + name);
        worker.setDaemon(true);
    }

    /**
     * Starts one.
     *
     * @param name of the thread
     * @param encoder how a line is written
     * @param sink where to
     * @param dropped counts the lines that were not written
     */
    static LogQueue start(String name, Encoder<ILoggingEvent> encoder, LogSink sink, LongAdder dropped) {
        LogQueue started = new LogQueue(name, encoder, sink, dropped);
        started.worker.start();
        return started;
    }

    /** Puts something in, if there is room. */
    void offer(ILoggingEvent event) {
        if (!queue.offer(event)) {
            dropped.increment();
        }
    }

    /** Lets the thread write what is left, and waits for that, but not for long. */
    void close() {
        worker.interrupt();
        try {
            worker.join(FAREWELL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void run() {
        try {
            while (true) {
                writeFrom(queue.take());
                TimeUnit.MILLISECONDS.sleep(NAP_MILLIS);
            }
        } catch (InterruptedException closed) {
            writeRest();
        }
    }

    private void writeRest() {
        try {
            for (ILoggingEvent event = next(); event != null; event = next()) {
                writeFrom(event);
            }
        } catch (InterruptedException again) {
            Thread.currentThread().interrupt();
        }
        closeSink();
    }

    private @Nullable ILoggingEvent next() throws InterruptedException {
        return queue.poll(AFTERMATH_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void writeFrom(ILoggingEvent first) {
        List<ILoggingEvent> batch = new ArrayList<>();
        batch.add(first);
        queue.drainTo(batch, LARGEST_BATCH);
        if (failing && System.nanoTime() - failedAt < RETRY.toNanos()) {
            dropped.add(batch.size());
            return;
        }
        try {
            ByteArrayOutputStream lines = new ByteArrayOutputStream();
            batch.forEach(event -> lines.writeBytes(encoder.encode(event)));
            sink.write(lines.toByteArray());
            failing = false;
        } catch (IOException | RuntimeException e) {
            dropped.add(batch.size());
            failed(e);
        }
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
