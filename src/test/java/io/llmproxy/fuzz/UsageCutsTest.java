package io.llmproxy.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.llmproxy.protocol.UsageShape;
import io.llmproxy.usage.AttemptUsage;
import io.llmproxy.usage.RequestText;
import io.llmproxy.usage.TokenRatio;
import io.llmproxy.usage.UsageEventFilter;
import io.llmproxy.usage.UsageReader;
import io.llmproxy.usage.UsageReader.Ended;
import io.llmproxy.usage.UsageRequest;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever an upstream answers, its usage is read alike however the bytes are cut into pieces, and no count is negative. {@code
 * .ci/fuzz} does not search with the first: under the fuzzer's instrumentation it ends with a NoSuchFieldError in a class that is there.
 */
final class UsageCutsTest {
    private static final List<UsageShape> SHAPES = List.of(UsageShape.values());
    private static final List<String> TYPES =
            List.of("application/json", "text/event-stream", "application/x-ndjson", "");

    /** The first two characters stand for the shape and the content type; {@code |} for the end of a line. */
    static Stream<byte[]> seeds() {
        return Stream.of(
                        "00{'id':'c','model':'m','usage':{'prompt_tokens':12.0,'completion_tokens':'3','total_tokens':1e1,"
                                + "'prompt_tokens_details':{'cached_tokens':-1},'cost':0.5e-3}}",
                        "01data: {'choices':[{'delta':{'content':'\\ud83d\\ude00'},'finish_reason':'stop'}]}||"
                                + "data: {'choices':[],|data: 'usage':{'prompt_tokens':9}}||data: [DONE]||",
                        "11event: response.completed|data: {'response':{'usage':{'input_tokens':7}}}||",
                        "21data: {'message':{'usage':{'input_tokens':3,'iterations':[{'input_tokens':4}]}}}||"
                                + "data: {'delta':{'stop_reason':'end_turn'},'usage':{'output_tokens':5}}||",
                        "30[{'candidates':[{'content':{'parts':[{'functionCall':{'args':{'a':[]}}}]}}]},"
                                + "{'usageMetadata':{'promptTokensDetails':[{'modality':'AUDIO','tokenCount':4}]}}]",
                        "{'stream':true,'stream_options':{'include_usage':false}}",
                        "72{'response':'a'}|{'prompt_eval_count':000,'eval_count':1}|",
                        "{'stream':true,'messages':[]}",
                        "72{'response':'a'}|{'prompt_eval_count':99999999999,'eval_count':true}|")
                .map(seed -> seed.replace('|', '\n').replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "1m")
    void isReadAlikeHoweverItIsCut(byte[] data) {
        if (data.length < 2) {
            return;
        }
        UsageShape shape = SHAPES.get(data[0] & 7);
        String type = TYPES.get(data[1] & 3);
        byte[] body = Arrays.copyOfRange(data, 2, data.length);
        AttemptUsage whole = read(shape, type, body, Math.max(1, body.length));

        assertThat(read(shape, type, body, 1)).isEqualTo(whole);
        assertThat(read(shape, type, body, 1 + ((data[0] & 0xff) >> 3))).isEqualTo(whole);
        whole.usage()
                .forEach((count, value) -> assertThat(value).as(count.label()).isNotNegative());
        assertThat(whole.deliveredBytes()).isBetween(0L, (long) body.length);
        assertThat(textOf(body, 1)).isEqualTo(textOf(body, Math.max(1, body.length)));
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "1m")
    void theSameEventsAreTakenOutHoweverTheyAreCut(byte[] data) {
        String whole = filtered(data, Math.max(1, data.length));

        assertThat(filtered(data, 1)).isEqualTo(whole);
        assertThat(filtered(data, 7)).isEqualTo(whole);
        assertThat(whole.length()).isLessThanOrEqualTo(data.length);
        List<ByteBuffer> body = List.of(ByteBuffer.wrap(data));
        UsageRequest.Edited edited = UsageRequest.read(body).asking(body);
        if (edited != null) {
            assertThat(UsageRequest.read(edited.segments()).asked()).isEqualTo(UsageRequest.Asked.ASKED);
        }
    }

    private static String filtered(byte[] stream, int piece) {
        UsageEventFilter filter = new UsageEventFilter();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int from = 0; from < stream.length; from += piece) {
            filter.accept(stream, from, Math.min(piece, stream.length - from), out::write);
        }
        filter.finish(out::write);
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    private static AttemptUsage read(UsageShape shape, String type, byte[] body, int piece) {
        UsageReader reader = new UsageReader(shape, type);
        for (int from = 0; from < body.length; from += piece) {
            reader.accept(body, from, Math.min(piece, body.length - from));
        }
        return reader.settle(Ended.CUT, body.length, TokenRatio.ASSUMED);
    }

    private static long textOf(byte[] body, int piece) {
        RequestText text = new RequestText();
        for (int from = 0; from < body.length; from += piece) {
            text.accept(body, from, Math.min(piece, body.length - from));
        }
        return text.bytes();
    }
}
