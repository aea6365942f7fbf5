package io.llmproxy.proxy.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.proxy.exchange.HedgeResult;
import org.junit.jupiter.api.Test;

class RaceTest {
    private static final String FIRST = "first";
    private static final String HEDGE = "hedge";
    private static final String THIRD = "third";

    private static Race<String> alone() {
        Race<String> race = new Race<>();
        race.begins(FIRST);
        return race;
    }

    private static Race<String> hedged() {
        Race<String> race = alone();
        race.asksForHedge();
        assertThat(race.wantsHedge(FIRST)).isTrue();
        race.beginsBeside(HEDGE);
        return race;
    }

    @Test
    void oneAloneWinsAgainstNobody() {
        Race<String> race = alone();

        assertThat(race.wins(FIRST)).isNull();
        assertThat(race.result()).isNull();
        assertThat(race.isAlone()).isFalse();
        assertThat(race.hasLost(FIRST)).isFalse();
    }

    @Test
    void oneAloneThatFailsLeavesNobody() {
        Race<String> race = alone();

        assertThat(race.fails(FIRST, false)).isNull();
        race.begins(THIRD);

        assertThat(race.isAlone()).isTrue();
        assertThat(race.wins(THIRD)).isNull();
    }

    @Test
    void hedgeThatHasContentFirstWins() {
        Race<String> race = hedged();

        assertThat(race.isBeside(HEDGE)).isTrue();
        assertThat(race.wins(HEDGE)).isEqualTo(FIRST);
        assertThat(race.hasLost(FIRST)).isTrue();
        assertThat(race.hasLost(HEDGE)).isFalse();
        assertThat(race.result()).isEqualTo(HedgeResult.WON);
        assertThat(race.isHedged()).isFalse();
    }

    @Test
    void firstThatHasContentFirstWins() {
        Race<String> race = hedged();

        assertThat(race.wins(FIRST)).isEqualTo(HEDGE);
        assertThat(race.hasLost(HEDGE)).isTrue();
        assertThat(race.result()).isEqualTo(HedgeResult.LOST);
    }

    @Test
    void whoHasLostHasLostForGood() {
        Race<String> race = hedged();
        race.wins(FIRST);

        assertThat(race.wins(FIRST)).isNull();
        assertThat(race.hasLost(HEDGE)).isTrue();
        assertThat(race.result()).isEqualTo(HedgeResult.LOST);
    }

    @Test
    void hedgeGoesOnAloneWhenTheFirstFails() {
        Race<String> race = hedged();

        assertThat(race.fails(FIRST, false)).isEqualTo(HEDGE);
        assertThat(race.isBeside(HEDGE)).isFalse();
        assertThat(race.isHedge(HEDGE)).isTrue();
        assertThat(race.result()).isNull();
        assertThat(race.wins(HEDGE)).isNull();
        assertThat(race.result()).isEqualTo(HedgeResult.WON);
    }

    @Test
    void firstGoesOnAloneWhenTheHedgeFails() {
        Race<String> race = hedged();

        assertThat(race.fails(HEDGE, false)).isEqualTo(FIRST);
        assertThat(race.result()).isEqualTo(HedgeResult.FAILED);
        assertThat(race.wins(FIRST)).isNull();
        assertThat(race.result()).isEqualTo(HedgeResult.FAILED);
    }

    @Test
    void afterBothHaveFailedThereIsNoSecondHedge() {
        Race<String> race = hedged();

        assertThat(race.fails(FIRST, false)).isEqualTo(HEDGE);
        assertThat(race.fails(HEDGE, false)).isNull();
        race.begins(THIRD);

        assertThat(race.isAlone()).isFalse();
        assertThat(race.isHedged()).isFalse();
        assertThat(race.wins(THIRD)).isNull();
        assertThat(race.result()).isEqualTo(HedgeResult.FAILED);
    }

    @Test
    void hedgeThatNobodyWaitsForHasNotFailed() {
        Race<String> race = hedged();

        assertThat(race.fails(FIRST, true)).isEqualTo(HEDGE);
        assertThat(race.fails(HEDGE, true)).isNull();
        race.ends();

        assertThat(race.result()).isEqualTo(HedgeResult.ABANDONED);
    }

    @Test
    void endAfterAWinnerChangesNothing() {
        Race<String> race = hedged();
        race.wins(HEDGE);

        race.ends();

        assertThat(race.result()).isEqualTo(HedgeResult.WON);
    }

    @Test
    void endWithoutAHedgeHasNoResult() {
        Race<String> race = alone();

        race.ends();

        assertThat(race.result()).isNull();
        assertThat(race.isAlone()).isFalse();
    }

    @Test
    void hedgeThatComesTooLateIsNotWanted() {
        Race<String> race = alone();
        race.asksForHedge();
        race.wins(FIRST);

        assertThat(race.wantsHedge(null)).isFalse();
        assertThat(race.isAlone()).isFalse();
    }

    @Test
    void hedgeOfOneThatHasFailedMeanwhileMayBeAskedForAgain() {
        Race<String> race = alone();
        race.asksForHedge();
        race.fails(FIRST, false);
        race.begins(THIRD);

        assertThat(race.wantsHedge(FIRST)).isFalse();
        assertThat(race.isAlone()).isTrue();
        race.asksForHedge();
        assertThat(race.wantsHedge(null)).isFalse();
        race.asksForHedge();
        assertThat(race.wantsHedge(THIRD)).isTrue();
        race.hasNoHedge();
        assertThat(race.isHedged()).isFalse();
    }

    @Test
    void aRaceThatIsOverGetsNoHedge() {
        Race<String> race = new Race<>();
        race.begins("first");
        race.wins("first");

        assertThat(race.asksForHedge()).isFalse();
        assertThat(race.isHedged()).isFalse();
        assertThat(race.wantsHedge("first")).isFalse();
    }
}
