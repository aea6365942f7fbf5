package io.llmproxy.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.codec.RequestLine;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Place;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens are counted by whoever can, and rather too many than too few. */
final class CountingTest {
    private static final String MESSAGES = "{'model':'m','system':'S','messages':[{'role':'user','content':'Hi'}],"
            + "'tools':[{'name':'t','input_schema':{'type':'object'}}]}";

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "messages~false~/v1/messages/count_tokens~max_tokens",
                "messages~true~/publishers/anthropic/models/count-tokens:rawPredict~max_tokens",
                "responses~false~/v1/responses/input_tokens~store",
                "gemini~false~/v1beta/models/x@1:countTokens~generationConfig",
                "gemini~true~/publishers/google/models/x@1:countTokens~generateContentRequest"
            })
    void anUpstreamThatCountsIsAsked(String upstream, boolean vertex, String path, String without) {
        Dialect dialect = ConversionCase.dialect(upstream);
        CountRequest request =
                request(new Upstream(dialect, vertex ? Place.VERTEX : Place.NATIVE, "f", "x@1", Map.of()));
        assertThat(request.path()).isEqualTo(path);
        assertThat(text(request.body())).contains("Hi").doesNotContain(without);
    }

    @Test
    void vertexCountsByAModelWithoutItsVersion() {
        CountRequest request = request(new Upstream(Dialect.MESSAGES, Place.VERTEX, "f", "claude@2025", Map.of()));
        assertThat(text(request.body())).contains("\"model\":\"claude\"");
    }

    @Test
    void aChatCannotCount() {
        assertThat(count(Dialect.MESSAGES, MESSAGES)
                        .attempt(Upstream.of(Dialect.CHAT, "m"), 0)
                        .countRequest())
                .isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "messages~{\"totalTokens\":12}~{\"input_tokens\":12}",
                "messages~{}~{\"input_tokens\":0}",
                "gemini~{\"input_tokens\":12}~{\"totalTokens\":12}",
                "responses~{\"input_tokens\":12}~{\"object\":\"response.input_tokens\",\"input_tokens\":12}"
            })
    void aCountIsToldInTheClientsWords(String client, String answer, String told) {
        Dialect dialect = ConversionCase.dialect(client);
        String body = switch (dialect) {
            case GEMINI -> "{'generateContentRequest':{'contents':[{'parts':[{'text':'x'}]}]}}";
            case RESPONSES -> "{'input':'x'}";
            default -> MESSAGES;
        };
        Converted converted = count(dialect, body).attempt(Upstream.of(Dialect.MESSAGES, "m"), 0);
        assertThat(text(converted.count(answer.getBytes(StandardCharsets.UTF_8))))
                .isEqualTo(told);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{\"x\":1}", "<html>"})
    void whatIsNoCountIsAnError(String answer) {
        Converted converted = count(Dialect.MESSAGES, MESSAGES).attempt(Upstream.of(Dialect.GEMINI, "m"), 0);
        assertThatThrownBy(() -> converted.count(answer.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(BadAnswerException.class);
    }

    @Test
    void anEstimateCountsEverythingAndErrsHigh() {
        long plain = count(Dialect.MESSAGES, "{'messages':[{'role':'user','content':'Hi there, you'}]}")
                .count("m")
                .tokens();
        long more = count(Dialect.MESSAGES, MESSAGES).count("m").tokens();
        long image = count(
                        Dialect.MESSAGES,
                        "{'messages':[{'role':'user','content':[{'type':'image','source':{'type':'url','url':'https://e'}},"
                                + "{'type':'document','source':{'type':'base64','media_type':'application/pdf','data':'AAAA'}},"
                                + "{'type':'document','source':{'type':'text','data':'plain'}},"
                                + "{'type':'document','source':{'type':'url','url':'https://e'}}]},"
                                + "{'role':'assistant','content':[{'type':'thinking','thinking':'hm'},"
                                + "{'type':'tool_use','id':'t','name':'n','input':{}}]},"
                                + "{'role':'user','content':[{'type':'tool_result','tool_use_id':'t','content':'r'}]}],"
                                + "'output_config':{'format':{'type':'json_schema','schema':{'type':'object'}}}}")
                .count("m")
                .tokens();
        assertThat(plain).isBetween(8L, 20L);
        assertThat(more).isGreaterThan(plain);
        assertThat(image).isGreaterThan(3200);
        assertThat(count(Dialect.MESSAGES, "{'messages':[{'role':'user','content':'日本語日本語'}]}")
                        .count("m")
                        .tokens())
                .isGreaterThanOrEqualTo(10);
        assertThat(count(
                                Dialect.RESPONSES,
                                "{'input':[{'role':'assistant','content':[{'type':'refusal','refusal':'no'}]}],"
                                        + "'tools':[{'type':'custom','name':'c','format':{'type':'text'}}]}")
                        .count("m")
                        .tokens())
                .isPositive();
    }

    @ParameterizedTest
    @CsvSource({
        "gpt-4o-mini, true, 7",
        "openai/gpt-5, true, 7",
        "o3, true, 7",
        "gpt-4-turbo, true, 7",
        "gpt-3.5-turbo, true, 7",
        "claude-sonnet-4-5, false, 9",
        "octopus, false, 9"
    })
    void theTextOfOpenAisModelsIsCutIntoTheirTokens(String model, boolean tokenizer, long tokens) {
        TokenCount count = count(Dialect.MESSAGES, "{'messages':[{'role':'user','content':'tell me more'}]}")
                .count(model);
        assertThat(count).isEqualTo(new TokenCount(tokens, tokenizer));
    }

    @Test
    void wordsThatATokenizerKnowsAsMarksAreText() {
        assertThat(count(Dialect.MESSAGES, "{'messages':[{'role':'user','content':'<|endoftext|>'}]}")
                        .count("gpt-4o")
                        .tokens())
                .isGreaterThan(6);
    }

    @Test
    void aVeryLongTextIsNotCut() {
        String text = "ab ".repeat(500_000);
        long tokens = count(Dialect.MESSAGES, "{'messages':[{'role':'user','content':'" + text + "'}]}")
                .count("gpt-4o")
                .tokens();
        assertThat(tokens).isEqualTo(4 + (long) Math.ceil(1_500_000 / 3.3));
    }

    @Test
    void whatCannotBeConvertedCannotBeCounted() {
        assertThatThrownBy(() -> count(Dialect.GEMINI, "nonsense")).isInstanceOf(ConversionException.class);
        assertThatThrownBy(() -> count(Dialect.GEMINI, "[]")).isInstanceOf(ConversionException.class);
        assertThatThrownBy(() -> count(Dialect.RESPONSES, "{'previous_response_id':'x'}"))
                .isInstanceOf(ConversionException.class);
    }

    private static CountRequest request(Upstream upstream) {
        return Objects.requireNonNull(
                count(Dialect.MESSAGES, MESSAGES).attempt(upstream, 0).countRequest());
    }

    private static Conversion count(Dialect client, String body) {
        return Conversion.ofCount(
                client, RequestLine.NONE, body.replace('\'', '"').getBytes(StandardCharsets.UTF_8), Policy.DEFAULT);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
