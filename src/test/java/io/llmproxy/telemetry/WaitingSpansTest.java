package io.llmproxy.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WaitingSpansTest {
    private final Exports exports = new Exports();
    private final WaitingSpans waiting = new WaitingSpans(exports);

    private void enter(int count) {
        for (int entered = 0; entered < count; entered++) {
            assertThat(waiting.enter()).isTrue();
        }
    }

    @Test
    void thereIsRoomAgainForWhatIsSent() {
        enter(WaitingSpans.MOST);
        assertThat(waiting.enter()).isFalse();
        assertThat(exports.dropped()).isEqualTo(1);

        waiting.taken(10);

        enter(10);
        assertThat(waiting.enter()).isFalse();
    }

    @Test
    void whatComesAfterTheEndIsDroppedAndTakesNoRoomOfThoseThatFollow() {
        enter(5);
        waiting.close();
        assertThat(waiting.enter()).isFalse();
        assertThat(exports.dropped()).isEqualTo(1);

        waiting.taken(2);
        waiting.abandon();
        waiting.abandon();

        assertThat(exports.dropped()).isEqualTo(4);
        WaitingSpans next = new WaitingSpans(exports);
        for (int entered = 0; entered < WaitingSpans.MOST; entered++) {
            assertThat(next.enter()).isTrue();
        }
    }
}
