package io.llmproxy.ledger;

import io.llmproxy.ledger.LineReader.Line;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads on in a ledger from where it was read before, also while it is written, and adds up what its lines say. Each record is read once,
 * over all restarts, if what it returns and the marks are kept together.
 */
public final class LedgerTail {
    private final Map<String, List<LedgerName.Found>> runs = new LinkedHashMap<>();
    private final Map<String, Mark> marks = new HashMap<>();
    private final Map<Sum, UsedAttempt> sums = new LinkedHashMap<>();
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
     * @param more whether there is more to read
     */
    public record Part(List<UsedAttempt> used, List<Mark> marks, boolean more) {
        /** Copies the lists. */
        public Part {
            used = List.copyOf(used);
            marks = List.copyOf(marks);
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
     * @throws IOException if a file cannot be read
     */
    public Part read(Collection<Mark> before, long most) throws IOException {
        left = most;
        before.stream().filter(mark -> runs.containsKey(mark.run())).forEach(mark -> marks.put(mark.run(), mark));
        for (Map.Entry<String, List<LedgerName.Found>> run : runs.entrySet()) {
            for (LedgerName.Found found : run.getValue()) {
                Mark mark = marks.getOrDefault(run.getKey(), Mark.none(run.getKey()));
                if (found.name().file() >= mark.file()) {
                    read(found, found.name().file() == mark.file() ? mark.position() : 0, mark.record());
                }
                if (left <= 0) {
                    return part(true);
                }
            }
        }
        return part(false);
    }

    private Part part(boolean more) {
        return new Part(List.copyOf(sums.values()), List.copyOf(marks.values()), more);
    }

    private void read(LedgerName.Found found, long position, long known) throws IOException {
        String run = found.name().boot();
        int file = found.name().file();
        Mark mark = new Mark(run, file, position, known);
        try {
            long from = found.name().packed() ? position : begin(found.path(), position);
            if (from >= 0) {
                mark = read(found, new Mark(run, file, from, known));
            }
        } catch (NoSuchFileException deleted) {
            // It was too old, or too much, after its directory was read.
        }
        marks.put(run, mark);
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

    private Mark read(LedgerName.Found found, Mark from) throws IOException {
        Mark mark = from;
        try (LineReader reader = LineReader.open(found.path(), from.position())) {
            for (Line line = reader.next();
                    line != null && line.state() != LineReader.State.TORN && left > 0;
                    line = reader.next()) {
                left--;
                mark = line.type().equals("close")
                        ? new Mark(from.run(), from.file() + 1, 0, mark.record())
                        : new Mark(from.run(), from.file(), reader.offset(), take(line, from.run(), mark.record()));
            }
        }
        return mark;
    }

    /** Takes a line unless it was read before, and returns the number of the last record that is read. */
    private long take(Line line, String run, long known) {
        long number = LedgerId.sequence(run, line.id());
        if (line.state() != LineReader.State.GOOD || number <= known) {
            return known;
        }
        UsedAttempt used = UsedAttempt.added(line);
        if (used != null) {
            UsedAttempt ofHour = used.at(used.at().truncatedTo(ChronoUnit.HOURS));
            sums.merge(Sum.of(ofHour), ofHour, UsedAttempt::plus);
        }
        return number;
    }
}
