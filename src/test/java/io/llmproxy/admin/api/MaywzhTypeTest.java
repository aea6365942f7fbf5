package io.llmproxy.admin.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaywzhTypeTest {
    private static final String ON_VERTEX = "https://europe-aiplatform.test/v1/projects/p/locations/europe";

    private static ObjectNode upstream(String provider, String dialect, String url) {
        ObjectNode upstream =
                Json.MAPPER.createObjectNode().put("provider", provider).put("url", url);
        return dialect.equals("-") ? upstream : upstream.put("dialect", dialect);
    }

    @ParameterizedTest
    @CsvSource({
        "openai, openai, openai, OPENAI",
        "openai, responses, response_api, RESPONSES",
        "anthropic, -, anthropic, ANTHROPIC",
        "vertex, anthropic, gcp-vertex, CLAUDE_ON_VERTEX",
        "vertex, gemini, gemini, GEMINI_ON_VERTEX",
        "gemini, -, google-ai-studio, GEMINI_AT_GOOGLE",
        "gemini, gemini, google-ai-studio, GEMINI_AT_GOOGLE",
        "gemini, openai, gemini-openai, OPENAI",
        "vertex, openai, vertex-openai, OPENAI",
        "custom, -, custom, OPENAI",
    })
    void aWordThatIsSentBackMeansTheSame(String provider, String dialect, String word, MaywzhType type) {
        ObjectNode upstream = upstream(provider, dialect, "https://a.test");
        assertThat(MaywzhType.word(upstream)).isEqualTo(word);
        assertThat(MaywzhType.of(word)).isEqualTo(type);
    }

    @ParameterizedTest
    @CsvSource({
        "vertex, gemini, " + ON_VERTEX,
        "vertex, openai, " + ON_VERTEX,
        "gemini, -, https://generativelanguage.test",
        "openai, openai, https://a.test/x",
    })
    void anAddressThatIsSentBackStaysAsItIs(String provider, String dialect, String url) {
        ObjectNode upstream = upstream(provider, dialect, url);
        MaywzhAddress told = MaywzhAddress.of(upstream);
        assertThat(told.url(MaywzhType.of(MaywzhType.word(upstream)))).isEqualTo(url);
    }
}
