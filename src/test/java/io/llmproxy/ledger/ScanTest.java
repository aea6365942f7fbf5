package io.llmproxy.ledger;

import static io.llmproxy.ledger.LedgerFixtures.verified;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is done to the files of a ledger is found. */
class ScanTest {
    private static final int RECORDS = 6;

    @TempDir
    private Path directory;

    private Path file = Path.of("");
    private byte[] whole = new byte[0];

    @BeforeEach
    void write() {
        Ledger ledger = LedgerFixtures.start(LedgerFixtures.config(directory));
        LongStream.rangeClosed(1, RECORDS).forEach(number -> ledger.add(LedgerFixtures.attempt(number, 10, 5)));
        ledger.stop();
        file = LedgerFixtures.files(directory).get(0);
        whole = LedgerFixtures.bytes(file);
    }

    private String after(byte[] changed) throws IOException {
        Files.write(file, changed);
        return verified(directory);
    }

    private static byte[] joined(List<String> lines) {
        return String.join("", lines).getBytes(StandardCharsets.UTF_8);
    }

    private List<String> split() {
        return new ArrayList<>(Arrays.asList(new String(whole, StandardCharsets.UTF_8).split("(?<=\n)")));
    }

    @Test
    void aLedgerThatIsAsItWasWrittenHasNoProblems() {
        assertThat(verified(directory))
                .isEqualTo("1 files, 6 records, 0 problems, 0 records missing after crashes,"
                        + " 0 attempts open at crashes" + System.lineSeparator());
    }

    @Test
    void eachBitThatIsFlippedIsFound() throws IOException {
        for (int place = 0; place < whole.length; place++) {
            byte[] changed = whole.clone();
            changed[place] ^= (byte) (1 << place % 8);
            assertThat(after(changed)).as("bit in byte %d", place).doesNotContain(" 0 problems");
        }
    }

    @Test
    void aDamagedLineIsToldOnceWithItsPlace() throws IOException {
        List<String> lines = split();
        lines.set(3, lines.get(3).replace("completed", "c0mpleted"));

        assertThat(after(joined(lines)))
                .contains(file + ":4: the checksum is wrong")
                .contains(" 1 problems");
    }

    @Test
    void eachLineThatIsMissingIsFound() throws IOException {
        for (int removed = 0; removed < split().size(); removed++) {
            List<String> lines = split();
            lines.remove(removed);
            assertThat(after(joined(lines))).as("without line %d", removed + 1).doesNotContain(" 0 problems");
        }
    }

    @Test
    void missingLinesAreCountedAndNamed() throws IOException {
        List<String> lines = split();
        lines.subList(2, 4).clear();

        assertThat(after(joined(lines)))
                .contains(file + ":3: 2 lines before it are missing: from ")
                .contains("-2 to ")
                .contains(" 1 problems");
    }

    @Test
    void eachSwapOfTwoLinesIsFound() throws IOException {
        for (int first = 0; first < split().size() - 1; first++) {
            List<String> lines = split();
            Collections.swap(lines, first, first + 1);
            assertThat(after(joined(lines)))
                    .as("lines from %d swapped", first + 1)
                    .doesNotContain(" 0 problems");
        }
    }

    @Test
    void linesThatAreSwappedAreOutOfOrderAndNotMissing() throws IOException {
        List<String> lines = split();
        Collections.swap(lines, 2, 4);

        assertThat(after(joined(lines))).contains("out of order").doesNotContain("missing: from");
    }

    @Test
    void aLineThatStandsTwiceIsFound() throws IOException {
        List<String> lines = split();
        lines.add(3, lines.get(2));

        assertThat(after(joined(lines))).contains(file + ":4: twice: ");
    }

    @Test
    void eachCutIsFound() throws IOException {
        for (int length = 0; length < whole.length; length++) {
            assertThat(after(Arrays.copyOf(whole, length)))
                    .as("cut to %d bytes", length)
                    .doesNotContain(" 0 problems");
        }
    }

    @Test
    void aTornLineIsTold() throws IOException {
        assertThat(after(Arrays.copyOf(whole, whole.length - 1))).contains(":8: incomplete: the line has no end");
    }

    @Test
    void aLineOfAnotherProcessIsFound() throws IOException {
        Path other = Files.createDirectory(directory.resolve("other"));
        Ledger ledger = LedgerFixtures.start(LedgerFixtures.config(other));
        ledger.add(LedgerFixtures.attempt(1, 1, 1));
        ledger.stop();
        List<String> strange = Files.readAllLines(LedgerFixtures.files(other).get(0));

        for (String line : strange) {
            List<String> lines = split();
            lines.add(2, line + "\n");
            assertThat(after(joined(lines))).containsAnyOf("of another process", "of another file");
        }
    }

    @Test
    void linesThatAreNoneAreFound() throws IOException {
        String tail = ",\"crc\":\"00000000\"}";
        for (String strange : List.of("", "x", "x".repeat(9000), "{" + tail, "[1]" + tail, "{}")) {
            List<String> lines = split();
            lines.add(2, strange + "\n");
            assertThat(after(joined(lines)))
                    .as(strange)
                    .contains(":3: the checksum")
                    .contains(" 1 problems");
        }
    }

    @Test
    void aFileThatIsMissingBetweenTwoIsFound() throws IOException {
        Path rotated = Files.createDirectory(directory.resolve("rotated"));
        Ledger ledger = LedgerFixtures.start(LedgerFixtures.config(rotated));
        for (int part = 1; part <= 3; part++) {
            ledger.add(LedgerFixtures.attempt(part, 1, 1));
            int files = part;
            org.awaitility.Awaitility.await().until(() -> ledger.status().written() == files);
            ledger.rotate();
            org.awaitility.Awaitility.await()
                    .until(() -> LedgerFixtures.files(rotated).size() == files + 1);
        }
        ledger.stop();
        assertThat(verified(rotated)).contains("4 files, 3 records, 0 problems");

        Files.delete(LedgerFixtures.files(rotated).get(1));
        assertThat(verified(rotated)).contains("1 lines before it are missing").contains(" 1 problems");
        Files.delete(LedgerFixtures.files(rotated).get(0));
        assertThat(verified(rotated))
                .contains("earlier files of its process are gone")
                .contains(" 0 problems");
    }

    @Test
    void aCompressedFileThatIsDamagedIsFound() throws IOException {
        Packing.pack(file);
        Path packed = LedgerFixtures.files(directory).get(0);
        assertThat(packed.toString()).endsWith(".jsonl.gz");
        assertThat(verified(directory)).contains("1 files, 6 records, 0 problems");
        byte[] compressed = LedgerFixtures.bytes(packed);

        for (int length : new int[] {0, 5, compressed.length / 2, compressed.length - 4}) {
            Files.write(packed, Arrays.copyOf(compressed, length));
            assertThat(verified(directory))
                    .contains("cannot be read to its end")
                    .doesNotContain(" 0 problems");
        }
    }
}
