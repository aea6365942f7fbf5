package io.llmproxy.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ExportsTest {
    private final Exports exports = new Exports();

    @Test
    void whatIsTakenIsSentAndTheRestIsDropped() {
        exports.ended(10, true);
        exports.ended(5, false);

        assertThat(exports.sent()).isEqualTo(10);
        assertThat(exports.dropped()).isEqualTo(5);
        assertThat(exports.lastSuccess()).isPositive();
    }

    @Test
    void whatIsRejectedOfASuccessIsDropped() {
        exports.rejected(3);
        exports.ended(10, true);
        exports.rejected(0);
        exports.ended(10, true);

        assertThat(exports.sent()).isEqualTo(17);
        assertThat(exports.dropped()).isEqualTo(3);
    }

    @Test
    void noMoreIsDroppedThanWasSent() {
        exports.rejected(1_000);
        exports.ended(10, true);

        assertThat(exports.sent()).isZero();
        assertThat(exports.dropped()).isEqualTo(10);
    }
}
