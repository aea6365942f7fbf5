package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.protocol.RequestFacts.Problem;
import io.llmproxy.protocol.RequestFacts.Read;
import io.llmproxy.protocol.RequestFacts.Unreadable;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies are written with {@code |} for the end of a line, {@code ~} for a line feed and {@code ^} for a carriage return alone; the boundary is {@code b}. */
final class MultipartModelReaderTest {
    private static final String FORM = "multipart/form-data; boundary=b";
    private static final String MODEL = "--b|Content-Disposition: form-data; name=\"model\"||";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--b|Content-Disposition: form-data; name=\"model\"||whisper-1|--b--|",
                "--b|Content-Disposition: form-data; name=\"model\"||whisper-1|--b--",
                "--b \t|content-disposition:form-data;name=model||whisper-1|--b--|",
                "--b|CONTENT-DISPOSITION:  Form-Data ; NAME=\"model\" ; x=y ;||whisper-1|--b--||",
                "--b|X-A: \u00e4|Content-Disposition: form-data; name=\"model\"|Content-Type: text/plain||whisper-1|--b--",
                "--b|Content-Disposition: form-data; name=\"model\"|Content-Transfer-Encoding: 8bit||whisper-1|--b--",
                "--b|Content-Disposition: form-data; name=\"a\"||x|--b|Content-Disposition: form-data; name=\"model\"||"
                        + "whisper-1|--b|Content-Disposition: form-data; name=\"b\"||model|--b--|",
                "--b|Content-Disposition: form-data; name=\"f\"; filename=\"a\\\"; name=x\"||--c|-b|--|-|--a--|"
                        + "--b|Content-Disposition: form-data; name=\"model\"||whisper-1|--b--|",
            })
    void theFieldOfTheNameIsRead(String form) {
        byte[] body = bytes(form);

        ModelField model = Objects.requireNonNull(((Read) read(body)).model());

        assertThat(model.name()).isEqualTo("whisper-1");
        assertThat(new String(body, (int) model.start(), (int) (model.end() - model.start()), UTF_8))
                .isEqualTo("whisper-1");
        assertThat(model.notation()).isEqualTo(ModelField.Notation.TEXT);
    }

    @Test
    void aFileMayHaveAnyBytes() {
        String content = "\0\1--\u00ff-b--b\r\r\n\n--||--a|--\r\n-|--|- -b";
        byte[] body = bytes("--b|Content-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"|"
                + "Content-Type: audio/mpeg||" + content + '|' + MODEL + "m|--b--|");

        assertThat(((Read) read(body)).model()).extracting(ModelField::name).isEqualTo("m");
    }

    @ParameterizedTest
    @CsvSource({"true, true", "True, true", "false, false", "'', false", "truetruetrue, false", "\u00ff, false"})
    void theStreamFlagIsAFieldToo(String value, boolean stream) {
        byte[] body = bytes("--b|Content-Disposition: form-data; name=\"stream\"||" + value + "|--b--");

        assertThat(read(body)).isEqualTo(new Read(null, List.of(), stream));
    }

    @ParameterizedTest
    @ValueSource(strings = {"|", "This is a form.|", "||two--b|-|--|--a|~x~|", "--|", "\u00ff|"})
    void whatStandsBeforeTheFirstDelimiterIsNoPart(String preamble) {
        byte[] body = bytes(preamble + MODEL + "whisper-1|--b--|");

        ModelField model = Objects.requireNonNull(((Read) read(body)).model());

        assertThat(new String(body, (int) model.start(), (int) (model.end() - model.start()), UTF_8))
                .isEqualTo("whisper-1");
    }

    @Test
    void aFormMayNameNoModel() {
        assertThat(read(bytes("--b|Content-Disposition: form-data; name=\"models\"||m|--b--")))
                .isEqualTo(new Read(null, List.of(), false));
        assertThat(read(bytes("--b--"))).isEqualTo(new Read(null, List.of(), false));
    }

    @Test
    void theNameMayHaveAnyCharactersOfText() {
        String name = "\u00e4\u20ac\uD83D\uDE00 %22\\--b";
        byte[] body = (MODEL + name + "|--b--").replace("|", "\r\n").getBytes(UTF_8);

        assertThat(((Read) read(body)).model()).extracting(ModelField::name).isEqualTo(name);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '!',
            quoteCharacter = '`',
            value = {
                "`` ! INCOMPLETE ! 0",
                "--b ! INCOMPLETE ! 3",
                "--b|Content-Disposition: form-data; name=model||m ! INCOMPLETE ! 52",
                "--b|Content-Disposition: form-data; name=model||m|--b| ! INCOMPLETE ! 59",
                "--b|Content-Disposition: form-data; name=model||m|--b- ! INCOMPLETE ! 58",
                "{\"model\":\"m\"} ! NOT_MULTIPART ! 0",
                "preamble--b|--b ! INCOMPLETE ! 16",
                "preamble~--b-- ! NOT_MULTIPART ! 11",
                "preamble|--bb ! NOT_MULTIPART ! 13",
                "no delimiter|at all| ! NOT_MULTIPART ! 0",
                "--bb ! NOT_MULTIPART ! 3",
                "--b~ ! NOT_MULTIPART ! 3",
                "--b^x ! NOT_MULTIPART ! 4",
                "--b -- ! NOT_MULTIPART ! 4",
                "--b-x ! NOT_MULTIPART ! 4",
                "--b--x ! NOT_MULTIPART ! 5",
                "--b--|--b|Content-Disposition: form-data; name=model||m|--b-- ! NOT_MULTIPART ! 7",
                "--b||m|--b-- ! NOT_MULTIPART ! 6",
                "--b|X: y||m|--b-- ! NOT_MULTIPART ! 12",
                "--b|Content-Disposition form-data; name=model||m|--b-- ! NOT_MULTIPART ! 49",
                "--b|Content-Disposition : form-data; name=model||m|--b-- ! NOT_MULTIPART ! 51",
                "--b|Content-Disposition: attachment; name=model||m|--b-- ! NOT_MULTIPART ! 51",
                "--b|Content-Disposition: form-data||m|--b-- ! NOT_MULTIPART ! 38",
                "--b|Content-Disposition: form-data; name||m|--b-- ! NOT_MULTIPART ! 44",
                "--b|Content-Disposition: form-data; name=||m|--b-- ! NOT_MULTIPART ! 45",
                "--b|Content-Disposition: form-data; name =model||m|--b-- ! NOT_MULTIPART ! 51",
                "--b|Content-Disposition: form-data; name= model||m|--b-- ! NOT_MULTIPART ! 51",
                "--b|Content-Disposition: form-data; name=\"model||m|--b-- ! NOT_MULTIPART ! 51",
                "--b|Content-Disposition: form-data; name=\"a\"model||m|--b-- ! NOT_MULTIPART ! 53",
                "--b|Content-Disposition: form-data; name=\"mo\\del\"||m|--b-- ! NOT_MULTIPART ! 53",
                "--b|Content-Disposition: form-data; name=a; name=model||m|--b-- ! NOT_MULTIPART ! 58",
                "--b|Content-Disposition: form-data; name=a; NAME=model||m|--b-- ! NOT_MULTIPART ! 58",
                "--b|Content-Disposition: form-data; name=a; name*=UTF-8''model||m|--b-- ! NOT_MULTIPART ! 66",
                "--b|Content-Disposition: form-data; name=a; =b||m|--b-- ! NOT_MULTIPART ! 50",
                "--b|Content-Disposition: form-data;| name=model||m|--b-- ! NOT_MULTIPART ! 52",
                "--b|Content-Disposition: form-data; name=a|Content-Disposition: form-data; name=model||m ! NOT_MULTIPART ! 90",
                "--b|Content-Disposition: form-data; name=a~X: y||m|--b-- ! NOT_MULTIPART ! 51",
                "--b|Content-Disposition: form-data; name=model\0||m|--b-- ! NOT_MULTIPART ! 51",
                "--b|Content-Disposition: form-data; name=a||x~--b~Content-Disposition: form-data; name=model~~m ! NOT_MULTIPART ! 51",
                "--b|Content-Disposition: form-data; name=a||x^--b ! NOT_MULTIPART ! 51",
                "--b|Content-Disposition: form-data; name=a||--b-- ! NOT_MULTIPART ! 49",
                "--b|Content-Disposition: form-data; name=a||x|--bc ! NOT_MULTIPART ! 53",
                "--b|Content-Disposition: form-data; name=model||m|--b|Content-Disposition: form-data; name=model||n|--b-- "
                        + "! TWO_MODELS ! 104",
                "--b|Content-Disposition: form-data; name=stream||m|--b|Content-Disposition: form-data; name=stream||n|--b-- "
                        + "! TWO_STREAMS ! 106",
                "--b|Content-Disposition: form-data; name=model; filename=a||m|--b-- ! MODEL_NOT_A_STRING ! 62",
                "--b|Content-Disposition: form-data; name=model; filename*=UTF-8''a||m|--b-- ! MODEL_NOT_A_STRING ! 70",
                "--b|Content-Disposition: form-data; name=model|Content-Transfer-Encoding: base64||bQ==|--b-- ! MODEL_NOT_A_STRING ! 85",
                "--b|Content-Disposition: form-data; name=model|||--b-- ! EMPTY_MODEL ! 51",
                "--b|Content-Disposition: form-data; name=model||a\tb|--b-- ! MODEL_NOT_TEXT ! 51",
                "--b|Content-Disposition: form-data; name=model||a|b|--b-- ! MODEL_NOT_TEXT ! 51",
                "--b|Content-Disposition: form-data; name=model||\u00ff|--b-- ! NOT_UTF8 ! 51",
            })
    void whatCouldBeReadInTwoWaysIsAProblem(String form, Problem problem, long offset) {
        assertThat(read(bytes(form))).isEqualTo(new Unreadable(problem, offset));
    }

    @Test
    void lengthsAreBounded() {
        assertThat(read(bytes(MODEL + "m".repeat(256) + "|--b--"))).isInstanceOf(Read.class);
        assertThat(read(bytes(MODEL + "m".repeat(257) + "|--b--")))
                .extracting("problem")
                .isEqualTo(Problem.MODEL_TOO_LONG);
        assertThat(read(bytes(MODEL + "m".repeat(1000) + "|--b--")))
                .extracting("problem")
                .isEqualTo(Problem.MODEL_TOO_LONG);
        String head = "--b|Content-Disposition: form-data; name=a|X: ";
        assertThat(readAtOnce(FORM, bytes(head + "x".repeat(8000) + "||m|--b--")))
                .isInstanceOf(Read.class);
        assertThat(readAtOnce(FORM, bytes(head + "x".repeat(9000) + "||m|--b--")))
                .extracting("problem")
                .isEqualTo(Problem.NOT_MULTIPART);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "multipart/form-data; boundary=b",
                "Multipart/Form-Data;Boundary=\"b\"",
                " multipart/form-data ; charset=utf-8; boundary=b",
            })
    void theBoundaryIsRead(String contentType) {
        assertThat(readAtOnce(contentType, bytes(MODEL + "m|--b--"))).isInstanceOf(Read.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "multipart/form-data",
                "multipart/form-data; boundary",
                "multipart/form-data; boundary=",
                "multipart/form-data; boundary=\"\"",
                "multipart/form-data; boundary=\"b \"",
                "multipart/form-data; boundary=\"a\\b\"",
                "multipart/form-data; boundary=b; boundary=c",
                "multipart/form-data; boundary=a!b",
                "multipart/form-data; boundary=0123456789012345678901234567890123456789012345678901234567890123456789b",
                "multipart/form-data, boundary=b",
            })
    void withoutAGoodBoundaryNothingIsRead(String contentType) {
        assertThat(readAtOnce(contentType, bytes(MODEL + "m|--b--")))
                .isEqualTo(new Unreadable(Problem.NOT_MULTIPART, 0));
    }

    @Test
    void aBoundaryMayBeginLikeItsDashes() {
        String boundary = "----WebKitFormBoundary7MA4";
        byte[] body =
                bytes("--" + boundary + "|Content-Disposition: form-data; name=\"f\"; filename=x||-|--|---|-----|--"
                        + "----WebKitFormBoundary7MA5|-" + "--" + boundary + "|" + "--" + boundary
                        + "|Content-Disposition: form-data; name=\"model\"||m|--" + boundary + "--|");

        assertThat(readAtOnce("multipart/form-data; boundary=" + boundary, body))
                .extracting(
                        facts -> Objects.requireNonNull(((Read) facts).model()).name())
                .isEqualTo("m");
    }

    private static byte[] bytes(String form) {
        return form.replace("|", "\r\n").replace('~', '\n').replace('^', '\r').getBytes(ISO_8859_1);
    }

    private static RequestFacts read(byte[] body) {
        RequestFacts whole = readAtOnce(FORM, body);
        for (int cut = 0; cut <= body.length; cut++) {
            ModelReader reader = ModelReader.of(FORM);
            reader.accept(body, 0, cut);
            reader.accept(body, cut, body.length - cut);
            assertThat(reader.finish()).isEqualTo(whole);
        }
        return whole;
    }

    private static RequestFacts readAtOnce(String contentType, byte[] body) {
        return ModelReader.of(contentType).read(List.of(ByteBuffer.wrap(body)));
    }
}
