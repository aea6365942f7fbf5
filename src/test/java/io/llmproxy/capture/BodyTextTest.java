package io.llmproxy.capture;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BodyTextTest {
    private static final int MOST = 1024;
    private static final int KEPT = 8192;
    private static final Map<String, String> JSON = Map.of("content-type", "application/json", "authorization", "no");

    private final Memory memory = new Memory(1 << 20);

    @Test
    void jsonStaysJson() {
        assertThat(shown(JSON, "{\"a\": 1.0, \"b\": [null]}"))
                .isEqualTo(
                        "{\"headers\":{\"content-type\":\"application/json\"},\"bytes\":23,\"body\":{\"a\":1.0,\"b\":[null]}}");
    }

    @Test
    void anEmptyBodyHasNone() {
        assertThat(shown(Map.of(), "")).isEqualTo("{\"bytes\":0}");
    }

    @Test
    void membersThatAreNamedAreLeftOutAtAnyDepth() {
        assertThat(shown(JSON, "{\"user\":\"u\",\"m\":[{\"user\":{\"x\":1},\"y\":2}]}", "user"))
                .contains("{\"user\":\"***\",\"m\":[{\"user\":\"***\",\"y\":2}]}");
    }

    @Test
    void membersAreLeftOutOfEventsToo() {
        String stream = "event: a\ndata: {\"user\":\"u\",\"x\":1}\n\ndata: {\"user\": \"u\n\ndata: [DONE]\n\n";

        assertThat(shown(Map.of("content-type", "text/event-stream"), stream, "user"))
                .contains(
                        "event: a\\ndata: {\\\"user\\\":\\\"***\\\",\\\"x\\\":1}\\n\\ndata: ***\\n\\ndata: [DONE]\\n\\n");
        assertThat(shown(Map.of("content-type", "text/event-stream"), stream))
                .contains("data: {\\\"user\\\": \\\"u\\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void membersAreLeftOutOfEventsWhateverEndsTheirLines(String lineEnd) {
        String stream = """
                :ok
                event: a
                data: {"user":"u",
                data: "x":1}
                id: 7

                data:[{"user":"u"}]
                dat
                data: user
                data: u

                data
                data: {"user":"u""";

        assertThat(shown(Map.of("content-type", "text/event-stream"), stream.replace("\n", lineEnd), "user"))
                .contains("\"body\":\":ok\\nevent: a\\nid: 7\\ndata: {\\\"user\\\":\\\"***\\\",\\\"x\\\":1}\\n\\n"
                        + "data: ***\\ndata: ***\\n\\ndata: ***\\n\"");
        assertThat(shown(Map.of("content-type", "text/event-stream"), stream.replace("\n", lineEnd)))
                .contains("\"body\":\":ok\\nevent: a\\nid: 7\\ndata: {\\\"user\\\":\\\"u\\\",\\\"x\\\":1}\\n\\n"
                        + "dat\\ndata: [{\\\"user\\\":\\\"u\\\"}]\\ndata: user\\ndata: u\\n\\n"
                        + "data: \\ndata: {\\\"user\\\":\\\"u\\n\"");
    }

    @Test
    void aBodyThatCannotBeReadIsNotShownWhereMembersAreLeftOut() {
        assertThat(shown(JSON, "{\"user\": \"u", "user"))
                .contains("\"body\":\"\",\"cut\":true")
                .doesNotContain("\"u");
        assertThat(shown(JSON, "{\"user\": \"u"))
                .contains("\"body\":\"{\\\"user\\\": \\\"u\"")
                .doesNotContain("cut");
        assertThat(shown(Map.of(), "user u", "user")).contains("\"body\":\"\"").doesNotContain("user u");
        String lines = "--b\r\n\r\n{\"user\":\"alice\"}\n{\"user\":\"bob\"}\r\n--b--";
        assertThat(shown(Map.of("content-type", "multipart/form-data; boundary=b"), lines, "user"))
                .contains("\"cut\":true")
                .doesNotContain("alice");
        assertThat(shown(
                        Map.of("content-type", "text/event-stream"),
                        "{\"user\":\"u\"}\ndata: [{\"user\":\"u\"}]",
                        "user"))
                .contains("data: ***\\ndata: [{\\\"user\\\":\\\"***\\\"}]");
    }

    @Test
    void filesAreShownBySizeAndDigest() {
        byte[] file = new byte[300];
        Arrays.fill(file, (byte) 0xFB);
        String text = Base64.getEncoder().encodeToString(file);
        String urls = Base64.getUrlEncoder().encodeToString(file);
        String digest = Redaction.digest(file);

        assertThat(shown(JSON, "{\"u\":\"data:image/png;base64," + text + "\"}"))
                .contains("{\"u\":\"data:image/png;base64,[300 bytes, sha256 " + digest + "]\"}");
        assertThat(shown(JSON, "{\"u\":\"" + text + "\"}")).contains("{\"u\":\"[300 bytes, sha256 " + digest);
        assertThat(shown(JSON, "{\"u\":\"" + urls + "\"}")).contains("{\"u\":\"[300 bytes, sha256 " + digest);
        String words = "some words ".repeat(40);
        assertThat(shown(JSON, "{\"u\":\"" + words + "\"}")).contains(words);
        assertThat(shown(JSON, "{\"u\":\"data:no file\"}")).contains("data:no file");
    }

    @Test
    void whatIsLongIsCut() {
        String words = "some words ".repeat(200);

        assertThat(shown(Map.of(), words)).contains("\"cut\":true").hasSizeBetween(MOST, MOST + 100);
        assertThat(shown(JSON, "{\"u\":\"" + words + "\"}"))
                .contains("\"cut\":true")
                .hasSizeBetween(MOST, MOST + 150);
        String beyond = "x".repeat(2 * KEPT);
        assertThat(shown(Map.of(), beyond)).contains("\"bytes\":16384").contains("\"cut\":true");
    }

    @Test
    void whatFindsNoMemoryIsCut() {
        Memory none = new Memory(3);
        Body body = new Body(none, KEPT);
        body.add(ByteBuffer.wrap("four".getBytes(UTF_8)));
        body.add(ByteBuffer.wrap("on".getBytes(UTF_8)));

        assertThat(text().of(body).text()).isEqualTo("{\"bytes\":6,\"cut\":true}");
        assertThat(none.taken()).isZero();
    }

    @Test
    void memoryIsGivenBack() {
        Body body = new Body(memory, KEPT);
        body.add(ByteBuffer.wrap(new byte[100]));
        assertThat(memory.taken()).isEqualTo(100);

        body.release();
        body.release();

        assertThat(memory.taken()).isZero();
    }

    @Test
    void compressedBodiesAreRead() {
        Map<String, String> gzip = Map.of("content-type", "application/json", "content-encoding", "gzip");
        byte[] whole = gzip("{\"a\":\"" + "b,".repeat(250) + "\"}");

        assertThat(shown(gzip, whole)).contains("{\"a\":\"b,b,b");
        assertThat(shown(Map.of("content-encoding", "identity"), "plain".getBytes(UTF_8)))
                .contains("plain");
        assertThat(shown(Map.of("content-encoding", " "), "plain".getBytes(UTF_8)))
                .contains("plain");
        assertThat(shown(Map.of("content-encoding", "br"), whole))
                .contains("\"sha256\":")
                .doesNotContain("body");
        assertThat(shown(gzip, "no gzip".getBytes(UTF_8)))
                .contains("\"sha256\":")
                .doesNotContain("body");
        assertThat(shown(gzip, gzip("x".repeat(1 << 16)))).contains("xxx").contains("\"cut\":true");
    }

    @Test
    void theReadablePartOfACutOffBodyIsShown() {
        byte[] whole = gzip("words ".repeat(3000) + Integer.toHexString(hashCode()));
        Body body = new Body(memory, KEPT);
        body.head(new Headers(List.of()), Map.of("content-encoding", "gzip")::get);
        body.add(ByteBuffer.wrap(whole, 0, whole.length - 10));

        assertThat(text().of(body).text()).contains("words words");
    }

    @Test
    void ofWhatIsNoTextSizeAndDigestAreShown() {
        byte[] sound = {(byte) 0xFF, 0, (byte) 0xFE};

        assertThat(shown(Map.of("content-type", "audio/mpeg"), sound))
                .endsWith("\"bytes\":3,\"sha256\":\"" + Redaction.digest(sound) + "\"}");
    }

    @Test
    void aCharacterThatIsCutOffSpoilsNothing() {
        byte[] text = "grün".getBytes(UTF_8);

        assertThat(shown(Map.of(), Arrays.copyOf(text, 3))).contains("\"body\":\"gr\"");
    }

    private BodyText text(String... members) {
        return new BodyText(new Redaction(List.of(members)), MOST, KEPT);
    }

    private String shown(Map<String, String> headers, String content, String... members) {
        return shown(headers, content.getBytes(UTF_8), members);
    }

    private String shown(Map<String, String> headers, byte[] content, String... members) {
        Body body = new Body(memory, KEPT);
        body.head(new Headers(List.of()), headers::get);
        body.add(ByteBuffer.wrap(content));
        return text(members).of(body).text();
    }

    private static byte[] gzip(String text) {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(text.getBytes(UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return compressed.toByteArray();
    }
}
