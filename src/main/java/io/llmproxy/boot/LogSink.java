package io.llmproxy.boot;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Where the lines of a log go in the end. It may fail, and it may block for as long as it likes. */
interface LogSink extends AutoCloseable {
    /** Writes some whole lines. */
    void write(byte[] lines) throws IOException;

    @Override
    void close() throws IOException;

    /** A stream of the process, which may be another one tomorrow, and is not ours to close. */
    static LogSink console(Supplier<PrintStream> stream) {
        return new LogSink() {
            @Override
            public void write(byte[] lines) {
                PrintStream current = stream.get();
                current.write(lines, 0, lines.length);
                current.flush();
            }

            @Override
            public void close() {}
        };
    }

    /** A file that lines are appended to. It is opened by the first of them, and again after a failure. */
    static LogSink file(Path file) {
        return new LogSink() {
            private @Nullable OutputStream open;

            @Override
            public void write(byte[] lines) throws IOException {
                OutputStream current = open;
                if (current == null) {
                    Files.createDirectories(file.toAbsolutePath().getParent());
                    current = new FileOutputStream(file.toFile(), true);
                    open = current;
                }
                current.write(lines);
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
}
