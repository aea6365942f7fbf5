package io.llmproxy.proxy.body;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BufferBudgetTest {
    private final BufferBudget budget = new BufferBudget();

    @Test
    void handsOutWhatThereIsAndTakesItBack() {
        budget.limit(100);

        assertThat(budget.tryReserve(60)).isTrue();
        assertThat(budget.tryReserve(41)).isFalse();
        assertThat(budget.tryReserve(40)).isTrue();
        budget.release(60);
        assertThat(budget.tryReserve(60)).isTrue();
    }

    @Test
    void aLowerLimitTakesNothingAway() {
        budget.limit(100);
        assertThat(budget.tryReserve(90)).isTrue();

        budget.limit(50);
        assertThat(budget.tryReserve(1)).isFalse();
        budget.release(90);
        assertThat(budget.tryReserve(50)).isTrue();
    }

    @Test
    void aShareGivesBackAllThatItTook() {
        budget.limit(100);
        BufferBudget.Share share = new BufferBudget.Share(budget);

        assertThat(share.tryTake(60)).isTrue();
        assertThat(share.tryTake(60)).isFalse();
        share.giveBack(20);
        assertThat(share.tryTake(60)).isTrue();
        share.close();

        assertThat(budget.tryReserve(100)).isTrue();
    }

    @Test
    void aClosedShareTakesNothing() {
        budget.limit(100);
        BufferBudget.Share share = new BufferBudget.Share(budget);
        assertThat(share.tryTake(10)).isTrue();
        share.close();
        share.close();

        assertThat(share.tryTake(10)).isFalse();
        share.giveBack(10);

        assertThat(budget.tryReserve(101)).isFalse();
        assertThat(budget.tryReserve(100)).isTrue();
    }
}
