package io.llmproxy.ledger;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/** A file that whole lines are appended to. Used by one thread. */
interface AppendFile extends Closeable {
    /** Makes files. */
    @FunctionalInterface
    interface Maker {
        /** Makes a file that does not exist yet. */
        AppendFile create(Path path) throws IOException;
    }

    /** Where it is. */
    Path path();

    /** How many bytes of whole lines it has. */
    long length();

    /**
     * Appends lines: all of them, or none and an exception.
     *
     * @throws BrokenFileException if the file cannot be used any more; what it has of whole lines may be gone, too
     * @throws IOException if the lines could not be written now
     */
    void append(byte[] lines) throws IOException;

    /** Sees to it that the lines survive a loss of power. */
    void sync() throws IOException;

    /** The file cannot be used any more; another one may be. */
    final class BrokenFileException extends IOException {
        private static final long serialVersionUID = 1L;

        BrokenFileException(String message) {
            super(message);
        }
    }
}
