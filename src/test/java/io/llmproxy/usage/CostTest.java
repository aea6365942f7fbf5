package io.llmproxy.usage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CostTest {
    private static final Cost UNPRICED = new Cost(Cost.State.UNPRICED, null, null, null, "1");

    private static Money usd(long picos) {
        return new Money(picos, "USD");
    }

    private static Cost cost(Cost.State state, long picos) {
        return new Cost(state, usd(picos), Cost.From.TABLE, null, "1");
    }

    private static Cost reported(Money amount) {
        return new Cost(Cost.State.PRICED, amount, Cost.From.REPORTED, amount, null);
    }

    @Test
    void whatIsKnownAddsUp() {
        Cost both = cost(Cost.State.PRICED, 3).and(cost(Cost.State.PRICED, 4));
        assertThat(both).isEqualTo(cost(Cost.State.PRICED, 7));
        assertThat(cost(Cost.State.FREE, 0).and(cost(Cost.State.FREE, 0))).isEqualTo(cost(Cost.State.FREE, 0));
        assertThat(cost(Cost.State.FREE, 0).and(both)).isEqualTo(both);
    }

    @Test
    void nothingAddsNothing() {
        Cost some = cost(Cost.State.INCOMPLETE, 3);
        assertThat(Cost.NOTHING.and(some)).isEqualTo(some);
        assertThat(some.and(Cost.NOTHING)).isEqualTo(some);
        assertThat(Cost.NOTHING.and(Cost.NOTHING)).isEqualTo(Cost.NOTHING);
    }

    @Test
    void whatIsNotKnownOfAPartIsNotKnownOfTheWhole() {
        assertThat(UNPRICED.and(UNPRICED)).isEqualTo(UNPRICED);
        assertThat(UNPRICED.and(cost(Cost.State.PRICED, 3))).isEqualTo(cost(Cost.State.INCOMPLETE, 3));
        assertThat(cost(Cost.State.PRICED, 3).and(UNPRICED)).isEqualTo(cost(Cost.State.INCOMPLETE, 3));
        assertThat(cost(Cost.State.INCOMPLETE, 3).and(cost(Cost.State.PRICED, 3)))
                .isEqualTo(cost(Cost.State.INCOMPLETE, 6));
    }

    @Test
    void whatUpstreamsReportAddsUpWhereAllDo() {
        Cost both = reported(usd(3)).and(reported(usd(4)));
        assertThat(both).isEqualTo(reported(usd(7)));
        Cost mixed = both.and(cost(Cost.State.PRICED, 1));
        assertThat(mixed.amount()).isEqualTo(usd(8));
        assertThat(mixed.from()).isEqualTo(Cost.From.TABLE);
        assertThat(mixed.reported()).isNull();
        assertThat(cost(Cost.State.PRICED, 1).and(both).from()).isEqualTo(Cost.From.TABLE);
    }

    @Test
    void whatHasNoSumIsALowerBound() {
        Cost euros = reported(new Money(4, "EUR"));
        assertThat(cost(Cost.State.PRICED, 3).and(euros).amount()).isEqualTo(usd(3));
        assertThat(cost(Cost.State.PRICED, 3).and(euros).state()).isEqualTo(Cost.State.INCOMPLETE);
        Cost most = cost(Cost.State.PRICED, Long.MAX_VALUE);
        assertThat(most.and(cost(Cost.State.PRICED, 1))).isEqualTo(cost(Cost.State.INCOMPLETE, Long.MAX_VALUE));
    }
}
