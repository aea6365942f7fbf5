package io.llmproxy.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.models.completions.Completion;
import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.Ids;
import io.llmproxy.convert.codec.Limits;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Dialect;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Completions of old, answered by chats. */
final class CompletionsTest {
    private static final String WORD =
            "data: {'id':'c','choices':[{'index':0,'delta':{'reasoning_content':'let me think'}},"
                    + "{'index':0,'delta':{'content':'Hi'}}]}\n\n";
    private static final String CALL = "data: {'choices':[{'index':0,'delta':{'tool_calls':[{'id':'c','function':"
            + "{'name':'f','arguments':'{}'}}]}}]}\n\n";
    private static final String END = "data: {'choices':[{'index':0,'delta':{},'finish_reason':'length'}],"
            + "'usage':{'prompt_tokens':1,'completion_tokens':2}}\n\ndata: [DONE]\n\n";

    @ParameterizedTest
    @CsvSource({"chat, 'role\":\"user\",\"content\":\"P\"'", "messages, '\"text\":\"P\"'", "gemini, '{\"text\":\"P\"}'"
    })
    void aPromptIsWhatAUserSays(String upstream, String said) {
        byte[] body = conversion(
                        "{'model':'m','prompt':['P'],'temperature':0.5,'stop':'x','n':1,'suffix':'','logprobs':1}")
                .attempt(Upstream.of(ConversionCase.dialect(upstream), "up"), 0)
                .requestBody();
        assertThat(text(body)).contains(said, "16");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{'prompt':['a','b']}",
                "{'prompt':[1,2]}",
                "{'prompt':'x','suffix':'y'}",
                "{'prompt':'x','echo':true}",
                "{'prompt':'x','best_of':2}",
                "{'prompt':'x','temperature':9}",
            })
    void whatAChatCannotAnswerIsRefused(String body) {
        assertThatThrownBy(() -> conversion(body)).isInstanceOf(ConversionException.class);
    }

    @Test
    void anAnswerIsAText() throws IOException {
        byte[] answer = converted("{'prompt':'x'}")
                .answer(bytes("{'choices':[{'message':{'content':'Hi','refusal':'!'},'finish_reason':'stop'}],"
                        + "'usage':{'prompt_tokens':1,'completion_tokens':2}}"))
                .body();
        com.openai.core.ObjectMappers.jsonMapper()
                .readValue(answer, Completion.class)
                .validate();
        assertThat(text(answer))
                .contains("\"text\":\"Hi!\"", "\"finish_reason\":\"content_filter\"", "\"total_tokens\":3");
        assertThatThrownBy(() -> converted("{'prompt':'x'}")
                        .answer(bytes("{'choices':[{'message':{},'finish_reason':'error'}]}")))
                .isInstanceOf(BadAnswerException.class);
    }

    @ParameterizedTest
    @CsvSource({"stop, stop", "length, length", "content_filter, content_filter", "tool_calls, stop"})
    void whyTheModelStopsIsToldInOldWords(String said, String told) {
        byte[] answer = converted("{'prompt':'x','max_tokens':5,'best_of':1,'echo':false}")
                .answer(bytes(
                        "{'choices':[{'message':{'content':'Hi','reasoning_content':'let me think'},'finish_reason':'"
                                + said + "'}]}"))
                .body();
        assertThat(text(answer))
                .contains("\"finish_reason\":\"" + told + "\"", "\"text\":\"Hi\"")
                .doesNotContain("usage", "let me think");
    }

    @Test
    void aRefusalInAStreamIsText() {
        StreamConverter converter =
                converted("{'prompt':'x','stream':true,'stream_options':{'include_usage':true}}").stream();
        byte[] stream = bytes("data: {'choices':[{'index':0,'delta':{'refusal':'No'},'finish_reason':'stop'}]}\n\n");
        assertThat(converter.accept(stream, 0, stream.length).toString() + converter.end())
                .contains("\"text\":\"No\"", "content_filter")
                .doesNotContain("usage");
    }

    @Test
    void streamOptionsMayBeLeftOut() {
        assertThat(conversion("{'prompt':'x','stream':true}").request().streamUsage())
                .isFalse();
        assertThat(conversion("{'prompt':'x','stream':true}").isStream()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStreamIsOfTexts(boolean usage) throws IOException {
        StreamConverter converter =
                converted("{'prompt':'x','stream':true,'stream_options':{'include_usage':" + usage + "}}").stream();
        byte[] stream = bytes(WORD + CALL + END);
        String out = converter.accept(stream, 0, stream.length).toString();
        Json.Arr events = ClientStream.parse(Dialect.CHAT, out);
        assertThat(events.items()).hasSize(usage ? 4 : 3);
        for (Json event : events.items()) {
            if (event instanceof Json.Obj chunk) {
                assertThat(chunk.text())
                        .contains("\"object\":\"text_completion\"")
                        .doesNotContain("let me think", "\"f\"");
            }
        }
        assertThat(out).contains("\"finish_reason\":\"length\"").endsWith("data: [DONE]\n\n");
        assertThat(converter.isWhole()).isTrue();
    }

    @Test
    void aCutIsAnError() {
        StreamConverter converter = converted("{'prompt':'x','stream':true}").stream();
        byte[] stream = bytes(WORD);
        converter.accept(stream, 0, stream.length);
        assertThat(text(converter.heartbeat())).startsWith(":");
        assertThat(converter.end().toString()).contains("\"error\"").doesNotContain("[DONE]");
    }

    private static Converted converted(String body) {
        return conversion(body).attempt(Upstream.of(Dialect.CHAT, "m"), 1);
    }

    private static Conversion conversion(String body) {
        return Conversion.ofCompletions(bytes(body), Policy.DEFAULT, Limits.DEFAULT, Ids.random());
    }

    private static byte[] bytes(String text) {
        return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
