package io.llmproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Allocation;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamEndTest {
    private static boolean seen(String path, String stream) {
        byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
        StreamEnd whole = StreamEnd.of(path);
        whole.scan(bytes, 0, bytes.length);
        for (int cut = 0; cut <= bytes.length; cut++) {
            StreamEnd split = StreamEnd.of(path);
            split.scan(bytes, 0, cut);
            split.scan(bytes, cut, bytes.length - cut);
            assertThat(split.seen()).as("cut at " + cut).isEqualTo(whole.seen());
        }
        return whole.seen();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/chat/completions | data: [DONE]",
                "/v1/chat/completions | data:[DONE]",
                "/v1/chat/completions | data: {\"choices\":[{\"delta\":{},\"finish_reason\": \"stop\"}]}",
                "/chat/completions | data: {\"error\": {\"message\":\"x\"}}",
                "/v1/completions | data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"length\"}]}",
                "/v1/messages | data: {\"type\": \"message_stop\"}",
                "/v1/messages | data: {\"type\":\"error\",\"error\":{}}",
                "/v1/responses | data: {\"type\":\"response.completed\"}",
                "/v1/responses | data: {\"type\":\"response.incomplete\"}",
                "/v1beta/models/g:streamGenerateContent | data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}",
                "/v1beta/models/g:streamGenerateContent | data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}",
                "/v1/unknown | "
            })
    void anAnswerThatIsComplete(String path, String stream) {
        assertThat(seen(path, stream == null ? "" : stream)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/chat/completions | data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}",
                "/v1/chat/completions | data: {\"content\":\"data: [DONE]\"}",
                "/v1/chat/completions | data: {\"content\":\"\\\"finish_reason\\\":\\\"stop\\\"\"}",
                "/v1/chat/completions | data: {\"type\":\"message_stop\"}",
                "/v1/messages | data: {\"type\":\"content_block_stop\"}",
                "/v1/messages | data: [DONE]",
                "/v1/responses | data: {\"type\":\"response.output_text.delta\"}",
                "/v1beta/models/g:streamGenerateContent | data: {\"candidates\":[{\"content\":{}}]}"
            })
    void anAnswerThatIsNot(String path, String stream) {
        assertThat(seen(path, stream)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/chat/completions | true | data: {\"error\": {\"message\":\"x\"}}",
                "/v1/chat/completions | false | data: {\"error\": null}",
                "/v1/chat/completions | false | data: [DONE]",
                "/v1/messages | true | data: {\"type\":\"error\",\"error\":{}}",
                "/v1/messages | false | data: {\"type\":\"message_stop\"}",
                "/v1/responses | true | data: {\"type\":\"response.failed\"}",
                "/v1/responses | true | data: {\"type\":\"error\"}",
                "/v1/responses | false | data: {\"type\":\"response.incomplete\"}",
                "/v1/responses | false | data: {\"type\":\"response.completed\",\"error\":{\"type\":\"error\"}}",
                "/v1beta/models/g:streamGenerateContent | true | data: {\"error\":{\"code\":503}}",
                "/v1beta/models/g:streamGenerateContent | false | data: {\"finishReason\":\"SAFETY\"}",
                "/openai/deployments/d/chat/completions | true | data: {\"error\":{\"code\":503}}",
                "/v1/unknown | false | data: {\"error\":{}}",
            })
    void aStreamMaySayThatItFailed(String path, boolean failed, String stream) {
        byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
        StreamEnd end = StreamEnd.of(path);
        for (byte next : bytes) {
            end.scan(new byte[] {next}, 0, 1);
        }
        assertThat(end.failed()).isEqualTo(failed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1beta/models/g:streamGenerateContent"
            })
    void anEventAllocatesNothing(String path) {
        byte[] event = "data: {\"type\":\"delta\",\"delta\":{\"content\":\" word\"},\"finish_reason\":null}\n\n"
                .getBytes(StandardCharsets.UTF_8);
        StreamEnd end = StreamEnd.of(path);

        assertThat(Allocation.perCall(10_000, () -> end.scan(event, 0, event.length)))
                .isZero();
        assertThat(end.seen()).isFalse();
    }

    @Test
    void aSignIsFoundBehindItsOwnBeginning() {
        assertThat(seen("/v1/messages", "\"type\":\"type\":\"message_stop\"")).isTrue();
        assertThat(seen("/v1/chat/completions", "x\n\ndata: data: [DONE]\r\ndata: [DONE]"))
                .isTrue();
    }
}
