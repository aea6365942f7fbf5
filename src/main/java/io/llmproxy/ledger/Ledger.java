package io.llmproxy.ledger;

import io.llmproxy.config.LedgerConfig;
import io.llmproxy.journal.Journal;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps what each attempt and each exchange took and cost. Callers hand in records and go on at once: whatever the disk does, no
 * call blocks, and none throws.
 *
 * <p>A record is in a file within some ten milliseconds, and then outlives the end of the process. Where the disk takes nothing,
 * 65,536 records wait, and further ones are counted in sums: detail is lost, no token and no cent is.
 */
public final class Ledger {
    private static final Journal.Limits RECORDS =
            new Journal.Limits(65_536, 1024, Duration.ofMillis(10), Duration.ofSeconds(4));
    private static final Journal.Limits FILES =
            new Journal.Limits(1024, 1, Duration.ofMillis(10), Duration.ofSeconds(1));

    private final Tally tally = new Tally();
    private final Folds folds = new Folds();
    private final Flights flights = new Flights();
    private final AtomicLong exchanges = new AtomicLong();
    private final LedgerWriter writer;
    private final Journal<LedgerRecord> journal;
    private final Journal<Path> packing;

    private Ledger(LedgerConfig config, Node node, Time time, AppendFile.Maker maker, Journal.Limits limits) {
        Packing packer = new Packing(config, node.boot(), time);
        packing = Journal.start("llmproxy-ledger-files", FILES, packer, time.nanos());
        FileChain files = new FileChain(config, node, time, maker, flights, packing::offer);
        writer = new LedgerWriter(files, config.sync(), node, time, tally, folds, flights);
        journal = Journal.start("llmproxy-ledger", limits, writer, time.nanos());
    }

    /**
     * Opens the ledger, and waits for that a second at most. Where it is not possible yet, it is tried again each second, and what
     * comes meanwhile waits.
     *
     * @param config where it is, and how long it is kept
     * @param version of the program
     */
    public static Ledger start(LedgerConfig config, String version) {
        String name = config.node();
        Node node = Node.start(name == null ? hostName() : name, version);
        return start(config, node, Time.SYSTEM, DiskFile::create, RECORDS);
    }

    static Ledger start(LedgerConfig config, Node node, Time time, AppendFile.Maker maker, Journal.Limits limits) {
        Ledger started = new Ledger(config, node, time, maker, limits);
        started.writer.awaitOpen();
        return started;
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "node";
        }
    }

    /** Returns a number for an exchange, by which its attempts are found. */
    public long nextExchange() {
        return exchanges.incrementAndGet();
    }

    /** An attempt begins. Returns what {@link #progress} and {@link #ended} are to be told. */
    public int begun(Flight flight) {
        return flights.begin(flight);
    }

    /** So much of an attempt's answer has come. */
    public void progress(int flight, long outputBytes) {
        flights.progress(flight, outputBytes);
    }

    /** An attempt has ended, and its record was handed in. */
    public void ended(int flight) {
        flights.end(flight);
    }

    /** Takes the record of an attempt. */
    public void add(AttemptRecord attempt) {
        take(attempt);
    }

    /** Takes the record of an exchange. */
    public void add(ExchangeRecord exchange) {
        take(exchange);
    }

    /** Takes what became known of an attempt later. */
    public void add(AdjustRecord adjustment) {
        take(adjustment);
    }

    /** Takes what an attempt costs by other prices. */
    public void add(RepriceRecord price) {
        take(price);
    }

    void take(LedgerRecord record) {
        flights.taken();
        if (!journal.offer(record)) {
            writer.fold(record);
        }
    }

    /** Begins another file, soon. */
    public void rotate() {
        writer.rotate();
        journal.wake();
    }

    /** How it does. */
    public LedgerStatus status() {
        return tally.status(journal.size());
    }

    /** Writes what is left, waits for that, but no longer than 5 seconds, and closes the file. */
    public void stop() {
        journal.close();
        packing.close();
    }
}
