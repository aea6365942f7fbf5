package io.llmproxy.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.protocol.UsageShape;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SessionUsageTest {
    private static final String DONE = """
            {"type":"response.done","response":{"id":"resp_%d","usage":{"total_tokens":%d,"input_tokens":%d,"output_tokens":%d,
            "input_token_details":{"cached_tokens":%d,"audio_tokens":3}}}}""";

    private static @Nullable AttemptUsage message(SessionUsage usage, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int half = bytes.length / 2;
        assertThat(usage.accept(ByteBuffer.wrap(bytes, 0, half), false)).isNull();
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length - half).put(bytes, half, bytes.length - half);
        return usage.accept(direct.flip(), true);
    }

    @Test
    void eachAnswerAddsToThoseBefore() {
        SessionUsage usage = new SessionUsage(UsageShape.RESPONSES);
        message(usage, "{\"type\":\"session.created\",\"session\":{\"model\":\"m\"}}");
        message(usage, DONE.formatted(1, 30, 10, 20, 4));
        message(usage, "{\"type\":\"response.output_text.delta\",\"delta\":\"four\"}");
        message(usage, DONE.formatted(2, 12, 7, 5, 6));

        AttemptUsage total = usage.total(TokenRatio.ASSUMED);
        assertThat(total.usage().get(Count.INPUT)).hasValue(17);
        assertThat(total.usage().get(Count.OUTPUT)).hasValue(25);
        assertThat(total.usage().get(Count.CACHE_READ)).hasValue(10);
        assertThat(total.usage().get(Count.AUDIO_INPUT)).hasValue(6);
        assertThat(total.source()).isEqualTo(UsageSource.REPORTED);
        assertThat(total.answer().id()).isEqualTo("resp_2");
        assertThat(usage.textBytes()).isEqualTo(4);
        assertThat(usage.told()).isEqualTo(total.usage());
    }

    @Test
    void eachAnswerIsToldByItself() {
        SessionUsage usage = new SessionUsage(UsageShape.RESPONSES);
        message(usage, DONE.formatted(1, 30, 10, 20, 4));
        assertThat(message(usage, "{\"type\":\"response.output_text.delta\",\"delta\":\"four\"}"))
                .isNull();

        AttemptUsage second = Objects.requireNonNull(message(usage, DONE.formatted(2, 12, 7, 5, 6)));
        assertThat(second.usage().get(Count.INPUT)).hasValue(7);
        assertThat(second.usage().get(Count.OUTPUT)).hasValue(5);
        assertThat(second.answer().id()).isEqualTo("resp_2");
        assertThat(second.deliveredBytes()).isEqualTo(4);
        assertThat(usage.untold(TokenRatio.ASSUMED)).isNull();
    }

    @Test
    void ofAnAnswerThatBrokeOffItsTextIsEstimated() {
        SessionUsage usage = new SessionUsage(UsageShape.RESPONSES);
        message(usage, "{\"type\":\"response.output_text.delta\",\"delta\":\"eight by\"}");
        AttemptUsage first = usage.total(TokenRatio.ASSUMED);
        assertThat(first.usage().get(Count.OUTPUT)).hasValue(2);
        assertThat(first.usage().knows(Count.INPUT)).isFalse();
        assertThat(first.source()).isEqualTo(UsageSource.ESTIMATED);

        message(usage, DONE.formatted(1, 30, 10, 20, 4));
        message(usage, "{\"type\":\"response.output_text.delta\",\"delta\":\"four\"}");
        AttemptUsage total = usage.total(TokenRatio.ASSUMED);
        assertThat(total.usage().get(Count.INPUT)).hasValue(10);
        assertThat(total.usage().get(Count.OUTPUT)).hasValue(21);
        assertThat(total.inputSource()).isEqualTo(UsageSource.REPORTED);
        assertThat(total.outputSource()).isEqualTo(UsageSource.PARTIAL);
        assertThat(total.source()).isEqualTo(UsageSource.PARTIAL);
    }

    @Test
    void whatTheUserHasSaidIsNotTheModels() {
        SessionUsage usage = new SessionUsage(UsageShape.RESPONSES);
        message(usage, "{\"type\":\"conversation.item.input_audio_transcription.delta\",\"delta\":\"hello\"}");

        assertThat(usage.textBytes()).isZero();
        assertThat(usage.untold(TokenRatio.ASSUMED)).isNull();
    }

    @Test
    void geminiLiveTellsItsTurns() {
        SessionUsage usage = new SessionUsage(UsageShape.GEMINI);
        message(usage, "{\"setupComplete\":{}}");
        message(usage, "{\"usageMetadata\":{\"promptTokenCount\":5,\"responseTokenCount\":7,\"totalTokenCount\":12}}");
        message(usage, "{\"usageMetadata\":{\"promptTokenCount\":6,\"responseTokenCount\":1,\"totalTokenCount\":7}}");

        assertThat(usage.total(TokenRatio.ASSUMED).usage().get(Count.INPUT)).hasValue(11);
        assertThat(usage.total(TokenRatio.ASSUMED).usage().get(Count.OUTPUT)).hasValue(8);
    }

    @Test
    void whatTellsNothingIsUnknown() {
        SessionUsage usage = new SessionUsage(UsageShape.RESPONSES);
        message(usage, "\u0000\u0001 not JSON {");
        message(usage, "{\"type\":\"response.created\",\"response\":{\"usage\":null}}");

        assertThat(usage.total(TokenRatio.ASSUMED).usage().isUnknown()).isTrue();
        assertThat(usage.total(TokenRatio.ASSUMED).source()).isEqualTo(UsageSource.NONE);
        assertThat(usage.total(TokenRatio.ASSUMED).missing()).isEqualTo(UsageMissing.NOT_OFFERED);
    }
}
