package io.llmproxy.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llmproxy.ledger.FlightMap.Counter;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlightMapTest {
    @TempDir
    private Path directory;

    private static Flight flight(long exchange) {
        return new Flight(exchange, 2, "llm", "openai", "gpt-5", 1_700_000_000_000L, 120, 0);
    }

    @Test
    void whatIsStoredIsReadByAnotherProcess() throws IOException {
        Path file = directory.resolve("a.flight");
        FlightMap map = FlightMap.create(file);
        map.raise(Counter.TAKEN, 7);
        map.raise(Counter.TAKEN, 5);
        map.set(Counter.WRITTEN, 4);
        int first = map.begin(flight(1));
        int second = map.begin(flight(2));
        map.progress(second, 99);
        map.end(first);

        FlightMap read = FlightMap.read(file);
        assertThat(read.get(Counter.TAKEN)).isEqualTo(7);
        assertThat(read.get(Counter.WRITTEN)).isEqualTo(4);
        assertThat(read.flights())
                .containsExactly(new Flight(2, 2, "llm", "openai", "gpt-5", 1_700_000_000_000L, 120, 99));
    }

    @Test
    void namesAreCutAndKeptInAscii() throws IOException {
        FlightMap map = FlightMap.create(directory.resolve("a.flight"), 4);
        map.begin(new Flight(1, 1, "f".repeat(100), "caf\u00e9", "m".repeat(1000), 0, -1, 0));

        Flight found = map.flights().get(0);
        assertThat(found.forward()).isEqualTo("f".repeat(47));
        assertThat(found.upstream()).isEqualTo("caf?");
        assertThat(found.model()).isEqualTo("m".repeat(95));
    }

    @Test
    void moreAttemptsThanSlotsAreCountedOnly() throws IOException {
        FlightMap map = FlightMap.create(directory.resolve("a.flight"), 2);
        List<Integer> slots = List.of(map.begin(flight(1)), map.begin(flight(2)), map.begin(flight(3)));

        assertThat(slots).containsExactlyInAnyOrder(0, 1, -1);
        map.progress(-1, 5);
        map.end(-1);
        assertThat(map.flights()).hasSize(2);
        map.end(0);
        assertThat(map.begin(flight(4))).isZero();
    }

    @Test
    void aMapIsNotMadeTwiceAndOtherFilesAreNone() throws IOException {
        Path file = directory.resolve("a.flight");
        FlightMap.create(file, 1);
        assertThatThrownBy(() -> FlightMap.create(file, 1)).isInstanceOf(FileAlreadyExistsException.class);
        for (int size : new int[] {0, 100, 8192}) {
            Path other = Files.write(directory.resolve("b.flight"), new byte[size]);
            assertThatThrownBy(() -> FlightMap.read(other)).hasMessageContaining("is not a map of attempts");
        }
    }

    @Test
    void aMapThatCannotBeReadIsToldAndForgotten() throws IOException {
        Path ledger = Files.createDirectory(directory.resolve("ledger"));
        Path broken = Files.write(ledger.resolve("node-0123456789abcdef.flight"), new byte[10]);

        Ledger next = LedgerFixtures.start(LedgerFixtures.config(ledger));
        await().until(() -> !Files.exists(broken));
        next.stop();

        assertThat(LedgerFixtures.verified(ledger)).contains("1 files, 0 records, 0 problems");
    }

    @Test
    void attemptsThatWereOpenBecomeOrphans() throws IOException {
        Path ledger = Files.createDirectory(directory.resolve("ledger"));
        String boot = "0123456789abcdef";
        FlightMap map = FlightMap.create(ledger.resolve("node-" + boot + FlightMap.SUFFIX));
        map.set(Counter.BEGUN, 3);
        map.set(Counter.SETTLED, 1);
        map.set(Counter.TAKEN, 1);
        map.begin(flight(8));
        map.begin(flight(9));

        Ledger next = LedgerFixtures.start(LedgerFixtures.config(ledger));
        await().until(() -> next.status().orphans() == 2);
        next.stop();

        assertThat(LedgerFixtures.lines("orphan", ledger))
                .extracting(line -> line.json().string("exchange", ""))
                .containsExactlyInAnyOrder(boot + "-x8", boot + "-x9");
        assertThat(LedgerFixtures.lines("gap", ledger).get(0).json().number("missing", 0))
                .isEqualTo(1);
        assertThat(LedgerFixtures.verified(ledger)).contains("1 records missing after crashes, 2 attempts open");
    }

    @Test
    void aMapThatIsTakenAwayIsMadeAgainWithTheSameCounts() throws IOException {
        Flights flights = new Flights();
        flights.taken();
        assertThat(flights.begin(flight(1))).isNegative();
        flights.end(-1);
        FlightMap map = FlightMap.create(directory.resolve("a.flight"));
        flights.use(map);
        flights.taken();

        assertThat(map.get(Counter.TAKEN)).isEqualTo(2);
        assertThat(map.get(Counter.BEGUN)).isEqualTo(1);
        assertThat(map.get(Counter.SETTLED)).isEqualTo(1);
    }
}
