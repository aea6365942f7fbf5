package io.llmproxy.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.protocol.UsageShape;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SessionUsageTest {
    private static final String DONE = """
            {"type":"response.done","response":{"id":"resp_%d","usage":{"total_tokens":%d,"input_tokens":%d,"output_tokens":%d,
            "input_token_details":{"cached_tokens":%d,"audio_tokens":3}}}}""";

    private static void message(SessionUsage usage, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int half = bytes.length / 2;
        usage.accept(ByteBuffer.wrap(bytes, 0, half), false);
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length - half).put(bytes, half, bytes.length - half);
        usage.accept(direct.flip(), true);
    }

    @Test
    void eachAnswerAddsToThoseBefore() {
        SessionUsage usage = new SessionUsage(UsageShape.RESPONSES);
        message(usage, "{\"type\":\"session.created\",\"session\":{\"model\":\"m\"}}");
        message(usage, DONE.formatted(1, 30, 10, 20, 4));
        message(usage, "{\"type\":\"response.output_text.delta\",\"delta\":\"four\"}");
        message(usage, DONE.formatted(2, 12, 7, 5, 6));

        AttemptUsage total = usage.total();
        assertThat(total.usage().get(Count.INPUT)).hasValue(17);
        assertThat(total.usage().get(Count.OUTPUT)).hasValue(25);
        assertThat(total.usage().get(Count.CACHE_READ)).hasValue(10);
        assertThat(total.usage().get(Count.AUDIO_INPUT)).hasValue(6);
        assertThat(total.source()).isEqualTo(UsageSource.REPORTED);
        assertThat(total.answer().id()).isEqualTo("resp_2");
        assertThat(usage.textBytes()).isEqualTo(4);
    }

    @Test
    void geminiLiveTellsItsTurns() {
        SessionUsage usage = new SessionUsage(UsageShape.GEMINI);
        message(usage, "{\"setupComplete\":{}}");
        message(usage, "{\"usageMetadata\":{\"promptTokenCount\":5,\"responseTokenCount\":7,\"totalTokenCount\":12}}");
        message(usage, "{\"usageMetadata\":{\"promptTokenCount\":6,\"responseTokenCount\":1,\"totalTokenCount\":7}}");

        assertThat(usage.total().usage().get(Count.INPUT)).hasValue(11);
        assertThat(usage.total().usage().get(Count.OUTPUT)).hasValue(8);
    }

    @Test
    void whatTellsNothingIsUnknown() {
        SessionUsage usage = new SessionUsage(UsageShape.RESPONSES);
        message(usage, "\u0000\u0001 not JSON {");
        message(usage, "{\"type\":\"response.created\",\"response\":{\"usage\":null}}");

        assertThat(usage.total().usage().isUnknown()).isTrue();
        assertThat(usage.total().source()).isEqualTo(UsageSource.NONE);
        assertThat(usage.total().missing()).isEqualTo(UsageMissing.NOT_OFFERED);
    }
}
