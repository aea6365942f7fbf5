package io.llmproxy.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LostConnectionTest {
    @ParameterizedTest(name = "pooled {0}, HTTP/2 {1}, silent {2}, sent {3}, {4} ms ago: unworked {5}")
    @CsvSource({
        "true, false, true, true, 0, true",
        "true, false, true, true, 249, true",
        "true, false, true, true, 250, false",
        "true, false, true, true, 60000, false",
        "true, false, true, false, 60000, true",
        "true, false, false, true, 0, false",
        "true, false, false, false, 0, false",
        "true, true, true, true, 60000, true",
        "true, true, false, true, 0, false",
        "false, true, true, true, 0, false",
        "false, false, true, true, 0, false",
        "false, false, true, false, 0, false",
    })
    void aRequestIsUnworkedOnlyIfItsPooledConnectionWasSilentAndEndedAtOnce(
            boolean pooled, boolean shared, boolean silent, boolean sent, long millis, boolean unworked) {
        LostConnection lost = new LostConnection(pooled, shared, silent, sent, TimeUnit.MILLISECONDS.toNanos(millis));

        assertThat(lost.isUnworked()).isEqualTo(unworked);
    }
}
