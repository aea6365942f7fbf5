package io.llmproxy.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.llmproxy.protocol.ApiPath;
import io.llmproxy.protocol.ErrorBody;
import io.llmproxy.protocol.EventStreamReader;
import io.llmproxy.protocol.StreamEnd;
import io.llmproxy.protocol.StreamOpening;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever an upstream streams, it is read alike however the bytes are cut into pieces. */
final class EventStreamFuzz {
    private static final List<String> PATHS =
            List.of("/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1beta/models/g:streamGenerateContent");

    /** The first character stands for the path; {@code |} for the end of a line. */
    static Stream<byte[]> seeds() {
        return Stream.of(
                        "0: ping||data: {'id':'c','choices':[{'delta':{'role':'assistant'}}]}||data: [DONE]||",
                        "0data: {'error':{'code':502}}||",
                        "0data {'error':{'code':251}}||",
                        "1event: ping|data: {'type':|data: 'ping'}||data: {'type':'message_stop'}||",
                        "1data: {'type':'error','error':{'type':'overloaded_error'}}||",
                        "2\uFEFFdata: {'type':'response.created','response':{'id':'r'}}||"
                                + "data: {'type':'response.failed','response':{'error':{'code':'server_error'}}}||",
                        "3data: {'candidates':[{'content':{'parts':[{'text':''}]}}]}||"
                                + "data: {'candidates':[{'finishReason':'STOP'}]}||")
                .flatMap(seed -> Stream.of("\n", "\r\n", "\r").map(end -> seed.replace("|", end)))
                .map(seed -> seed.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "1m")
    void isReadAlikeHoweverItIsCut(byte[] data) {
        if (data.length == 0) {
            return;
        }
        String path = PATHS.get(data[0] & 3);
        byte[] stream = Arrays.copyOfRange(data, 1, data.length);
        Reading whole = Reading.of(path, stream, Math.max(1, stream.length));

        assertThat(Reading.of(path, stream, 1)).isEqualTo(whole);
        assertThat(Reading.of(path, stream, 1 + ((data[0] & 0xff) >> 2))).isEqualTo(whole);
        assertThat(whole.refusal()).isBetween(0, 599);
        if (whole.refusal() > 0) {
            assertThat(whole.over()).isTrue();
            assertThat(whole.refusal()).isBetween(400, 599);
        }
        assertThat(ErrorBody.isError(stream, 0, stream.length))
                .isEqualTo(ErrorBody.isError(stream, 0, Math.min(stream.length, 256)));
    }

    /** All that is known of a stream when it has passed by. */
    private record Reading(
            boolean between, long events, boolean over, int refusal, int opening, boolean ended, boolean failed) {
        static Reading of(String path, byte[] stream, int piece) {
            EventStreamReader reader = new EventStreamReader();
            StreamOpening opening =
                    Objects.requireNonNull(StreamOpening.of(ApiPath.of(path).endpoint()));
            StreamEnd end = StreamEnd.of(ApiPath.of(path).endpoint());
            for (int from = 0; from < stream.length; from += piece) {
                int length = Math.min(piece, stream.length - from);
                reader.input(stream, from, from + length);
                while (reader.next() != EventStreamReader.Part.MORE) {}
                opening.scan(stream, from, length);
                end.scan(stream, from, length);
            }
            return new Reading(
                    reader.isBetweenEvents(),
                    reader.events(),
                    opening.isOver(),
                    opening.refusal(),
                    opening.events(),
                    end.seen(),
                    end.failed());
        }
    }
}
