package io.llmproxy.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Money;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import java.util.zip.GZIPOutputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerTailTest {
    private static final long ALL = Long.MAX_VALUE;
    private static final PrintStream NOWHERE = new PrintStream(OutputStream.nullOutputStream());

    @TempDir
    private Path directory;

    @TempDir
    private Path other;

    private final List<UsedAttempt> read = new ArrayList<>();
    private List<LedgerTail.Mark> marks = List.of();

    private void write(LedgerRecord... records) {
        Ledger ledger = LedgerFixtures.start(LedgerFixtures.config(directory));
        for (LedgerRecord record : records) {
            ledger.take(record);
        }
        ledger.stop();
    }

    private LedgerFiles files() {
        return new LedgerFiles(List.of(directory, other));
    }

    /** Reads on, at most so many lines, and returns whether there is more. */
    private boolean readOn(long most) throws IOException {
        LedgerTail.Part part = new LedgerTail(files()).read(marks, most);
        read.addAll(part.used());
        marks = part.marks();
        return part.more();
    }

    /** Attempts, input and output tokens, and US dollars. */
    private static String told(List<UsedAttempt> used) {
        return used.stream().mapToLong(UsedAttempt::attempts).sum()
                + " " + used.stream().mapToLong(UsedAttempt::input).sum()
                + " " + used.stream().mapToLong(UsedAttempt::output).sum()
                + " "
                + used.stream()
                        .map(one -> one.costs().getOrDefault("USD", BigDecimal.ZERO))
                        .reduce(BigDecimal.ZERO, BigDecimal::add)
                        .stripTrailingZeros()
                        .toPlainString();
    }

    private long attempts() {
        return read.stream().mapToLong(UsedAttempt::attempts).sum();
    }

    /** What those tell who read all files at once. */
    private String whole() throws IOException {
        List<UsedAttempt> used = new ArrayList<>();
        files().attempts(LedgerFiles.Period.ALWAYS, ALL, used::add);
        return told(used);
    }

    @Test
    void eachRecordIsReadOnce() throws IOException {
        write(
                LedgerFixtures.attempt(1, 100, 10),
                LedgerFixtures.exchange(1),
                LedgerFixtures.attempt(2, 200, 20),
                LedgerFixtures.attempt(3, "other", 7, 1, "failed", List.of()));

        assertThat(readOn(ALL)).isFalse();

        assertThat(read)
                .hasSize(2)
                .allSatisfy(sum -> assertThat(sum.at()).isEqualTo(LedgerFixtures.NOON.truncatedTo(ChronoUnit.HOURS)));
        assertThat(read.get(0).upstream()).isEqualTo("openai");
        assertThat(told(read.subList(0, 1))).isEqualTo("2 300 30 0.00037500003");
        assertThat(read.get(1).errors()).isEqualTo(1);
        assertThat(told(read)).isEqualTo(whole());

        readOn(ALL);
        assertThat(read).hasSize(2);
        write(LedgerFixtures.attempt(1, 1000, 1));
        readOn(ALL);
        assertThat(told(read)).isEqualTo(whole()).startsWith("4 1307 32 ");
        assertThat(marks).hasSize(2);
    }

    @Test
    void hoursAreApart() throws IOException {
        long hour = Duration.ofHours(1).toMillis();
        write(
                LedgerFixtures.attempt(1, 1, 1),
                LedgerFixtures.attempt(hour, 2, 2),
                LedgerFixtures.attempt(hour + 1, 3, 3));

        readOn(ALL);

        assertThat(read).extracting(UsedAttempt::input).containsExactly(1L, 5L);
    }

    @Test
    void itCanBeReadInPieces() throws IOException {
        write(LedgerFixtures.attempt(1, 100, 10), LedgerFixtures.exchange(1), LedgerFixtures.attempt(2, 200, 20));
        write(LedgerFixtures.attempt(1, 3, 3));

        int pieces = 1;
        while (readOn(1)) {
            pieces++;
        }

        assertThat(pieces).isGreaterThanOrEqualTo(8);
        assertThat(told(read)).isEqualTo(whole()).startsWith("3 303 33 ");
    }

    @Test
    void aLineCountsOnceItIsWhole() throws IOException {
        write(LedgerFixtures.attempt(1, 100, 10), LedgerFixtures.attempt(2, 200, 20));
        Path file = LedgerFixtures.files(directory).get(0);
        byte[] bytes = LedgerFixtures.bytes(file);
        List<Integer> ends = new ArrayList<>();
        for (int index = 0; index < bytes.length; index++) {
            if (bytes[index] == '\n') {
                ends.add(index + 1);
            }
        }

        for (int length = 0; length <= bytes.length; length += 37) {
            Files.write(file, Arrays.copyOf(bytes, length));
            readOn(ALL);
            int cut = length;
            long whole = ends.subList(1, 3).stream().filter(end -> end <= cut).count();
            assertThat(attempts()).as("%s bytes", length).isEqualTo(whole);
        }
        Files.write(file, bytes);
        readOn(ALL);

        assertThat(told(read)).startsWith("2 300 30 ");
    }

    @Test
    void filesMayBeBegunCompressedAndDeletedMeanwhile() throws IOException {
        Ledger ledger = LedgerFixtures.start(LedgerFixtures.config(directory, null, 4096, Duration.ofHours(1), true));
        for (int index = 1; index <= 60; index++) {
            ledger.take(LedgerFixtures.attempt(index, 1, 1));
            if (index % 10 == 0) {
                int taken = index;
                Awaitility.await().until(() -> {
                    readOn(5);
                    return attempts() == taken;
                });
            }
        }
        ledger.stop();
        readOn(ALL);

        assertThat(LedgerFixtures.files(directory)).hasSizeGreaterThan(1);
        assertThat(told(read)).startsWith("60 60 60 ");
        for (Path file : LedgerFixtures.files(directory)) {
            Files.delete(file);
        }
        readOn(ALL);
        assertThat(marks).isEmpty();
        assertThat(told(read)).startsWith("60 60 60 ");
    }

    @Test
    void aRunGoesOnInTheOtherDirectory() throws IOException {
        write(LedgerFixtures.attempt(1, 1, 1));
        Path first = LedgerFixtures.files(directory).get(0);
        readOn(ALL);

        Files.move(first, other.resolve(first.getFileName()));
        readOn(ALL);

        assertThat(told(read)).startsWith("1 1 1 ");
    }

    @Test
    void aFileThatTakesThePlaceOfARemovedOneIsReadFromItsBeginning() throws IOException {
        write(
                LedgerFixtures.attempt(1, 100, 10),
                LedgerFixtures.attempt(2, 200, 20),
                LedgerFixtures.attempt(3, 400, 40));
        Path file = LedgerFixtures.files(directory).get(0);
        List<String> lines = Files.readAllLines(file);
        Files.writeString(file, String.join("\n", lines.subList(0, 3)) + "\n");
        readOn(ALL);
        assertThat(told(read)).startsWith("2 300 30 ");

        Files.writeString(file, String.join("\n", lines.get(2), lines.get(3)) + "\n");
        readOn(ALL);

        assertThat(told(read)).startsWith("3 700 70 ");
    }

    @Test
    void correctionsAndOtherPricesMoveTheSums() throws IOException {
        write(LedgerFixtures.attempt(1, 100, 10), LedgerFixtures.attempt(2, 200, 20));
        readOn(ALL);
        String id = LedgerFixtures.lines("attempt", directory).get(0).id();

        files().adjust(Correction.read(id, "bill", List.of("input_tokens=1000"), "2.5 EUR"), "1.0", NOWHERE, NOWHERE);
        readOn(ALL);
        assertThat(told(read)).isEqualTo(whole()).startsWith("2 1200 30 0.0002500");
        files().adjust(Correction.read(id, "bill", List.of("input_tokens=7"), "0.5 USD"), "1.0", NOWHERE, NOWHERE);
        readOn(ALL);

        assertThat(told(read)).isEqualTo(whole()).startsWith("2 207 30 0.50025");
        assertThat(read.stream()
                        .map(one -> one.costs().getOrDefault("EUR", BigDecimal.ZERO))
                        .reduce(BigDecimal.ZERO, BigDecimal::add))
                .isEqualByComparingTo("0");
        assertThat(read).extracting(UsedAttempt::upstream).containsOnly("openai");
        assertThat(read).extracting(UsedAttempt::at).containsOnly(LedgerFixtures.NOON.truncatedTo(ChronoUnit.HOURS));
    }

    @Test
    void aCorrectionThatDoesNotSayWhatWasBeforeAddsNothing() throws IOException {
        write(LedgerFixtures.attempt(1, 100, 10));
        String id = LedgerFixtures.lines("attempt", directory).get(0).id();
        Cost cost = new Cost(Cost.State.PRICED, new Money(1, "USD"), Cost.From.TABLE, null, "1");
        write(new RepriceRecord(LedgerFixtures.NOON.toEpochMilli(), id, "an earlier release", cost, null));

        readOn(ALL);

        assertThat(told(read)).startsWith("1 100 10 0.000125");
    }

    /** As if the end of the file had not outlived a loss of power. */
    @Test
    void aCompressedFileThatIsShorterIsReadFromItsBeginning() throws IOException {
        write(LedgerFixtures.attempt(1, 100, 10), LedgerFixtures.attempt(2, 200, 20));
        Path file = LedgerFixtures.files(directory).get(0);
        List<String> lines = Files.readAllLines(file);
        Files.writeString(file, String.join("\n", lines.subList(0, 3)) + "\n");
        readOn(ALL);
        assertThat(told(read)).startsWith("2 300 30 ");

        try (OutputStream packed = new GZIPOutputStream(Files.newOutputStream(LedgerName.packed(file)))) {
            packed.write((lines.get(0) + "\n" + lines.get(1) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        Files.delete(file);
        readOn(ALL);

        assertThat(told(read)).startsWith("2 300 30 ");
        assertThat(marks)
                .singleElement()
                .satisfies(mark -> assertThat(mark.file()).isEqualTo(2));
    }

    @Test
    void aFileThatCannotBeReadHoldsUpNoOtherRun() throws IOException {
        write(LedgerFixtures.attempt(1, 100, 10));
        Path file = LedgerFixtures.files(directory).get(0);
        Files.write(LedgerName.packed(file), new byte[] {1, 2, 3});
        Files.delete(file);
        write(LedgerFixtures.attempt(2, 200, 20));

        LedgerTail.Part part = new LedgerTail(files()).read(List.of(), ALL);

        assertThat(part.unread()).containsOnlyKeys(LedgerName.packed(file));
        assertThat(told(part.used())).startsWith("1 200 20 ");
        assertThat(part.marks()).hasSize(1);
    }

    @Test
    void aFileThatBreaksInItsMiddleAddsNothingAgainAndAgain() throws IOException {
        write(LedgerFixtures.attempt(1, 100, 10), LedgerFixtures.attempt(2, 200, 20));
        Path file = LedgerFixtures.files(directory).get(0);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream packed = new GZIPOutputStream(bytes, true)) {
            packed.write(LedgerFixtures.bytes(file));
            packed.flush();
            Files.write(LedgerName.packed(file), bytes.toByteArray());
        }
        Files.delete(file);
        write(LedgerFixtures.attempt(3, 7, 7));

        readOn(ALL);
        readOn(ALL);

        assertThat(told(read)).startsWith("1 7 7 ");
    }

    @Test
    void aGoodLineOfAnotherFormIsPassedOver() throws IOException {
        write(LedgerFixtures.attempt(1, 100, 10), LedgerFixtures.attempt(2, 200, 20));
        Path file = LedgerFixtures.files(directory).get(0);
        List<String> lines = Files.readAllLines(file);
        String covered = lines.get(1)
                .substring(0, lines.get(1).indexOf(",\"crc\""))
                .replaceFirst("\"at\":\"[^\"]+\"", "\"at\":\"noon\"");
        CRC32C checksum = new CRC32C();
        checksum.update(covered.getBytes(StandardCharsets.UTF_8));
        lines.set(1, covered + ",\"crc\":\"" + HexFormat.of().toHexDigits((int) checksum.getValue()) + "\"}");
        Files.write(file, lines);

        readOn(ALL);

        assertThat(told(read)).startsWith("1 200 20 ");
    }

    @Test
    void modelsThatTheConfigurationDoesNotNameAreOne() {
        UsedAttempt one = new UsedAttempt(
                LedgerFixtures.NOON, "f", "k", "other:62c66a7a5dd70c3146618063", "u", 1, 0, 1, 0, 1, 0, Map.of(), 0);

        assertThat(one.ofHour().model()).isEqualTo("other");
        assertThat(one.ofHour().at()).isEqualTo(LedgerFixtures.NOON.truncatedTo(ChronoUnit.HOURS));
    }

    @Test
    void marksOfOthersAreNotKept() throws IOException {
        write(LedgerFixtures.attempt(1, 100, 10));
        marks = List.of(new LedgerTail.Mark("0123456789abcdef", 3, 77, 12));

        readOn(ALL);

        assertThat(marks).hasSize(1).extracting(LedgerTail.Mark::run).doesNotContain("0123456789abcdef");
        assertThat(new LedgerTail(files()).runs()).hasSize(1);
    }
}
