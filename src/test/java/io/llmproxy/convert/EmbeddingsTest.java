package io.llmproxy.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.model.Dialect;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EmbeddingsTest {
    private static final String TWO = "{'embeddings':[{'values':[0.10,2]},{'values':[3,4]}]}";

    @Test
    void severalTextsOfOpenAiAreABatchOfGoogles() {
        Embeddings request = openai("{'model':'m','input':['a','b'],'dimensions':3,'user':'u'}");
        assertThat(text(request.toGemini("up")))
                .isEqualTo(json("{'requests':[{'model':'models/up','content':{'parts':[{'text':'a'}]},"
                        + "'outputDimensionality':3},{'model':'models/up','content':{'parts':[{'text':'b'}]},"
                        + "'outputDimensionality':3}]}"));
        assertThat(text(request.answerToOpenAi(bytes(TWO))))
                .isEqualTo(json("{'object':'list','data':[{'object':'embedding','index':0,'embedding':[0.10,2]},"
                        + "{'object':'embedding','index':1,'embedding':[3,4]}],'model':'m',"
                        + "'usage':{'prompt_tokens':0,'total_tokens':0}}"));
    }

    @Test
    void numbersComeAsBytesIfTheClientWantsThat() {
        Embeddings request = openai("{'input':'a','encoding_format':'base64'}");
        assertThat(text(request.answerToOpenAi(
                        bytes("{'embedding':{'values':[1.0]},'usageMetadata':{'promptTokenCount':2}}"))))
                .contains("\"AACAPw==\"", "\"prompt_tokens\":2");
    }

    @Test
    void oneContentOfGooglesIsOneTextOfOpenAis() {
        Embeddings one = gemini("{'content':{'parts':[{'text':'a'},{'text':'b'}]},'taskType':'X'}", false);
        assertThat(text(one.toOpenAi("up")))
                .isEqualTo(json("{'model':'up','input':['a\\nb'],'encoding_format':'float'}"));
        assertThat(text(one.answerToGemini(bytes("{'data':[{'embedding':[1.50]}]}"))))
                .isEqualTo(json("{'embedding':{'values':[1.50]}}"));
        Embeddings several = gemini(
                "{'requests':[{'content':'a','output_dimensionality':5},{'content':{'parts':[{'text':'b'}]}}]}", true);
        assertThat(text(several.toOpenAi("up"))).contains("[\"a\",\"b\"]", "\"dimensions\":5");
        assertThat(text(several.answerToGemini(bytes("{'data':[{'embedding':[1]},{'embedding':[2]}]}"))))
                .isEqualTo(json("{'embeddings':[{'values':[1]},{'values':[2]}]}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "{'input':[]}",
                "{'input':[1,2]}",
                "{'input':[[1]]}",
                "{'input':5}",
                "{'model':1,'input':'x'}"
            })
    void whatIsNoRequestOfOpenAisIsRefused(String body) {
        assertThatThrownBy(() -> openai(body)).isInstanceOf(ConversionException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "{'requests':[]}", "{'requests':[{'content':{'parts':[{'inlineData':{}}]}}]}"})
    void whatIsNoRequestOfGooglesIsRefused(String body) {
        assertThatThrownBy(() -> gemini(body, true)).isInstanceOf(ConversionException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "[]", "{}", "{'error':{'message':'x'}}", "{'embeddings':[{'values':[1]}]}", "{'data':[1]}"})
    void whatIsNoAnswerIsAnError(String answer) {
        Embeddings request = openai("{'input':['a','b']}");
        assertThatThrownBy(() -> request.answerToOpenAi(bytes(answer))).isInstanceOf(BadAnswerException.class);
        assertThatThrownBy(() -> request.answerToGemini(bytes(answer))).isInstanceOf(BadAnswerException.class);
    }

    private static Embeddings openai(String body) {
        return Embeddings.ofOpenAi(bytes(body), "");
    }

    private static Embeddings gemini(String body, boolean batch) {
        return Embeddings.ofGemini(bytes(body), "m", batch);
    }

    private static byte[] bytes(String text) {
        return json(text).getBytes(StandardCharsets.UTF_8);
    }

    private static String json(String text) {
        return text.replace('\'', '"');
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Test
    void bytesOfAnUpstreamBecomeNumbersForGooglesClients() {
        Embeddings one = gemini("{'content':{'parts':[{'text':'a'}]}}", false);
        assertThat(text(one.answerToGemini(bytes("{'data':[{'embedding':'AACAPwAAgD4='}]}"))))
                .isEqualTo(json("{'embedding':{'values':[1.0,0.25]}}"));
        assertThatThrownBy(() -> one.answerToGemini(bytes("{'data':[{'embedding':'?'}]}")))
                .isInstanceOf(BadAnswerException.class);
    }

    @Test
    void whatIsLeftOutIsToldOrRefused() {
        Embeddings task = gemini("{'content':{'parts':[{'text':'a'}]},'taskType':'X','title':'t'}", false);
        EmbeddingAttempt told =
                new EmbeddingAttempt(task, Dialect.GEMINI, Upstream.of(Dialect.CHAT, "up"), Policy.DEFAULT);
        assertThat(told.header()).isEqualTo("gemini>chat; dropped=title,taskType");
        assertThat(told.path()).isEqualTo("/v1/embeddings");
        assertThat(text(told.error(429, 3, bytes("{'error':{'message':'slow down','type':'x'}}"))
                        .body()))
                .contains("RESOURCE_EXHAUSTED");
        Policy strict = Policy.DEFAULT.with(Policy.Lossy.STRICT);
        assertThatThrownBy(() -> new EmbeddingAttempt(task, Dialect.GEMINI, Upstream.of(Dialect.CHAT, "up"), strict))
                .isInstanceOf(ConversionException.class);
    }

    @Test
    void anUpstreamOfGooglesIsAskedByTheNameOfTheModel() {
        EmbeddingAttempt asked = new EmbeddingAttempt(
                openai("{'model':'m','input':'a'}"), Dialect.CHAT, Upstream.of(Dialect.GEMINI, "up/x"), Policy.DEFAULT);
        assertThat(asked.path()).isEqualTo("/v1beta/models/up%2Fx:batchEmbedContents");
        assertThat(text(asked.body())).contains("models/up/x");
        assertThat(text(asked.answer(bytes("{'embedding':{'values':[1]}}")))).contains("[1]");
        assertThat(asked.header()).isEqualTo("chat>gemini");
    }

    @Test
    void embeddingsOfOneRequestHaveTheSameLength() {
        assertThatThrownBy(() -> gemini(
                        "{'requests':[{'content':'a','outputDimensionality':5},{'content':'b','outputDimensionality':7}]}",
                        true))
                .isInstanceOf(ConversionException.class)
                .hasMessageContaining("dimensions");
        assertThatThrownBy(() -> openai("{'input':'a','encoding_format':'x'}")).isInstanceOf(ConversionException.class);
    }
}
