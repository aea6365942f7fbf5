package io.llmproxy.convert;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.convert.codec.Capabilities;
import io.llmproxy.convert.codec.Ids;
import io.llmproxy.convert.codec.Limits;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.codec.RequestLine;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Place;
import io.llmproxy.convert.model.Thinking.Level;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The words of one dialect in those of another, one line for each. */
final class TablesTest {
    @ParameterizedTest
    @CsvSource({
        "end_turn, stop",
        "stop_sequence, stop",
        "max_tokens, length",
        "model_context_window_exceeded, length",
        "tool_use, tool_calls",
        "pause_turn, stop",
        "compaction, stop",
        "refusal, content_filter",
        "brand_new, stop",
    })
    void whyClaudeStopsIsToldToAChat(String said, String told) {
        assertThat(answer(
                        Dialect.CHAT,
                        Dialect.MESSAGES,
                        "{'content':[{'type':'text','text':'x'}],'stop_reason':'" + said
                                + "','stop_details':{'explanation':'e'}}"))
                .contains("\"finish_reason\":\"" + told + "\"");
    }

    @ParameterizedTest
    @CsvSource({
        "stop, end_turn",
        "eos, end_turn",
        "length, max_tokens",
        "tool_calls, tool_use",
        "function_call, tool_use",
        "content_filter, refusal",
        "brand_new, end_turn",
    })
    void whyAChatStopsIsToldToAnthropicsClient(String said, String told) {
        assertThat(answer(
                        Dialect.MESSAGES,
                        Dialect.CHAT,
                        "{'choices':[{'message':{'content':'x'},'finish_reason':'" + said + "'}]}"))
                .contains("\"stop_reason\":\"" + told + "\"");
    }

    @ParameterizedTest
    @CsvSource({
        "STOP, stop",
        "MAX_TOKENS, length",
        "SAFETY, content_filter",
        "RECITATION, content_filter",
        "BLOCKLIST, content_filter",
        "PROHIBITED_CONTENT, content_filter",
        "SPII, content_filter",
        "LANGUAGE, content_filter",
        "IMAGE_SAFETY, content_filter",
        "OTHER, stop",
        "NO_IMAGE, stop",
    })
    void whyGeminiStopsIsToldToAChat(String said, String told) {
        String gemini = "{'candidates':[{'content':{'parts':[{'text':'x'}]},'finishReason':'" + said + "'}]}";
        assertThat(answer(Dialect.CHAT, Dialect.GEMINI, gemini)).contains("\"finish_reason\":\"" + told + "\"");
    }

    @ParameterizedTest
    @CsvSource({
        "end_turn, STOP",
        "max_tokens, MAX_TOKENS",
        "tool_use, STOP",
        "refusal, SAFETY",
        "brand_new, OTHER",
    })
    void whyClaudeStopsIsToldToGooglesClient(String said, String told) {
        assertThat(answer(
                        Dialect.GEMINI,
                        Dialect.MESSAGES,
                        "{'content':[{'type':'text','text':'x'}],'stop_reason':'" + said + "'}"))
                .contains("\"finishReason\":\"" + told + "\"");
    }

    @ParameterizedTest
    @CsvSource({
        "none, MINIMAL",
        "minimal, MINIMAL",
        "low, LOW",
        "medium, MEDIUM",
        "high, HIGH",
        "xhigh, HIGH",
        "max, HIGH",
    })
    void effortIsALevelOfGemini(String effort, String level) {
        assertThat(request("{'reasoning_effort':'" + effort + "',", Dialect.GEMINI, "gemini-3-flash"))
                .contains("\"thinkingLevel\":\"" + level + "\"");
    }

    @ParameterizedTest
    @CsvSource({
        "none, 0",
        "minimal, 1024",
        "low, 2048",
        "medium, 8192",
        "high, 16384",
        "xhigh, 24576",
        "max, 32768",
    })
    void effortIsABudgetOfOlderGemini(String effort, long budget) {
        String wish = "{'reasoning_effort':'" + effort + "',";
        assertThat(request(wish, Dialect.GEMINI, "gemini-2.5-flash")).contains("\"thinkingBudget\":" + budget);
        assertThat(request(wish, Dialect.GEMINI, "gemini-2.5-pro"))
                .contains("\"thinkingBudget\":" + (budget == 0 ? 128 : budget));
        assertThat(request(wish, Dialect.GEMINI, "gemini-2.0-flash")).doesNotContain("thinking");
    }

    @ParameterizedTest
    @CsvSource({
        "0, none",
        "1024, low",
        "2048, low",
        "8192, medium",
        "16384, high",
        "24576, xhigh",
        "32768, xhigh",
        "-1, high",
    })
    void aBudgetIsAnEffort(long budget, String effort) {
        String body = "{'max_tokens':40000,'messages':[{'role':'user','content':'x'}],'thinking':{'type':'enabled',"
                + "'budget_tokens':" + budget + "}}";
        assertThat(convert(Dialect.MESSAGES, body, Dialect.RESPONSES, "gpt-5.2"))
                .contains("\"effort\":\"" + effort + "\"");
    }

    @ParameterizedTest
    @CsvSource({
        "minimal, gpt-5, minimal",
        "none, gpt-5.1, none",
        "minimal, gpt-5.2, low",
        "max, gpt-5.2, xhigh",
        "xhigh, o3, high",
        "minimal, o3, low",
    })
    void effortIsTheNearestThatAModelTakes(String effort, String model, String told) {
        assertThat(request("{'reasoning_effort':'" + effort + "',", Dialect.RESPONSES, model))
                .contains("\"effort\":\"" + told + "\"");
    }

    @Test
    void effortThatAModelHasNoWordForIsLeftOut() {
        assertThat(request("{'reasoning_effort':'none',", Dialect.RESPONSES, "o3"))
                .doesNotContain("effort");
    }

    @ParameterizedTest
    @CsvSource({
        "claude-3-5-sonnet-20241022, NONE, 8192, false",
        "claude-3-opus-20240229, NONE, 4096, false",
        "claude-3-7-sonnet-latest, BUDGET, 64000, false",
        "claude-sonnet-4-20250514, BUDGET, 64000, false",
        "claude-opus-4-1, BUDGET, 32000, true",
        "claude-haiku-4-5@20251001, BUDGET, 64000, true",
        "anthropic/claude-opus-4-6, ADAPTIVE, 32000, true",
        "claude-next, ADAPTIVE, 64000, true",
    })
    void whatClaudeModelsTakeIsKnown(String model, Capabilities.ThinkingMode thinking, long most, boolean structured) {
        Capabilities known = Capabilities.of(Dialect.MESSAGES, false, model, Map.of());
        assertThat(known.thinking()).isEqualTo(thinking);
        assertThat(known.maxOutput()).isEqualTo(most);
        assertThat(known.structured()).isEqualTo(structured);
    }

    @Test
    void theConfigurationKnowsBetter() {
        Capabilities known = Capabilities.of(
                Dialect.MESSAGES, false, "claude-x", Map.of("thinking", "none", "effort-values", "low, max"));
        assertThat(known.thinking()).isEqualTo(Capabilities.ThinkingMode.NONE);
        assertThat(known.efforts()).containsExactlyInAnyOrder(Level.LOW, Level.MAX);
        assertThat(Capabilities.of(Dialect.CHAT, false, "any", Map.of()).efforts())
                .hasSize(3);
        assertThat(Capabilities.of(Dialect.CHAT, false, "chatgpt-4o-latest", Map.of())
                        .maxTokensName())
                .isEqualTo("max_completion_tokens");
    }

    @ParameterizedTest
    @CsvSource({
        "auto, auto, auto, ",
        "default, default, auto, standard",
        "flex, flex, , flex",
        "priority, priority, , priority",
        "standard_only, default, standard_only, standard",
        "brand_new, , , ",
    })
    void tiersHaveWordsOfTheirOwn(String tier, String openai, String anthropic, String google) {
        String wish = "{'service_tier':'" + tier + "',";
        assertTier(request(wish, Dialect.RESPONSES, "m"), "service_tier", openai);
        assertTier(request(wish, Dialect.MESSAGES, "m"), "service_tier", anthropic);
        assertTier(request(wish, Dialect.GEMINI, "m"), "serviceTier", google);
    }

    private static void assertTier(String body, String member, String word) {
        if (word == null) {
            assertThat(body).doesNotContain(member);
        } else {
            assertThat(body).contains("\"" + member + "\":\"" + word + "\"");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "chat, false, false, /v1/chat/completions",
        "responses, true, false, /v1/responses",
        "messages, true, false, /v1/messages",
        "messages, true, true, /publishers/anthropic/models/up:streamRawPredict",
        "messages, false, true, /publishers/anthropic/models/up:rawPredict",
        "gemini, true, false, /v1beta/models/up:streamGenerateContent?alt=sse",
        "gemini, false, true, /publishers/google/models/up:generateContent",
    })
    void theRequestGoesWhereTheUpstreamExpectsIt(String dialect, boolean stream, boolean vertex, String path) {
        String body = "{'stream':" + stream + ",'messages':[{'role':'user','content':'x'}]}";
        Converted converted = conversion(Dialect.CHAT, body)
                .attempt(
                        new Upstream(
                                ConversionCase.dialect(dialect),
                                vertex ? Place.VERTEX : Place.NATIVE,
                                "f",
                                "up",
                                Map.of()),
                        0);
        assertThat(converted.requestPath()).isEqualTo(path);
        assertThat(converted.upstreamDialect().word()).isEqualTo(dialect);
    }

    @ParameterizedTest
    @ValueSource(strings = {"system", "developer"})
    void aModelWithoutInstructionsIsToldByTheUser(String role) {
        Converted converted = conversion(
                        Dialect.RESPONSES,
                        "{'input':[{'role':'" + role + "','content':'A'},{'role':'user','content':'x'}]}")
                .attempt(new Upstream(Dialect.CHAT, Place.NATIVE, "f", "m", Map.of("system-role", "none")), 0);
        assertThat(new String(converted.requestBody(), StandardCharsets.UTF_8))
                .contains("{\"role\":\"user\",\"content\":\"A\"}");
    }

    private static String request(String begin, Dialect upstream, String model) {
        return convert(Dialect.CHAT, begin + "'messages':[{'role':'user','content':'x'}]}", upstream, model);
    }

    private static String convert(Dialect client, String body, Dialect upstream, String model) {
        return new String(
                conversion(client, body)
                        .attempt(Upstream.of(upstream, model), 0)
                        .requestBody(),
                StandardCharsets.UTF_8);
    }

    private static String answer(Dialect client, Dialect upstream, String answer) {
        String body = switch (client) {
            case GEMINI -> "{'contents':[]}";
            case RESPONSES -> "{'input':'x'}";
            default -> "{'messages':[]}";
        };
        byte[] converted = conversion(client, body)
                .attempt(Upstream.of(upstream, "m"), 0)
                .answer(answer.replace('\'', '"').getBytes(StandardCharsets.UTF_8))
                .body();
        return new String(converted, StandardCharsets.UTF_8);
    }

    private static Conversion conversion(Dialect client, String body) {
        return Conversion.of(
                client,
                RequestLine.NONE,
                body.replace('\'', '"').getBytes(StandardCharsets.UTF_8),
                Policy.DEFAULT,
                Limits.DEFAULT,
                Ids.random());
    }
}
