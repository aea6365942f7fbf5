package io.llmproxy.ledger;

import io.llmproxy.ledger.LineReader.Line;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files of a ledger, as those read them who did not write them; also while they are written.
 *
 * @param directories where they are
 */
public record LedgerFiles(List<Path> directories) {
    /** Makes it. */
    public LedgerFiles {
        directories = List.copyOf(directories);
    }

    /**
     * From when until when.
     *
     * @param from the first moment; null for the beginning
     * @param until the first moment after it; null for the end
     */
    public record Period(@Nullable Instant from, @Nullable Instant until) {
        /** All the time. */
        public static final Period ALWAYS = new Period(null, null);

        private boolean has(Line line) {
            Instant at = Instant.parse(line.json().string("at", ""));
            return (from == null || !at.isBefore(from)) && (until == null || at.isBefore(until));
        }
    }

    /** What {@link #summarize} can add up by. */
    public static List<String> groupings() {
        return Stream.of(Summary.By.values())
                .map(by -> by.name().toLowerCase(Locale.ROOT))
                .toList();
    }

    /**
     * Checks all lines, and prints what is wrong with them.
     *
     * @return the number of problems
     * @throws IOException if a directory cannot be read
     */
    public int verify(PrintStream out) throws IOException {
        Scan scan = Scan.of(directories, line -> {});
        scan.problems().forEach(out::println);
        scan.notes().forEach(note -> out.println("note: " + note));
        out.println(scan.files() + " files, " + scan.records() + " records, "
                + scan.problems().size() + " problems, " + scan.missing() + " records missing after crashes, "
                + scan.open() + " attempts open at crashes");
        return scan.problems().size();
    }

    /**
     * Adds attempts up and prints a table.
     *
     * @param by one of {@link #groupings}
     * @param err is told of lines that do not count
     * @return the number of problems
     * @throws IOException if a directory cannot be read
     */
    public int summarize(String by, Period period, PrintStream out, PrintStream err) throws IOException {
        Prices prices = lastWords();
        Summary.By grouping = Optional.of(by)
                .filter(groupings()::contains)
                .map(name -> Summary.By.valueOf(name.toUpperCase(Locale.ROOT)))
                .orElseThrow(() -> new IllegalArgumentException(by + " (expected: one of " + groupings() + ")"));
        Summary summary = new Summary(grouping, prices);
        int problems = read(period, summary::add, err);
        summary.print(out);
        return problems;
    }

    /**
     * Prints attempts, exchanges and sums as comma-separated values.
     *
     * @param err is told of lines that do not count
     * @return the number of problems
     * @throws IOException if a directory cannot be read
     */
    public int exportCsv(Period period, PrintStream out, PrintStream err) throws IOException {
        CsvExport export = new CsvExport(out, lastWords());
        export.head();
        return read(period, export::add, err);
    }

    /**
     * Prices attempts anew, and adds what they cost now to the first directory; no line is changed.
     *
     * @param version of the program
     * @param err is told of lines that do not count
     * @return the number of problems
     * @throws IOException if a directory cannot be read, or nothing can be added to it
     */
    public int reprice(io.llmproxy.usage.Prices by, Period period, String version, PrintStream out, PrintStream err)
            throws IOException {
        long now = Time.SYSTEM.millis();
        try (AddedFile added = new AddedFile(directories.get(0), Node.start("reprice", version), now)) {
            Repricing repricing = new Repricing(by, lastWords(), now, added::add);
            int problems = read(period, repricing::take, err);
            Path file = added.finish();
            repricing.print(out);
            if (file != null) {
                out.println("added: " + file);
            }
            return problems;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /**
     * Corrects what is known of one attempt: adds a line to the first directory, and changes none.
     *
     * @param version of the program
     * @param err is told of lines that do not count
     * @return the number of problems
     * @throws IOException if a directory cannot be read, has no such attempt, or nothing can be added to it
     */
    public int adjust(Correction correction, String version, PrintStream out, PrintStream err) throws IOException {
        long now = Time.SYSTEM.millis();
        List<Line> found = new ArrayList<>(1);
        int problems = read(
                Period.ALWAYS,
                line -> {
                    if (line.type().equals("attempt") && line.id().equals(correction.attempt())) {
                        found.add(line);
                    }
                },
                err);
        if (found.isEmpty()) {
            throw new IOException(
                    correction.attempt() + ": no such attempt (expected: the id of a line with t: attempt)");
        }
        try (AddedFile added = new AddedFile(directories.get(0), Node.start("adjust", version), now)) {
            added.add(correction.record(found.get(0), lastWords(), now));
            out.println("added: " + added.finish());
            return problems;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /**
     * Reads what attempts took and cost, the oldest first. Files that were done before the period are not opened.
     *
     * @param most how many lines are read at most
     * @param visitor is given each attempt
     * @return whether all lines were read
     * @throws IOException if a directory cannot be read
     */
    public boolean attempts(Period period, long most, Consumer<UsedAttempt> visitor) throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path directory : directories) {
            for (LedgerName.Found found :
                    Files.isDirectory(directory) ? LedgerName.in(directory) : List.<LedgerName.Found>of()) {
                if (period.from() == null || !lastChange(found.path()).isBefore(period.from())) {
                    files.add(found.path());
                }
            }
        }
        Prices prices = new Prices();
        boolean whole = lines(files, most, prices::take);
        return lines(files, most, line -> {
                    UsedAttempt used = period.has(line) ? UsedAttempt.of(line, prices) : null;
                    if (used != null) {
                        visitor.accept(used);
                    }
                })
                && whole;
    }

    private static Instant lastChange(Path file) throws IOException {
        try {
            return Files.getLastModifiedTime(file).toInstant();
        } catch (NoSuchFileException packedOrDeleted) {
            return Instant.MAX;
        }
    }

    private static boolean lines(List<Path> files, long most, Consumer<Line> visitor) throws IOException {
        long left = most;
        for (Path file : files) {
            try (LineReader reader = LineReader.open(file)) {
                for (Line line = reader.next(); line != null; line = reader.next()) {
                    if (left-- == 0) {
                        return false;
                    }
                    if (line.state() == LineReader.State.GOOD
                            && !line.json().string("at", "").isEmpty()) {
                        visitor.accept(line);
                    }
                }
            } catch (NoSuchFileException deleted) {
                // As it was too old, or too much, after its directory was read.
            }
        }
        return true;
    }

    private Prices lastWords() throws IOException {
        Prices prices = new Prices();
        Scan unused = Scan.of(directories, prices::take);
        return prices;
    }

    private int read(Period period, Consumer<Line> visitor, PrintStream err) throws IOException {
        Scan scan = Scan.of(directories, line -> {
            if (period.has(line)) {
                visitor.accept(line);
            }
        });
        scan.problems().forEach(err::println);
        return scan.problems().size();
    }
}
