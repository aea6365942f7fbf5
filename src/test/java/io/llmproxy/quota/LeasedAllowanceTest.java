package io.llmproxy.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.LimitConfig.Mode;
import io.llmproxy.config.LimitConfig.OnStoreLoss;
import io.llmproxy.config.LimitConfig.Period;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LeasedAllowanceTest {
    private static final long SIZE = 100;

    private final Watch watch = new Watch("2026-11-29T10:00:00Z");
    private final LeaseModel model = new LeaseModel();
    private final Desk store = new Desk();

    /** A store that is asked when the test says so. */
    private static final class Desk implements LeaseStore {
        private boolean there = true;
        private int woken;
        private int nodes = 4;
        private boolean given;

        @Override
        public boolean isThere() {
            return there;
        }

        @Override
        public int nodes() {
            return nodes;
        }

        @Override
        public boolean nodesAreGiven() {
            return given;
        }

        @Override
        public long offset() {
            return 0;
        }

        @Override
        public void wake(Leased limit) {
            woken++;
        }
    }

    private LeasedAllowance allowance(Metric metric, @Nullable Period per, OnStoreLoss loss) {
        LimitConfig config =
                new LimitConfig(metric, per, (double) SIZE, List.of(), null, Mode.ENFORCE, loss, List.of());
        return new LeasedAllowance("k", Terms.of(config), SIZE, store, watch.get());
    }

    /** Returns what takes the place of another, in another store. */
    private LeasedAllowance moved(LeasedAllowance before, Metric metric, @Nullable Period per, LeaseStore other) {
        LeasedAllowance next = new LeasedAllowance(
                "k",
                Terms.of(new LimitConfig(
                        metric, per, (double) SIZE, List.of(), null, Mode.ENFORCE, OnStoreLoss.SHARE, List.of())),
                SIZE,
                other,
                watch.get());
        next.begin(before.handOver(new Successor(next, SIZE), watch.get()), SIZE, watch.get());
        return next;
    }

    private Take take(LeasedAllowance allowance, long amount) {
        return allowance.take(amount, SIZE, watch.get());
    }

    private CompletableFuture<Take> ask(LeasedAllowance allowance, long amount) {
        return allowance.ask(amount, SIZE, watch.get());
    }

    private LeaseCall call(LeasedAllowance allowance) {
        return Objects.requireNonNull(allowance.call(watch.get(), false));
    }

    private LeaseReply speak(LeasedAllowance allowance, String node) {
        LeaseCall call = call(allowance);
        LeaseReply reply = model.answer(node, call, watch.get().nanos() / 1000);
        allowance.answered(call, reply, watch.get());
        return reply;
    }

    /** Takes an amount, and lets the store be asked if need be. */
    private Take served(LeasedAllowance allowance, long amount) {
        Take take = take(allowance, amount);
        if (take != Take.ASK) {
            return take;
        }
        CompletableFuture<Take> asked = ask(allowance, amount);
        speak(allowance, "one");
        return asked.join();
    }

    @Test
    void aRequestWaitsForTheStoreAndOthersForTheNextCall() {
        LeasedAllowance allowance = allowance(Metric.TOTAL, Period.MINUTE, OnStoreLoss.SHARE);
        assertThat(take(allowance, 10)).isEqualTo(Take.ASK);
        CompletableFuture<Take> first = ask(allowance, 10);
        LeaseCall call = call(allowance);
        CompletableFuture<Take> second = ask(allowance, 20);

        assertThat(allowance.call(watch.get(), false)).isNull();
        allowance.answered(call, model.answer("one", call, 1), watch.get());

        assertThat(first).isCompletedWithValue(Take.TAKEN);
        assertThat(second).isNotDone();
        speak(allowance, "one");
        assertThat(second).isCompletedWithValue(Take.TAKEN);
        assertThat(store.woken).isEqualTo(2);
        assertThat(allowance.left(SIZE, watch.get())).isEqualTo(70);
    }

    /** It waits from when it asked, not from when the store is asked. */
    @Test
    void aRequestThatWaitsNoLongerIsServedAsIfTheStoreWereAway() {
        LeasedAllowance allowance = allowance(Metric.REQUESTS, Period.MINUTE, OnStoreLoss.SHARE);
        CompletableFuture<Take> first = ask(allowance, 10);
        LeaseCall call = call(allowance);
        CompletableFuture<Take> second = ask(allowance, 20);
        CompletableFuture<Take> third = ask(allowance, 20);

        allowance.giveUp(first, 10, SIZE, watch.get());
        allowance.giveUp(second, 20, SIZE, watch.get());
        // This node's share is 25.
        assertThat(first).isCompletedWithValue(Take.TAKEN);
        assertThat(second).isCompletedWithValue(Take.SHORT);
        assertThat(third).isNotDone();

        allowance.answered(call, model.answer("one", call, 1), watch.get());
        // What was granted for the first serves another one, and the first is told of.
        LeaseCall next = call(allowance);
        assertThat(next.need()).isEqualTo(20);
        assertThat(next.delta()).isEqualTo(10);
        allowance.answered(next, model.answer("one", next, 2), watch.get());
        assertThat(third).isCompletedWithValue(Take.TAKEN);
        // 10 were granted for the one that had gone, 10 are its own, and 20 are the third's.
        assertThat(take(allowance, 10)).isEqualTo(Take.TAKEN);
        assertThat(allowance.left(SIZE, watch.get())).isEqualTo(60);
        allowance.giveUp(third, 20, SIZE, watch.get());
        assertThat(allowance.left(SIZE, watch.get())).isEqualTo(60);
    }

    @Test
    void aRequestThatWaitsNoLongerFollowsTheTerms() {
        for (Metric metric : List.of(Metric.REQUESTS, Metric.CONCURRENT)) {
            Period per = metric == Metric.CONCURRENT ? null : Period.DAY;
            LeasedAllowance closed = allowance(metric, per, OnStoreLoss.CLOSED);
            CompletableFuture<Take> refused = ask(closed, 1);
            closed.giveUp(refused, 1, SIZE, watch.get());
            assertThat(refused).isCompletedWithValue(Take.CLOSED);

            LeasedAllowance open = allowance(metric, per, OnStoreLoss.OPEN);
            CompletableFuture<Take> passes = ask(open, 1);
            open.giveUp(passes, 1, SIZE, watch.get());
            assertThat(passes).isCompletedWithValue(Take.TAKEN);
            watch.pass(Duration.ofSeconds(2));
            assertThat(call(open).delta()).isEqualTo(1);
        }
    }

    @Test
    void whatTheStoreDoesNotHaveIsNotAskedForAtOnceAgain() {
        LeasedAllowance allowance = allowance(Metric.TOTAL, Period.MINUTE, OnStoreLoss.SHARE);
        assertThat(served(allowance, 90)).isEqualTo(Take.TAKEN);
        assertThat(served(allowance, 20)).isEqualTo(Take.SHORT);
        assertThat(take(allowance, 20)).isEqualTo(Take.SHORT);
        assertThat(take(allowance, 5)).isEqualTo(Take.ASK);
        assertThat(allowance.untilFree(20, SIZE, watch.get()))
                .isEqualTo(Duration.ofSeconds(6).toNanos());
        assertThat(allowance.untilFree(5, SIZE, watch.get())).isZero();
        assertThat(allowance.untilFull(SIZE, watch.get()))
                .isEqualTo(Duration.ofSeconds(54).toNanos());

        watch.pass(Duration.ofSeconds(6));
        assertThat(served(allowance, 20)).isEqualTo(Take.TAKEN);
    }

    @Test
    void whatIsNotUsedIsUsedForOthersAndGivenBackWhenTheLeaseEnds() {
        LeasedAllowance allowance = allowance(Metric.TOTAL, Period.MINUTE, OnStoreLoss.SHARE);
        served(allowance, 50);
        allowance.settle(50, 10, SIZE, watch.get(), watch.get());
        assertThat(take(allowance, 15)).isEqualTo(Take.TAKEN);

        watch.pass(Duration.ofSeconds(20));
        assertThat(call(allowance).delta()).isEqualTo(-25);
    }

    @Test
    void whatWasUsedBesidesIsTakenOfTheLeaseAndTheRestIsOwed() {
        LeasedAllowance allowance = allowance(Metric.TOTAL, Period.MINUTE, OnStoreLoss.SHARE);
        served(allowance, 10);
        allowance.settle(10, 4, SIZE, watch.get(), watch.get());
        allowance.settle(0, 30, SIZE, watch.get(), watch.get());
        assertThat(allowance.call(watch.get(), false)).isNull();
        watch.pass(Duration.ofSeconds(2));
        LeaseCall call = call(allowance);
        assertThat(call.delta()).isEqualTo(24);

        // Whether the store has heard that is not known.
        allowance.failed(call, watch.get());
        watch.pass(Duration.ofSeconds(2));
        assertThat(call(allowance).delta()).isEqualTo(24);
    }

    @Test
    void aWindowIsCalledByItsNameAndForgottenWhenItIsOver() {
        LeasedAllowance allowance = allowance(Metric.TOTAL, Period.MONTH, OnStoreLoss.SHARE);
        CompletableFuture<Take> asked = ask(allowance, 5);
        LeaseCall call = call(allowance);
        assertThat(call.key()).isEqualTo("k:2026-11");
        Moment before = watch.get();
        watch.set("2026-12-01T00:00:00Z");
        allowance.answered(call, new LeaseReply(5, 5, 0, 1), watch.get());

        assertThat(asked).isCompletedWithValue(Take.SHORT);
        allowance.settle(5, 50, SIZE, before, watch.get());
        assertThat(allowance.left(SIZE, watch.get())).isEqualTo(SIZE);
        assertThat(served(allowance, 5)).isEqualTo(Take.TAKEN);
        assertThat(Duration.ofNanos(allowance.untilFree(99, SIZE, watch.get()))).isEqualTo(Duration.ofDays(31));
        assertThat(Duration.ofNanos(allowance.untilFull(SIZE, watch.get()))).isEqualTo(Duration.ofDays(31));
    }

    @Test
    void permitsAreHeldInAllAndConfirmed() {
        LeasedAllowance one = allowance(Metric.CONCURRENT, null, OnStoreLoss.SHARE);
        assertThat(served(one, 1)).isEqualTo(Take.TAKEN);
        watch.pass(Duration.ofSeconds(2));
        assertThat(call(one).delta()).isEqualTo(1);
        one.failed(null, watch.get());
        LeasedAllowance other = allowance(Metric.CONCURRENT, null, OnStoreLoss.SHARE);
        CompletableFuture<Take> asked = other.ask(100, SIZE, watch.get());
        speak(other, "two");
        assertThat(asked).isCompletedWithValue(Take.SHORT);
        assertThat(other.untilFree(100, SIZE, watch.get())).isPositive();
        assertThat(other.untilFull(SIZE, watch.get())).isPositive();
    }

    @Test
    void permitsThatAreFreeAgainServeOthers() {
        LeasedAllowance allowance = allowance(Metric.CONCURRENT, null, OnStoreLoss.SHARE);
        served(allowance, 1);
        allowance.settle(1, 0, SIZE, watch.get(), watch.get());
        assertThat(take(allowance, 1)).isEqualTo(Take.TAKEN);
        allowance.settle(1, 0, SIZE, watch.get(), watch.get());
        assertThat(allowance.rests(watch.get())).isFalse();
        watch.pass(Duration.ofSeconds(20));
        assertThat(allowance.untilFull(SIZE, watch.get())).isGreaterThanOrEqualTo(0);
        assertThat(take(allowance, 1)).isEqualTo(Take.ASK);
    }

    @Test
    void withoutTheStoreEachNodeHasItsShare() {
        LeasedAllowance allowance = allowance(Metric.REQUESTS, Period.MINUTE, OnStoreLoss.SHARE);
        served(allowance, 1);
        store.there = false;
        int taken = 0;
        while (take(allowance, 1) == Take.TAKEN) {
            taken++;
        }
        assertThat(taken).isEqualTo(25);
        assertThat(allowance.left(SIZE, watch.get())).isZero();
        allowance.settle(1, 0, SIZE, watch.get(), watch.get());
        assertThat(take(allowance, 1)).isEqualTo(Take.TAKEN);
        assertThat(allowance.call(watch.get(), false)).isNull();

        store.there = true;
        watch.pass(Duration.ofSeconds(2));
        assertThat(call(allowance).delta()).isBetween(20L, 25L);
    }

    @Test
    void ofABudgetEachNodeHasItsShareOfTheRest() {
        LeasedAllowance allowance = allowance(Metric.TOTAL, Period.MONTH, OnStoreLoss.SHARE);
        served(allowance, 60);
        store.there = false;
        assertThat(take(allowance, 8)).isEqualTo(Take.TAKEN);
        assertThat(take(allowance, 8)).isEqualTo(Take.SHORT);
        allowance.settle(8, 9, SIZE, watch.get(), watch.get());
        store.there = true;
        watch.pass(Duration.ofSeconds(2));
        assertThat(call(allowance).delta()).isEqualTo(9);
    }

    @Test
    void permitsAreSharedToo() {
        LeasedAllowance allowance = allowance(Metric.CONCURRENT, null, OnStoreLoss.SHARE);
        served(allowance, 20);
        store.there = false;
        assertThat(take(allowance, 5)).isEqualTo(Take.TAKEN);
        assertThat(take(allowance, 1)).isEqualTo(Take.SHORT);
        allowance.settle(1, 0, SIZE, watch.get(), watch.get());
        assertThat(take(allowance, 1)).isEqualTo(Take.TAKEN);
        store.there = true;
        assertThat(take(allowance, 1)).isEqualTo(Take.ASK);
    }

    @Test
    void whatIsOpenIsCountedAndWhatIsClosedIsRefused() {
        LeasedAllowance open = allowance(Metric.TOTAL, Period.MINUTE, OnStoreLoss.OPEN);
        LeasedAllowance closed = allowance(Metric.TOTAL, Period.MONTH, OnStoreLoss.CLOSED);
        store.there = false;
        assertThat(take(open, 1_000)).isEqualTo(Take.TAKEN);
        assertThat(ask(open, 1_000)).isCompletedWithValue(Take.TAKEN);
        assertThat(take(closed, 1)).isEqualTo(Take.CLOSED);
        store.there = true;
        watch.pass(Duration.ofSeconds(2));
        assertThat(call(open).delta()).isEqualTo(SIZE);
    }

    @Test
    void thoseWhoWaitAreToldWhenTheStoreGoes() {
        LeasedAllowance closed = allowance(Metric.TOTAL, Period.MONTH, OnStoreLoss.CLOSED);
        CompletableFuture<Take> first = ask(closed, 1);
        LeaseCall call = call(closed);
        CompletableFuture<Take> second = ask(closed, 1);
        store.there = false;
        closed.failed(call, watch.get());
        assertThat(first).isCompletedWithValue(Take.CLOSED);
        assertThat(second).isCompletedWithValue(Take.CLOSED);

        store.there = true;
        CompletableFuture<Take> third = ask(closed, 1);
        closed.failed(null, watch.get());
        assertThat(third).isCompletedWithValue(Take.SHORT);
    }

    @Test
    void whatIsLeftInTheEndIsGivenBack() {
        LeasedAllowance allowance = allowance(Metric.TOTAL, Period.HOUR, OnStoreLoss.SHARE);
        served(allowance, 50);
        allowance.settle(50, 10, SIZE, watch.get(), watch.get());

        LeaseCall last = Objects.requireNonNull(allowance.call(watch.get(), true));
        assertThat(last.delta()).isEqualTo(-40);
        allowance.answered(last, model.answer("one", last, 1), watch.get());
        watch.pass(Duration.ofSeconds(11));
        assertThat(allowance.rests(watch.get())).isTrue();
    }

    @Test
    void whoAsksForMoreThanIsLeftIsToldWhenThatIsThere() {
        LeasedAllowance allowance = allowance(Metric.TOTAL, Period.MINUTE, OnStoreLoss.SHARE);
        assertThat(served(allowance, 90)).isEqualTo(Take.TAKEN);
        CompletableFuture<Take> little = ask(allowance, 5);
        CompletableFuture<Take> much = ask(allowance, 60);
        speak(allowance, "one");

        assertThat(little).isCompletedWithValue(Take.TAKEN);
        assertThat(much).isCompletedWithValue(Take.SHORT);
        assertThat(Duration.ofNanos(allowance.untilFree(60, SIZE, watch.get())))
                .isBetween(Duration.ofSeconds(29), Duration.ofSeconds(34));
    }

    @Test
    void whatIsUsedBeyondWhatWasTakenIsNotLeftAlsoBeforeTheStoreKnows() {
        LeasedAllowance allowance = allowance(Metric.TOTAL, Period.DAY, OnStoreLoss.SHARE);
        assertThat(served(allowance, 5)).isEqualTo(Take.TAKEN);
        allowance.settle(5, 95, SIZE, watch.get(), watch.get());
        assertThat(allowance.left(SIZE, watch.get())).isEqualTo(5);
        watch.pass(Duration.ofSeconds(1));
        call(allowance);
        assertThat(allowance.left(SIZE, watch.get())).isEqualTo(5);
    }

    @Test
    void aNodeThatHasNeverHeardOfOthersTakesNothingThatDoesNotComeBack() {
        store.there = false;
        store.nodes = 0;
        LeasedAllowance month = allowance(Metric.REQUESTS, Period.MONTH, OnStoreLoss.SHARE);
        LeasedAllowance minute = allowance(Metric.REQUESTS, Period.MINUTE, OnStoreLoss.SHARE);
        assertThat(take(month, 1)).isEqualTo(Take.CLOSED);
        assertThat(take(minute, 1)).isEqualTo(Take.TAKEN);
        assertThat(take(allowance(Metric.REQUESTS, Period.MONTH, OnStoreLoss.OPEN), 1))
                .isEqualTo(Take.TAKEN);

        // It has been told how many there are.
        store.nodes = 4;
        store.given = true;
        LeasedAllowance told = allowance(Metric.REQUESTS, Period.MONTH, OnStoreLoss.SHARE);
        assertThat(take(told, SIZE / 4)).isEqualTo(Take.TAKEN);
        assertThat(take(told, 1)).isEqualTo(Take.SHORT);

        store.there = true;
        assertThat(served(month, 1)).isEqualTo(Take.TAKEN);
    }

    @Test
    void eachLossOfTheStoreGivesNoNewShare() {
        LeasedAllowance allowance = allowance(Metric.REQUESTS, Period.MONTH, OnStoreLoss.SHARE);
        served(allowance, 1);
        int taken = 0;
        for (int loss = 0; loss < 5; loss++) {
            store.there = false;
            while (take(allowance, 1) == Take.TAKEN) {
                taken++;
            }
            store.there = true;
            // It goes again before it has heard of it, or before it has answered.
            if (loss == 1) {
                watch.pass(Duration.ofSeconds(2));
                call(allowance);
                allowance.failed(null, watch.get());
            } else {
                allowance.left(SIZE, watch.get());
            }
        }
        assertThat(taken).isBetween(20, 25);
    }

    @Test
    void whatThisNodeCannotKnowToBeHeardIsAnsweredLater() {
        LeasedAllowance allowance = allowance(Metric.TOTAL, Period.MONTH, OnStoreLoss.CLOSED);
        CompletableFuture<Take> asked = ask(allowance, 5);
        LeaseCall call = call(allowance);
        LeaseReply lost = model.answer("one", call, 1);
        store.there = false;
        allowance.failed(null, watch.get());
        assertThat(asked).isCompletedWithValue(Take.CLOSED);
        assertThat(allowance.call(watch.get(), false)).isNull();

        store.there = true;
        watch.pass(Duration.ofMinutes(3));
        allowance.answered(call, lost, watch.get());

        // What was granted is too old to be used, and is not lost.
        assertThat(call(allowance).delta()).isEqualTo(-5);
    }

    @Test
    void aLimitThatTheStoreCannotCountIsAsWithoutItUntilItCan() {
        LeasedAllowance allowance = allowance(Metric.REQUESTS, Period.MONTH, OnStoreLoss.CLOSED);
        CompletableFuture<Take> asked = ask(allowance, 5);
        LeaseCall call = call(allowance);
        allowance.refused(call, watch.get());
        assertThat(asked).isCompletedWithValue(Take.CLOSED);
        assertThat(take(allowance, 1)).isEqualTo(Take.CLOSED);
        assertThat(allowance.call(watch.get(), false)).isNull();
        assertThat(allowance.rests(watch.get())).isFalse();

        // It is asked again each second.
        watch.pass(Duration.ofSeconds(1));
        LeaseCall again = call(allowance);
        allowance.answered(again, model.answer("one", again, 1), watch.get());
        assertThat(served(allowance, 1)).isEqualTo(Take.TAKEN);
    }

    @Test
    void whatIsSettledAfterItRestsWakesTheStore() {
        LeasedAllowance allowance = allowance(Metric.TOTAL, Period.MONTH, OnStoreLoss.SHARE);
        served(allowance, 1);
        Moment then = watch.get();
        watch.pass(Duration.ofSeconds(30));
        assertThat(allowance.rests(watch.get())).isTrue();
        int before = store.woken;

        allowance.settle(1, 51, SIZE, then, watch.get());
        allowance.settle(0, 2, SIZE, then, watch.get());

        assertThat(store.woken).isEqualTo(before + 1);
        assertThat(allowance.rests(watch.get())).isFalse();
        assertThat(call(allowance).delta()).isEqualTo(52);
    }

    /** Others may have used it up before the store went. */
    @Test
    void ofALimitThatWasNeverHeardOfNothingIsTakenAlthoughOthersWere() {
        store.there = false;
        assertThat(take(allowance(Metric.REQUESTS, Period.MONTH, OnStoreLoss.SHARE), 1))
                .isEqualTo(Take.CLOSED);
        assertThat(take(allowance(Metric.REQUESTS, Period.HOUR, OnStoreLoss.SHARE), 25))
                .isEqualTo(Take.TAKEN);

        store.there = true;
        LeasedAllowance refused = allowance(Metric.REQUESTS, Period.MONTH, OnStoreLoss.SHARE);
        CompletableFuture<Take> asked = ask(refused, 1);
        refused.refused(call(refused), watch.get());
        assertThat(asked).isCompletedWithValue(Take.CLOSED);
    }

    @Test
    void whatDoesNotComeBackIsHeardOfBeforeAnyoneAsks() {
        LeasedAllowance allowance = allowance(Metric.REQUESTS, Period.MONTH, OnStoreLoss.SHARE);
        watch.pass(Duration.ofSeconds(20));
        assertThat(allowance.rests(watch.get())).isFalse();
        LeaseCall call = call(allowance);
        assertThat(call.need()).isZero();
        allowance.answered(call, new LeaseReply(0, 60, 0, 1), watch.get());
        assertThat(allowance.left(SIZE, watch.get())).isEqualTo(40);
        assertThat(allowance.rests(watch.get())).isTrue();

        store.there = false;
        assertThat(take(allowance, 10)).isEqualTo(Take.TAKEN);
        assertThat(take(allowance, 1)).isEqualTo(Take.SHORT);
    }

    @Test
    void ofALimitThatWasHeardOfEachNodeHasItsPartAlsoOfTheNextDay() {
        LeasedAllowance allowance = allowance(Metric.REQUESTS, Period.DAY, OnStoreLoss.SHARE);
        served(allowance, 80);
        store.there = false;
        watch.pass(Duration.ofDays(1));
        assertThat(take(allowance, 25)).isEqualTo(Take.TAKEN);
        assertThat(take(allowance, 1)).isEqualTo(Take.SHORT);
        assertThat(allowance.isWhole(watch.get())).isFalse();
        store.there = true;
        assertThat(allowance.isWhole(watch.get())).isTrue();
    }

    @Test
    void theAmountOfAnOldConfigurationIsNotTold() {
        LeasedAllowance allowance = allowance(Metric.REQUESTS, Period.MINUTE, OnStoreLoss.SHARE);
        CompletableFuture<Take> asked = allowance.ask(150, 2 * SIZE, watch.get());
        // A session that began before looks how much is left.
        assertThat(allowance.left(SIZE, watch.get())).isEqualTo(SIZE);

        assertThat(speak(allowance, "one").granted()).isEqualTo(150);
        assertThat(asked).isCompletedWithValue(Take.TAKEN);
        assertThat(allowance.left(SIZE, watch.get())).isZero();
        assertThat(allowance.left(2 * SIZE, watch.get())).isEqualTo(50);
    }

    /** The store's thread may be the first to look at it. */
    @Test
    void aLimitThatIsNewWhileTheStoreIsAwayHasItsWholePart() {
        store.there = false;
        store.given = true;
        for (Period per : List.of(Period.MINUTE, Period.TOTAL)) {
            LeasedAllowance allowance = allowance(Metric.TOTAL, per, OnStoreLoss.SHARE);
            allowance.failed(null, watch.get());

            assertThat(take(allowance, SIZE / 4)).as(per.name()).isEqualTo(Take.TAKEN);
        }
    }

    /** A node that knew little may have made the count in the other store before. */
    @Test
    void inAnotherStoreTheLargerOfTwoCountsHolds() {
        LeaseModel other = new LeaseModel();
        for (Period per : List.of(Period.HOUR, Period.MONTH)) {
            LeasedAllowance little =
                    moved(allowance(Metric.TOTAL, per, OnStoreLoss.SHARE), Metric.TOTAL, per, new Desk());
            LeasedAllowance much = allowance(Metric.TOTAL, per, OnStoreLoss.SHARE);
            served(much, 80);
            much = moved(much, Metric.TOTAL, per, new Desk());

            CompletableFuture<Take> first = ask(little, 1);
            answer(other, "one", little);
            CompletableFuture<Take> second = ask(much, 1);
            answer(other, "two", much);

            assertThat(first).isCompletedWithValue(Take.TAKEN);
            assertThat(second).isCompletedWithValue(Take.TAKEN);
            assertThat(much.left(SIZE, watch.get())).as(per.name()).isBetween(SIZE - 82L, SIZE - 81L);
        }
    }

    private void answer(LeaseModel other, String node, LeasedAllowance allowance) {
        LeaseCall call = call(allowance);
        allowance.answered(call, other.answer(node, call, watch.get().nanos() / 1000), watch.get());
    }

    @Test
    void inAnotherStoreItBeginsWithWhatThisOneKnows() {
        LeasedAllowance before = allowance(Metric.TOTAL, Period.MONTH, OnStoreLoss.SHARE);
        served(before, 40);
        before.settle(40, 30, SIZE, watch.get(), watch.get());
        before.settle(0, 15, SIZE, watch.get(), watch.get());

        Desk other = new Desk();
        LeasedAllowance next = moved(before, Metric.TOTAL, Period.MONTH, other);
        assertThat(next.left(SIZE, watch.get())).isEqualTo(55);
        CompletableFuture<Take> asked = ask(next, 5);
        LeaseCall call = call(next);
        assertThat(call.seen()).isEqualTo(45);
        assertThat(call.delta()).isZero();
        next.answered(call, new LeaseModel().answer("two", call, 1), watch.get());
        assertThat(asked).isCompletedWithValue(Take.TAKEN);
        assertThat(next.left(SIZE, watch.get())).isEqualTo(50);
        // What was begun before is settled where it was taken.
        watch.pass(Duration.ofSeconds(2));
        assertThat(call(before).delta()).isEqualTo(5);

        watch.set("2026-12-01T00:00:00Z");
        assertThat(moved(before, Metric.TOTAL, Period.MONTH, other).left(SIZE, watch.get()))
                .isEqualTo(SIZE);
    }

    /** A session may go on for days in what was replaced, and the store of that may be gone when it ends. */
    @Test
    void whatIsOpenWhereALimitWasIsToldWhereItIs() {
        store.nodes = 1;
        for (Period per : List.of(Period.HOUR, Period.MONTH)) {
            store.there = true;
            LeasedAllowance first = allowance(Metric.TOTAL, per, OnStoreLoss.SHARE);
            served(first, 10);
            LeasedAllowance second = moved(first, Metric.TOTAL, per, new Desk());
            LeasedAllowance third = moved(second, Metric.TOTAL, per, new Desk());
            assertThat(third.left(SIZE, watch.get())).as(per.name()).isEqualTo(90);

            first.settle(0, 20, SIZE, watch.get(), watch.get());
            store.there = false;
            first.settle(10, 12, SIZE, watch.get(), watch.get());
            assertThat(take(first, 3)).isEqualTo(Take.TAKEN);
            assertThat(third.left(SIZE, watch.get())).isEqualTo(65);
            first.settle(3, 0, SIZE, watch.get(), watch.get());

            watch.pass(Duration.ofSeconds(2));
            LeaseCall call = call(third);
            assertThat(call.born()).isEqualTo(LeaseCall.ELSEWHERE);
            assertThat(call.delta()).isEqualTo(22);
            third.answered(call, new LeaseModel().answer("two", call, 1), watch.get());
            assertThat(third.left(SIZE, watch.get())).isBetween(68L, 69L);
        }
    }

    /** What it was granted is asked for before it moves, and is had afterwards. */
    @Test
    void whoWaitsWhileALimitMovesIsToldToItsNextPlace() {
        LeasedAllowance before = allowance(Metric.TOTAL, Period.MONTH, OnStoreLoss.SHARE);
        CompletableFuture<Take> asked = ask(before, 30);
        LeaseCall call = call(before);
        LeasedAllowance next = moved(before, Metric.TOTAL, Period.MONTH, new Desk());
        before.answered(call, model.answer("one", call, 1), watch.get());

        assertThat(asked).isCompletedWithValue(Take.TAKEN);
        assertThat(next.left(SIZE, watch.get())).isEqualTo(70);
    }

    @Test
    void permitsAreGivenBackToTheOneThatGaveThem() {
        LeasedAllowance before = allowance(Metric.CONCURRENT, null, OnStoreLoss.SHARE);
        served(before, 10);
        LeasedAllowance next = moved(before, Metric.CONCURRENT, null, new Desk());
        before.settle(10, 0, SIZE, watch.get(), watch.get());
        assertThat(next.left(SIZE, watch.get())).isEqualTo(SIZE);
        watch.pass(Duration.ofSeconds(2));
        CompletableFuture<Take> asked = ask(next, 1);
        assertThat(call(next).delta()).isZero();
        assertThat(asked).isNotDone();
    }

    @Test
    void whatTheStoreCannotCountRestsWhenNobodyAsks() {
        LeasedAllowance allowance = allowance(Metric.REQUESTS, Period.MONTH, OnStoreLoss.CLOSED);
        CompletableFuture<Take> asked = ask(allowance, 5);
        allowance.refused(call(allowance), watch.get());
        assertThat(asked).isCompletedWithValue(Take.CLOSED);
        watch.pass(Duration.ofSeconds(11));
        assertThat(allowance.rests(watch.get())).isTrue();

        int before = store.woken;
        assertThat(take(allowance, 1)).isEqualTo(Take.CLOSED);
        assertThat(store.woken).isEqualTo(before + 1);
        assertThat(allowance.rests(watch.get())).isFalse();
        LeaseCall again = call(allowance);
        allowance.answered(again, model.answer("one", again, 1), watch.get());
        assertThat(served(allowance, 1)).isEqualTo(Take.TAKEN);
    }

    @Test
    void whatIsUsedAloneOnlyIsToldAsSoonAsTheStoreIsThere() {
        store.given = true;
        LeasedAllowance allowance = allowance(Metric.REQUESTS, Period.MONTH, OnStoreLoss.SHARE);
        store.there = false;
        assertThat(take(allowance, 3)).isEqualTo(Take.TAKEN);
        assertThat(take(allowance, 3)).isEqualTo(Take.TAKEN);
        assertThat(store.woken).isEqualTo(1);

        store.there = true;
        watch.pass(Duration.ofSeconds(20));
        assertThat(call(allowance).delta()).isEqualTo(6);
    }

    @Test
    void whereLittleIsLeftNothingIsKept() {
        LeasedAllowance allowance = allowance(Metric.REQUESTS, Period.SECOND, OnStoreLoss.SHARE);
        served(allowance, 95);
        allowance.settle(95, 92, SIZE, watch.get(), watch.get());
        watch.pass(Duration.ofMillis(50));
        assertThat(allowance.call(watch.get(), false)).isNull();
        assertThat(Terms.of(new LimitConfig(
                                Metric.COST, Period.DAY, 1.0, List.of(), null, Mode.ENFORCE, null, List.of()))
                        .onStoreLoss())
                .isEqualTo(OnStoreLoss.CLOSED);
    }

    @Test
    void allThatANodeDoesNotKnowIsAskedForAtOnce() {
        List<LimitConfig> limits = List.of(
                new LimitConfig(Metric.REQUESTS, Period.MINUTE, 100.0, List.of(), null, Mode.ENFORCE, null, List.of()),
                new LimitConfig(Metric.REQUESTS, Period.DAY, 1.0, List.of(), null, Mode.ENFORCE, null, List.of()),
                new LimitConfig(Metric.COST, Period.DAY, 1.0, List.of(), null, Mode.SHADOW, null, List.of()));
        Quotas quotas = Quotas.of(List.of(), List.of(), watch, store, null);
        LimitPath path = Objects.requireNonNull(quotas.path(Subject.key("k", "k"), limits, null));
        assertThat(quotas.store()).isSameAs(store);
        Asked asked = new Asked("m", "m", true, true, 1, 1);

        assertThat(outcome(path, asked)).isInstanceOf(Reservation.class);
        assertThat(outcome(path, asked)).isInstanceOf(Exhausted.class);
        assertThat(path.meters().get(0).standing(watch.get()).left()).isEqualTo(99);

        store.there = false;
        LimitConfig closed = new LimitConfig(
                Metric.REQUESTS, Period.HOUR, 5.0, List.of(), null, Mode.ENFORCE, OnStoreLoss.CLOSED, List.of());
        LimitPath other = Objects.requireNonNull(quotas.path(Subject.key("o", "o"), List.of(closed), null));
        assertThat(other.reserve(asked, watch.get())).isInstanceOf(Unavailable.class);
        // That is no word about how much is used.
        assertThat(other.meters().get(0).standing(watch.get()).refused()).isZero();
        assertThat(other.meters().get(0).standing(watch.get()).isWhole()).isFalse();
    }

    @Test
    void anotherStoreTakesOverAndWhatIsOpenStaysWhereItWasTaken() {
        LimitConfig budget =
                new LimitConfig(Metric.REQUESTS, Period.TOTAL, 3.0, List.of(), null, Mode.ENFORCE, null, List.of());
        Asked asked = new Asked("m", "m", true, true, 1, 1);
        Accounts accounts = new Accounts();
        Quotas before = Quotas.of(List.of(), List.of(), watch, store, null);
        LimitPath own = Objects.requireNonNull(before.path(Subject.key("k", "k"), List.of(budget), null));
        LimitPath issued = before.path(Subject.issuedKey("i", "i"), List.of(budget), null, accounts);
        for (LimitPath path : List.of(own, issued)) {
            outcome(path, asked);
            outcome(path, asked);
        }

        Quotas next = Quotas.of(List.of(), List.of(), watch, new Desk(), before);
        LimitPath ownNext = Objects.requireNonNull(next.path(Subject.key("k", "k"), List.of(budget), null));
        LimitPath issuedNext = next.path(Subject.issuedKey("i", "i"), List.of(budget), null, accounts);
        for (LimitPath path : List.of(ownNext, issuedNext)) {
            assertThat(path.meters().get(0).standing(watch.get()).left()).isEqualTo(1);
        }
        // An exchange that began before asks for what it began with.
        assertThat(before.path(Subject.issuedKey("i", "i"), List.of(budget), null, accounts)
                        .meters()
                        .get(0)
                        .account())
                .isSameAs(issued.meters().get(0).account());
        assertThat(next.path(Subject.issuedKey("i", "i"), List.of(budget), null, accounts)
                        .meters()
                        .get(0)
                        .account())
                .isSameAs(issuedNext.meters().get(0).account());
    }

    @Test
    void whatWasUsedIsHandedOnWhenNodesBeginToShareAndWhenTheyEnd() {
        for (Period per : List.of(Period.HOUR, Period.DAY)) {
            List<LimitConfig> budget =
                    List.of(new LimitConfig(Metric.TOTAL, per, 1000.0, List.of(), null, Mode.ENFORCE, null, List.of()));
            Subject key = Subject.key(per.name(), "k");
            Quotas alone = Quotas.of(List.of(), List.of(), watch, null, null);
            Asked asked = new Asked("m", "m", true, true, 50, 50);
            Reservation open = (Reservation) outcome(Objects.requireNonNull(alone.path(key, budget, null)), asked);

            Quotas shared = Quotas.of(List.of(), List.of(), watch, store, alone);
            LimitPath path = Objects.requireNonNull(shared.path(key, budget, null));
            assertThat(path.meters().get(0).standing(watch.get()).left())
                    .as(per.name())
                    .isEqualTo(900);
            open.settle(new Used(200, 100, 0), watch.get());
            assertThat(path.meters().get(0).standing(watch.get()).left()).isEqualTo(700);
            // It is expected to be like the first.
            outcome(path, asked);
            assertThat(path.meters().get(0).standing(watch.get()).left()).isEqualTo(450);

            Quotas again = Quotas.of(List.of(), List.of(), watch, null, shared);
            LimitPath last = Objects.requireNonNull(again.path(key, budget, null));
            assertThat(last.meters().get(0).standing(watch.get()).left()).isEqualTo(450);
            watch.pass(Duration.ofDays(1));
            assertThat(last.meters().get(0).standing(watch.get()).left()).isEqualTo(1000);
        }
    }

    private Outcome outcome(LimitPath path, Asked asked) {
        Outcome outcome = path.reserve(asked, watch.get());
        if (outcome instanceof Pending pending) {
            for (Meter meter : path.meters()) {
                LeasedAllowance allowance = (LeasedAllowance) meter.account().allowance();
                LeaseCall call = allowance.call(watch.get(), false);
                if (call != null) {
                    allowance.answered(
                            call, model.answer("one", call, watch.get().nanos() / 1000), watch.get());
                }
            }
            return pending.outcome().join();
        }
        return outcome;
    }
}
