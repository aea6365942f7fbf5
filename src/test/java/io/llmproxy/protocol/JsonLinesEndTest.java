package io.llmproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class JsonLinesEndTest {
    private static JsonLinesEnd end() {
        return Objects.requireNonNull(JsonLinesEnd.of(ApiPath.of("/api/chat").endpoint(), "application/x-ndjson"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "true | false | {'message':{'content':'a'},'done':false};{'done':true,'done_reason':'stop'}",
                "true | false | {'done':true,'context':[1,2,3]}",
                "false | false | {'message':{'content':'a'},'done':false}",
                "false | false | {'message':{'content':'a'},'done':false};{'message':{'content':'done is true'},'done':false}",
                "false | false | {'message':{'done':true},'done':false}",
                "true | true | {'done':false};{'error':'model runner has unexpectedly stopped'}",
                "true | true | {'error':{'message':'x'}}",
                "false | false | {'done':false,'error':null}",
                "true | false | {'done':false};{'done':true};{'error':'too late'}",
                "true | false | {'is_finished':false,'event_type':'stream-start'};{'is_finished':true,'finish_reason':'COMPLETE'}",
                "false | false | {'is_finished':false,'event_type':'text-generation','text':'a'}",
                "true | false | {'status':'pulling manifest'};{'status':'success'}",
                "true | false | {'done':false};no JSON",
                "true | false | ``",
            })
    void theLastDocumentSaysSo(boolean seen, boolean failed, String lines) {
        byte[] bytes = lines.replace('\'', '"').replace(';', '\n').getBytes(StandardCharsets.UTF_8);
        for (int cut = 0; cut <= bytes.length; cut++) {
            JsonLinesEnd end = end();
            end.scan(bytes, 0, cut);
            end.scan(bytes, cut, bytes.length - cut);

            assertThat(end.seen()).as("cut at %s", cut).isEqualTo(seen);
            assertThat(end.failed()).as("cut at %s", cut).isEqualTo(failed);
        }
    }

    @Test
    void onlyAnswersThatAreKnownToEndSoAreWatched() {
        assertThat(JsonLinesEnd.of(
                        ApiPath.of("/ollama/api/generate").endpoint(), "application/x-ndjson; charset=utf-8"))
                .isNotNull();
        assertThat(JsonLinesEnd.of(ApiPath.of("/v1/chat").endpoint(), "application/stream+json"))
                .isNotNull();
        assertThat(JsonLinesEnd.of(ApiPath.of("/v1/batches").endpoint(), "application/x-ndjson"))
                .isNull();
        assertThat(JsonLinesEnd.of(ApiPath.of("/api/chat").endpoint(), "application/json"))
                .isNull();
        assertThat(JsonLinesEnd.of(ApiPath.of("/api/chat").endpoint(), null)).isNull();
    }
}
