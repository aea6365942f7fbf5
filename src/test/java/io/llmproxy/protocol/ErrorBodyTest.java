package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ErrorBodyTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"error\":{\"message\":\"m\"}}",
                " \r\n{\n\t\"error\" : {\n\t\t\"message\": \"m\"\n}}",
                "{\"error\":{",
                "{\"type\":\"error\",\"error\":{}}",
                "{\n  \"type\": \"error\"\n}",
            })
    void aBodyThatBeginsLikeAnErrorIsOne(String body) {
        assertThat(isError(body)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "{}",
                "{\"error\":null}",
                "{\"error\":\"m\"}",
                "{\"errors\":{}}",
                "{\"error\":",
                "{\"type\":\"message\"}",
                "{\"type\":\"error_report\"}",
                "{\"id\":\"x\",\"error\":{}}",
                "[{\"error\":{}}]",
                "error",
                "\u00e4{\"error\":{",
            })
    void anyOtherIsNot(String body) {
        assertThat(isError(body)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "  ", "{", "{ \"err", "{\"type\":\"err", "{\"error\":{", "{\"type\":\"error\",\"error\":{}}"
            })
    void aBodyMayStillBeOne(String beginning) {
        byte[] bytes = beginning.getBytes(UTF_8);
        assertThat(ErrorBody.mayBeError(ByteBuffer.wrap(bytes))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"id", "{\"error\":null", "{\"error\":\"", "[", "{\"type\":\"message"})
    void orCanBeNoneAnyMore(String beginning) {
        byte[] bytes = beginning.getBytes(UTF_8);
        assertThat(ErrorBody.mayBeError(ByteBuffer.wrap(bytes))).isFalse();
    }

    @Test
    void onlyTheBeginningIsLookedAt() {
        assertThat(isError(" ".repeat(200) + "{\"error\":{")).isTrue();
        assertThat(isError(" ".repeat(250) + "{\"error\":{")).isFalse();
        ByteBuffer blank = ByteBuffer.wrap(" ".repeat(256).getBytes(UTF_8));
        assertThat(ErrorBody.mayBeError(blank)).isFalse();
        assertThat(blank.remaining()).isEqualTo(256);
    }

    @Test
    void onlyTheGivenRangeIsRead() {
        byte[] bytes = "x{\"error\":{".getBytes(UTF_8);
        assertThat(ErrorBody.isError(bytes, 1, bytes.length - 1)).isTrue();
        assertThat(ErrorBody.isError(bytes, 1, bytes.length - 2)).isFalse();
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> ErrorBody.isError(bytes, 1, bytes.length));
    }

    private static boolean isError(String body) {
        byte[] bytes = body.getBytes(UTF_8);
        return ErrorBody.isError(bytes, 0, bytes.length);
    }
}
