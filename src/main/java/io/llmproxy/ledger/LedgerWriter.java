package io.llmproxy.ledger;

import io.llmproxy.config.LedgerConfig.Sync;
import io.llmproxy.journal.JournalSink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes lines of records and writes them. What cannot be written now is kept and tried again each second; meanwhile, further
 * records wait in the queue, and then are counted in sums. Used by the journal's thread.
 */
final class LedgerWriter implements JournalSink<LedgerRecord> {
    private static final Logger LOG = LoggerFactory.getLogger(LedgerWriter.class);

    /** Between two tries, two synchronizations, two sums. */
    private static final Duration BEAT = Duration.ofSeconds(1);

    /** After so many failures in a row, the other disk is taken. */
    private static final int PATIENCE = 3;

    private final FileChain files;
    private final Sync sync;
    private final Node node;
    private final Time time;
    private final Tally tally;
    private final Folds folds;
    private final Flights flights;
    private final LedgerLine line;
    private final CountDownLatch tried = new CountDownLatch(1);
    private final AtomicBoolean rotation = new AtomicBoolean();
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
    private final List<Crash> told = new ArrayList<>();
    private long lastLine;
    private long lastWritten;
    private long pendingSingles;
    private long pendingStands;
    private long recordsWritten;
    private long foldedFrom;
    private long nextTry;
    private long nextSync;
    private long nextFold;
    private int failures;
    /** How many records of the batch that is taken at the moment are pending or counted. */
    private int encoded;

    LedgerWriter(FileChain files, Sync sync, Node node, Time time, Tally tally, Folds folds, Flights flights) {
        this.files = files;
        this.sync = sync;
        this.node = node;
        this.time = time;
        this.tally = tally;
        this.folds = folds;
        this.flights = flights;
        this.line = new LedgerLine(node.boot());
        this.foldedFrom = time.millis();
        long now = time.now();
        this.nextTry = now;
        this.nextSync = now;
        this.nextFold = now;
    }

    /** Begins another file, soon. Any thread may ask for it. */
    void rotate() {
        rotation.set(true);
    }

    /** Waits until a file is open, or cannot be opened now, but not for long. */
    void awaitOpen() {
        try {
            boolean unused = tried.await(BEAT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void write(List<LedgerRecord> batch) {
        encoded = 0;
        for (LedgerRecord record : batch) {
            encode(record);
            encoded++;
        }
        flush();
    }

    /** What is encoded already is written with the next try. */
    @Override
    public void lost(List<LedgerRecord> batch) {
        batch.stream().skip(encoded).forEach(this::fold);
    }

    @Override
    public boolean ready() {
        return pending.size() == 0;
    }

    @Override
    public Duration tend() {
        long now = time.now();
        if (now - nextTry >= 0 && (!ready() || files.file() == null)) {
            flush();
        }
        if (ready()) {
            writeFolds(now);
            if (rotation.compareAndSet(true, false) || files.shouldRotate()) {
                files.rotate(lastLine + 1);
                told();
            }
        }
        syncIfDue(now);
        flights.alive(time.millis());
        return BEAT;
    }

    @Override
    public void close(List<LedgerRecord> left) {
        left.forEach(this::fold);
        nextFold = time.now();
        if (ready() || flushed()) {
            writeFolds(nextFold);
        }
        long lost = pendingStands
                + folds.take(foldedFrom, time.millis()).stream()
                        .mapToLong(FoldRecord::stands)
                        .sum();
        files.close(lost == 0 && synced());
        tally.at(null, 0);
        if (lost > 0) {
            tally.lost.add(lost);
            LOG.error("ledger: {} records could not be written before the stop", lost);
        }
    }

    /** Counts a record in a sum; one that cannot even be counted so is lost. */
    void fold(LedgerRecord record) {
        try {
            if (folds.add(record)) {
                tally.folded.increment();
                return;
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.debug("a record cannot be counted", e);
        }
        tally.lost.increment();
    }

    private void encode(LedgerRecord record) {
        try {
            line.begin(record.type(), LedgerId.line(node.boot(), lastLine + 1), record.at());
            record.write(line);
            pending.writeBytes(line.finish());
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.warn("ledger: cannot write a record of type {}; it is added to a summary", record.type(), e);
            fold(record);
            return;
        }
        lastLine++;
        pendingStands += record.stands();
        pendingSingles += record instanceof FoldRecord ? 0 : record.stands();
    }

    private void writeFolds(long now) {
        if (now - nextFold >= 0 && !folds.isEmpty()) {
            long until = time.millis();
            folds.take(foldedFrom, until).forEach(this::encode);
            foldedFrom = until;
            nextFold = now + BEAT.toNanos();
            flush();
        }
    }

    private void flush() {
        boolean unused = flushed();
    }

    /** Writes what is pending, and returns whether nothing is any more. */
    private boolean flushed() {
        try {
            files.open(lastWritten + 1);
            tellCrashes();
            if (pending.size() > 0) {
                long start = time.now();
                files.append(pending.toByteArray(), lastWritten + 1, lastLine);
                written(time.now() - start);
            }
            if (sync == Sync.ALWAYS) {
                sync();
            }
            told();
            return true;
        } catch (IOException e) {
            failed(e);
            return false;
        } finally {
            tried.countDown();
        }
    }

    private void written(long nanos) {
        lastWritten = lastLine;
        recordsWritten += pendingStands;
        tally.written.add(pendingSingles);
        tally.writes.increment();
        tally.writeNanos.add(nanos);
        flights.written(recordsWritten, lastWritten, time.millis());
        pending.reset();
        pendingSingles = 0;
        pendingStands = 0;
    }

    private void told() {
        AppendFile file = files.file();
        if (file != null) {
            tally.at(file.path().toString(), file.length());
            if (failures > 0) {
                LOG.info("ledger: {} is writable again; records that were not written are in summaries", file.path());
            }
            failures = 0;
            tally.failing(null);
        }
    }

    private void failed(IOException cause) {
        String why = reason(cause);
        if (failures == 0) {
            LOG.warn("ledger: cannot write; the next attempts follow every second: {}", why);
        }
        failures++;
        tally.writeErrors.increment();
        tally.failing(why);
        nextTry = time.now() + BEAT.toNanos();
        if (cause instanceof AppendFile.BrokenFileException && failures == 1) {
            nextTry = time.now();
        } else if (failures % PATIENCE == 0) {
            files.goAway();
        }
    }

    private static String reason(IOException cause) {
        String message = cause.getMessage();
        boolean plain = cause.getClass() == IOException.class || cause instanceof AppendFile.BrokenFileException;
        return plain && message != null
                ? message
                : cause.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }

    /** What processes before this one have lost is written once it is known. */
    private void tellCrashes() {
        for (Crash crash : files.takeCrashes()) {
            for (LedgerRecord record : crash.records()) {
                encode(record);
                if (record instanceof GapRecord gap) {
                    tally.missing.add(gap.missing());
                    tally.orphans.add(gap.open());
                }
            }
            told.add(crash);
        }
    }

    private void syncIfDue(long now) {
        if (now - nextSync >= 0) {
            nextSync = now + BEAT.toNanos();
            boolean unused = synced();
        }
    }

    private boolean synced() {
        try {
            sync();
            return true;
        } catch (IOException e) {
            failed(e);
            return false;
        }
    }

    private void sync() throws IOException {
        if (files.sync()) {
            tally.syncedAt.set(time.millis());
        }
        if (ready()) {
            for (Crash crash : told) {
                Files.deleteIfExists(crash.left());
            }
            told.clear();
        }
    }
}
