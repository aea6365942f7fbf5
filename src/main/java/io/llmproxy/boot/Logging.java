package io.llmproxy.boot;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import io.llmproxy.config.LogConfig;
import io.llmproxy.config.LogConfig.Format;
import io.llmproxy.config.LogConfig.Target;
import io.llmproxy.metrics.AccessLog;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Sets the log up as the configuration wants it: on the streams of the process, in a file, or in the log of the app server. */
public final class Logging {
    private static final String MESSAGE = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{24} %msg%n";
    private static final String LINE = "%msg%n";
    private static final String MESSAGES = Logger.ROOT_LOGGER_NAME;
    private static final String ACCESS = AccessLog.LOGGER;
    private static final String QUEUED = "queued";

    /** The loggers whose level operators have changed, and what it was. */
    private static final Map<String, Change> CHANGED = new HashMap<>();

    private static final ReentrantLock CHANGES = new ReentrantLock();

    /** A change of a level; a class, as two of them are never the same. */
    private static final class Change {
        private final Optional<Level> level;

        Change(Optional<Level> level) {
            this.level = level;
        }

        /** What it was before all changes; nothing if it was another logger's. */
        Optional<Level> level() {
            return level;
        }
    }

    private Logging() {}

    /**
     * Sets the log up, or changes it without losing a line. Where a container has brought a log of its own in the place of
     * ours, that one stays as it is.
     */
    public static void apply(LogConfig config) {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            if (appender(context, MESSAGES) == null) {
                context.reset();
                quiet(context);
                install(context, MESSAGES);
                install(context, ACCESS);
            }
            Logger root = context.getLogger(MESSAGES);
            root.setLevel(Level.valueOf(config.level().name()));
            redirect(context, MESSAGES, messages(config, context));
            redirect(context, ACCESS, accessLines(config, context));
        }
    }

    /**
     * Writes what is still to be written; waits no longer than a moment for it. Nothing is logged after that. A log that a
     * container has brought goes on.
     */
    public static void close() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context
                && context.getClass().getClassLoader() == Logging.class.getClassLoader()) {
            context.stop();
        }
    }

    /**
     * Logs with another level.
     *
     * @param logger its name; empty for all
     * @param level the name of the level
     * @return takes it back
     * @throws IllegalStateException if the log is a container's
     */
    static Runnable level(String logger, String level) {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            throw new IllegalStateException("the log is the container's: set its level there");
        }
        Logger changed = context.getLogger(logger.isEmpty() ? MESSAGES : logger);
        CHANGES.lock();
        try {
            // A level that was changed before is not what it was: that is kept until the last change is taken back.
            Change before = CHANGED.get(changed.getName());
            Change change = new Change(before == null ? Optional.ofNullable(changed.getLevel()) : before.level());
            CHANGED.put(changed.getName(), change);
            changed.setLevel(Level.toLevel(level));
            return () -> takeBack(changed, change);
        } finally {
            CHANGES.unlock();
        }
    }

    private static void takeBack(Logger changed, Change change) {
        CHANGES.lock();
        try {
            // A later change ends by itself.
            if (CHANGED.get(changed.getName()) == change) {
                CHANGED.remove(changed.getName());
                changed.setLevel(change.level().orElse(null));
            }
        } finally {
            CHANGES.unlock();
        }
    }

    /** How many access lines were not written. */
    static long droppedAccess() {
        return dropped(ACCESS);
    }

    /** How many messages were not written. */
    static long droppedMessages() {
        return dropped(MESSAGES);
    }

    private static long dropped(String logger) {
        LogAppender appender =
                LoggerFactory.getILoggerFactory() instanceof LoggerContext context ? appender(context, logger) : null;
        return appender == null ? 0 : appender.dropped();
    }

    private static @Nullable LogAppender appender(LoggerContext context, String logger) {
        return context.getLogger(logger).getAppender(QUEUED) instanceof LogAppender appender ? appender : null;
    }

    private static void install(LoggerContext context, String name) {
        LogAppender appender = new LogAppender();
        appender.setName(QUEUED);
        appender.setContext(context);
        appender.start();
        Logger logger = context.getLogger(name);
        logger.setAdditive(false);
        logger.setLevel(Level.INFO);
        logger.addAppender(appender);
    }

    private static void redirect(LoggerContext context, String logger, LogSink sink) {
        LogAppender appender = appender(context, logger);
        if (appender != null) {
            appender.redirect(logger.equals(ACCESS) ? "access" : "messages", sink);
        }
    }

    private static LogSink messages(LogConfig config, LoggerContext context) {
        return config.to() == Target.CONTAINER
                ? new ContainerLog()
                : LogSink.console(() -> System.err, encoder(config.format(), context));
    }

    private static LogSink accessLines(LogConfig config, LoggerContext context) {
        Encoder<ILoggingEvent> line = pattern(context, LINE);
        Path file = config.accessFile();
        if (file != null) {
            return LogSink.file(file, line);
        }
        return config.to() == Target.CONTAINER ? new ContainerLog() : LogSink.console(() -> System.out, line);
    }

    /** Logs on standard error, at once. */
    static void plainly(LoggerContext context, Level level) {
        ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setTarget("System.err");
        console.setContext(context);
        console.setEncoder(pattern(context, MESSAGE));
        console.start();
        Logger root = context.getLogger(MESSAGES);
        root.setLevel(level);
        root.addAppender(console);
    }

    /** What libraries say at level info is of no use to an operator. */
    private static void quiet(LoggerContext context) {
        for (String library : new String[] {"org.eclipse.jetty", "org.jboss", "io.smallrye", "org.flywaydb"}) {
            context.getLogger(library).setLevel(Level.WARN);
        }
        // It warns of each answer that we break off, as we tell it to.
        context.getLogger("org.eclipse.jetty.ee10.servlet.ServletChannel").setLevel(Level.ERROR);
        // It warns of threads that take a moment to end; a database that is away is told of by the store.
        context.getLogger("com.zaxxer.hikari").setLevel(Level.ERROR);
        // The configuration has warned of certificates that are not checked, and named the upstream.
        context.getLogger("org.eclipse.jetty.util.ssl.SslContextFactory.config").setLevel(Level.ERROR);
    }

    private static Encoder<ILoggingEvent> encoder(Format format, LoggerContext context) {
        return format == Format.TEXT ? pattern(context, MESSAGE) : started(new JsonEncoder(), context);
    }

    private static Encoder<ILoggingEvent> pattern(LoggerContext context, String pattern) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setPattern(pattern);
        return started(encoder, context);
    }

    private static Encoder<ILoggingEvent> started(Encoder<ILoggingEvent> encoder, LoggerContext context) {
        encoder.setContext(context);
        encoder.start();
        return encoder;
    }
}
