package io.llmproxy.ledger;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a file of the ledger: {@code <node>-<boot>-<UTC>-<n>.jsonl}, with {@code .gz} behind it once it is compressed.
 *
 * @param node the name of the node
 * @param boot the run of the process, 16 hexadecimal digits
 * @param utc when it was begun, such as {@code 20261128T084346Z}
 * @param file which of the run's files it is, from 1
 * @param packed whether it is compressed
 */
record LedgerName(String node, String boot, String utc, int file, boolean packed) {
    static final String PLAIN_SUFFIX = ".jsonl";
    static final String PACKED_SUFFIX = ".jsonl.gz";

    /** Files that were begun together come in the order of their numbers; the clock may have gone back. */
    static final Comparator<LedgerName> BY_AGE = Comparator.comparing(LedgerName::utc)
            .thenComparing(LedgerName::boot)
            .thenComparing(LedgerName::file);

    private static final Pattern NAME =
            Pattern.compile("(.+)-([0-9a-f]{16})-(\\d{8}T\\d{6}Z)-(\\d{1,9})\\.jsonl(\\.gz)?");
    private static final Pattern UNFIT = Pattern.compile("[^A-Za-z0-9._-]+");
    private static final DateTimeFormatter UTC =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** A file and its name. */
    record Found(Path path, LedgerName name) {}

    /** Names a file that is begun now. */
    static LedgerName of(String node, String boot, Instant begun, int file) {
        return new LedgerName(node, boot, UTC.format(begun), file, false);
    }

    /** Returns the name that a path has, if it is one of the ledger. */
    static Optional<LedgerName> of(Path path) {
        Matcher name = NAME.matcher(path.getFileName().toString());
        return name.matches()
                ? Optional.of(new LedgerName(
                        name.group(1),
                        name.group(2),
                        name.group(3),
                        Integer.parseInt(name.group(4)),
                        name.group(5) != null))
                : Optional.empty();
    }

    /** Makes a text fit to be the name of a node in the name of a file. */
    static String fit(String node) {
        String fit = UNFIT.matcher(node).replaceAll("_");
        return fit.isEmpty() ? "node" : fit.substring(0, Math.min(fit.length(), 64));
    }

    /** Returns the files of the ledger in a directory, the oldest first; of a file that is there twice, the one that is not compressed. */
    static List<Found> in(Path directory) throws IOException {
        List<Found> all = new ArrayList<>();
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(directory)) {
            for (Path path : paths) {
                of(path).ifPresent(name -> all.add(new Found(path, name)));
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        all.removeIf(found -> found.name().packed()
                && Files.exists(found.path().resolveSibling(found.name().plain())));
        all.sort(Comparator.comparing(Found::name, BY_AGE));
        return all;
    }

    /** Where a file is once it is compressed. */
    static Path packed(Path plain) {
        return plain.resolveSibling(plain.getFileName() + ".gz");
    }

    /** What a file was called before it was compressed, whether or not it is. */
    static String plainOf(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.endsWith(PACKED_SUFFIX) ? name.substring(0, name.length() - 3) : name;
    }

    /** What the file is called before it is compressed. */
    String plain() {
        return node + "-" + boot + "-" + utc + "-" + file + PLAIN_SUFFIX;
    }

    @Override
    public String toString() {
        return packed ? plain().replace(PLAIN_SUFFIX, PACKED_SUFFIX) : plain();
    }
}
