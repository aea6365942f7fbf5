package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents are written with {@code '} for the quote, and {@code ~} for the end of a line. The name asked for is N. */
final class ModelRewriterTest {
    private static final String NAME = "N";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'model':'m'} | {'model':'N'}",
                "{'id':1,'model' : 'gpt-4o-2024' ,'choices':[{'model':'m'}]} "
                        + "| {'id':1,'model' : 'N' ,'choices':[{'model':'m'}]}",
                "{'mod\\u0065l':'\\u0041\\''} | {'mod\\u0065l':'N'}",
                "{'model':''} | {'model':'N'}",
                "{'candidates':[],'modelVersion':'g'} | {'candidates':[],'modelVersion':'N'}",
                "{'response':{'id':'r','model':'m','x':{'model':'m'}}} | {'response':{'id':'r','model':'N','x':{'model':'m'}}}",
                "{'message':{'model':'m'},'model':'m'} | {'message':{'model':'N'},'model':'N'}",
                "{'response':{'modelVersion':'m','response':{'model':'m'}}} "
                        + "| {'response':{'modelVersion':'m','response':{'model':'m'}}}",
                "{'a':{'model':'m'},'response':[{'model':'m'}],'message':['model','m']} "
                        + "| {'a':{'model':'m'},'response':[{'model':'m'}],'message':['model','m']}",
                "{'model':null} | {'model':null}",
                "{'model':1,'a':'m'} | {'model':1,'a':'m'}",
                "{'model':['m','m']} | {'model':['m','m']}",
                "{'model':{'model':'m'}} | {'model':{'model':'m'}}",
                "{'a':'model','models':'m','Model':'m'} | {'a':'model','models':'m','Model':'m'}",
                "{'a':'\\'model\\':\\'m\\''} | {'a':'\\'model\\':\\'m\\''}",
                "{'model':'m'}~{'model':'m'}~ | {'model':'N'}~{'model':'N'}~",
                "{'model':'m'}{'model':'m'} | {'model':'N'}{'model':'N'}",
                "[{'modelVersion':'m'}~,~{'modelVersion':'m'}] | [{'modelVersion':'N'}~,~{'modelVersion':'N'}]",
                "[{'response':{'model':'m','a':{'model':'m'}}}]{'model':'m'} "
                        + "| [{'response':{'model':'N','a':{'model':'m'}}}]{'model':'N'}",
                "[[{'model':'m'}]] | [[{'model':'m'}]]",
                "[{'response':1},[{'model':'m'}]] | [{'response':1},[{'model':'m'}]]",
                "['model','m'] | ['model','m']",
            })
    void theNamesAreReplaced(String json, String expected) {
        assertThat(rewrite(() -> ModelRewriter.ofDocuments(NAME), text(json))).isEqualTo(text(expected));
    }

    /** Documents whose model is named again behind the place that counts, which nobody looks at any more. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'model':'m'} | {'model':'N'}",
                "{'message':{'model':'m'},'model':'m'} | {'message':{'model':'N'},'model':'N'}",
                "{'model':'m','message':{'model':'m'},'modelVersion':'m'} "
                        + "| {'model':'N','message':{'model':'m'},'modelVersion':'m'}",
                "{'response':{'model':'m'},'message':{'model':'m'}} | {'response':{'model':'N'},'message':{'model':'N'}}",
                "{'model':1,'modelVersion':'m','model':'m'} | {'model':1,'modelVersion':'N','model':'m'}",
                "[{'model':'m'},{'model':'m','modelVersion':'m'}] | [{'model':'N'},{'model':'N','modelVersion':'N'}]",
                "{'model':'m'}~{'model':'m'} | {'model':'N'}~{'model':'m'}",
                "{'model':'m',~not JSON | {'model':'N',~not JSON",
            })
    void aDocumentThatHasNamedItsModelPasses(String json, String expected) {
        assertThat(rewrite(() -> ModelRewriter.ofDocument(NAME), text(json))).isEqualTo(text(expected));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | ``",
                "{'model':'m','a':x,'message':{'model':'m'}} | {'model':'N','a':x,'message':{'model':'m'}}",
                "{'model' 'm'} | {'model' 'm'}",
                "{'model':'m~'} | {'model':'m~'}",
                "{'model':'\\x'} | {'model':'\\x'}",
                "{'model':'m | {'model':'m",
                "{'model':'m\\ | {'model':'m\\",
                "{'mod | {'mod",
                "{'model':'m','a':[ | {'model':'N','a':[",
                "<html>'model':'m'</html> | <html>'model':'m'</html>",
                "'model' | 'model'",
                "1{'model':'m'} | 1{'model':'m'}",
                "{}]{'model':'m'} | {}]{'model':'m'}",
            })
    void whatIsNoJsonPasses(String json, String expected) {
        assertThat(rewrite(() -> ModelRewriter.ofDocuments(NAME), text(json))).isEqualTo(text(expected));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "data: {'model':'m'}~~data: [DONE]~~ | data: {'model':'N'}~~data: [DONE]~~",
                "data:{'model':'m'}~~ | data:{'model':'N'}~~",
                "event: message_start~data: {'message':{'model':'m'}}~~data: {'response':{'model':'m'}}~~ "
                        + "| event: message_start~data: {'message':{'model':'N'}}~~data: {'response':{'model':'N'}}~~",
                "\uFEFFdata: {'model':'m'}~~ | \uFEFFdata: {'model':'N'}~~",
                "data: {'model':'m'} | data: {'model':'N'}",
                "data: {'model':'m'}~data: {'model':'m'}~ | data: {'model':'N'}~data: {'model':'N'}~",
                "data: {'model':'m'}{'model':'m'}~~ | data: {'model':'N'}{'model':'m'}~~",
                "data: [DONE]~data: {'model':'m'}~~ | data: [DONE]~data: {'model':'N'}~~",
                "data: {'a':~data: {'model':'m'}~data: }~~data: {'model':'m'}~~ "
                        + "| data: {'a':~data: {'model':'m'}~data: }~~data: {'model':'N'}~~",
                "data: {'model':'m',~data: 'message':{'model':'m'}}~~ | data: {'model':'N',~data: 'message':{'model':'m'}}~~",
                "data: {'model':'m~data: {'model':'m'}~~ | data: {'model':'m~data: {'model':'m'}~~",
                "data:~data: ~data~: {'model':'m'}~dat: {'model':'m'}~data : {'model':'m'}~ data: {'model':'m'}~datadata:{'model':'m'}~~ "
                        + "| data:~data: ~data~: {'model':'m'}~dat: {'model':'m'}~data : {'model':'m'}~ data: {'model':'m'}~datadata:{'model':'m'}~~",
                "{'model':'m'}~~ | {'model':'m'}~~",
                "a\uFEFFdata: {'model':'m'}~~ | a\uFEFFdata: {'model':'m'}~~",
                "~\uFEFFdata: {'model':'m'}~~ | ~\uFEFFdata: {'model':'m'}~~",
            })
    void eachDataLineIsADocument(String stream, String expected) {
        for (String end : List.of("\n", "\r\n", "\r")) {
            assertThat(rewrite(() -> ModelRewriter.ofEvents(NAME), text(stream).replace("\n", end)))
                    .isEqualTo(text(expected).replace("\n", end));
        }
    }

    @Test
    void aLongValuePassesAsItIs() {
        String longest = "{\"model\":\"" + "m".repeat(1022) + "\"}";
        String longer = "{\"model\":\"" + "m".repeat(1023) + "\",\"modelVersion\":\"m\"}";

        assertThat(rewrite(() -> ModelRewriter.ofDocuments(NAME), longest)).isEqualTo("{\"model\":\"N\"}");
        assertThat(rewrite(() -> ModelRewriter.ofDocuments(NAME), longer)).isEqualTo(longer.replace("\"m\"", "\"N\""));
    }

    @Test
    void theNameIsQuoted() {
        assertThat(rewrite(() -> ModelRewriter.ofDocuments("a\"\\\n\u20ac"), "{\"model\":\"m\"}"))
                .isEqualTo("{\"model\":\"a\\\"\\\\\\u000a\u20ac\"}");
    }

    @Test
    void aPieceWithoutANamePassesAsTheSameRange() {
        byte[] bytes = "xxdata: {\"choices\":[{\"delta\":{\"content\":\"model\"}}]}\n\nyy".getBytes(UTF_8);
        List<Object> passed = new ArrayList<>();

        ModelRewriter rewriter = ModelRewriter.ofEvents(NAME);
        rewriter.accept(
                bytes, 2, bytes.length - 4, (piece, offset, length) -> passed.addAll(List.of(piece, offset, length)));
        rewriter.accept(bytes, 2, 0, (piece, offset, length) -> passed.add("empty"));
        rewriter.finish((piece, offset, length) -> passed.add("held"));

        assertThat(passed).containsExactly(bytes, 2, bytes.length - 4);
    }

    @Test
    void onlyANameThatIsNotWholeIsHeldBack() {
        String stream = "data: {\"id\":\"model\",\"model\":\"gpt\",\"a\":\"model\"}\n\n";
        int valueStart = stream.indexOf("\"gpt\"");
        ModelRewriter rewriter = ModelRewriter.ofEvents("gpt");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int at = 0; at < stream.length(); at++) {
            rewriter.accept(stream.getBytes(UTF_8), at, 1, out::write);
            boolean inValue = at >= valueStart && at < valueStart + 4;
            assertThat(out.toString(UTF_8)).isEqualTo(stream.substring(0, inValue ? valueStart : at + 1));
        }
    }

    @Test
    void theRangeHasToBeWithinTheArray() {
        ModelRewriter rewriter = ModelRewriter.ofDocuments(NAME);

        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> rewriter.accept(new byte[1], 1, 1, (bytes, offset, length) -> {}));
    }

    @Test
    void randomDocumentsAreRewrittenAsATreeWouldBe() {
        SplittableRandom random = new SplittableRandom(6);
        int changed = 0;
        for (int round = 0; round < 20_000; round++) {
            String json = random.nextInt(4) == 0
                    ? "[" + RandomJson.object(random) + "," + RandomJson.object(random) + "]"
                    : RandomJson.object(random);
            String expected = NaiveRewriter.rewrite(json, NAME);
            changed += expected.equals(json) ? 0 : 1;

            assertThat(inPieces(ModelRewriter.ofDocuments(NAME), json.getBytes(UTF_8), random))
                    .isEqualTo(expected);
        }
        assertThat(changed).isGreaterThan(3_000);
    }

    @Test
    void randomStreamsAreRewrittenAsTreesWouldBe() {
        SplittableRandom random = new SplittableRandom(7);
        String[] others = {": ping", "event: message", "data: [DONE]", "id: 1", "data:", "data"};
        String[] ends = {"\n", "\r\n", "\r"};
        for (int round = 0; round < 10_000; round++) {
            StringBuilder stream = new StringBuilder();
            StringBuilder expected = new StringBuilder();
            for (int count = random.nextInt(8); count > 0; count--) {
                boolean data = random.nextInt(3) > 0;
                String json = data ? RandomJson.line(random) : "";
                String before = data ? "data: " : others[random.nextInt(others.length)];
                String end = ends[random.nextInt(ends.length)].repeat(random.nextInt(1, 3));
                stream.append(before).append(json).append(end);
                expected.append(before)
                        .append(data ? NaiveRewriter.rewrite(json, NAME) : "")
                        .append(end);
            }
            assertThat(inPieces(ModelRewriter.ofEvents(NAME), stream.toString().getBytes(UTF_8), random))
                    .isEqualTo(expected.toString());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"document", "documents", "events"})
    void whateverComesItIsRewrittenAlikeHoweverItIsCut(String kind) {
        SplittableRandom random = new SplittableRandom(8);
        String[] parts = {"{", "}", "[", "]", ",", ":", "\"model\":", "\"m\"", "\"response\":{", "\\", "\n", "data: "};
        for (int round = 0; round < 30_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int count = random.nextInt(20); count > 0; count--) {
                text.append(parts[random.nextInt(parts.length)]);
            }
            byte[] bytes = text.toString().getBytes(UTF_8);
            String whole = inPieces(rewriter(kind), bytes, bytes.length);

            assertThat(inPieces(rewriter(kind), bytes, random)).isEqualTo(whole);
        }
    }

    private static ModelRewriter rewriter(String kind) {
        return switch (kind) {
            case "document" -> ModelRewriter.ofDocument(NAME);
            case "documents" -> ModelRewriter.ofDocuments(NAME);
            default -> ModelRewriter.ofEvents(NAME);
        };
    }

    private static String text(String written) {
        return written.replace('\'', '"').replace('~', '\n');
    }

    /** Rewrites at once, byte by byte, and in two pieces cut anywhere, which all have to agree. */
    private static String rewrite(Supplier<ModelRewriter> rewriters, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        String whole = inPieces(rewriters.get(), bytes, bytes.length);
        for (int cut = 1; cut < bytes.length; cut++) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ModelRewriter rewriter = rewriters.get();
            rewriter.accept(bytes, 0, cut, out::write);
            rewriter.accept(bytes, cut, bytes.length - cut, out::write);
            rewriter.finish(out::write);
            assertThat(out.toString(UTF_8)).isEqualTo(whole);
        }
        assertThat(inPieces(rewriters.get(), bytes, 1)).isEqualTo(whole);
        return whole;
    }

    private static String inPieces(ModelRewriter rewriter, byte[] bytes, int piece) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int from = 0; from < bytes.length; from += piece) {
            rewriter.accept(bytes, from, Math.min(piece, bytes.length - from), out::write);
        }
        rewriter.finish(out::write);
        return out.toString(UTF_8);
    }

    private static String inPieces(ModelRewriter rewriter, byte[] bytes, SplittableRandom random) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int from = 0; from < bytes.length; ) {
            int length = random.nextInt(Math.min(30, bytes.length - from) + 1);
            rewriter.accept(bytes, from, length, out::write);
            from += length;
        }
        rewriter.finish(out::write);
        return out.toString(UTF_8);
    }
}
