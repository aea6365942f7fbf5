package io.llmproxy.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.usage.AttemptUsage;
import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Money;
import io.llmproxy.usage.Usage;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FoldsTest {
    private static String line(FoldRecord fold) {
        LedgerLine line = new LedgerLine("0123456789abcdef");
        line.begin(fold.type(), "id", fold.at());
        fold.write(line);
        return new String(line.finish(), java.nio.charset.StandardCharsets.UTF_8);
    }

    @Test
    void thereAreNoMoreSumsThanAllowed() {
        Folds folds = new Folds(3);
        for (int upstream = 0; upstream < 100; upstream++) {
            assertThat(folds.add(LedgerFixtures.attempt(1, "u" + upstream, 10, 1, "completed", List.of())))
                    .isTrue();
        }
        assertThat(folds.add(LedgerFixtures.attempt(1, "u0", 10, 1, "completed", List.of())))
                .isTrue();

        List<FoldRecord> taken = folds.take(0, 1);
        assertThat(taken).hasSize(4);
        assertThat(taken.stream().mapToLong(FoldRecord::stands).sum()).isEqualTo(101);
        assertThat(taken)
                .filteredOn(fold -> fold.stands() == 98)
                .allSatisfy(fold -> assertThat(line(fold)).contains("\"upstream\":\"other\"", "\"input_tokens\":980,"));
        assertThat(folds.isEmpty()).isTrue();
    }

    @Test
    void costsAreSumsByCurrencyAndWhatHasNoPriceIsCounted() {
        AttemptRecord priced = LedgerFixtures.attempt(1, 8, 0);
        Folds folds = new Folds();
        folds.add(priced);
        folds.add(with(priced, new Cost(Cost.State.PRICED, new Money(1, "EUR"), Cost.From.TABLE, null, null)));
        folds.add(with(priced, new Cost(Cost.State.UNPRICED, null, null, null, null)));
        folds.add(with(priced, new Cost(Cost.State.NONE, null, null, null, null)));

        assertThat(line(folds.take(0, 1).get(0)))
                .contains("\"costs\":{\"EUR\":\"0.000000000001\",\"USD\":\"0.000010000000\"},\"without_cost\":1");
    }

    private static AttemptRecord with(AttemptRecord of, Cost cost) {
        AttemptUsage usage = new AttemptUsage(
                Usage.UNKNOWN,
                of.usage().source(),
                of.usage().inputSource(),
                of.usage().outputSource(),
                null,
                0,
                AttemptUsage.Answer.UNKNOWN,
                java.util.Set.of(),
                null);
        return new AttemptRecord(
                of.at(),
                of.exchange(),
                of.n(),
                of.where(),
                of.modelAsked(),
                of.modelSent(),
                of.stream(),
                of.ending(),
                of.times(),
                of.bytesIn(),
                of.bytesOut(),
                usage,
                cost);
    }

    @Test
    void exchangesAreCountedByThemselvesAndOtherRecordsAreNot() {
        Folds folds = new Folds();
        assertThat(folds.add(LedgerFixtures.exchange(1))).isTrue();
        Cost none = new Cost(Cost.State.NONE, null, null, null, null);
        assertThat(folds.add(new RepriceRecord(0, "a-1", "why", none, null))).isFalse();

        List<FoldRecord> taken = folds.take(5, 6);
        assertThat(taken).hasSize(1);
        assertThat(line(taken.get(0))).contains("\"of\":\"exchange\"").doesNotContain("usage");
    }

    @Test
    void nothingIsLostBetweenThreadsThatAddAndTheOneThatTakes() throws InterruptedException {
        Folds folds = new Folds();
        List<Thread> adding = Stream.generate(() -> new Thread(
                        () -> IntStream.range(0, 20_000).forEach(number -> folds.add(LedgerFixtures.exchange(number)))))
                .limit(3)
                .toList();
        AtomicBoolean done = new AtomicBoolean();
        long[] sum = {0};
        Thread taking = new Thread(() -> {
            while (!done.get()) {
                folds.take(0, 1).forEach(fold -> sum[0] += fold.stands());
            }
            folds.take(0, 1).forEach(fold -> sum[0] += fold.stands());
        });
        taking.start();
        adding.forEach(Thread::start);
        for (Thread thread : adding) {
            thread.join();
        }
        done.set(true);
        taking.join();

        assertThat(sum[0]).isEqualTo(60_000);
    }
}
