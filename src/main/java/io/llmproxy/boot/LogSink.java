package io.llmproxy.boot;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.Encoder;
import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Where the lines of a log go in the end. It may fail, and it may block for as long as it likes. */
interface LogSink extends AutoCloseable {
    /** Writes what was logged, all of it or, if that fails, perhaps a part. */
    void write(List<ILoggingEvent> events) throws IOException;

    @Override
    void close() throws IOException;

    /** A stream of the process, which may be another one tomorrow, and is not ours to close. */
    static LogSink console(Supplier<PrintStream> stream, Encoder<ILoggingEvent> encoder) {
        return new LogSink() {
            @Override
            public void write(List<ILoggingEvent> events) {
                byte[] lines = lines(events, encoder);
                PrintStream current = stream.get();
                current.write(lines, 0, lines.length);
                current.flush();
            }

            @Override
            public void close() {}
        };
    }

    /** A file that lines are appended to. It is opened by the first of them, and again after a failure. */
    static LogSink file(Path file, Encoder<ILoggingEvent> encoder) {
        return new LogSink() {
            private @Nullable OutputStream open;

            @Override
            public void write(List<ILoggingEvent> events) throws IOException {
                OutputStream current = open;
                if (current == null) {
                    Files.createDirectories(file.toAbsolutePath().getParent());
                    current = new FileOutputStream(file.toFile(), true);
                    open = current;
                }
                current.write(lines(events, encoder));
            }

            @Override
            public void close() throws IOException {
                OutputStream current = open;
                open = null;
                if (current != null) {
                    current.close();
                }
            }

            @Override
            public String toString() {
                return file.toString();
            }
        };
    }

    private static byte[] lines(List<ILoggingEvent> events, Encoder<ILoggingEvent> encoder) {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        events.forEach(event -> lines.writeBytes(encoder.encode(event)));
        return lines.toByteArray();
    }
}
