package io.llmproxy.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.convert.json.JsonException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
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

    @Test
    void studioIsNotSentWhatOnlyVertexKnows() {
        String body =
                "{\"contents\" : [ {\"parts\":[{\"inlineData\":{\"displayName\":\"d\" , \"data\":\"eA==\"}},1]}, 2 ],"
                        + " \"generationConfig\":{\"topK\": 1.0, \"audioTimestamp\":true, \"seed\":2},"
                        + " \"toolConfig\":{\"functionCallingConfig\":{\"streamFunctionCallArguments\":true}},"
                        + " \"safetySettings\":[{\"category\":\"c\",\"method\":\"m\"}]}";
        assertThat(text(Flavours.toStudioGemini(bytes(body))))
                .isEqualTo("{\"contents\" : [ {\"parts\":[{\"inlineData\":{\"data\":\"eA==\"}},1]}, 2 ],"
                        + " \"generationConfig\":{\"topK\": 1.0, \"seed\":2},"
                        + " \"toolConfig\":{\"functionCallingConfig\":{}},"
                        + " \"safetySettings\":[{\"category\":\"c\"}]}");
    }

    @Test
    void theModelAndTheStreamAreInVertexsPath() {
        Flavours.Request whole = Flavours.messagesAtVertex(bytes("{\"model\":\"c@1\", \"x\":1}"), "c@1");
        assertThat(whole.path()).isEqualTo("/publishers/anthropic/models/c@1:rawPredict");
        assertThat(text(whole.body())).isEqualTo("{" + VERSION + ",\"x\":1}");
        Flavours.Request stream = Flavours.messagesAtVertex(bytes("{\"model\":\"c\",\"stream\":true}"), "d/e");
        assertThat(stream.path()).isEqualTo("/publishers/anthropic/models/d%2Fe:streamRawPredict");
        assertThat(text(stream.body())).contains("\"stream\":true");
        assertThat(Flavours.model(bytes("{\"model\":\"c\"}"))).isEqualTo("c");
        assertThat(Flavours.model(bytes("{}"))).isEmpty();
        assertThatThrownBy(() -> Flavours.messagesAtVertex(bytes("[]"), "m")).isInstanceOf(JsonException.class);
    }

    @Test
    void geminiAtVertexDiffersInThePathOnly() {
        byte[] body = bytes("{ }");
        assertThat(Flavours.geminiAtVertex(body, "g", true).path())
                .isEqualTo("/publishers/google/models/g:streamGenerateContent");
        assertThat(Flavours.geminiAtVertex(body, "g/x", false).path())
                .isEqualTo("/publishers/google/models/g%2Fx:generateContent");
        assertThat(Flavours.geminiAtVertex(body, "g", false).body()).isSameAs(body);
    }

    @Test
    void theModelAndTheStreamAreInStudiosPath() {
        assertThat(Flavours.geminiAtStudio(bytes("{}"), "g", false).path())
                .isEqualTo("/v1beta/models/g:generateContent");
        assertThat(Flavours.geminiAtStudio(bytes("{}"), "g", true).path())
                .isEqualTo("/v1beta/models/g:streamGenerateContent");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
