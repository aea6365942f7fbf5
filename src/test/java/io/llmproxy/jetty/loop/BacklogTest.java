package io.llmproxy.jetty.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BacklogTest {
    private static final long LIMIT = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long LONG = 2 * LIMIT;
    private static final long SHORT = LIMIT / 2;

    private final Backlog backlog = new Backlog();
    /** The clock may count from anywhere, and is about to overflow. */
    private long now = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(5);

    private void round(long nanos) {
        backlog.begin(now, LIMIT);
        now += nanos;
        backlog.end(now, LIMIT);
    }

    private void longRounds(long nanos) {
        for (long end = now + nanos; now - end < 0; ) {
            round(LONG);
        }
    }

    /** A round that serves for as long as nothing is refused, and then refuses for so many nanoseconds. Returns how long it served. */
    private long roundThatRefuses(long nanos) {
        backlog.begin(now, LIMIT);
        long served = 0;
        while (!backlog.exceeds(LIMIT, now + served)) {
            served += SHORT / 10;
        }
        now += served + nanos;
        backlog.end(now, LIMIT);
        return served;
    }

    /** Whether somebody is refused whose turn comes so long after the beginning of the next round. */
    private boolean refuses(long after) {
        backlog.begin(now, LIMIT);
        boolean refused = backlog.exceeds(LIMIT, now + after);
        backlog.end(now + after, LIMIT);
        return refused;
    }

    @Test
    void oneLongRoundIsNoBacklog() {
        round(TimeUnit.MINUTES.toNanos(1));

        assertThat(refuses(LONG)).isFalse();
    }

    @Test
    void aBurstIsNoBacklog() {
        longRounds(Backlog.PERSISTENT - 2 * LONG);

        assertThat(refuses(LONG)).isFalse();
    }

    @Test
    void whoIsReachedLateIsRefusedWhileEachRoundIsLong() {
        longRounds(Backlog.PERSISTENT + 2 * LONG);

        assertThat(refuses(LONG)).isTrue();
        assertThat(refuses(LIMIT + 1)).isTrue();
    }

    @Test
    void whoIsReachedInTimeIsNotRefused() {
        longRounds(Backlog.PERSISTENT + 2 * LONG);

        assertThat(refuses(LIMIT)).isFalse();
    }

    @Test
    void aTenthOfTheTimeIsLeftToServeHoweverManyAreRefused() {
        longRounds(Backlog.PERSISTENT + 2 * LONG);
        long began = now;
        long served = 0;
        for (int rounds = 0; rounds < 50; rounds++) {
            served += roundThatRefuses(50 * LIMIT);
        }

        assertThat((double) served / (now - began)).isBetween(0.095, 0.11);
    }

    @Test
    void whereFewAreRefusedTheShareToServeIsWhatMayBeWaitedFor() {
        longRounds(Backlog.PERSISTENT + 2 * LONG);
        for (int rounds = 0; rounds < 50; rounds++) {
            assertThat(roundThatRefuses(LIMIT)).isBetween(LIMIT, LIMIT + SHORT);
        }
    }

    @Test
    void upstreamsAreLookedForFourTimesInTheTimeThatARequestMayWait() {
        longRounds(Backlog.PERSISTENT + 2 * LONG);
        backlog.begin(now, LIMIT);
        int looks = 0;
        for (long step = 0; step < 100; step++) {
            now += LIMIT / 100 + 1;
            looks += backlog.delaysUpstreams(LIMIT, now) ? 1 : 0;
        }

        assertThat(looks).isBetween(3, 4);
    }

    @Test
    void upstreamsAreNotLookedForWithoutAStandingQueue() {
        backlog.begin(now, LIMIT);

        assertThat(backlog.stands()).isFalse();
        assertThat(backlog.delaysUpstreams(LIMIT, now + LONG)).isFalse();
    }

    @Test
    void oneShortRoundEndsIt() {
        longRounds(Backlog.PERSISTENT + 2 * LONG);
        round(SHORT);

        assertThat(refuses(LONG)).isFalse();
        longRounds(Backlog.PERSISTENT - 3 * LONG);
        assertThat(refuses(LONG)).isFalse();
    }

    @Test
    void whoComesWhileTheLoopHasNothingToDoIsNotRefused() {
        longRounds(Backlog.PERSISTENT + 2 * LONG);

        assertThat(backlog.exceeds(LIMIT, now + LONG)).isFalse();
    }

    /** A loop ends a round before it begins one, when it is started and for the first time looks whether there is something to do. */
    @Test
    void theTimeBeforeTheFirstRoundIsNoBacklog() {
        now = 0;
        for (long idle : new long[] {LONG, 2 * LONG, Backlog.PERSISTENT, 2 * Backlog.PERSISTENT}) {
            backlog.end(now += idle, LIMIT);
        }

        assertThat(refuses(LONG)).isFalse();
        longRounds(Backlog.PERSISTENT - 2 * LONG);
        assertThat(refuses(LONG)).isFalse();
    }

    @Test
    void theTimeBetweenRoundsIsNoBacklog() {
        for (int rounds = 0; rounds < 5; rounds++) {
            round(LONG);
            now += Backlog.PERSISTENT;
            assertThat(refuses(LONG)).isFalse();
        }
    }

    @Test
    void roundsThatFollowEachOtherAreABacklogThoughTheLoopLooksForMoreInBetween() {
        for (long nanos = 0; nanos < Backlog.PERSISTENT + 2 * LONG; nanos += LONG) {
            round(LONG);
            now += SHORT;
        }

        assertThat(refuses(LONG)).isTrue();
    }
}
