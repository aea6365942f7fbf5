package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.airlift.compress.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ContentCodingTest {
    private static final String TEXT = "{\"model\":\"m\",\"input\":\"" + "all work and no play ".repeat(5000) + "\"}";

    private static byte[] compress(ContentCoding coding, String text) throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (OutputStream output = switch (coding) {
            case GZIP -> new GZIPOutputStream(compressed);
            case DEFLATE -> new DeflaterOutputStream(compressed);
            case ZSTD -> new ZstdOutputStream(compressed);
        }) {
            output.write(text.getBytes(UTF_8));
        }
        return compressed.toByteArray();
    }

    private static List<ByteBuffer> pieces(byte[] body, int size) {
        List<ByteBuffer> pieces = new ArrayList<>();
        pieces.add(ByteBuffer.allocate(0));
        for (int at = 0; at < body.length; at += size) {
            pieces.add(ByteBuffer.wrap(body, at, Math.min(size, body.length - at)));
        }
        return pieces;
    }

    private static String read(ContentCoding coding, List<ByteBuffer> body) throws IOException {
        try (InputStream input = coding.read(body, 1 << 20)) {
            return new String(input.readAllBytes(), UTF_8);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatWasCompressedIsReadWhereverItWasCut(ContentCoding coding) throws IOException {
        byte[] compressed = compress(coding, TEXT);

        for (int size : new int[] {1, 7, 512, compressed.length}) {
            List<ByteBuffer> body = pieces(compressed, size);

            assertThat(read(coding, body)).isEqualTo(TEXT);
            assertThat(body.stream().mapToInt(ByteBuffer::remaining).sum()).isEqualTo(compressed.length);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatEndsTooEarlyIsAProblem(ContentCoding coding) throws IOException {
        byte[] compressed = compress(coding, TEXT);

        for (int length = 1; length < compressed.length - 8; length += 11) {
            byte[] cut = java.util.Arrays.copyOf(compressed, length);
            assertThat(isReadable(coding, cut))
                    .as("%s of %s bytes", length, compressed.length)
                    .isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource
    void badInputIsNothingWorseThanUnreadable(ContentCoding coding) throws IOException {
        byte[] compressed = compress(coding, TEXT);
        Random random = new Random(17);

        int unreadable = 0;
        for (int round = 0; round < 2000; round++) {
            byte[] damaged = compressed.clone();
            for (int i = 0; i < 3; i++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            unreadable += isReadable(coding, damaged) ? 0 : 1;
        }
        assertThat(unreadable).isPositive();
    }

    private static boolean isReadable(ContentCoding coding, byte[] body) {
        try (InputStream input = coding.read(pieces(body, 64), 1 << 20)) {
            byte[] sink = new byte[4096];
            for (int rounds = 0; rounds < 1000 && input.read(sink) >= 0; rounds++) {}
            return true;
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    @Test
    void membersOfGzipFollowEachOther() throws IOException {
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.write(compress(ContentCoding.GZIP, "{\"model\":"));
        both.write(compress(ContentCoding.GZIP, "\"m\"}"));

        assertThat(read(ContentCoding.GZIP, pieces(both.toByteArray(), 3))).isEqualTo("{\"model\":\"m\"}");
    }

    @Test
    void namesAreReadInAnyLetters() {
        assertThat(ContentCoding.of(" GZip ")).isEqualTo(ContentCoding.GZIP);
        assertThat(ContentCoding.of("x-gzip")).isEqualTo(ContentCoding.GZIP);
        assertThat(ContentCoding.of("deflate")).isEqualTo(ContentCoding.DEFLATE);
        assertThat(ContentCoding.of("zstd")).isEqualTo(ContentCoding.ZSTD);
        assertThat(ContentCoding.of("br")).isNull();
        assertThat(ContentCoding.of("gzip, gzip")).isNull();
    }

    /** A frame of Zstandard with one raw block, of the text {@code hi}. */
    private static byte[] frame(int descriptor, int... head) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.writeBytes(new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, (byte) descriptor});
        for (int next : head) {
            frame.write(next);
        }
        frame.writeBytes(new byte[] {17, 0, 0, 'h', 'i'});
        return frame.toByteArray();
    }

    @Test
    void framesOfZstandardHaveHeadsOfManyForms() throws IOException {
        assertThat(read(ContentCoding.ZSTD, pieces(frame(0, 0), 3))).isEqualTo("hi");
        assertThat(read(ContentCoding.ZSTD, pieces(frame(0x20, 2), 3))).isEqualTo("hi");
        assertThat(read(ContentCoding.ZSTD, pieces(frame(0x80, 0, 2, 0, 0, 0), 3)))
                .isEqualTo("hi");
        assertThat(isReadable(ContentCoding.ZSTD, frame(1, 0, 7))).isFalse();
        assertThat(isReadable(ContentCoding.ZSTD, frame(4, 0))).isFalse();
        assertThat(isReadable(ContentCoding.ZSTD, new byte[0])).isFalse();
    }

    @Test
    void whatBecomesLongerThanIsWantedReadsAsLonger() throws IOException {
        for (ContentCoding coding : ContentCoding.values()) {
            try (InputStream input = coding.read(pieces(compress(coding, TEXT), 512), 1000)) {
                assertThat(input.readAllBytes().length).as(coding.name()).isGreaterThan(1000);
            }
        }
    }
}
