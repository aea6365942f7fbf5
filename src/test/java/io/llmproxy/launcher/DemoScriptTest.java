package io.llmproxy.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DemoScriptTest {
    private static final long NOW = 1_795_874_005L;
    private static final ObjectMapper JSON = new ObjectMapper();

    private static List<JsonNode> events(String path) throws JsonProcessingException {
        List<JsonNode> events = new ArrayList<>();
        for (String event : Objects.requireNonNull(DemoScript.of(path)).events(NOW)) {
            String data = event.substring(event.indexOf("data: ") + "data: ".length());
            if (!data.startsWith("[DONE]")) {
                events.add(JSON.readTree(data));
            }
        }
        return events;
    }

    @Test
    void aChatStreamTellsTheRoleOnceAndFirst() throws JsonProcessingException {
        List<JsonNode> events = events("/v1/chat/completions");

        assertThat(events.get(0).at("/choices/0/delta/role").asText()).isEqualTo("assistant");
        assertThat(events.subList(1, events.size()))
                .noneMatch(event -> event.at("/choices/0/delta").has("role"));
        assertThat(events.get(events.size() - 1).at("/choices/0/finish_reason").asText())
                .isEqualTo("stop");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions", "/v1/completions"})
    void anAnswerWasCreatedWhenItWasAskedFor(String path) throws JsonProcessingException {
        assertThat(events(path)).allMatch(event -> event.at("/created").asLong() == NOW);
        String whole = Objects.requireNonNull(DemoScript.of(path)).whole(NOW);
        assertThat(JSON.readTree(whole).at("/created").asLong()).isEqualTo(NOW);
    }

    @Test
    void aGeminiStreamEndsWithAReasonAndItsUsage() throws JsonProcessingException {
        List<JsonNode> events = events("/v1beta/models/demo:streamGenerateContent");

        JsonNode last = events.get(events.size() - 1);
        assertThat(last.at("/candidates/0/finishReason").asText()).isEqualTo("STOP");
        assertThat(last.at("/usageMetadata/totalTokenCount").asInt()).isEqualTo(41);
    }

    @Test
    void aStreamOfResponsesIsNumberedAndEndsWithTheWholeText() throws JsonProcessingException {
        List<JsonNode> events = events("/v1/responses");

        for (int number = 0; number < events.size(); number++) {
            assertThat(events.get(number).at("/sequence_number").asInt()).isEqualTo(number);
        }
        StringBuilder text = new StringBuilder();
        events.forEach(event -> text.append(event.at("/delta").asText()));
        JsonNode last = events.get(events.size() - 1);
        assertThat(last.at("/type").asText()).isEqualTo("response.completed");
        assertThat(last.at("/response/output/0/content/0/text").asText()).isEqualTo(text.toString());
        String whole = Objects.requireNonNull(DemoScript.of("/v1/responses")).whole(NOW);
        assertThat(JSON.readTree(whole).at("/output/0/content/0/text").asText()).isEqualTo(text.toString());
    }

    @Test
    void anAnthropicStreamHasItsEventsInOrder() throws JsonProcessingException {
        List<JsonNode> events = events("/v1/messages");

        assertThat(events)
                .extracting(event -> event.at("/type").asText())
                .startsWith("message_start", "content_block_start", "content_block_delta")
                .endsWith("content_block_delta", "content_block_stop", "message_delta", "message_stop");
    }
}
