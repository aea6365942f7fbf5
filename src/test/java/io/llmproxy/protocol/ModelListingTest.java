package io.llmproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelListingTest {
    private static JsonNode json(byte[] text) throws IOException {
        return new ObjectMapper().readTree(text);
    }

    @Test
    void nothingIsListedAsEmpty() {
        assertThat(text(ModelListing.all(ApiDialect.OPENAI, List.of()))).isEqualTo("{\"object\":\"list\",\"data\":[]}");
        assertThat(text(ModelListing.all(ApiDialect.ANTHROPIC, List.of())))
                .isEqualTo("{\"data\":[],\"has_more\":false,\"first_id\":null,\"last_id\":null}");
        assertThat(text(ModelListing.all(ApiDialect.GEMINI, List.of()))).isEqualTo("{\"models\":[]}");
    }

    @Test
    void aModelIsToldInTheWordsOfTheDialect() throws IOException {
        assertThat(json(ModelListing.one(ApiDialect.OPENAI, "a/b")).at("/id").asText())
                .isEqualTo("a/b");
        assertThat(json(ModelListing.one(ApiDialect.ANTHROPIC, "a")).at("/type").asText())
                .isEqualTo("model");
        assertThat(json(ModelListing.one(ApiDialect.GEMINI, "a")).at("/name").asText())
                .isEqualTo("models/a");
        assertThat(json(ModelListing.one(ApiDialect.GEMINI, "tunedModels/a"))
                        .at("/name")
                        .asText())
                .isEqualTo("tunedModels/a");
    }

    @ParameterizedTest
    @EnumSource(ApiDialect.class)
    void anyNameIsQuoted(ApiDialect dialect) throws IOException {
        String odd = "\"}],%s\\\n\u0001\u00e9\ud83d\ude00";

        assertThat(json(ModelListing.one(dialect, odd)).toString()).contains("%s");
        JsonNode all = json(ModelListing.all(dialect, List.of("a", odd)));
        assertThat(all.findValuesAsText(dialect == ApiDialect.GEMINI ? "displayName" : "id"))
                .containsExactly("a", odd);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "[]", "7", "{}", "{\"data\":{}}", "{\"data\":null}", "{\"data\":[}", "{\"data\":[]", "\u00ff"
            })
    void whatIsNoListIsRefused(String list) {
        assertThatThrownBy(() -> ModelListing.only(list.getBytes(StandardCharsets.ISO_8859_1), name -> true))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aModelIsLeftOutOfEachList() {
        String both = "{\"models\":[{\"name\":\"a\"},{\"name\":\"b\"}],\"data\":[{\"id\":\"a\"},{\"id\":\"b\"}]}";

        assertThat(text(ModelListing.only(both.getBytes(StandardCharsets.UTF_8), "a"::equals)))
                .isEqualTo("{\"models\":[{\"name\":\"a\"}],\"data\":[{\"id\":\"a\"}]}");
    }

    @Test
    void whatIsNestedTooDeepIsRefused() {
        String deep = "{\"data\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";

        assertThatThrownBy(() -> ModelListing.only(deep.getBytes(StandardCharsets.UTF_8), name -> true))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
