package io.llmproxy.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TokenRatiosTest {
    private static final Offset<Double> CLOSE = Offset.offset(0.01);

    private final TokenRatios ratios = new TokenRatios();

    private static AttemptUsage reported(Usage usage, long delivered) {
        return answer(usage, UsageSource.REPORTED, delivered);
    }

    private static AttemptUsage answer(Usage usage, UsageSource source, long delivered) {
        return new AttemptUsage(
                usage, source, source, source, null, delivered, AttemptUsage.Answer.UNKNOWN, Set.of(), null);
    }

    private void learn(String model, int times, long requestBytes, AttemptUsage answer) {
        for (int time = 0; time < times; time++) {
            ratios.learn("up", model, requestBytes, 0, answer);
        }
    }

    @Test
    void fourBytesAreATokenUntilEnoughIsLearned() {
        learn("m", TokenRatios.ENOUGH - 1, 300, reported(Usage.of(100, 50), 100));
        assertThat(ratios.of("up", "m")).isEqualTo(TokenRatio.ASSUMED);

        learn("m", 1, 300, reported(Usage.of(100, 50), 100));
        assertThat(ratios.of("up", "m")).isEqualTo(new TokenRatio(3, 2, true));
        assertThat(ratios.of("other", "m")).isEqualTo(TokenRatio.ASSUMED);
        assertThat(ratios.of("up", "n").learned()).isFalse();
    }

    @Test
    void followsAModelThatChanges() {
        learn("m", 100, 300, reported(Usage.of(100, 50), 100));
        learn("m", 200, 300, reported(Usage.of(100, 50), 250));

        assertThat(ratios.of("up", "m").output()).isCloseTo(5, CLOSE);
    }

    @Test
    void learnsOnlyOfWhatIsReportedAndSeen() {
        learn("estimated", 30, 300, answer(Usage.of(100, 50), UsageSource.ESTIMATED, 100));
        learn("partial", 30, 300, answer(Usage.of(100, 50), UsageSource.PARTIAL, 100));
        learn(
                "reasoning",
                30,
                -1,
                reported(Usage.of(100, 50).toBuilder().set(Count.REASONING, 25).build(), 100));
        learn(
                "images",
                30,
                300,
                reported(Usage.of(100, 0).toBuilder().set(Count.IMAGE_INPUT, 90).build(), 0));

        assertThat(ratios.of("up", "estimated").learned()).isFalse();
        assertThat(ratios.of("up", "partial").learned()).isFalse();
        assertThat(ratios.of("up", "reasoning")).isEqualTo(new TokenRatio(4, 4, true));
        assertThat(ratios.of("up", "images").learned()).isFalse();
    }

    @Test
    void learnsOfABoundedNumberOfModels() {
        for (int model = 0; model < 3_000; model++) {
            learn("m" + model, TokenRatios.ENOUGH, 300, reported(Usage.of(100, 50), 100));
        }

        assertThat(ratios.of("up", "m0").learned()).isTrue();
        assertThat(ratios.of("up", "m2999").learned()).isFalse();
        learn("m0", 200, 300, reported(Usage.of(100, 50), 250));
        assertThat(ratios.of("up", "m0").output()).isCloseTo(5, CLOSE);
    }

    @Test
    void roundsTokens() {
        assertThat(TokenRatio.ASSUMED.inputTokens(7)).isEqualTo(2);
        assertThat(new TokenRatio(4, 3.5, true).outputTokens(7)).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            delimiter = ';',
            value = {
                "{'messages':[{'role':'user','content':'abcd'},{'content':[{'type':'text','text':'ef'},{'image_url':{'url':'data:AAAA'}}]}]}; 6",
                "{'system':'ab','messages':[{'content':[{'type':'tool_result','content':'cd'},{'input':{'a':1}}]}]}; 11",
                "{'system':[{'text':'ab'}],'tools':[{'name':'f'}]}; 16",
                "{'input':'abc','instructions':'de'}; 5",
                "{'input':[{'content':'abc'},{'content':[{'text':'de'}]},{'output':'f'}]}; 6",
                "{'input':['ab','c']}; 3",
                "{'contents':[{'parts':[{'text':'ab'},{'inlineData':{'data':'AAAA'}}]}],'systemInstruction':{'parts':[{'text':'c'}]}}; 3",
                "{'prompt':'abc','model':'m','user':'text'}; 3",
            })
    void measuresTheTextOfARequest(String body, long expected) {
        byte[] bytes = body.replace('\'', '"').getBytes(UTF_8);
        RequestText whole = new RequestText();
        whole.accept(bytes, 0, bytes.length);
        RequestText pieces = new RequestText();
        for (int at = 0; at < bytes.length; at++) {
            pieces.accept(bytes, at, 1);
        }

        assertThat(whole.bytes()).isEqualTo(expected);
        assertThat(pieces.bytes()).isEqualTo(expected);
    }

    @Test
    void whatIsNoTextOfTheAnswerTeachesNothingOfIt() {
        Usage reasoned = Usage.of(100, 50).toBuilder().set(Count.REASONING, 25).build();
        for (int time = 0; time < TokenRatios.ENOUGH; time++) {
            ratios.learn("up", "apart", -1, 900, reported(reasoned, 1_000));
            ratios.learn("up", "together", -1, 60, reported(Usage.of(100, 50), 200));
            ratios.learn("up", "sound", 1_000_000, 0, reported(Usage.of(100, 50), 5_000_000));
        }

        assertThat(ratios.of("up", "apart").output()).isCloseTo(4, CLOSE);
        assertThat(ratios.of("up", "together").output()).isCloseTo(4, CLOSE);
        assertThat(ratios.of("up", "sound")).isEqualTo(new TokenRatio(16, 16, true));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            delimiter = ';',
            value = {
                "{'messages':[{'content':[{'type':'text','text':'ef'},{'image_url':{'url':'data:AAAA'}}]}]}; true",
                "{'messages':[{'content':[{'type':'image','source':{'data':'AAAA'}}]}]}; true",
                "{'messages':[{'content':[{'type':'text','text':'source'}]}]}; false",
                "{'previous_response_id':'resp_1','input':'abc'}; true",
                "{'previous_response_id':null,'input':'abc'}; false",
                "{'input':[{'content':[{'type':'input_image','image_url':'data:AAAA'}]}]}; true",
                "{'cachedContent':'c/1','contents':[]}; true",
                "{'contents':[{'parts':[{'text':'ab'},{'inlineData':{'data':'AAAA'}}]}]}; true",
                "{'contents':[{'parts':[{'text':'ab'}]}]}; false",
            })
    void tellsWhetherTheModelReadsMoreThanTheText(String body, boolean expected) {
        byte[] bytes = body.replace('\'', '"').getBytes(UTF_8);
        RequestText text = new RequestText();
        text.accept(bytes, 0, bytes.length);

        assertThat(text.isOnlyPart()).isEqualTo(expected);
    }
}
