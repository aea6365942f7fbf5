package io.llmproxy.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.usage.UsageRequest.Asked;
import io.llmproxy.usage.UsageRequest.Edited;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** In bodies {@code '} stands for a quotation mark. */
final class UsageRequestTest {
    private static List<ByteBuffer> pieces(String body, int... cuts) {
        byte[] bytes = body.replace('\'', '"').getBytes(UTF_8);
        List<ByteBuffer> pieces = new ArrayList<>();
        int from = 0;
        for (int cut : cuts) {
            pieces.add(ByteBuffer.wrap(bytes, from, cut - from).slice());
            from = cut;
        }
        pieces.add(ByteBuffer.wrap(bytes, from, bytes.length - from));
        return pieces;
    }

    private static String text(Edited edited) {
        StringBuilder text = new StringBuilder();
        long length = 0;
        for (ByteBuffer segment : edited.segments()) {
            length += segment.remaining();
            text.append(UTF_8.decode(segment.duplicate()));
        }
        assertThat(edited.length()).isEqualTo(length);
        return text.toString().replace('"', '\'');
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'stream':true,'model':'m'} | {'stream_options':{'include_usage':true},'stream':true,'model':'m'} | NOT_ASKED",
                " { 'stream' : true } | {'stream_options':{'include_usage':true}, 'stream' : true } | NOT_ASKED",
                "{'stream':true,'stream_options':{'x':1}} | {'stream':true,'stream_options':{'include_usage':true,'x':1}} | NOT_ASKED",
                "{'stream':true,'stream_options':{ }} | {'stream':true,'stream_options':{'include_usage':true }} | NOT_ASKED",
                "{'stream_options':{'include_usage':false},'stream':true} | {'stream_options':{'include_usage':true},'stream':true} | REFUSED",
                "{'stream_options':{'a':{'include_usage':true},'include_usage':null},'stream':true}"
                        + " | {'stream_options':{'a':{'include_usage':true},'include_usage':true},'stream':true} | NOT_ASKED",
                "{'stream_options':null,'stream':true} | {'stream_options':{'include_usage':true},'stream':true} | NOT_ASKED",
                "{'stream':true,'messages':[{'stream_options':{'include_usage':true}}],'a':{'include_usage':true}}"
                        + " | {'stream_options':{'include_usage':true},'stream':true,'messages':[{'stream_options':{'include_usage':true}}],'a':{'include_usage':true}} | NOT_ASKED",
                "{'str\\u0065am':true} | {'stream_options':{'include_usage':true},'str\\u0065am':true} | NOT_ASKED",
            })
    void asksForUsageHoweverTheBodyIsCut(String body, String expected, Asked asked) {
        for (int cut = 0; cut <= body.length(); cut++) {
            List<ByteBuffer> pieces = pieces(body, cut);
            UsageRequest request = UsageRequest.read(pieces);

            assertThat(request.isStream()).isTrue();
            assertThat(request.asked()).isEqualTo(asked);
            Edited edited = Objects.requireNonNull(request.asking(pieces));
            assertThat(text(edited)).isEqualTo(expected);
            UsageRequest again = UsageRequest.read(edited.segments());
            assertThat(again.asked()).isEqualTo(Asked.ASKED);
            assertThat(again.asking(edited.segments())).isNull();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'model':'m'}",
                "{'stream':false}",
                "{'stream':'true'}",
                "{'stream':true,'stream_options':{'include_usage':true}}",
                "{'stream':true,'stream_options':3}",
                "{'stream':true,'stream_options':[]}",
                "{'stream':true,'stream_options':{'include_usage':1}}",
                "{'stream':true,'stream_options':{},'stream_options':{}}",
                "{'stream':true,'stream_options':{'include_usage':false,'include_usage':true}}",
                "{'stream':true",
                "{'stream':true}}",
                "[{'stream':true}]",
                "true",
            })
    void leavesABodyAlone(String body) {
        List<ByteBuffer> pieces = pieces(body);

        assertThat(UsageRequest.read(pieces).asking(pieces)).isNull();
    }

    @Test
    void aLongBodyIsNotCopied() {
        List<ByteBuffer> pieces = pieces("{'stream':true,'prompt':'" + "x".repeat(20_000) + "'}", 12, 13);

        Edited edited = Objects.requireNonNull(UsageRequest.read(pieces).asking(pieces));

        assertThat(edited.segments()).hasSize(5);
        assertThat(edited.segments().get(4).array()).isSameAs(pieces.get(2).array());
        assertThat(text(edited)).startsWith("{'stream_options':{'include_usage':true},'stream':true,'prompt':'xx");
        assertThat(pieces.get(2).position()).isPositive();
    }

    @Test
    void u7ARefusalNamesTheOption() {
        byte[] body = "{\"error\":{\"message\":\"Unknown parameter: 'stream_options'.\"}}".getBytes(UTF_8);

        assertThat(UsageRequest.isRefused(400, body)).isTrue();
        assertThat(UsageRequest.isRefused(422, body)).isTrue();
        assertThat(UsageRequest.isRefused(500, body)).isFalse();
        assertThat(UsageRequest.isRefused(400, new byte[0])).isFalse();
    }
}
