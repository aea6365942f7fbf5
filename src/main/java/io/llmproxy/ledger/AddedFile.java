package io.llmproxy.ledger;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A file with records that are added to a ledger from beside, also while a gateway writes to it. It is a run of its own with one file,
 * which is seen when it is whole, or never; without a record there is none.
 */
final class AddedFile implements AutoCloseable {
    private static final String UNFINISHED = ".part";
    private static final int PIECE = 64 * 1024;

    private final Path directory;
    private final Node node;
    private final long now;
    private final LedgerName name;
    private final LedgerLine line;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
    private @Nullable AppendFile file;
    private long last;

    /** @param now in milliseconds since 1970 */
    AddedFile(Path directory, Node node, long now) {
        this.directory = directory;
        this.node = node;
        this.now = now;
        this.name = LedgerName.of(node.name(), node.boot(), Instant.ofEpochMilli(now), 1);
        this.line = new LedgerLine(node.boot());
    }

    /** @throws UncheckedIOException if the disk does not take it */
    void add(LedgerRecord record) {
        if (last == 0) {
            line.begin("open", LedgerId.open(node.boot(), 1), now)
                    .text("node", node.name())
                    .text("boot", node.boot())
                    .number("file", 1)
                    .number("first", 1)
                    .text("version", node.version());
            pending.writeBytes(line.finish());
        }
        last++;
        line.begin(record.type(), LedgerId.line(node.boot(), last), record.at());
        record.write(line);
        pending.writeBytes(line.finish());
        if (pending.size() >= PIECE) {
            try {
                write();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private AppendFile write() throws IOException {
        AppendFile open = file;
        if (open == null) {
            open = DiskFile.create(directory.resolve(name.plain() + UNFINISHED));
            file = open;
        }
        open.append(pending.toByteArray());
        pending.reset();
        return open;
    }

    /** Ends the file, and lets it be seen. Returns where it is; null if there is no record. */
    @Nullable Path finish() throws IOException {
        if (last == 0) {
            return null;
        }
        line.begin("close", LedgerId.close(node.boot(), 1), now)
                .number("records", last)
                .number("last", last);
        pending.writeBytes(line.finish());
        AppendFile whole = write();
        whole.sync();
        whole.close();
        file = null;
        return Files.move(whole.path(), directory.resolve(name.plain()));
    }

    /** What is not finished is removed. */
    @Override
    public void close() throws IOException {
        AppendFile unfinished = file;
        if (unfinished != null) {
            unfinished.close();
            Files.deleteIfExists(unfinished.path());
        }
    }
}
