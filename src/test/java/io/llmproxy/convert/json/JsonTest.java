package io.llmproxy.convert.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":1.0,\"b\":12345678901234567890,\"c\":1e-7,\"d\":[true,false,null,\"\"]}",
                "\"ä€😀\\u0000\\u001f\\u007f\\n\\r\\t\\\\\\\"\"",
                "[]",
                "{}",
                "0",
            })
    void whatIsReadIsWrittenAlike(String document) {
        assertThat(JsonReader.read(bytes(document)).text()).isEqualTo(document);
    }

    @Test
    void aSurrogateWithoutItsPartnerIsReplaced() {
        assertThat(new Json.Str("a\uD800b\uDC00").text()).isEqualTo("\"a\uFFFDb\uFFFD\"");
        assertThat(new Json.Str("\uD800").text()).isEqualTo("\"\uFFFD\"");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 4096})
    void aLongStringIsTheSameWhereverItStands(int before) {
        for (String filler : new String[] {"x", "ä", "😀", "\\n", "\\\"", "y\\u00e4"}) {
            String document = "{\"ä\":[1,\"" + filler.repeat(4000) + "\", \"" + "z".repeat(5000) + "\"]}";
            byte[] bytes = bytes(" ".repeat(before) + document + "  ");
            Json json = JsonReader.read(bytes, before, bytes.length - before);
            List<Json> items = ((Json.Obj) json).array("ä");
            String plain = filler.replace("\\n", "\n").replace("\\\"", "\"").replace("\\u00e4", "ä");
            assertThat(items.get(1)).isEqualTo(new Json.Str(plain.repeat(4000)));
            assertThat(items.get(2)).isEqualTo(new Json.Str("z".repeat(5000)));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "{", "[1,]", "{\"a\"}", "nul", "1 2", "\"\t\"", "NaN", "{'a':1}", "// x", "\"\\q\""})
    void whatIsNoDocumentIsRefused(String document) {
        assertThatThrownBy(() -> JsonReader.read(bytes(document))).isInstanceOf(JsonException.class);
    }

    @Test
    void aLongStringThatIsNoneIsRefused() {
        String text = "x".repeat(3000);
        for (String document : new String[] {"\"" + text, "\"" + text + "\u0001\"", "\"" + text + "\\q\""}) {
            assertThatThrownBy(() -> JsonReader.read(bytes(document))).isInstanceOf(JsonException.class);
        }
        byte[] bytes = bytes("\"" + text + "ää\"");
        bytes[bytes.length - 3] = 'x';
        assertThatThrownBy(() -> JsonReader.read(bytes)).isInstanceOf(JsonException.class);
    }

    /** The parser counts characters there, not bytes: an edit would cut elsewhere. */
    @Test
    void anotherEncodingThanUtf8IsRefused() {
        String document = "{\"model\":\"m\",\"text\":\"" + "x".repeat(5000) + "\"}";
        for (String charset : List.of("UTF-16LE", "UTF-16BE", "UTF-16", "UTF-32LE", "UTF-32BE")) {
            byte[] bytes = document.getBytes(Charset.forName(charset));
            assertThatThrownBy(() -> JsonReader.read(bytes)).as(charset).isInstanceOf(JsonException.class);
            assertThatThrownBy(() -> MemberEdit.without(bytes, Set.of("model")))
                    .as(charset)
                    .isInstanceOf(JsonException.class);
        }
    }

    @Test
    void theMarkOfUtf8IsPassedOver() {
        String document = "{\"model\":\"m\",\"text\":\"" + "x".repeat(5000) + "\"}";
        byte[] marked = bytes("\uFEFF" + document);
        assertThat(JsonReader.read(marked).text()).isEqualTo(document);
        assertThat(new String(MemberEdit.without(marked, Set.of("text")), StandardCharsets.UTF_8))
                .isEqualTo("{\"model\":\"m\"}");
        assertThatThrownBy(() -> JsonReader.read(bytes("\uFEFF"))).isInstanceOf(JsonException.class);
    }

    @Test
    void whatIsTooDeepIsRefused() {
        assertThatThrownBy(() -> JsonReader.read(bytes("[".repeat(300) + "]".repeat(300))))
                .isInstanceOf(JsonException.class)
                .hasMessage("[0][0][0][0] is nested deeper than 256 levels");
        String inner = "{\"a\":[true,{\"b\":".repeat(100) + "1" + "}]}".repeat(100);
        assertThatThrownBy(() -> JsonReader.read(bytes("{\"x\":" + inner + "}")))
                .isInstanceOfSatisfying(
                        JsonException.class, e -> assertThat(e.path()).isEqualTo("x.a[1].b"));
        assertThatThrownBy(() -> JsonReader.read(bytes("[" + "1".repeat(1001) + "]")))
                .isInstanceOfSatisfying(
                        JsonException.class, e -> assertThat(e.path()).isEmpty())
                .hasMessageStartingWith("a name or a number is too long at line 1");
        assertThat(JsonReader.read(bytes("[".repeat(200) + "]".repeat(200)))).isInstanceOf(Json.Arr.class);
    }

    @Test
    void anObjectThatHasANameTwiceIsNoObjectOfArguments() {
        assertThat(JsonReader.object("{\"a\":1,\"b\":{\"a\":1}}")).isNotNull();
        assertThat(JsonReader.object("{\"a\":{\"b\":1,\"b\":2}}")).isNull();
        assertThat(JsonReader.object("[1]")).isNull();
        assertThat(JsonReader.object("{")).isNull();
    }

    @Test
    void membersAreReadAsWhatTheyAreOrAsSomethingElse() {
        Json.Obj object =
                (Json.Obj) JsonReader.read(bytes("{\"n\":1.9,\"s\":\"12\",\"x\":\"y\",\"a\":[1],\"z\":null}"));
        assertThat(object.number("n", 0)).isEqualTo(1);
        assertThat(object.number("s", 0)).isEqualTo(12);
        assertThat(object.number("x", 7)).isEqualTo(7);
        assertThat(object.number("a", 7)).isEqualTo(7);
        assertThat(object.get("z")).isNull();
        assertThat(object.string("n")).isNull();
        assertThat(object.array("a")).hasSize(1);
        assertThat(object.array("n")).isEmpty();
        assertThat(object.object("a")).isNull();
    }

    @Test
    void aPlaceKnowsWhatItMustBe() {
        Node root =
                Node.of(JsonReader.read(bytes("{\"a\":[{\"n\":2.5,\"w\":\"3\",\"f\":4e0,\"t\":true,\"big\":1e300}]}")));
        Node item = root.get("a").items().get(0);
        assertThat(item.get("w").wholeOrNull()).isEqualTo(3);
        assertThat(item.get("f").wholeOrNull()).isEqualTo(4);
        assertThat(item.get("none").wholeOrNull()).isNull();
        assertThat(item.get("none").numberOrNull()).isNull();
        assertThat(item.get("none").flagOrNull()).isNull();
        assertThat(item.get("none", "t").isTrue()).isTrue();
        assertThatThrownBy(() -> item.get("n").wholeOrNull()).hasMessage("a[0].n must be a whole number");
        assertThatThrownBy(() -> item.get("big").wholeOrNull()).hasMessage("a[0].big must be a whole number");
        assertThatThrownBy(() -> item.get("n").numberOrNull(0, 1.5)).hasMessage("a[0].n must be from 0 to 1.5");
        assertThatThrownBy(() -> item.get("t").numberOrNull()).hasMessage("a[0].t must be a number");
        assertThatThrownBy(() -> item.get("n").flagOrNull()).hasMessage("a[0].n must be true or false");
        assertThatThrownBy(() -> item.get("n").items()).hasMessage("a[0].n must be an array");
        assertThatThrownBy(() -> item.get("n").itemsOfContent()).hasMessage("a[0].n must be a string or an array");
        assertThatThrownBy(() -> Node.of(new Json.Arr()).get("x")).hasMessage("the body must be an object");
        assertThat(root.others(Set.of("a"))).isEmpty();
        assertThat(item).hasToString("a[0]").isEqualTo(root).hasSameHashCodeAs(root);
        assertThat(item.get("n").equals(null)).isFalse();
    }

    @Test
    void anEmptiedBufferGivesBackWhatItDoesNotNeed() {
        JsonBuffer buffer = new JsonBuffer(0);
        buffer.string("x".repeat(100_000)).number(-12).number(10);
        assertThat(buffer.array().length).isGreaterThan(100_000);
        buffer.clear();
        assertThat(buffer.array()).isEmpty();
        buffer.raw("ab").clear();
        assertThat(buffer.size()).isZero();
        assertThat(buffer.raw(new byte[] {'x'}).toBytes()).isEqualTo(Arrays.copyOf(bytes("x"), 1));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
