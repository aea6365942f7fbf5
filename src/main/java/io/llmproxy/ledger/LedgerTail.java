package io.llmproxy.ledger;

import io.llmproxy.ledger.LineReader.Line;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads on in a ledger from where it was read before, also while it is written, and adds up what its lines say. Each record is read once,
 * over all restarts, if what it returns and the marks are kept together.
 */
public final class LedgerTail {
    private final Map<String, List<LedgerName.Found>> runs = new LinkedHashMap<>();
    private final Map<String, Mark> marks = new HashMap<>();
    private final Map<Sum, UsedAttempt> sums = new LinkedHashMap<>();
    private final Map<Path, String> unread = new HashMap<>();
    private long left;

    /**
     * How far a run is read.
     *
     * @param run the run of a process, 64 random bits
     * @param file which of its files is read at the moment, from 1
     * @param position how many bytes of it are read
     * @param record the number of the last record that was read
     */
    public record Mark(String run, int file, long position, long record) {
        private static Mark none(String run) {
            return new Mark(run, 1, 0, 0);
        }
    }

    /**
     * What was read.
     *
     * @param used sums for each hour, forward, key, model and upstream
     * @param marks how far each run is read whose files are there
     * @param unread files that cannot be read, and why; their runs wait
     * @param more whether there is more to read
     */
    public record Part(List<UsedAttempt> used, List<Mark> marks, Map<Path, String> unread, boolean more) {
        /** Copies the collections. */
        public Part {
            used = List.copyOf(used);
            marks = List.copyOf(marks);
            unread = Map.copyOf(unread);
        }
    }

    private record Sum(Instant hour, String forward, String key, String model, String upstream) {
        static Sum of(UsedAttempt used) {
            return new Sum(used.at(), used.forward(), used.key(), used.model(), used.upstream());
        }
    }

    /**
     * Looks which files there are. What is written into files that are begun later is read the next time.
     *
     * @throws IOException if a directory cannot be read
     */
    public LedgerTail(LedgerFiles ledger) throws IOException {
        for (Path directory : ledger.directories()) {
            if (Files.isDirectory(directory)) {
                for (LedgerName.Found found : LedgerName.in(directory)) {
                    runs.computeIfAbsent(found.name().boot(), run -> new ArrayList<>())
                            .add(found);
                }
            }
        }
        // A run that has gone to another disk and back has files in two directories.
        runs.values()
                .forEach(files ->
                        files.sort(Comparator.comparingInt(found -> found.name().file())));
    }

    /** The runs whose files are there. */
    public Set<String> runs() {
        return runs.keySet();
    }

    /**
     * Reads on; once for each instance.
     *
     * @param before how far runs were read before; a run without a mark is read from its beginning
     * @param most how many lines are read at most
     */
    public Part read(Collection<Mark> before, long most) {
        left = most;
        before.stream().filter(mark -> runs.containsKey(mark.run())).forEach(mark -> marks.put(mark.run(), mark));
        for (Map.Entry<String, List<LedgerName.Found>> run : runs.entrySet()) {
            boolean readable = true;
            for (LedgerName.Found found : run.getValue()) {
                Mark mark = marks.getOrDefault(run.getKey(), Mark.none(run.getKey()));
                if (readable && found.name().file() >= mark.file()) {
                    long position = found.name().file() == mark.file() ? mark.position() : 0;
                    readable = read(found, new Mark(mark.run(), found.name().file(), position, mark.record()));
                }
                if (left <= 0) {
                    return part(true);
                }
            }
        }
        return part(false);
    }

    private Part part(boolean more) {
        return new Part(List.copyOf(sums.values()), List.copyOf(marks.values()), unread, more);
    }

    /** Returns whether the file could be read. */
    private boolean read(LedgerName.Found found, Mark from) {
        try {
            long begin = found.name().packed() ? from.position() : begin(found.path(), from.position());
            Map<Sum, UsedAttempt> read = new LinkedHashMap<>();
            Mark to = begin < 0 ? from : onward(found, new Mark(from.run(), from.file(), begin, from.record()), read);
            // Of a file that breaks in its middle, nothing counts, or its beginning would count each time.
            read.forEach((sum, used) -> sums.merge(sum, used, UsedAttempt::plus));
            marks.put(from.run(), to);
        } catch (NoSuchFileException deleted) {
            // It was too old, or too much, after its directory was read.
            marks.put(from.run(), from);
        } catch (IOException e) {
            unread.put(found.path(), String.valueOf(e.getMessage()));
            return false;
        }
        return true;
    }

    /** Where to go on in a file; negative if all of it is read. One that is shorter than it was took the place of one that was removed. */
    private static long begin(Path file, long position) throws IOException {
        try {
            long size = Files.size(file);
            return size == position ? -1 : size < position ? 0 : position;
        } catch (NoSuchFileException packed) {
            return position;
        }
    }

    private Mark onward(LedgerName.Found found, Mark from, Map<Sum, UsedAttempt> read) throws IOException {
        try (LineReader reader = LineReader.open(found.path(), from.position())) {
            return onward(reader, found.name().packed(), from, read);
        } catch (EOFException shorter) {
            // The end of the file did not outlive a loss of power.
            read.clear();
            try (LineReader reader = LineReader.open(found.path())) {
                return onward(reader, found.name().packed(), from, read);
            }
        }
    }

    private Mark onward(LineReader reader, boolean whole, Mark from, Map<Sum, UsedAttempt> read) throws IOException {
        Mark mark = from;
        while (left > 0) {
            Line line = reader.next();
            if (line == null || line.state() == LineReader.State.TORN) {
                // Nothing is added to a file that is compressed.
                return whole ? new Mark(from.run(), from.file() + 1, 0, mark.record()) : mark;
            }
            left--;
            mark = line.type().equals("close")
                    ? new Mark(from.run(), from.file() + 1, 0, mark.record())
                    : new Mark(from.run(), from.file(), reader.offset(), take(line, mark, read));
        }
        return mark;
    }

    /** Takes a line unless it was read before, and returns the number of the last record that is read. */
    private static long take(Line line, Mark mark, Map<Sum, UsedAttempt> read) {
        long number = LedgerId.sequence(mark.run(), line.id());
        if (line.state() != LineReader.State.GOOD || number <= mark.record()) {
            return mark.record();
        }
        UsedAttempt used = used(line);
        if (used != null) {
            UsedAttempt ofHour = used.ofHour();
            read.merge(Sum.of(ofHour), ofHour, UsedAttempt::plus);
        }
        return number;
    }

    private static @Nullable UsedAttempt used(Line line) {
        try {
            return UsedAttempt.added(line);
        } catch (DateTimeException | NumberFormatException otherForm) {
            // It is of another release, or was written by hand: it counts as little as one that is damaged.
            return null;
        }
    }
}
