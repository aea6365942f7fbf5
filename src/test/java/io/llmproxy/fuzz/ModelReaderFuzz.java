package io.llmproxy.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.llmproxy.protocol.ModelEdit;
import io.llmproxy.protocol.ModelField;
import io.llmproxy.protocol.ModelReader;
import io.llmproxy.protocol.ModelRewriter;
import io.llmproxy.protocol.RequestFacts;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever body is taken, its model is the one that another parser sees, and can be replaced. */
final class ModelReaderFuzz {
    private static final JsonProvider PARSERS = JsonProvider.provider();
    private static final String FORM = "multipart/form-data; boundary=b";

    /** {@code ~} stands for the end of a line. */
    static Stream<byte[]> seeds() {
        return Stream.of(
                        "{'model':'m','temperature':1e99999999999}",
                        "{'model':'gpt-4o','stream':true,'messages':[{'role':'user','content':'\u00e4\u20ac\uD83D\uDE00'}]}",
                        "{'mod\\u0065l':'org\\/m','a':[0,-1.5e+10,true,false,null,{}]}",
                        "{'model':'a','model':'b'}",
                        "[{'response':{'model':'m'}},{'message':{'model':'m'}}]",
                        "{'requests':[{'model':'models/m'},{'model':'m','a':{'model':1}}],'model':'m'}",
                        "{'generateContentRequest':{'mod\\u0065l':'models\\/m','contents':[]}}",
                        "{'batch':{'model':'m','input_config':{'requests':{'requests':[{'request':{'model':'m'}}]}}}}",
                        "data: {'model':'m'}~~data: [DONE]~~",
                        "--b~Content-Disposition: form-data; name='model'~~whisper-1~--b~"
                                + "Content-Disposition: form-data; name='file'; filename='a'~~\0~--b--~")
                .map(seed -> seed.replace('\'', '"').replace("~", "\r\n").getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "1m")
    void theModelIsTheOneThatIsServed(byte[] data) {
        for (String contentType : List.of("application/json", FORM)) {
            RequestFacts facts = ModelReader.of(contentType).read(pieces(data, data.length));
            assertThat(ModelReader.of(contentType).read(pieces(data, 1))).isEqualTo(facts);
            assertThat(ModelReader.of(contentType).read(pieces(data, 7))).isEqualTo(facts);
            if (facts instanceof RequestFacts.Read read) {
                String name = read.model() == null ? null : read.model().name();
                if (!contentType.equals(FORM)) {
                    assertThat(modelAsParsed(data)).isEqualTo(name);
                }
                if (read.model() != null) {
                    assertReplaceable(contentType, data, read.model(), read.stream());
                }
            }
            assertAllReplaceable(contentType, data, facts);
        }
        assertThat(rewritten(ModelRewriter.ofDocument("N"), data, 1))
                .isEqualTo(rewritten(ModelRewriter.ofDocument("N"), data, data.length));
        assertThat(rewritten(ModelRewriter.ofDocuments("N"), data, 1))
                .isEqualTo(rewritten(ModelRewriter.ofDocuments("N"), data, data.length));
        assertThat(rewritten(ModelRewriter.ofEvents("N"), data, 1))
                .isEqualTo(rewritten(ModelRewriter.ofEvents("N"), data, data.length));
    }

    private static void assertReplaceable(String contentType, byte[] data, ModelField field, boolean stream) {
        ModelEdit edit = ModelEdit.of(pieces(data, 5), List.of(field), old -> "other");
        RequestFacts again = ModelReader.of(contentType).read(edit.segments());
        long end = field.end() + edit.length() - data.length;
        assertThat(again)
                .isEqualTo(new RequestFacts.Read(
                        new ModelField("other", field.start(), end, field.notation()), List.of(), stream));
    }

    /** Where parts of the body are looked into, more may be wrong with it, but the rest is read as it is otherwise. */
    private static void assertAllReplaceable(String contentType, byte[] data, RequestFacts without) {
        RequestFacts facts = ModelReader.besidesPath(contentType).read(pieces(data, data.length));
        assertThat(ModelReader.besidesPath(contentType).read(pieces(data, 1))).isEqualTo(facts);
        assertThat(ModelReader.besidesPath(contentType).read(pieces(data, 7))).isEqualTo(facts);
        if (!(facts instanceof RequestFacts.Read read)) {
            return;
        }
        assertThat(without).isEqualTo(new RequestFacts.Read(read.model(), List.of(), read.stream()));
        ModelEdit edit = ModelEdit.of(pieces(data, 5), read.models(), old -> "other");
        RequestFacts.Read again =
                (RequestFacts.Read) ModelReader.besidesPath(contentType).read(edit.segments());
        assertThat(again.models())
                .hasSameSizeAs(read.models())
                .allMatch(field -> field.name().equals("other"));
        assertThat(again.stream()).isEqualTo(read.stream());
    }

    /** The member of the object itself. Numbers stay unread: how large one may be is the other parser's own limit. */
    private static @Nullable String modelAsParsed(byte[] data) {
        String model = null;
        int depth = 0;
        boolean asked = false;
        try (JsonParser parser = PARSERS.createParser(new ByteArrayInputStream(data))) {
            while (parser.hasNext()) {
                JsonParser.Event event = parser.next();
                if (asked) {
                    model = event == JsonParser.Event.VALUE_STRING ? parser.getString() : null;
                }
                asked = event == JsonParser.Event.KEY_NAME
                        && depth == 1
                        && parser.getString().equals("model");
                switch (event) {
                    case START_OBJECT, START_ARRAY -> depth++;
                    case END_OBJECT, END_ARRAY -> depth--;
                    default -> {}
                }
            }
        }
        return model;
    }

    private static byte[] rewritten(ModelRewriter rewriter, byte[] data, int piece) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int from = 0; from < data.length; from += piece) {
            rewriter.accept(data, from, Math.min(piece, data.length - from), out::write);
        }
        rewriter.finish(out::write);
        return out.toByteArray();
    }

    private static List<ByteBuffer> pieces(byte[] data, int length) {
        List<ByteBuffer> pieces = new ArrayList<>();
        for (int from = 0; from < data.length; from += length) {
            pieces.add(ByteBuffer.wrap(Arrays.copyOfRange(data, from, Math.min(data.length, from + length))));
        }
        return pieces;
    }
}
