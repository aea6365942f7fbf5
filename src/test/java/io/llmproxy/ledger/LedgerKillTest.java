package io.llmproxy.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that write a thousand records a second and are killed in the middle of it, one after the other. */
class LedgerKillTest {
    private static final int KILLS = Integer.getInteger("llmproxy.ledger.kills", 8);
    private static final int IN_A_SECOND = 1000;

    @TempDir
    private Path directory;

    /** What the processes do, told by a file that is mapped into their memory and outlives them. */
    static final class Process0 {
        private Process0() {}

        public static void main(String[] arguments) throws IOException {
            Path directory = Path.of(arguments[0]);
            MappedByteBuffer truth = truth(directory);
            Ledger ledger = LedgerFixtures.start(LedgerFixtures.config(directory.resolve("ledger")));
            long next = System.nanoTime();
            while (true) {
                long exchange = ledger.nextExchange();
                int flight = ledger.begun(new Flight(exchange, 1, "llm", "openai", "gpt-5", 0, 10, 0));
                truth.putLong(0, truth.getLong(0) + 1);
                ledger.add(LedgerFixtures.attempt(exchange, 10, 5));
                truth.putLong(8, truth.getLong(8) + 1);
                ledger.ended(flight);
                next += TimeUnit.SECONDS.toNanos(1) / IN_A_SECOND;
                LockSupport.parkNanos(next - System.nanoTime());
            }
        }
    }

    private static MappedByteBuffer truth(Path directory) throws IOException {
        Path file = directory.resolve("truth");
        if (!Files.exists(file)) {
            Files.write(file, new byte[16]);
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, 16);
        }
    }

    private static ByteBuffer read(Path directory) {
        try {
            return ByteBuffer.wrap(Files.readAllBytes(directory.resolve("truth")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void runAndKill(int milliseconds) throws IOException, InterruptedException {
        long before = read(directory).getLong(8);
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Process0.class.getName(),
                        directory.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("output.log").toFile()))
                .start();
        try {
            await().atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> !process.isAlive() || read(directory).getLong(8) >= before + milliseconds);
            assertThat(process.isAlive())
                    .as(Files.readString(directory.resolve("output.log")))
                    .isTrue();
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void whatIsMissingAfterAKillIsBoundedAndTold() throws IOException, InterruptedException {
        truth(directory);
        for (int kill = 0; kill < KILLS; kill++) {
            runAndKill(200 + 37 * kill);
        }
        Path files = directory.resolve("ledger");
        Ledger last = LedgerFixtures.start(LedgerFixtures.config(files));
        await().atMost(Duration.ofSeconds(30)).until(() -> last.status().file() != null);
        last.stop();

        String verdict = LedgerFixtures.verified(files);
        List<LineReader.Line> gaps = LedgerFixtures.lines("gap", files);
        assertThat(verdict).contains(" 0 problems");
        assertThat(gaps).as(verdict).hasSize(KILLS);
        long written = LedgerFixtures.lines("attempt", files).size();
        long missing =
                gaps.stream().mapToLong(gap -> gap.json().number("missing", 0)).sum();
        long handedIn = read(directory).getLong(0);
        // A process may be killed between the handing in and the note of it.
        assertThat(written + missing).as(verdict).isBetween(read(directory).getLong(8) - KILLS, handedIn + KILLS);
        assertThat(gaps).allSatisfy(gap -> {
            assertThat(gap.json().number("missing", -1)).isBetween(0L, (long) IN_A_SECOND);
            assertThat(gap.json().number("torn_bytes", -1)).isGreaterThanOrEqualTo(0);
            assertThat(gap.json().number("open", -1)).isBetween(0L, 1L);
        });
        assertThat(LedgerFixtures.lines("orphan", files)).hasSizeLessThanOrEqualTo(KILLS);
        try (var left = Files.newDirectoryStream(files, "*" + FlightMap.SUFFIX)) {
            assertThat(left).isEmpty();
        }
    }
}
