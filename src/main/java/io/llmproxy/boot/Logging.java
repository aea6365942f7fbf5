package io.llmproxy.boot;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import io.llmproxy.config.LogConfig;
import io.llmproxy.config.LogConfig.Format;
import io.llmproxy.metrics.AccessLog;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Sets the log up as the configuration wants it: messages on standard error, access lines on standard output or in a file. */
public final class Logging {
    private static final String MESSAGE = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{24} %msg%n";
    private static final String LINE = "%msg%n";

    private Logging() {}

    /** Sets the log up. Where a container has brought a log of its own in the place of ours, that one stays as it is. */
    public static void apply(LogConfig config) {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            context.reset();
            messages(context, Level.valueOf(config.level().name()), config.format());
            quiet(context);
            Logger access = context.getLogger(AccessLog.LOGGER);
            access.setAdditive(false);
            access.setLevel(Level.INFO);
            access.addAppender(access(context, config.accessFile()));
        }
    }

    static void messages(LoggerContext context, Level level, Format format) {
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(level);
        root.addAppender(console(context, "System.err", encoder(format, context)));
    }

    /** What libraries say at level info is of no use to an operator. */
    private static void quiet(LoggerContext context) {
        for (String library : new String[] {"org.eclipse.jetty", "org.jboss", "io.smallrye"}) {
            context.getLogger(library).setLevel(Level.WARN);
        }
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

    private static OutputStreamAppender<ILoggingEvent> access(LoggerContext context, @Nullable Path file) {
        Encoder<ILoggingEvent> lines = pattern(context, LINE);
        if (file == null) {
            return console(context, "System.out", lines);
        }
        FileAppender<ILoggingEvent> appender = new FileAppender<>();
        appender.setFile(file.toString());
        return start(appender, context, lines);
    }

    private static OutputStreamAppender<ILoggingEvent> console(
            LoggerContext context, String target, Encoder<ILoggingEvent> encoder) {
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setTarget(target);
        return start(appender, context, encoder);
    }

    private static OutputStreamAppender<ILoggingEvent> start(
            OutputStreamAppender<ILoggingEvent> appender, LoggerContext context, Encoder<ILoggingEvent> encoder) {
        appender.setContext(context);
        appender.setEncoder(encoder);
        appender.start();
        return appender;
    }
}
