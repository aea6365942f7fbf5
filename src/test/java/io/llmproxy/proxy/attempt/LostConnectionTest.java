package io.llmproxy.proxy.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LostConnectionTest {
    @ParameterizedTest(name = "pooled {0}, silent {1}, sent {2}, {3} ms ago: unworked {4}")
    @CsvSource({
        "true, true, true, 0, true",
        "true, true, true, 249, true",
        "true, true, true, 250, false",
        "true, true, true, 60000, false",
        "true, true, false, 60000, true",
        "true, false, true, 0, false",
        "true, false, false, 0, false",
        "false, true, true, 0, false",
        "false, true, false, 0, false",
    })
    void aRequestIsUnworkedOnlyIfItsPooledConnectionWasSilentAndEndedAtOnce(
            boolean pooled, boolean silent, boolean sent, long millis, boolean unworked) {
        LostConnection lost = new LostConnection(pooled, silent, sent, TimeUnit.MILLISECONDS.toNanos(millis));

        assertThat(lost.isUnworked()).isEqualTo(unworked);
    }
}
