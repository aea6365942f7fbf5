package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MadeResourcesTest {
    private static final String STREAM = """
            event: response.created
            data: {"type":"response.created","response":{"id":"resp_1","output":[]}}

            data: {"type":"response.completed","response":{"id":"resp_2"}}

            """;

    private static List<String> made(boolean stream, String... pieces) {
        List<String> made = new ArrayList<>();
        MadeResources reader = new MadeResources(stream, true, (id, mentioned) -> made.add(mentioned ? id + "?" : id));
        for (String piece : pieces) {
            byte[] bytes = ("xx" + piece.replace('\'', '"')).getBytes(UTF_8);
            reader.accept(bytes, 2, bytes.length - 2);
        }
        return made;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'id':'resp_1','object':'response','output':[{'id':'msg_1'}],'conversation':{'id':'conv_1'}} | resp_1 conv_1?",
                "{'id':'batch_1','output_file_id':'file-2','error_file_id':null} | batch_1 file-2",
                "{'id':'upload_1','file':{'object':'file','id':'file-1'},'metadata':{'id':'no'}} | upload_1 file-1",
                "{'name':'cachedContents/c1','model':'models/m'} | cachedContents/c1",
                "{'file':{'name':'files/f1','displayName':'n'}} | files/f1",
                "{'id':'vs_1','name':'for people'} | vs_1",
            })
    void whatWasMadeIsFoundInAnAnswer(String answer, String expected) {
        assertThat(made(false, answer)).containsExactly(expected.split(" "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "no JSON", "[]", "{'data':[{'id':'file-1'}]}", "{'id':7}", "{'id':''}"})
    void otherAnswersNameNothing(String answer) {
        assertThat(made(false, answer)).isEmpty();
    }

    @Test
    void anIdentifierThatIsTooLongIsNone() {
        assertThat(made(false, "{'id':'%s'}".formatted("f".repeat(3000)))).isEmpty();
    }

    @Test
    void ofAStreamTheBeginningNamesTheResponse() {
        assertThat(made(true, STREAM)).containsExactly("resp_1");
        assertThat(made(true, STREAM.replace("resp_1", "")))
                .as("in the next event")
                .containsExactly("resp_2");
    }

    @Test
    void aStreamThatNamesNothingIsNotReadForLong() {
        String silent = "data: {\"type\":\"ping\"}\n\n".repeat(8);

        assertThat(made(true, silent, STREAM)).isEmpty();
        assertThat(made(true, "data: [DONE]\n\n", STREAM)).isEmpty();
        assertThat(made(true, ": a comment\n\nid: 1\n\n", STREAM)).containsExactly("resp_1");
    }

    @Test
    void itDoesNotMatterWhereAnAnswerIsCut() {
        String answer = "{\"id\":\"batch_1\",\"file\":{\"id\":\"file-1\"}}";
        for (int cut = 0; cut <= answer.length(); cut++) {
            assertThat(made(false, answer.substring(0, cut), answer.substring(cut)))
                    .containsExactly("batch_1", "file-1");
        }
        for (int cut = 0; cut <= STREAM.length(); cut++) {
            assertThat(made(true, STREAM.substring(0, cut), STREAM.substring(cut)))
                    .containsExactly("resp_1");
        }
    }
}
