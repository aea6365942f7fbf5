package io.llmproxy.ledger;

import io.llmproxy.ledger.FlightMap.Counter;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A run of a process that ended without closing its ledger.
 *
 * @param left the map that it has left
 * @param records what is to be written of it
 */
record Crash(Path left, List<LedgerRecord> records) {
    private static final Logger LOG = LoggerFactory.getLogger(Crash.class);

    /**
     * Finds those that have left their map in a directory. The files stay as they are.
     *
     * @param directory where to look for maps
     * @param all the directories that its files may be in
     * @param own the run of this process
     * @param now in milliseconds since 1970
     */
    static List<Crash> find(Path directory, List<Path> all, String own, long now) throws IOException {
        List<Crash> found = new ArrayList<>();
        try (DirectoryStream<Path> maps = Files.newDirectoryStream(directory, "*" + FlightMap.SUFFIX)) {
            for (Path map : maps) {
                String name = map.getFileName().toString();
                String boot = bootOf(name.substring(0, name.length() - FlightMap.SUFFIX.length()));
                if (!boot.equals(own)) {
                    found.add(of(map, boot, all, now));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return found;
    }

    private static String bootOf(String name) {
        return name.substring(name.lastIndexOf('-') + 1);
    }

    private static Crash of(Path map, String boot, List<Path> all, long now) {
        List<LedgerRecord> records = new ArrayList<>();
        try {
            FlightMap left = FlightMap.read(map);
            Tail tail = Tail.of(boot, all, left.get(Counter.LAST_LINE));
            long missing = left.get(Counter.TAKEN) - left.get(Counter.WRITTEN) - tail.beyond();
            long open = left.get(Counter.BEGUN) - left.get(Counter.SETTLED);
            GapRecord gap = new GapRecord(
                    now,
                    boot,
                    tail.file(),
                    tail.whole(),
                    tail.torn(),
                    Math.max(0, missing),
                    Math.max(0, open),
                    left.get(Counter.ALIVE));
            records.add(gap);
            left.flights().forEach(flight -> records.add(new OrphanRecord(now, boot, flight)));
            LOG.warn(
                    "ledger: a process ended without closing it: {} records missing, {} attempts unfinished,"
                            + " {} bytes of an incomplete line in {}",
                    gap.missing(),
                    gap.open(),
                    gap.torn(),
                    gap.file() == null ? "no file" : gap.file());
        } catch (IOException | RuntimeException e) {
            LOG.warn("ledger: {} cannot be read; it is unknown how many records its process lost", map, e);
        }
        return new Crash(map, records);
    }

    /**
     * The end of what a run has written.
     *
     * @param file its last file; null if there is none
     * @param whole how many bytes of it are whole lines
     * @param torn how many bytes follow
     * @param beyond how many records stand in lines that the process did not come to count
     */
    private record Tail(@Nullable String file, long whole, long torn, long beyond) {
        static Tail of(String boot, List<Path> directories, long lastLine) throws IOException {
            LedgerName.Found last = null;
            for (Path directory : directories) {
                for (LedgerName.Found found :
                        Files.isDirectory(directory) ? LedgerName.in(directory) : List.<LedgerName.Found>of()) {
                    if (found.name().boot().equals(boot)
                            && (last == null
                                    || found.name().file() > last.name().file())) {
                        last = found;
                    }
                }
            }
            return last == null ? new Tail(null, 0, 0, 0) : read(boot, last.path(), lastLine);
        }

        private static Tail read(String boot, Path file, long lastLine) throws IOException {
            long whole = 0;
            long beyond = 0;
            try (LineReader reader = LineReader.open(file)) {
                for (LineReader.Line line = reader.next(); line != null; line = reader.next()) {
                    if (line.state() == LineReader.State.GOOD) {
                        whole = reader.offset();
                        beyond += LedgerId.sequence(boot, line.id()) > lastLine ? standsFor(line) : 0;
                    }
                }
                return new Tail(file.getFileName().toString(), whole, reader.offset() - whole, beyond);
            }
        }

        private static long standsFor(LineReader.Line line) {
            return switch (line.type()) {
                case "fold" -> line.json().number("n", 0);
                case "gap", "orphan" -> 0;
                default -> 1;
            };
        }
    }
}
