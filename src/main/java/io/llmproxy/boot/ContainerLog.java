package io.llmproxy.boot;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import java.util.List;
import java.util.Map;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * The log of the app server that the gateway runs in. All of them take what is logged by {@code java.util.logging} into their own
 * log, with the server's levels, formats and files.
 */
final class ContainerLog implements LogSink {
    private static final Map<Integer, java.util.logging.Level> LEVELS = Map.of(
            Level.ERROR_INT, java.util.logging.Level.SEVERE,
            Level.WARN_INT, java.util.logging.Level.WARNING,
            Level.INFO_INT, java.util.logging.Level.INFO,
            Level.DEBUG_INT, java.util.logging.Level.FINE,
            Level.TRACE_INT, java.util.logging.Level.FINER);

    @Override
    public void write(List<ILoggingEvent> events) {
        events.forEach(event -> Logger.getLogger(event.getLoggerName()).log(record(event)));
    }

    private static LogRecord record(ILoggingEvent event) {
        LogRecord record = new LogRecord(
                LEVELS.getOrDefault(event.getLevel().toInt(), java.util.logging.Level.INFO),
                event.getFormattedMessage());
        record.setLoggerName(event.getLoggerName());
        record.setInstant(event.getInstant());
        // Else the first to ask for them searches the stack of the thread that writes, and finds this class.
        record.setSourceClassName(event.getLoggerName());
        record.setSourceMethodName(null);
        if (event.getThrowableProxy() instanceof ThrowableProxy thrown) {
            record.setThrown(thrown.getThrowable());
        }
        return record;
    }

    @Override
    public void close() {}

    @Override
    public String toString() {
        return "the app server's log";
    }
}
