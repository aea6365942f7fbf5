package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ResourceReferencesTest {
    private static List<String> named(String body) {
        return Objects.requireNonNull(ResourceReferences.of(
                List.of(ByteBuffer.wrap(body.replace('\'', '"').getBytes(UTF_8)))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'previous_response_id':'resp_1','input':'x'} | resp_1",
                "{'conversation':'conv_1'} | conv_1",
                "{'tools':[{'container':{'type':'auto','file_ids':['file-1','file-2']}}]} | file-1 file-2",
                "{'container':{'id':'cntr_1','file_id':'file-1'}} | cntr_1 file-1",
                "{'conversation':{'name':'n','id':'conv_1'},'id':'not this'} | conv_1",
                "{'input_file_id':'file-1','endpoint':'/v1/responses'} | file-1",
                "{'training_file':'file-1','validation_file':'file-2'} | file-1 file-2",
                "{'file_ids':['file-1','file-2'],'name':'n'} | file-1 file-2",
                "{'tools':[{'type':'file_search','vector_store_ids':['vs_1']}]} | vs_1",
                "{'messages':[{'content':[{'type':'file','file':{'file_id':'file-1'}}]}]} | file-1",
                "{'messages':[{'content':[{'type':'document','source':{'type':'file','file_id':'file_1'}}]}]} | file_1",
                "{'cachedContent':'cachedContents/c1','contents':[]} | cachedContents/c1",
                "{'contents':[{'parts':[{'fileData':{'fileUri':'https://example.com/v1beta/files/f1'}}]}]} | files/f1",
                "{'container':{'id':'container_1'}} | container_1",
                "{'file_id':'file\\u002d1'} | file-1",
                "{'file\\u005fid':'file-1'} | file-1",
                "{'a':'\\\\','\\u0066ile_ids':['file-1']} | file-1",
            })
    void whatIsKeptIsFoundWhereverItIsNamed(String body, String expected) {
        assertThat(named(body)).containsExactly(expected.split(" "));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no JSON",
                "{'fileUri':'https://example.com/watch?v=1'}",
                "{'fileUri':'gs://bucket/object'}",
                "{'file_name':'report.pdf','fileName':'report.pdf'}",
                "--boundary",
                "{}",
                "{'model':'m','input':'file_id'}",
                "{'file_id':7,'file_ids':[7]}",
                "{'previous_response_id':null,'id':'resp_1'}",
                "{'file_id':''}",
                "{'file_id':'/'}"
            })
    void otherBodiesNameNothing(String body) {
        assertThat(named(body)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32"})
    void whatABodyNamesInAnotherEncodingIsNotKnown(String encoding) {
        byte[] body = "{\"file_id\":\"file-1\"}".getBytes(Charset.forName(encoding));

        assertThat(ResourceReferences.of(List.of(ByteBuffer.wrap(body)))).isNull();
    }

    @Test
    void whatIsTooLongIsNeverKnown() {
        for (int length : new int[] {513, 3000}) {
            String text = "f".repeat(length);
            assertThat(named("{'file_id':'%s'}".formatted(text))).containsExactly(ResourcePath.TOO_LONG);
            assertThat(named("{'file_ids':['a','%s']}".formatted(text))).containsExactly("a", ResourcePath.TOO_LONG);
            assertThat(named("{'fileUri':'https://example.com/%s'}".formatted(text)))
                    .as("an address may be that long")
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'file_id':'file-1'} and more", "{'a':NaN,'file_id':'file-1'}", "{'file_id'='file-1'}"})
    void whatAnUpstreamReadsInBrokenTextIsNotKnown(String body) {
        assertThat(ResourceReferences.of(
                        List.of(ByteBuffer.wrap(body.replace('\'', '"').getBytes(UTF_8)))))
                .isNull();
    }

    @Test
    void itDoesNotMatterWhereABodyIsCut() {
        byte[] body =
                "{\"a\":[{\"file_id\":\"file-1\"}],\"file_ids\":[\"file-2\"],\"conversation\":{\"id\":\"conv_1\"}}"
                        .getBytes(UTF_8);
        for (int cut = 0; cut <= body.length; cut++) {
            ByteBuffer second = ByteBuffer.allocateDirect(body.length - cut)
                    .put(body, cut, body.length - cut)
                    .flip();

            assertThat(ResourceReferences.of(List.of(ByteBuffer.wrap(body, 0, cut), second)))
                    .containsExactly("file-1", "file-2", "conv_1");
            ByteBuffer only = ByteBuffer.wrap("{\"x\":\"\\\\\",\"fileUri\":\"files/a\"}".getBytes(UTF_8));
            int part = Math.min(cut, only.limit());
            assertThat(ResourceReferences.of(List.of(only.slice(0, part), only.slice(part, only.limit() - part))))
                    .containsExactly("files/a");
        }
    }
}
