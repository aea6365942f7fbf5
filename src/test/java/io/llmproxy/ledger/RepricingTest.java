package io.llmproxy.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.usage.AttemptUsage;
import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Money;
import io.llmproxy.usage.PriceFile;
import io.llmproxy.usage.Prices;
import io.llmproxy.usage.Usage;
import io.llmproxy.usage.UsageSource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RepricingTest {
    private static final Cost UNPRICED = new Cost(Cost.State.UNPRICED, null, null, null, null);
    private static final Prices PRICES = PriceFile.parse("""
                    version: "2027"
                    currency: USD
                    models:
                      - {model: gpt-5, per_million: {input: "2", output: "10"}}
                      - {model: local, free: true}
                    """, "prices.yaml").prices();

    @TempDir
    private Path directory;

    private static AttemptRecord attempt(
            @Nullable String provider,
            @Nullable String model,
            UsageSource source,
            @Nullable Money reported,
            Cost cost) {
        return attempt(200, provider, model, source, reported, cost);
    }

    private static AttemptRecord attempt(
            int status,
            @Nullable String provider,
            @Nullable String model,
            UsageSource source,
            @Nullable Money reported,
            Cost cost) {
        AttemptUsage usage = new AttemptUsage(
                source == UsageSource.NONE ? Usage.UNKNOWN : Usage.of(1000, 100),
                source,
                source,
                source,
                null,
                400,
                new AttemptUsage.Answer(null, null, null, null, null, reported),
                Set.of(),
                null);
        return new AttemptRecord(
                LedgerFixtures.NOON.toEpochMilli(),
                1,
                1,
                new AttemptRecord.Where("llm", "g", "u", 0, null, provider, null, null),
                model,
                model,
                false,
                new AttemptRecord.Ending(status, "completed", null, List.of()),
                new AttemptRecord.Times(-1, -1, -1, -1, 5),
                0,
                0,
                usage,
                cost);
    }

    private static Cost inEuro(long picos) {
        return new Cost(Cost.State.PRICED, new Money(picos, "EUR"), Cost.From.TABLE, null, "2026");
    }

    private void write(List<LedgerRecord> records) {
        Ledger ledger = LedgerFixtures.start(LedgerFixtures.config(directory));
        records.forEach(ledger::take);
        ledger.stop();
    }

    private String repriced() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        int problems = new LedgerFiles(List.of(directory))
                .reprice(PRICES, new LedgerFiles.Period(null, null), "1.0", print, print);
        assertThat(problems).isZero();
        return out.toString(StandardCharsets.UTF_8).replace("\r\n", "\n");
    }

    @Test
    void anAttemptCostsWhatThePricesSayAndIsAddedOnce() throws IOException {
        write(List.of(
                attempt("openai", "gpt-5", UsageSource.REPORTED, null, inEuro(5_000_000_000L)),
                attempt(null, "gpt-5", UsageSource.ESTIMATED, null, UNPRICED),
                attempt("nobody", "local", UsageSource.REPORTED, null, UNPRICED),
                attempt("openai", null, UsageSource.NONE, null, UNPRICED)));

        assertThat(repriced())
                .startsWith("4 attempts, 4 of them cost something else now: before 0.005 EUR, now 0.006 USD\n")
                .contains("added: " + directory);
        assertThat(LedgerFixtures.lines("reprice", directory)).hasSize(4);

        assertThat(repriced())
                .isEqualTo("4 attempts, 0 of them cost something else now: before 0.006 USD, now 0.006 USD\n");
        assertThat(LedgerFixtures.files(directory)).hasSize(2);
    }

    @Test
    void whatTheUpstreamReportsAndTheLastCountsAreHeeded() throws IOException {
        Money reported = new Money(7_000_000_000L, "USD");
        Cost told = new Cost(Cost.State.UNPRICED, null, null, reported, null);
        write(List.of(attempt("openai", "gpt-5", UsageSource.REPORTED, reported, told)));
        String id = LedgerFixtures.lines("attempt", directory).get(0).id();
        write(List.of(new AdjustRecord(
                LedgerFixtures.NOON.toEpochMilli() + 1, id, "batch", Usage.of(2_000_000, 0), UNPRICED, null)));

        assertThat(repriced()).contains("1 attempts, 1 of them").contains("before nothing");
        assertThat(LedgerFixtures.lines("reprice", directory).get(0).json().string("cost_reported", ""))
                .isEqualTo(reported.text());
    }

    @Test
    void whatACorrectionSaysThatItCostStays() throws IOException {
        write(List.of(attempt("openai", "gpt-5", UsageSource.REPORTED, null, inEuro(5_000_000_000L))));
        String id = LedgerFixtures.lines("attempt", directory).get(0).id();
        Money bill = new Money(4_000_000_000L, "USD");
        Cost told = new Cost(Cost.State.PRICED, bill, Cost.From.REPORTED, bill, null);
        write(List.of(
                new AdjustRecord(LedgerFixtures.NOON.toEpochMilli() + 1, id, "bill", Usage.of(1000, 100), told, null)));

        assertThat(repriced()).isEqualTo("""
                        1 attempts, 0 of them cost something else now: before 0.004 USD, now 0.004 USD
                        note: 1 attempts keep their cost: a correction says what it was
                        """);
        assertThat(LedgerFixtures.lines("reprice", directory)).isEmpty();
    }

    @Test
    void whatIsNotRecordedByNameOrOneByOneKeepsItsCost() throws IOException {
        Folds folds = new Folds();
        folds.add(LedgerFixtures.attempt(1, 1000, 10));
        folds.add(LedgerFixtures.attempt(2, 1000, 10));
        folds.add(LedgerFixtures.exchange(1));
        List<LedgerRecord> records = new ArrayList<>(folds.take(0, LedgerFixtures.NOON.toEpochMilli()));
        records.add(attempt("openai", "other:0123456789ab", UsageSource.REPORTED, null, inEuro(1_000_000_000L)));
        write(records);

        assertThat(repriced()).isEqualTo("""
                        1 attempts, 0 of them cost something else now: before 0.001 EUR, now 0.001 EUR
                        note: 1 attempts keep their cost: their model is recorded as a digest, for which there is no price
                        note: 2 attempts keep their cost: they are recorded in sums only
                        """);
        assertThat(LedgerFixtures.files(directory)).hasSize(1);
    }

    /** Each answer of it had its own price; they are recorded together. */
    @Test
    void aSessionKeepsItsCost() throws IOException {
        write(List.of(attempt(101, "openai", "gpt-5", UsageSource.REPORTED, null, inEuro(1_000_000_000L))));

        assertThat(repriced()).isEqualTo("""
                        1 attempts, 0 of them cost something else now: before 0.001 EUR, now 0.001 EUR
                        note: 1 attempts keep their cost: they are sessions, of whose answers the sum is recorded only
                        """);
    }

    @Test
    void manyAreAddedInOneFileThatCanBeVerified() throws IOException {
        List<LedgerRecord> records = new ArrayList<>();
        for (int exchange = 1; exchange <= 600; exchange++) {
            records.add(LedgerFixtures.attempt(exchange, 10, 5));
        }
        write(records);

        assertThat(repriced()).startsWith("600 attempts, 600 of them");
        assertThat(LedgerFixtures.verified(directory)).startsWith("2 files, 1200 records, 0 problems");
    }
}
