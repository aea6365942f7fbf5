package io.llmproxy.ledger;

import io.llmproxy.ledger.LineReader.Line;
import io.llmproxy.ledger.LineReader.State;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Reads all files of a ledger, the oldest first, and finds what is not as it was written: lines that are damaged, torn, missing or
 * out of order. What a later line tells of, such as the torn line of a process that was killed, is a note and no problem.
 */
final class Scan {
    private final Map<Path, Boolean> live = new LinkedHashMap<>();
    private final Map<String, GapTold> gaps = new LinkedHashMap<>();
    private final List<Torn> torn = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final Map<String, Run> runs = new LinkedHashMap<>();
    private final Consumer<Line> visitor;
    private long files;
    private long records;
    private long missing;
    private long open;

    private record GapTold(String file, long whole) {
        boolean isAt(Path path, long offset) {
            return isOf(path) && whole == offset;
        }

        /** The file may have been compressed since. */
        boolean isOf(Path path) {
            return LedgerName.plainOf(Path.of(file)).equals(LedgerName.plainOf(path));
        }
    }

    private record Torn(Path file, String boot, long line, long offset) {}

    private Scan(Consumer<Line> visitor) {
        this.visitor = visitor;
    }

    /**
     * Reads directories.
     *
     * @param visitor is given each line that is whole, in the order of the files
     * @throws IOException if a directory cannot be read
     */
    static Scan of(List<Path> directories, Consumer<Line> visitor) throws IOException {
        Scan scan = new Scan(visitor);
        List<LedgerName.Found> all = new ArrayList<>();
        for (Path directory : directories) {
            all.addAll(LedgerName.in(directory));
            scan.live.put(directory, DirectoryLock.isHeld(directory));
        }
        all.sort((one, other) -> LedgerName.BY_AGE.compare(one.name(), other.name()));
        // The clock may have gone back: within a run, the number counts.
        Map<String, List<LedgerName.Found>> byRun = new LinkedHashMap<>();
        all.forEach(found -> byRun.computeIfAbsent(found.name().boot(), boot -> new ArrayList<>())
                .add(found));
        byRun.values().forEach(run -> {
            run.sort((one, other) ->
                    Integer.compare(one.name().file(), other.name().file()));
            run.forEach(scan::read);
        });
        scan.runs.values().forEach(run -> run.end(scan.problems));
        scan.torn.forEach(scan::judge);
        scan.runs.values().stream().filter(Run::isOpen).forEach(scan::judgeEnd);
        return scan;
    }

    private void read(LedgerName.Found found) {
        files++;
        Run run = runs.computeIfAbsent(found.name().boot(), boot -> new Run(found));
        run.begin(found, notes);
        try (LineReader reader = LineReader.open(found.path())) {
            for (Line line = reader.next(); line != null; line = reader.next()) {
                if (line.state() == State.TORN) {
                    torn.add(new Torn(found.path(), found.name().boot(), line.number(), line.offset()));
                } else if (line.state() == State.DAMAGED) {
                    problems.add(
                            at(found.path(), line.number()) + "the checksum is wrong, or it is not a line of a ledger");
                    run.damaged();
                } else {
                    take(found, run, line);
                    run.reached(reader.offset());
                }
            }
        } catch (NoSuchFileException deleted) {
            notes.add(
                    found.path()
                            + ": was deleted while it was read: it was older than retain_for, or all files were larger than retain_size");
        } catch (IOException e) {
            problems.add(found.path() + ": cannot be read to its end: " + e.getMessage());
        }
    }

    private void take(LedgerName.Found found, Run run, Line line) {
        switch (line.type()) {
            case "open" -> run.opened(found.path(), line, problems);
            case "close" -> run.closed(found.path(), line, problems);
            default -> {
                records++;
                if (run.record(found.path(), line, problems)) {
                    if (line.type().equals("gap")) {
                        gap(line);
                    }
                    visitor.accept(line);
                }
            }
        }
    }

    private void gap(Line line) {
        String boot = line.json().string("of", "");
        gaps.put(boot, new GapTold(line.json().string("file", ""), line.json().number("whole_bytes", 0)));
        long lost = line.json().number("missing", 0);
        long begun = line.json().number("open", 0);
        missing += lost;
        open += begun;
        notes.add("the process " + boot + " ended without closing its ledger: " + lost + " records missing, " + begun
                + " attempts unfinished");
    }

    private void judge(Torn tail) {
        String where = at(tail.file(), tail.line());
        GapTold told = gaps.get(tail.boot());
        if (told != null && told.isAt(tail.file(), tail.offset())) {
            notes.add(where + "incomplete since its process ended; the next process recorded this");
        } else if (isBeingWritten(tail.file())) {
            notes.add(where + "is being written");
        } else {
            problems.add(where + "incomplete: the line has no end");
        }
    }

    /** A run's last file has no last line: something may have been cut off, unless it is known why. */
    private void judgeEnd(Run run) {
        Path file = run.lastFile();
        GapTold told = gaps.get(run.boot());
        boolean known = told != null && told.isAt(file, run.whole());
        if (known || isBeingWritten(file)) {
            return;
        }
        problems.add(file
                + (told != null && told.isOf(file)
                        ? ": has " + run.whole() + " bytes of whole lines (expected: " + told.whole()
                                + ", as the next process recorded)"
                        : ": has no last line, so its process was killed, and no later process recorded what"
                                + " is missing"));
    }

    private boolean isBeingWritten(Path file) {
        return live.getOrDefault(file.getParent(), false)
                && runs.values().stream().anyMatch(run -> file.equals(run.lastFile()));
    }

    static String at(Path file, long line) {
        return file + ":" + line + ": ";
    }

    /** How many files there are. */
    long files() {
        return files;
    }

    /** How many lines hold records. */
    long records() {
        return records;
    }

    /** How many records processes that were killed took and did not write. */
    long missing() {
        return missing;
    }

    /** How many attempts processes that were killed left open. */
    long open() {
        return open;
    }

    /** What is not as it was written, one sentence each. */
    List<String> problems() {
        return problems;
    }

    /** What is worth knowing, one sentence each. */
    List<String> notes() {
        return notes;
    }
}
