package io.llmproxy.ledger;

import io.llmproxy.ledger.LineReader.Line;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What one run of a process has written, as far as it was read. Its records are numbered without a gap. */
final class Run {
    /** Where a gap is, and how it ends. */
    private record Gap(long to, String where) {}

    private final String boot;
    private final TreeMap<Long, Gap> gaps = new TreeMap<>();
    private Path last;

    /** The number of the record that should come next; 0 until one is known. */
    private long next;

    private int file;
    private long count;
    private long damaged;
    private long whole;
    private boolean begun;
    private boolean ended;

    /** Begins with the first of its files that there is. */
    Run(LedgerName.Found first) {
        this.boot = first.name().boot();
        this.last = first.path();
    }

    /** A file begins. */
    void begin(LedgerName.Found found, List<String> notes) {
        if (file == 0 && found.name().file() > 1) {
            notes.add(found.path() + ": earlier files of its process are gone");
        }
        last = found.path();
        file = found.name().file();
        count = 0;
        whole = 0;
        begun = false;
        ended = false;
    }

    /** Whether its last file has no last line: its process still writes, or was killed. */
    boolean isOpen() {
        return !ended;
    }

    /** Its last file, and how many bytes of that are whole lines. */
    Path lastFile() {
        return last;
    }

    long whole() {
        return whole;
    }

    /** A whole line ends here. */
    void reached(long offset) {
        whole = offset;
    }

    String boot() {
        return boot;
    }

    /** A line cannot be read: the number that it had is not missed. */
    void damaged() {
        damaged++;
    }

    void opened(Path path, Line line, List<String> problems) {
        if (!line.id().equals(LedgerId.open(boot, file)) || line.number() != 1) {
            problems.add(Scan.at(path, line.number()) + "the first line of another file");
            return;
        }
        begun = true;
        expect(line.json().number("first", 1), path, line);
    }

    void closed(Path path, Line line, List<String> problems) {
        if (!line.id().equals(LedgerId.close(boot, file))) {
            problems.add(Scan.at(path, line.number()) + "the last line of another file");
            return;
        }
        ended = true;
        expect(line.json().number("last", 0) + 1, path, line);
    }

    /** A record stands there; returns whether it is seen for the first time. */
    boolean record(Path path, Line line, List<String> problems) {
        String where = Scan.at(path, line.number());
        long sequence = LedgerId.sequence(boot, line.id());
        if (sequence < 0) {
            problems.add(where + "a line of another process: " + line.id());
            return true;
        }
        if (!begun && count == 0 && damaged == 0) {
            problems.add(where + "the first line of the file is missing");
        }
        if (ended) {
            problems.add(where + "it stands behind the last line of the file");
        }
        count++;
        if (next > 0 && sequence < next) {
            boolean late = fill(sequence);
            problems.add(where + (late ? "out of order: " : "twice: ") + line.id());
            return late;
        }
        expect(sequence, path, line);
        next = sequence + 1;
        return true;
    }

    /** What lies between the number that should come and the one that does, is missing, but for lines that are damaged. */
    private void expect(long sequence, Path path, Line line) {
        if (next == 0) {
            next = sequence;
        }
        long absent = sequence - next;
        if (absent > damaged) {
            gaps.put(next, new Gap(sequence - 1, Scan.at(path, line.number())));
        }
        if (absent > 0) {
            next = sequence;
        }
        damaged = 0;
    }

    /** Takes a number out of the gap that it is missed in; returns whether there is one. */
    private boolean fill(long sequence) {
        Map.Entry<Long, Gap> entry = gaps.floorEntry(sequence);
        if (entry == null || entry.getValue().to() < sequence) {
            return false;
        }
        long from = entry.getKey();
        Gap gap = entry.getValue();
        gaps.remove(from);
        if (from < sequence) {
            gaps.put(from, new Gap(sequence - 1, gap.where()));
        }
        if (sequence < gap.to()) {
            gaps.put(sequence + 1, gap);
        }
        return true;
    }

    /** All files were read. */
    void end(List<String> problems) {
        gaps.forEach(
                (from, gap) -> problems.add(gap.where() + (gap.to() - from + 1) + " lines before it are missing: from "
                        + LedgerId.line(boot, from) + " to " + LedgerId.line(boot, gap.to())));
    }
}
