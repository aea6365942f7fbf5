package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ToldErrorTest {
    private static final String DELAY = """
            {"error":{"code":429,"details":[{"@type":"x"},{"retryDelay":"%s"}]}}""";

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{'error':{'code':429}}~429",
                "{'error':{'code':'rate_limit_exceeded','type':'requests'}}~429",
                "{'type':'error','error':{'type':'authentication_error'}}~401",
                "{'type':'error'}~500",
                "{'error':{'status':'UNAVAILABLE','code':503}}~503",
                "{'response':{'error':{'code':'server_error'}}}~500",
                "{'error':'out of order'}~500",
                " [ {'error':{'code':429}} ] ~429"
            })
    void anErrorHasAStatus(String body, int status) {
        assertThat(read(body.replace('\'', '"'))).isEqualTo(new ToldError(status, OptionalLong.empty()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "[]", "[", "{", "{}", "{\"id\":\"x\",\"errors\":1}", "{\"error\":null}", "text", "[1,2]"})
    void whatTellsNoneIsNone(String body) {
        assertThat(read(body)).isNull();
    }

    @ParameterizedTest
    @CsvSource({"12s, 12000", "0.25s, 250", "86400s, 86400000"})
    void googleSaysHowLongToWait(String delay, long millis) {
        assertThat(read(DELAY.formatted(delay)))
                .isEqualTo(new ToldError(
                        429, OptionalLong.of(Duration.ofMillis(millis).toNanos())));
    }

    @Test
    void whatIsNoDurationSaysNothing() {
        for (String delay : new String[] {"12", "-1s", "soon", "1e9s", "9999999999s"}) {
            assertThat(read(DELAY.formatted(delay))).isEqualTo(new ToldError(429, OptionalLong.empty()));
        }
    }

    private static @Nullable ToldError read(String body) {
        return ToldError.of(body.getBytes(UTF_8));
    }
}
