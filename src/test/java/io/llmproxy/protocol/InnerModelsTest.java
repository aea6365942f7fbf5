package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.protocol.RequestFacts.Problem;
import io.llmproxy.protocol.RequestFacts.Read;
import io.llmproxy.protocol.RequestFacts.Unreadable;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.json.spi.JsonProvider;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which models a body names whose path names one, too. Documents are written with {@code '} for the quote. */
final class InnerModelsTest {
    private static final JsonProvider PARSERS = JsonProvider.provider();

    /** The members of Google's that hold others with a model in them, by what they stand in. */
    private static final Map<String, List<String>> PLACES = Map.of(
            "", List.of("requests", "generateContentRequest", "generate_content_request", "batch"),
            "batch", List.of("inputConfig", "input_config"),
            "inputConfig", List.of("requests "),
            "input_config", List.of("requests "),
            "requests ", List.of("requests  "),
            "requests  ", List.of("request"));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | ``",
                "{'model':'m'} | m",
                "{'requests':[]} | ``",
                "{'requests':[{'model':'a'},{},{'model':'b','content':{'parts':[{'text':'t'}]}}],'model':'c'} | a b c",
                "{'model':'c','requests':[{'content':[[{}]],'model':'a'}],'x':1} | c a",
                "{'requests':[{'model':'a'}],'requests':[{'model':'b'}]} | a b",
                "{'requests':{'model':'a'},'model':'b'} | a b",
                "{'r\\u0065quests':[{'mod\\u0065l':'models\\/\\u0061'}]} | models/a",
                "{'requests':[1,'model',null,true,{'model':'a'},[{'model':'b'}]]} | a",
                "{'generateContentRequest':{'contents':[],'model':'a'}} | a",
                "{'generate_content_request':{'model':'a'},'generateContentRequest':{'model':'b'}} | a b",
                "{'\\u0067\\u0065\\u006e\\u0065\\u0072\\u0061\\u0074\\u0065\\u005f\\u0063\\u006f\\u006e\\u0074\\u0065"
                        + "\\u006e\\u0074\\u005f\\u0072\\u0065\\u0071\\u0075\\u0065\\u0073\\u0074':{'model':'a'}} | a",
                "{'generateContentRequest':null,'model':'a'} | a",
                "{'generateContentRequest':'model','x':{'model':'a'}} | ``",
                "{'batch':{'model':'a','inputConfig':{'requests':{'requests':[{'request':{'model':'b'}}]}}}} | a b",
                "{'batch':{'input_config':{'requests':{'requests':[{'metadata':{'model':'x'},"
                        + "'request':{'model':'b'}}]}}},'model':'c'} | b c",
                "{'contents':[{'requests':[{'model':'x'}]}]} | ``",
                "{'requests':[{'requests':[{'model':'x'}],'generateContentRequest':{'model':'x'}}]} | ``",
                "{'generateContentRequest':{'generateContentRequest':{'model':'x'},'model':'a'}} | a",
                "{'requests':[{'content':{'model':'x'},'model':'a'}],'request':{'model':'x'}} | a",
                "{'Requests':[{'model':'x'}],'request':[{'model':'x'}],'inputConfig':{'model':'x'}} | ``",
                "{'requests':[{'a':{'b':[{'model':'x'}]}},{'model':'a'}],'c':[{'model':'x'}]} | a",
                "{'requests':[{'stream':1,'stream':2}],'stream':true} | ``",
            })
    void allThatNameAModelAreFound(String json, String names) {
        byte[] body = bytes(json);

        List<ModelField> models = ((Read) read(body)).models();

        assertThat(models.stream().map(ModelField::name))
                .containsExactly(names.isEmpty() ? new String[0] : names.split(" "));
        for (ModelField model : models) {
            String value = new String(body, (int) model.start(), (int) (model.end() - model.start()), UTF_8);
            JsonString parsed =
                    (JsonString) PARSERS.createReader(new StringReader(value)).readValue();
            assertThat(parsed.getString()).isEqualTo(model.name());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'requests':[{'model':'a','model':'a'}]} | TWO_MODELS | 32",
                "{'requests':[{'model':'a','x':{},'mod\\u0065l':'a'}]} | TWO_MODELS | 44",
                "{'model':'a','requests':[{'model':'a'}],'model':'a'} | TWO_MODELS | 46",
                "{'requests':[{'model':'a','MODEL':'a'}]} | MODEL_IN_OTHER_CASE | 32",
                "{'requests':[{'model':1}]} | MODEL_NOT_A_STRING | 22",
                "{'generateContentRequest':{'model':['a']}} | MODEL_NOT_A_STRING | 35",
                "{'requests':[{'model':''}]} | EMPTY_MODEL | 22",
                "{'requests':[{'model':'a\\n'}]} | MODEL_NOT_TEXT | 22",
                "{'requests':[{'model':'a'}] | INCOMPLETE | 27",
                "{'requests':[{'model':'a'}} | NOT_JSON | 26",
                "{'requests':[{'model':'a'}]}] | NOT_JSON | 28",
                "[{'model':'a'}] | NOT_AN_OBJECT | 0",
            })
    void whatCouldBeReadInTwoWaysIsAProblem(String json, Problem problem, long offset) {
        assertThat(read(bytes(json))).isEqualTo(new Unreadable(problem, offset));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{'requests':[{'model':'a'}],'model':'b'}", "{'requests':[{'model':1,'model':2}],'model':'b'}"})
    void partsAreNotLookedIntoWhereThePathNamesNoModel(String json) {
        Read read = (Read) ModelReader.of(null).read(List.of(ByteBuffer.wrap(bytes(json))));

        assertThat(read.models().stream().map(ModelField::name)).containsExactly("b");
    }

    @Test
    void aFormHasItsOneField() {
        String form = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\na\r\n--b--";

        Read read = (Read) ModelReader.besidesPath("multipart/form-data; boundary=b")
                .read(List.of(ByteBuffer.wrap(form.getBytes(UTF_8))));

        assertThat(read.models().stream().map(ModelField::name)).containsExactly("a");
    }

    @Test
    void thereIsAnEndToWhatIsKept() {
        String part = "{\"model\":\"a\"},";
        assertThat(many(part.repeat(9_999))).isInstanceOf(Read.class);
        assertThat(many(part.repeat(10_000)))
                .isInstanceOfSatisfying(
                        Unreadable.class, facts -> assertThat(facts.problem()).isEqualTo(Problem.TOO_MANY_MODELS));
    }

    private static RequestFacts many(String parts) {
        byte[] body = ("{\"requests\":[" + parts + "{\"model\":\"a\"}]}").getBytes(UTF_8);
        return ModelReader.besidesPath(null).read(List.of(ByteBuffer.wrap(body)));
    }

    /** Documents that are made at random of the names that count. */
    @Test
    void anotherParserAgrees() {
        SplittableRandom random = new SplittableRandom(7);
        int found = 0;
        for (int round = 0; round < 5_000; round++) {
            String json = random.nextBoolean() ? object(random, 0) : batch(random);
            List<String> expected = new ArrayList<>();
            JsonObject parsed = PARSERS.createReader(new StringReader(json)).readObject();
            collect(parsed, "", expected);

            RequestFacts facts = ModelReader.besidesPath(null).read(pieces(json.getBytes(UTF_8), random));

            assertThat(((Read) facts).models().stream().map(ModelField::name))
                    .as(json)
                    .containsExactlyElementsOf(expected);
            found += expected.size();
        }
        assertThat(found).isGreaterThan(2_000);
    }

    private static String batch(SplittableRandom random) {
        String value = "[" + object(random, 3) + "," + object(random, 3) + "]";
        for (String name : List.of("request", "requests", "requests", "inputConfig", "batch")) {
            String member = "\"" + name + "\":" + value;
            value = random.nextBoolean() ? "{" + member + "}" : "{\"other\":" + object(random, 5) + "," + member + "}";
        }
        return value;
    }

    private static String object(SplittableRandom random, int depth) {
        List<String> names = new ArrayList<>(List.of(
                "model",
                "requests",
                "generateContentRequest",
                "batch",
                "inputConfig",
                "input_config",
                "request",
                "other"));
        List<String> members = new ArrayList<>();
        for (int count = random.nextInt(5); count > 0; count--) {
            String name = names.remove(random.nextInt(names.size()));
            String value = name.equals("model") ? "\"m" + random.nextInt(100) + "\"" : value(random, depth + 1);
            members.add("\"" + name + "\":" + value);
        }
        return "{" + String.join(", ", members) + "}";
    }

    private static String value(SplittableRandom random, int depth) {
        if (depth > 6) {
            return "0";
        }
        return switch (random.nextInt(8)) {
            case 0 -> "\"model\"";
            case 1 -> "[[" + object(random, depth) + "]]";
            case 2, 3 -> "[" + object(random, depth) + "," + object(random, depth) + ",1]";
            default -> object(random, depth);
        };
    }

    private static void collect(JsonObject object, String place, List<String> found) {
        object.forEach((name, value) -> {
            if (name.equals("model")) {
                found.add(((JsonString) value).getString());
            }
            for (String inner : PLACES.getOrDefault(place, List.of())) {
                if (inner.strip().equals(name)) {
                    objects(value).forEach(each -> collect(each, inner, found));
                }
            }
        });
    }

    private static Stream<JsonObject> objects(JsonValue value) {
        Stream<JsonValue> values = value instanceof JsonArray array ? array.stream() : Stream.of(value);
        return values.filter(JsonObject.class::isInstance).map(JsonValue::asJsonObject);
    }

    private static List<ByteBuffer> pieces(byte[] body, SplittableRandom random) {
        List<ByteBuffer> pieces = new ArrayList<>();
        for (int from = 0; from < body.length; ) {
            int length = random.nextInt(Math.min(20, body.length - from) + 1);
            pieces.add(ByteBuffer.wrap(body, from, length));
            from += length;
        }
        return pieces;
    }

    /** Reads at once, byte by byte, and in two pieces cut anywhere, which all have to agree. */
    private static RequestFacts read(byte[] body) {
        RequestFacts whole = ModelReader.besidesPath(null).read(List.of(ByteBuffer.wrap(body)));
        List<ByteBuffer> bytes = new ArrayList<>();
        for (int cut = 0; cut < body.length; cut++) {
            List<ByteBuffer> two =
                    List.of(ByteBuffer.wrap(body, 0, cut), ByteBuffer.wrap(body, cut, body.length - cut));
            assertThat(ModelReader.besidesPath(null).read(two)).isEqualTo(whole);
            bytes.add(ByteBuffer.wrap(body, cut, 1));
        }
        assertThat(ModelReader.besidesPath(null).read(bytes)).isEqualTo(whole);
        return whole;
    }

    private static byte[] bytes(String json) {
        return json.replace('\'', '"').getBytes(UTF_8);
    }
}
