package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.llmproxy.protocol.RequestFacts.Problem;
import io.llmproxy.protocol.RequestFacts.Read;
import io.llmproxy.protocol.RequestFacts.Unreadable;
import io.llmproxy.testing.Allocation;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonParser;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents are written with {@code '} for the quote, and {@code ~} for the end of a line, where that is easier to read. */
final class ModelReaderTest {
    /** Found once, as that takes long. */
    private static final JsonProvider PARSERS = JsonProvider.provider();

    /** Bytes for a reader, its scanner and the name: the same for a body of any length. */
    private static final double READING = 800;

    private @Nullable RequestFacts facts;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'model':'gpt-4o'} | gpt-4o | 'gpt-4o' | false",
                "~{\t'model' :~'gpt-4o' } | gpt-4o | 'gpt-4o' | false",
                "{'messages':[{'model':'x','stream':true}],'model':'m'} | m | 'm' | false",
                "{'a':{'model':'x'},'model':'m','stream':true,'b':{'stream':false,'model':7}} | m | 'm' | true",
                "{'stream':true,'model':'m'} | m | 'm' | true",
                "{'stream':false,'model':'m'} | m | 'm' | false",
                "{'stream':null,'model':'m'} | m | 'm' | false",
                "{'stream':1,'model':'m'} | m | 'm' | false",
                "{'stream':'true','model':'m'} | m | 'm' | false",
                "{'stream':[true],'model':'m'} | m | 'm' | false",
                "{'stream':{'stream':true},'model':'m'} | m | 'm' | false",
                "{'mod\\u0065l':'m'} | m | 'm' | false",
                "{'\\u006d\\u006f\\u0064\\u0065\\u006C':'m','s\\u0074ream':true} | m | 'm' | true",
                "{'model':'org\\/model'} | org/model | 'org\\/model' | false",
                "{'model':'\\u0067pt\\'4'} | gpt'4 | '\\u0067pt\\'4' | false",
                "{'model':'ft:gpt-4o:acme::1@\u00e4\u20ac\uD83D\uDE00'} "
                        + "| ft:gpt-4o:acme::1@\u00e4\u20ac\uD83D\uDE00 | 'ft:gpt-4o:acme::1@\u00e4\u20ac\uD83D\uDE00' | false",
                "{'model':'\\ud83d\\ude00'} | \uD83D\uDE00 | '\\ud83d\\ude00' | false",
                "{'modelx':'x','mode':'x','':'x','model':'m'} | m | 'm' | false",
                "{'a':[0,-0,1.5,-1.5e10,1E+2,2e-2,true,false,null,'',[],{}],'model':'m'} | m | 'm' | false",
                "{'a':'\\\\','model':'m'} | m | 'm' | false",
                "{'a':'\\'model\\':\\'x\\'','model':'m'} | m | 'm' | false",
            })
    void theModelOfTheOutermostObjectIsRead(String json, String name, String value, boolean stream) {
        byte[] body = bytes(json);

        Read read = (Read) read(body);

        ModelField model = Objects.requireNonNull(read.model());
        assertThat(model.name()).isEqualTo(quoted(name));
        assertThat(read.stream()).isEqualTo(stream);
        assertThat(new String(body, (int) model.start(), (int) (model.end() - model.start()), UTF_8))
                .isEqualTo(quoted(value));
        assertThat(model.notation()).isEqualTo(ModelField.Notation.JSON);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                " { } \r\n",
                "{'a':'model'}",
                "{'a':{'model':'m'}}",
                "{'a':['model','m']}",
                "{'messages':[{'role':'user','content':'hi'}]}",
                "{'mod\\\\u0065l':'m'}",
                "{'ModelX':'m'}",
                "{'model\\u0000':'m'}",
                "{'modelmodelmodelmodelmodelmodelmodelmodelmodelmodelmodelmodelmodelmodelmodelmodelmodel':'m'}",
            })
    void aBodyMayNameNoModel(String json) {
        assertThat(read(bytes(json))).isEqualTo(new Read(null, List.of(), false));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | INCOMPLETE | 0",
                "` ` | INCOMPLETE | 1",
                "{ | INCOMPLETE | 1",
                "{'model':'m' | INCOMPLETE | 12",
                "{'model':'m | INCOMPLETE | 11",
                "{'model':'m','a':[ | INCOMPLETE | 18",
                "{'a':tru | INCOMPLETE | 8",
                "{'a':1 | INCOMPLETE | 6",
                "{'a':'\\u12 | INCOMPLETE | 10",
                "[] | NOT_AN_OBJECT | 0",
                "[{'model':'m'}] | NOT_AN_OBJECT | 0",
                "'model' | NOT_AN_OBJECT | 0",
                "12 | NOT_AN_OBJECT | 0",
                "` null` | NOT_AN_OBJECT | 1",
                "true | NOT_AN_OBJECT | 0",
                "model=m | NOT_JSON | 0",
                "\uFEFF{} | NOT_JSON | 0",
                "} | NOT_JSON | 0",
                "{'model':'m'}} | NOT_JSON | 13",
                "{'model':'m'}{} | NOT_JSON | 13",
                "{'model':'m'},| NOT_JSON | 13",
                "{'model' 'm'} | NOT_JSON | 9",
                "{'model','m'} | NOT_JSON | 8",
                "{'model':'m',} | NOT_JSON | 13",
                "{,'model':'m'} | NOT_JSON | 1",
                "{'model':'m' 'a':1} | NOT_JSON | 13",
                "{model:'m'} | NOT_JSON | 1",
                "{1:'m'} | NOT_JSON | 1",
                "{'a':[1,]} | NOT_JSON | 8",
                "{'a':[,1]} | NOT_JSON | 6",
                "{'a':[1 2]} | NOT_JSON | 8",
                "{'a':[1}} | NOT_JSON | 7",
                "{'a':{'b':1]} | NOT_JSON | 11",
                "{'a':} | NOT_JSON | 5",
                "{'a':01} | NOT_JSON | 6",
                "{'a':+1} | NOT_JSON | 5",
                "{'a':-} | NOT_JSON | 6",
                "{'a':-a} | NOT_JSON | 6",
                "{'a':.5} | NOT_JSON | 5",
                "{'a':1.} | NOT_JSON | 7",
                "{'a':1.e5} | NOT_JSON | 7",
                "{'a':1e} | NOT_JSON | 7",
                "{'a':1e+} | NOT_JSON | 8",
                "{'a':1e5.5} | NOT_JSON | 8",
                "{'a':0x10} | NOT_JSON | 6",
                "{'a':NaN} | NOT_JSON | 5",
                "{'a':Infinity} | NOT_JSON | 5",
                "{'a':True} | NOT_JSON | 5",
                "{'a':trux} | NOT_JSON | 8",
                "{'a':nul} | NOT_JSON | 8",
                "{'a':falsey} | NOT_JSON | 10",
                "{'a':'\\x41'} | NOT_JSON | 7",
                "{'a':'\\u12g4'} | NOT_JSON | 10",
                "{'a':'\\'} | INCOMPLETE | 9",
                "{'a':'\t'} | NOT_JSON | 6",
                "{'a':'\u0000'} | NOT_JSON | 6",
                "{'a':'line~line'} | NOT_JSON | 10",
                "{'a\u001f':1} | NOT_JSON | 3",
                "{/*c*/'a':1} | NOT_JSON | 1",
                "{'a':1}//c | NOT_JSON | 7",
                "{\u00a0} | NOT_JSON | 1",
                "{'model':'m','model':'m'} | TWO_MODELS | 19",
                "{'MODEL':'m'} | MODEL_IN_OTHER_CASE | 7",
                "{'Model':'x','model':'m'} | MODEL_IN_OTHER_CASE | 7",
                "{'model':'m','a':{},'modeL':'x'} | MODEL_IN_OTHER_CASE | 26",
                "{'model':'m','\\u004dodel':'x'} | MODEL_IN_OTHER_CASE | 24",
                "{'model':'m','a':{},'mode\\u006c':'n'} | TWO_MODELS | 31",
                "{'stream':true,'stream':false} | TWO_STREAMS | 22",
                "{'model':1} | MODEL_NOT_A_STRING | 9",
                "{'model':null} | MODEL_NOT_A_STRING | 9",
                "{'model':true} | MODEL_NOT_A_STRING | 9",
                "{'model':['m']} | MODEL_NOT_A_STRING | 9",
                "{'model':{'id':'m'}} | MODEL_NOT_A_STRING | 9",
                "{'model':''} | EMPTY_MODEL | 9",
                "{'model':'a\\u0000'} | MODEL_NOT_TEXT | 9",
                "{'model':'a\\nb'} | MODEL_NOT_TEXT | 9",
                "{'model':'a\u0085'} | MODEL_NOT_TEXT | 9",
                "{'model':'a\\ud83d'} | MODEL_NOT_TEXT | 9",
                "{'model':'\\ude00\\ud83d'} | MODEL_NOT_TEXT | 9",
            })
    void whatCouldBeReadInTwoWaysIsAProblem(String json, Problem problem, long offset) {
        assertThat(read(bytes(json))).isEqualTo(new Unreadable(problem, offset));
    }

    @Test
    void anEscapeThatIsNotOneOfJsonIsRefused() {
        for (char kind = ' '; kind < 0x7f; kind++) {
            RequestFacts facts = read(("{\"a\":\"\\" + kind + "1234\"}").getBytes(UTF_8));
            boolean good = "\"\\/bfnrtu".indexOf(kind) >= 0;
            assertThat(facts).as("%s", kind).isEqualTo(good ? new Read(null, List.of(), false) : notJson(7));
        }
    }

    private static RequestFacts notJson(long offset) {
        return new Unreadable(Problem.NOT_JSON, offset);
    }

    /** The string of the document is given byte by byte, each as the character of that number. */
    @ParameterizedTest
    @CsvSource({
        "\u0080, 0",
        "\u00bf, 0",
        "\u00c0\u00af, 0",
        "\u00c1\u00bf, 0",
        "\u00c2!, 1",
        "\u00c3a, 1",
        "\u00e0\u0080\u00af, 1",
        "\u00e0\u009f\u00bf, 1",
        "\u00e2\u0082a, 2",
        "\u00ed\u00a0\u0080, 1",
        "\u00ed\u00bf\u00bf, 1",
        "\u00f0\u0080\u0080\u00af, 1",
        "\u00f0\u008f\u00bf\u00bf, 1",
        "\u00f0\u0090\u0080a, 3",
        "\u00f4\u0090\u0080\u0080, 1",
        "\u00f5\u0080\u0080\u0080, 0",
        "\u00ff, 0",
        "\u00fe\u00ff, 0",
    })
    void aStringThatIsNotUtf8IsRefused(String latin1, int bad) {
        for (String before : List.of("", "aaaa", "\u00c3\u00a4", "aaaaaaaa")) {
            byte[] inValue = ("{\"a\":\"" + before + latin1 + "aaaaaaaaaa\"}").getBytes(ISO_8859_1);
            byte[] inName = ("{\"a" + before + latin1 + "aaaaaaaaaa\":1}").getBytes(ISO_8859_1);

            assertThat(read(inValue)).isEqualTo(new Unreadable(Problem.NOT_UTF8, 6 + before.length() + bad));
            assertThat(read(inName)).isEqualTo(new Unreadable(Problem.NOT_UTF8, 3 + before.length() + bad));
        }
    }

    @Test
    void allCharactersAreTaken() {
        StringBuilder all = new StringBuilder("{\"a\":\"");
        for (int point = 0x80; point <= Character.MAX_CODE_POINT; point += point % 0x800 == 0x7ff ? 1 : 31) {
            if (Character.getType(point) != Character.SURROGATE) {
                all.appendCodePoint(point).append(point % 3 == 0 ? "a" : "");
            }
        }
        assertThat(readAtOnce(all.append("\",\"model\":\"m\"}").toString().getBytes(UTF_8)))
                .extracting(facts -> ((Read) facts).model())
                .isNotNull();
    }

    @Test
    void aThousandLevelsAreTooDeep() {
        int most = JsonScanner.DEEPEST - 1;
        assertThat(readAtOnce(nested(most, "[", "]"))).isEqualTo(new Read(null, List.of(), false));
        assertThat(readAtOnce(nested(most, "{\"a\":", "}"))).isEqualTo(new Read(null, List.of(), false));
        assertThat(readAtOnce(nested(most + 1, "[", "]"))).isEqualTo(new Unreadable(Problem.TOO_DEEP, 5 + most));
        assertThat(readAtOnce(nested(1000, "[", "]"))).isEqualTo(new Unreadable(Problem.TOO_DEEP, 5 + most));
        assertThat(readAtOnce(nested(1000, "{\"a\":", "}"))).isInstanceOf(Unreadable.class);
    }

    private static byte[] nested(int levels, String open, String close) {
        return ("{\"a\":" + open.repeat(levels) + "1" + close.repeat(levels) + "}").getBytes(UTF_8);
    }

    @Test
    void objectsAndArraysMayAlternateInDepth() {
        StringBuilder json = new StringBuilder("{\"a\":");
        String levels = "[{\"a\":".repeat(200) + "1" + "}]".repeat(200);
        byte[] good = json.append(levels).append(",\"model\":\"m\"}").toString().getBytes(UTF_8);
        byte[] bad = good.clone();
        int close = new String(good, UTF_8).indexOf("}]") + 2 * 70;
        bad[close] = ']';

        assertThat(readAtOnce(good)).isInstanceOf(Read.class);
        assertThat(readAtOnce(bad)).isEqualTo(new Unreadable(Problem.NOT_JSON, close));
    }

    @Test
    void aNameHasALongestLength() {
        String longest = "m".repeat(256);
        assertThat(name("{\"model\":\"" + longest + "\"}")).isEqualTo(longest);
        assertThat(name("{\"model\":\"" + "\\u006d".repeat(256) + "\"}")).isEqualTo(longest);
        assertThat(name("{\"model\":\"" + "\u20ac".repeat(256) + "\"}")).isEqualTo("\u20ac".repeat(256));
        for (String name : List.of(longest + "m", "\\u006d".repeat(257), "m".repeat(100_000))) {
            assertThat(readAtOnce(("{\"model\":\"" + name + "\"}").getBytes(UTF_8)))
                    .isEqualTo(new Unreadable(Problem.MODEL_TOO_LONG, 9));
        }
    }

    private static @Nullable String name(String json) {
        return Objects.requireNonNull(((Read) readAtOnce(json.getBytes(UTF_8))).model())
                .name();
    }

    @Test
    void aMistakeBehindTheModelIsFoundToo() {
        assertThat(read(bytes("{'model':'m','a':1]"))).isEqualTo(new Unreadable(Problem.NOT_JSON, 18));
    }

    @Test
    void theMessageNamesTheProblemAndThePlace() {
        assertThat(new Unreadable(Problem.TWO_MODELS, 31).message())
                .isEqualTo("The request body names \"model\" twice (byte 31)");
    }

    @Test
    void aBufferNeedNotHaveAnArrayNorBeginWhereItDoes() {
        byte[] body = bytes("{'model':'gpt-4o','stream':true}");
        byte[] padded = new byte[body.length + 7];
        System.arraycopy(body, 0, padded, 5, body.length);
        ByteBuffer direct = ByteBuffer.allocateDirect(body.length).put(body).flip();
        ByteBuffer slice = ByteBuffer.wrap(padded, 2, body.length + 3).slice().position(3);

        for (ByteBuffer buffer : List.of(direct, slice, ByteBuffer.wrap(body).asReadOnlyBuffer())) {
            int position = buffer.position();
            assertThat(ModelReader.of(null).read(List.of(buffer))).isEqualTo(readAtOnce(body));
            assertThat(buffer.position()).isEqualTo(position);
        }
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> ModelReader.of(null).accept(new byte[1], 1, 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"application/json", "application/x-www-form-urlencoded", "multipart/mixed", "", "text/plain"})
    void whatIsNoFormIsReadAsJson(String contentType) {
        assertThat(ModelReader.of(contentType)).isInstanceOf(JsonModelReader.class);
    }

    /** Documents that are made at random, and then damaged, are taken if and only if another parser takes them. */
    @Test
    void anotherParserAgrees() {
        SplittableRandom random = new SplittableRandom(4);
        int taken = 0;
        for (int round = 0; round < 30_000; round++) {
            byte[] body = RandomJson.object(random).getBytes(UTF_8);
            for (int damages = random.nextInt(3); damages > 0; damages--) {
                body[random.nextInt(body.length)] = (byte) "{}[]\",:\\u0e.-tn 1a".charAt(random.nextInt(18));
            }
            RequestFacts facts = readInPieces(body, random);
            assertThat(facts).isEqualTo(readAtOnce(body));
            JsonObject expected = parsed(body);
            if (facts instanceof Read read) {
                taken++;
                assertThat(expected).as(new String(body, UTF_8)).isNotNull();
                String name = read.model() == null ? null : read.model().name();
                assertThat(Objects.requireNonNull(expected).getString("model", null))
                        .isEqualTo(name);
            } else if (((Unreadable) facts).problem() == Problem.NOT_JSON) {
                assertThat(expected).as(new String(body, UTF_8)).isNull();
            }
        }
        assertThat(taken).isBetween(9_000, 25_000);
    }

    private static @Nullable JsonObject parsed(byte[] body) {
        try (JsonParser parser = PARSERS.createParser(new ByteArrayInputStream(body))) {
            JsonObject object = parser.next() == JsonParser.Event.START_OBJECT ? parser.getObject() : null;
            return parser.hasNext() ? null : object;
        } catch (JsonException | NoSuchElementException e) {
            return null;
        }
    }

    @Test
    void littleIsAllocatedHoweverLongTheBody() {
        String prompt = "How are you? \\\"Well\\\" \u00e4\u20ac".repeat(2_000);
        byte[] body = ("{\"messages\":[{\"content\":\"" + prompt + "\"}],\"model\":\"gpt-4o\"}").getBytes(UTF_8);
        List<ByteBuffer> segments = List.of(ByteBuffer.wrap(body));

        assertThat(Allocation.perCall(1000, () -> facts = read(segments))).isBetween(1.0, READING);
        assertThat(facts).isInstanceOf(Read.class);
    }

    private static RequestFacts read(List<ByteBuffer> segments) {
        return ModelReader.of("application/json").read(segments);
    }

    private static byte[] bytes(String text) {
        return quoted(text.replace('~', '\n')).getBytes(UTF_8);
    }

    private static String quoted(String text) {
        return text.replace('\'', '"');
    }

    /** Reads at once, byte by byte, and in two pieces cut anywhere, which all have to agree. */
    private static RequestFacts read(byte[] body) {
        RequestFacts whole = readAtOnce(body);
        for (int cut = 0; cut <= body.length; cut++) {
            ModelReader reader = ModelReader.of(null);
            reader.accept(body, 0, cut);
            reader.accept(body, cut, body.length - cut);
            assertThat(reader.finish()).isEqualTo(whole);
        }
        ModelReader reader = ModelReader.of(null);
        for (int at = 0; at < body.length; at++) {
            reader.accept(body, at, 1);
        }
        assertThat(reader.finish()).isEqualTo(whole);
        return whole;
    }

    private static RequestFacts readInPieces(byte[] body, SplittableRandom random) {
        List<ByteBuffer> pieces = new ArrayList<>();
        for (int from = 0; from < body.length; ) {
            int length = random.nextInt(Math.min(20, body.length - from) + 1);
            pieces.add(ByteBuffer.wrap(body, from, length));
            from += length;
        }
        return ModelReader.of(null).read(pieces);
    }

    private static RequestFacts readAtOnce(byte[] body) {
        return ModelReader.of(null).read(List.of(ByteBuffer.wrap(body)));
    }
}
