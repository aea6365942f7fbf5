package io.llmproxy.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.convert.json.JsonException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FlavoursTest {
    private static final String VERSION = "\"anthropic_version\":\"vertex-2023-10-16\"";

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "{\"model\":\"c\",\"a\" : 1.0}~{VERSION,\"a\" : 1.0}",
                "{ \"a\" :1.0 ,\"model\":\"c\" , \"b\":[{\"model\":1}] }~{VERSION, \"a\" :1.0 , \"b\":[{\"model\":1}] }",
                "{\"a\":\"\\u00e4 ä€😀\",\"model\":\"c\"}~{VERSION,\"a\":\"\\u00e4 ä€😀\"}",
                "{\"model\":\"c\"}~{VERSION}",
                "{}~{VERSION}",
                "{\"x\":-1e5,\"model\":\"c\"}~{VERSION,\"x\":-1e5}",
                "{\"anthropic_version\":\"mine\",\"model\":\"c\"}~{\"anthropic_version\":\"mine\"}",
                "{\"anthropic_version\":null,\"b\":1}~{VERSION,\"b\":1}",
            })
    void vertexTakesTheModelFromThePath(String body, String edited) {
        assertThat(text(Flavours.toVertexMessages(bytes(body)))).isEqualTo(edited.replace("VERSION", VERSION));
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "1", "", "{\"a\":", "nonsense"})
    void whatIsNoObjectIsRefused(String body) {
        assertThatThrownBy(() -> Flavours.toVertexMessages(bytes(body))).isInstanceOf(JsonException.class);
        assertThatThrownBy(() -> Flavours.toStudioGemini(bytes(body))).isInstanceOf(JsonException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{ \"contents\" : [ ] }", "{\"labels\":{\"a\":\"b\"}, \"contents\" : [ ] }"})
    void studioHasNoLabels(String body) {
        assertThat(text(Flavours.toStudioGemini(bytes(body))))
                .contains("\"contents\" : [ ] }")
                .doesNotContain("labels");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
