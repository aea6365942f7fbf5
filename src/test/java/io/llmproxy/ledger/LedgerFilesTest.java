package io.llmproxy.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.usage.AttemptUsage;
import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Money;
import io.llmproxy.usage.Usage;
import io.llmproxy.usage.UsageAnomaly;
import io.llmproxy.usage.UsageMissing;
import io.llmproxy.usage.UsageSource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerFilesTest {
    private static final Cost UNPRICED = new Cost(Cost.State.UNPRICED, null, null, null, null);

    @TempDir
    private Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private static PrintStream print(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8).replace("\r\n", "\n");
    }

    private static AttemptRecord guessed(String upstream) {
        AttemptUsage usage = new AttemptUsage(
                Usage.of(100, 50),
                UsageSource.ESTIMATED,
                UsageSource.ESTIMATED,
                UsageSource.ESTIMATED,
                UsageMissing.CUT,
                200,
                AttemptUsage.Answer.UNKNOWN,
                Set.of(UsageAnomaly.NEGATIVE),
                new AttemptUsage.Estimate(4, Double.NaN, true));
        return new AttemptRecord(
                LedgerFixtures.NOON.toEpochMilli(),
                1,
                1,
                new AttemptRecord.Where("llm", null, upstream, -1, null, null, null, null),
                null,
                null,
                false,
                new AttemptRecord.Ending(0, "cut", "upstream_reset", List.of()),
                new AttemptRecord.Times(-1, -1, -1, -1, 5),
                0,
                0,
                usage,
                UNPRICED);
    }

    private void write(LedgerRecord... records) {
        Ledger ledger = LedgerFixtures.start(LedgerFixtures.config(directory));
        for (LedgerRecord record : records) {
            ledger.take(record);
        }
        ledger.stop();
    }

    private LedgerFiles files() {
        return new LedgerFiles(List.of(directory));
    }

    private List<UsedAttempt> used(LedgerFiles.Period period) throws IOException {
        List<UsedAttempt> all = new ArrayList<>();
        assertThat(files().attempts(period, Long.MAX_VALUE, all::add)).isTrue();
        return all;
    }

    @Test
    void attemptsAreReadWithWhatTheyTookAndCost() throws IOException {
        Folds folds = new Folds();
        folds.add(LedgerFixtures.attempt(1, 1000, 10));
        folds.add(LedgerFixtures.attempt(2, 1000, 10));
        folds.add(LedgerFixtures.exchange(1));
        List<FoldRecord> sums = folds.take(0, LedgerFixtures.NOON.toEpochMilli());
        write(
                sums.get(0),
                sums.get(1),
                LedgerFixtures.attempt(3, 500, 5),
                guessed("local"),
                LedgerFixtures.exchange(3));

        assertThat(used(LedgerFiles.Period.ALWAYS))
                .extracting(used -> used.upstream() + " " + used.key() + " " + used.attempts() + " " + used.errors()
                        + " " + used.input() + " " + used.output() + " " + used.costs() + " " + used.unpriced())
                .containsExactlyInAnyOrder(
                        "openai team-a 2 0 2000 20 {USD=0.002500000020} 0",
                        "openai team-a 1 0 500 5 {USD=0.000625000005} 0",
                        "local - 1 1 100 50 {} 1");
    }

    @Test
    void attemptsAreReadOfAPeriodAndNoFileThatWasDoneBefore() throws IOException {
        write(
                LedgerFixtures.attempt(1, 1, 1),
                LedgerFixtures.attempt(60_000, 2, 2),
                LedgerFixtures.attempt(120_000, 3, 3));
        Instant noon = LedgerFixtures.NOON;

        assertThat(used(new LedgerFiles.Period(noon.plusSeconds(30), noon.plusSeconds(90))))
                .extracting(UsedAttempt::input)
                .containsExactly(2L);
        assertThat(used(new LedgerFiles.Period(null, noon.plusSeconds(1))))
                .extracting(UsedAttempt::input)
                .containsExactly(1L);
        for (Path file : LedgerFixtures.files(directory)) {
            Files.setLastModifiedTime(file, FileTime.from(noon.plusSeconds(10)));
        }
        assertThat(used(new LedgerFiles.Period(noon.plusSeconds(11), null))).isEmpty();
        assertThat(used(new LedgerFiles.Period(noon.plusSeconds(9), null))).hasSize(2);
    }

    @Test
    void noMoreLinesAreReadThanIsAllowed() throws IOException {
        write(LedgerFixtures.attempt(1, 1, 1), LedgerFixtures.attempt(2, 1, 1), LedgerFixtures.attempt(3, 1, 1));
        List<UsedAttempt> all = new ArrayList<>();

        assertThat(files().attempts(LedgerFiles.Period.ALWAYS, 2, all::add)).isFalse();

        assertThat(all).hasSizeLessThan(3);
    }

    @Test
    void whereNothingWasWrittenNothingIsRead() throws IOException {
        LedgerFiles none = new LedgerFiles(List.of(directory.resolve("nosuch")));

        assertThat(none.attempts(LedgerFiles.Period.ALWAYS, 10, used -> {
                    throw new AssertionError(used);
                }))
                .isTrue();
    }

    @Test
    void linesThatAreNotGoodAreLeftOut() throws IOException {
        write(LedgerFixtures.attempt(1, 1, 1));
        Path file = LedgerFixtures.files(directory).get(0);
        Files.writeString(file, "{\"torn\":", StandardOpenOption.APPEND);

        assertThat(used(LedgerFiles.Period.ALWAYS)).hasSize(1);
    }

    @Test
    void sumsCountAsTheirPartsDo() throws IOException {
        Folds folds = new Folds();
        folds.add(LedgerFixtures.attempt(1, 1000, 10));
        folds.add(LedgerFixtures.attempt(2, 1000, 10));
        folds.add(LedgerFixtures.exchange(1));
        List<FoldRecord> sums = folds.take(0, LedgerFixtures.NOON.toEpochMilli());
        write(sums.get(0), sums.get(1), LedgerFixtures.attempt(3, 1000, 10), guessed("local"));

        assertThat(files().summarize("upstream", LedgerFiles.Period.ALWAYS, print(out), print(err)))
                .isZero();

        assertThat(out()).isEqualTo("""
                upstream  attempts  input  cached  output  reasoning  cost
                local            1    100       0      50          0  1 without a price
                openai           3   3000       0      30          0  0.00375000003 USD
                all              4   3100       0      80          0  0.00375000003 USD + 1 without a price
                """);
    }

    @Test
    void whatBecameKnownLaterCounts() throws IOException {
        write(guessed("local"));
        String id = LedgerFixtures.lines("attempt", directory).get(0).id();
        Cost cost = new Cost(Cost.State.PRICED, new Money(2_000_000_000_000L, "EUR"), Cost.From.TABLE, null, "1");
        write(new AdjustRecord(0, id, "stored_response", Usage.of(7, 3), cost, null));

        files().summarize("model", LedgerFiles.Period.ALWAYS, print(out), print(err));

        assertThat(out()).contains("-             1      7       0       3          0  2 EUR");
    }

    @Test
    void aCorrectionTakesThePlaceOfWhatWasKnown() throws IOException {
        write(LedgerFixtures.attempt(1, 1000, 10), guessed("local"), LedgerFixtures.exchange(1));
        List<LineReader.Line> attempts = LedgerFixtures.lines("attempt", directory);

        Correction counts = Correction.read(attempts.get(0).id(), "bill", List.of("input_tokens=77"), null);
        assertThat(files().adjust(counts, "1.0", print(out), print(err))).isZero();
        Correction cost = Correction.read(attempts.get(1).id(), "bill", List.of(), "2.5 EUR");
        assertThat(files().adjust(cost, "1.0", print(out), print(err))).isZero();
        out.reset();
        files().summarize("upstream", LedgerFiles.Period.ALWAYS, print(out), print(err));

        assertThat(out())
                .containsPattern("openai +1 +77 +0 +10 +0  0.00125000001 USD")
                .containsPattern("local +1 +100 +0 +50 +0  2.5 EUR");
        String unpriced =
                LedgerFixtures.lines("adjust", directory).get(0).json().text();
        assertThat(unpriced).contains("\"why\":\"bill\"", "\"cost_state\":\"priced\"");
        assertThatThrownBy(() -> files().adjust(
                                Correction.read("none-1", "bill", List.of(), "1 USD"), "1.0", print(out), print(err)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("none-1: no such attempt");
    }

    @Test
    void onlyThePeriodThatIsAskedForCounts() throws IOException {
        write(guessed("a"));
        Instant noon = LedgerFixtures.NOON;

        assertThat(attempts(new LedgerFiles.Period(noon, noon.plusMillis(1)))).contains("1");
        assertThat(attempts(new LedgerFiles.Period(noon.plusMillis(1), null))).contains("0");
        assertThat(attempts(new LedgerFiles.Period(null, noon))).contains("0");
    }

    private List<String> attempts(LedgerFiles.Period period) throws IOException {
        out.reset();
        files().summarize("day", period, print(out), print(err));
        String last = out().lines().reduce((one, other) -> other).orElseThrow();
        return List.of(last.split(" +"));
    }

    @Test
    void whatLooksLikeAFormulaStaysAText() throws IOException {
        Folds folds = new Folds();
        folds.add(LedgerFixtures.attempt(1, 8, 1));
        write(guessed("=1+1"), guessed("a \"b\", c"), folds.take(0, 1).get(0));

        assertThat(files().exportCsv(LedgerFiles.Period.ALWAYS, print(out), print(err)))
                .isZero();

        assertThat(out().lines()).hasSize(4);
        assertThat(out()).contains(",\"'=1+1\",", ",\"a \"\"b\"\", c\",", ",0.000010000001,,,USD,");
    }

    @Test
    void aGroupingThatThereIsNotIsRefused() {
        assertThatThrownBy(() -> files().summarize("colour", LedgerFiles.Period.ALWAYS, print(out), print(err)))
                .hasMessageContaining("colour (expected: one of [model, upstream, forward, key, day])");
    }

    @Test
    void aFileThatIsCompressedWhileItsDirectoryIsReadIsFound() throws IOException {
        write(LedgerFixtures.attempt(1, 10, 5));
        Path plain = LedgerFixtures.files(directory).get(0);
        Packing.pack(plain);
        assertThat(plain).doesNotExist();

        try (LineReader reader = LineReader.open(plain)) {
            LineReader.Line first = Objects.requireNonNull(reader.next(), "the file has lines");
            assertThat(first.type()).isEqualTo("open");
        }
        Files.delete(LedgerName.packed(plain));
        assertThatThrownBy(() -> LineReader.open(plain)).isInstanceOf(NoSuchFileException.class);
    }
}
