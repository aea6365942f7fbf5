package io.llmproxy.ledger;

import static io.llmproxy.ledger.LedgerFixtures.attempt;
import static io.llmproxy.ledger.LedgerFixtures.config;
import static io.llmproxy.ledger.LedgerFixtures.verified;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmproxy.config.LedgerConfig;
import io.llmproxy.journal.Journal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process leaves that is killed at a moment that a test chooses: a copy of its directory as it is then. */
class CrashTest {
    private static final int RECORDS = 12;

    @TempDir
    private Path directory;

    private Path killed = Path.of("");
    private Path last = Path.of("");

    private void kill() throws IOException {
        Path running = directory.resolve("running");
        Ledger ledger = LedgerFixtures.start(config(running));
        LongStream.rangeClosed(1, RECORDS).forEach(number -> ledger.add(attempt(number, 10, 5)));
        await().until(() -> ledger.status().written() == RECORDS);
        killed = Files.createDirectory(directory.resolve("killed"));
        try (DirectoryStream<Path> all = Files.newDirectoryStream(running)) {
            for (Path file : all) {
                Files.copy(file, killed.resolve(file.getFileName()));
            }
        }
        last = LedgerFixtures.files(killed).get(0);
        ledger.stop();
    }

    private static void startAndStop(Path directory) {
        Ledger next = LedgerFixtures.start(config(directory));
        await().until(() -> next.status().written() == 0 && next.status().file() != null);
        next.stop();
    }

    @Test
    void aTornLineStaysAndIsToldByTheNextProcess() throws IOException {
        kill();
        long whole = Files.size(last);
        Files.writeString(last, "{\"v\":1,\"t\":\"att", StandardOpenOption.APPEND);
        assertThat(verified(killed))
                .contains(":14: incomplete: the line has no end")
                .contains("no later process");
        byte[] before = LedgerFixtures.bytes(last);

        startAndStop(killed);

        assertThat(LedgerFixtures.bytes(last)).isEqualTo(before);
        assertThat(LedgerFixtures.lines("gap", killed).get(0).json().text())
                .contains("\"whole_bytes\":" + whole + ",\"torn_bytes\":15,\"missing\":0,\"open\":0");
        assertThat(verified(killed))
                .contains(":14: incomplete since its process ended; the next process recorded this")
                .contains(" 0 problems");
    }

    @Test
    void whatIsCutOffLaterIsAProblemNevertheless() throws IOException {
        kill();
        startAndStop(killed);
        assertThat(verified(killed)).contains(" 0 problems");

        byte[] whole = LedgerFixtures.bytes(last);
        int lastLine = whole.length - 1;
        while (whole[lastLine - 1] != '\n') {
            lastLine--;
        }
        Files.write(last, Arrays.copyOf(whole, lastLine));

        assertThat(verified(killed))
                .contains(last + ": has " + lastLine + " bytes of whole lines (expected: " + whole.length)
                .contains(" 1 problems");
    }

    @Test
    void linesThatTheProcessDidNotComeToCountAreNotMissing() throws IOException {
        kill();
        Path map;
        try (DirectoryStream<Path> maps = Files.newDirectoryStream(killed, "*" + FlightMap.SUFFIX)) {
            map = maps.iterator().next();
        }
        ByteBuffer counters = ByteBuffer.wrap(Files.readAllBytes(map)).order(ByteOrder.LITTLE_ENDIAN);
        counters.putLong(8, RECORDS + 4).putLong(16, RECORDS - 5).putLong(24, RECORDS - 5);
        Files.write(map, counters.array());

        startAndStop(killed);

        assertThat(LedgerFixtures.lines("gap", killed).get(0).json().number("missing", -1))
                .isEqualTo(4);
    }

    @Test
    void aMapWithoutFilesTellsWhatWasTaken() throws IOException {
        kill();
        Files.delete(last);

        startAndStop(killed);

        assertThat(verified(killed)).contains("0 records missing");
        assertThat(LedgerFixtures.lines("gap", killed).get(0).json().get("file"))
                .isNull();
    }

    @Test
    void aLineThatIsBeingWrittenIsNoProblem() throws IOException {
        Ledger ledger = LedgerFixtures.start(config(directory));
        ledger.add(attempt(1, 1, 1));
        await().until(() -> ledger.status().written() == 1);
        Path file = LedgerFixtures.files(directory).get(0);
        Files.writeString(file, "{\"v\":1", StandardOpenOption.APPEND);

        assertThat(verified(directory)).contains(":3: is being written").contains(" 0 problems");
        ledger.stop();
        assertThat(verified(directory)).contains(":3: the checksum is wrong");
    }

    @Test
    void aCrashOnTheOtherDiskIsFoundToo() throws IOException {
        kill();
        Path home = directory.resolve("home");
        Ledger next = LedgerFixtures.start(config(home, killed, 1 << 20, Duration.ofHours(1), false));
        await().until(() -> next.status().file() != null);
        next.stop();

        assertThat(LedgerFixtures.lines("gap", home)).hasSize(1);
        assertThat(verified(home, killed)).contains(" 0 problems");
    }

    @Test
    void theOtherDiskGetsNewFilesAsLongAsTheFirstIsFull() {
        LedgerFixtures.Clock clock = new LedgerFixtures.Clock();
        AtomicBoolean full = new AtomicBoolean();
        Path home = directory.resolve("home");
        Path spill = directory.resolve("spill");
        Ledger ledger = Ledger.start(
                config(home, spill, 1 << 16, Duration.ofHours(1), false),
                LedgerFixtures.node(),
                clock.time(),
                path -> path.startsWith(home) ? new FullDisk(path, full) : DiskFile.create(path),
                LedgerFixtures.LIMITS);
        ledger.add(attempt(1, 1, 1));
        await().until(() -> ledger.status().written() == 1);
        full.set(true);
        LongStream.rangeClosed(2, 200).forEach(number -> ledger.add(attempt(number, 1, 1)));
        await().until(() -> {
            clock.pass(Duration.ofSeconds(1));
            return ledger.status().written() == 200;
        });
        int files = LedgerFixtures.files(spill).size();
        // A file that has just been begun is followed by none until there is something in it.
        ledger.add(attempt(201, 1, 1));
        await().until(() -> {
            clock.pass(Duration.ofMinutes(1));
            return LedgerFixtures.files(spill).size() > files;
        });
        full.set(false);
        await().until(() -> {
            clock.pass(Duration.ofMinutes(1));
            return LedgerFixtures.files(home).size() > 1;
        });
        ledger.stop();

        assertThat(verified(home, spill)).contains(" 201 records, 0 problems");
    }

    @Test
    void aFileThatCannotFollowLeavesTheOneBeforeInUse() {
        AtomicBoolean refused = new AtomicBoolean();
        Ledger ledger = Ledger.start(
                new LedgerConfig(
                        true,
                        directory,
                        null,
                        LedgerConfig.Sync.ALWAYS,
                        1 << 20,
                        Duration.ofHours(1),
                        false,
                        Duration.ZERO,
                        0,
                        ""),
                LedgerFixtures.node(),
                Time.SYSTEM,
                path -> {
                    if (refused.get()) {
                        throw new IOException("no more files");
                    }
                    return DiskFile.create(path);
                },
                new Journal.Limits(100, 10, Duration.ofMillis(1), Duration.ofSeconds(4)));
        ledger.add(attempt(1, 1, 1));
        await().until(() -> ledger.status().syncedAt() > 0 && ledger.status().written() == 1);
        refused.set(true);
        ledger.rotate();
        ledger.add(attempt(2, 1, 1));
        await().until(() -> ledger.status().written() == 2);
        ledger.stop();

        assertThat(verified(directory)).contains("1 files, 2 records, 0 problems");
    }

    @Test
    void aDiskThatCannotSynchronizeIsToldAndTriedAgain() {
        AtomicBoolean broken = new AtomicBoolean(true);
        Ledger ledger = Ledger.start(
                config(directory),
                LedgerFixtures.node(),
                Time.SYSTEM,
                path -> new FullDisk(path, new AtomicBoolean(), broken),
                LedgerFixtures.LIMITS);
        ledger.add(attempt(1, 1, 1));
        await().until(() -> "Input/output error".equals(ledger.status().error()));
        assertThat(ledger.status().syncedAt()).isZero();
        broken.set(false);
        ledger.add(attempt(2, 1, 1));
        await().until(() -> ledger.status().syncedAt() > 0 && ledger.status().error() == null);
        ledger.stop();

        assertThat(verified(directory)).contains("2 records, 0 problems");
    }
}
