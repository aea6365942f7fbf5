package io.llmproxy.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.store.Nodes.Said;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DrainWordTest {
    private static final Instant NOON = Instant.parse("2026-11-30T12:00:00Z");

    private final DrainWord word = new DrainWord();

    private static Said drained(@Nullable Instant at) {
        return new Said(true, "ann", at);
    }

    private static Said served(@Nullable Instant at) {
        return new Said(false, null, at);
    }

    @Test
    void whatWasFollowedBySomethingElseIsLostWhenItIsSaidAgain() {
        assertThat(word.isLost(Said.NOTHING)).isFalse();
        word.follow(Said.NOTHING);
        word.follow(drained(NOON));
        assertThat(word.isLost(drained(NOON))).isFalse();
        assertThat(word.isLost(Said.NOTHING)).isTrue();

        word.follow(served(NOON.plusSeconds(1)));
        assertThat(word.isLost(served(NOON.plusSeconds(1)))).isFalse();
        assertThat(word.isLost(drained(NOON))).isTrue();
        assertThat(word.last()).isEqualTo(served(NOON.plusSeconds(1)));
    }

    @Test
    void whatIsNewHoldsAlsoByAnEarlierClock() {
        word.follow(drained(NOON));
        assertThat(word.isLost(served(NOON.minusSeconds(60)))).isFalse();
        word.follow(served(NOON.minusSeconds(60)));
        assertThat(word.isLost(drained(NOON))).isTrue();
    }

    @Test
    void whatThisNodeHasToldIsFollowedByWhateverIsRead() {
        word.follow(served(NOON));
        word.tell(true, "bob");
        assertThat(word.last()).isEqualTo(new Said(true, "bob", null));
        assertThat(word.isLost(Said.NOTHING)).isFalse();
        assertThat(word.isLost(served(NOON.plusSeconds(1)))).isFalse();
        word.follow(drained(NOON.plusSeconds(2)));
        assertThat(word.isLost(served(NOON))).isTrue();
    }

    @Test
    void notMoreThanAHundredWordsAreKept() {
        for (int i = 0; i < 1000; i++) {
            word.follow(i % 2 == 0 ? drained(NOON.plusSeconds(i)) : served(NOON.plusSeconds(i)));
        }
        assertThat(word.isLost(drained(NOON))).isFalse();
        assertThat(word.isLost(drained(NOON.plusSeconds(998)))).isTrue();
    }
}
