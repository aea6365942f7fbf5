package io.llmproxy.ledger;

import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A file between its first line and its last. Used by one thread. */
final class OpenFile {
    private static final Logger LOG = LoggerFactory.getLogger(OpenFile.class);

    private final AppendFile file;
    private final LedgerName name;
    private final long first;
    private final long openedAt;
    private long last;
    private boolean unsynced = true;

    /**
     * Takes a file whose first line is written.
     *
     * @param first the number of the record that comes first
     * @param openedAt in nanoseconds
     */
    OpenFile(AppendFile file, LedgerName name, long first, long openedAt) {
        this.file = file;
        this.name = name;
        this.first = first;
        this.last = first - 1;
        this.openedAt = openedAt;
    }

    AppendFile file() {
        return file;
    }

    String name() {
        return name.plain();
    }

    /** How long it has been open, in nanoseconds. */
    long age(long now) {
        return now - openedAt;
    }

    boolean isEmpty() {
        return last < first;
    }

    void append(byte[] lines, long lastOfThem) throws IOException {
        file.append(lines);
        last = lastOfThem;
        unsynced = true;
    }

    /** Makes what was written survive a loss of power. Returns whether there was something. */
    boolean sync() throws IOException {
        if (!unsynced) {
            return false;
        }
        file.sync();
        unsynced = false;
        return true;
    }

    /** Writes the last line; returns whether that was possible. */
    boolean finish(LedgerLine line, long now) {
        boolean whole = false;
        try {
            line.begin("close", LedgerId.close(name.boot(), name.file()), now);
            file.append(line.number("records", last - first + 1)
                    .number("last", last)
                    .finish());
            file.sync();
            whole = true;
        } catch (IOException e) {
            LOG.debug("{} has no last line", file.path(), e);
        }
        abandon();
        return whole;
    }

    /** Closes it as it is. */
    void abandon() {
        try {
            file.close();
        } catch (IOException e) {
            LOG.debug("{} cannot be closed", file.path(), e);
        }
    }
}
