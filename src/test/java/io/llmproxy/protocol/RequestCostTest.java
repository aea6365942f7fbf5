package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Growth;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a client sends costs no more than in proportion to its size, whatever it is. */
final class RequestCostTest {
    private static final int SIZE = 3 * 1024;
    private static final int PIECE = 61;

    /** Bodies of JSON of about a size. */
    private static Stream<Arguments> json() {
        return Stream.of(
                shape("same names", size -> "{" + "\"a\":1,".repeat(size / 6) + "\"b\":1}"),
                shape("other names", size -> "{" + numbered(size / 12, "\"a%06d\":1,") + "\"b\":1}"),
                shape(
                        "colliding names",
                        size -> "{" + numbered(size / 40, "%s:1,", RequestCostTest::colliding) + "\"b\":1}"),
                shape("escaped names", size -> "{" + "\"\\u006dodex\":1,".repeat(size / 14) + "\"b\":1}"),
                shape("long name", size -> "{\"" + "a".repeat(size) + "\":1}"),
                shape("long string", size -> "{\"a\":\"" + "a".repeat(size) + "\"}"),
                shape("long model", size -> "{\"model\":\"" + "a".repeat(size) + "\"}"),
                shape("escapes", size -> "{\"a\":\"" + "\\n\\u00e4".repeat(size / 8) + "\"}"),
                shape("beyond ascii", size -> "{\"a\":\"" + "\u00e4\u20ac".repeat(size / 5) + "\"}"),
                shape("long number", size -> "{\"a\":" + "9".repeat(size) + "}"),
                shape("long fraction", size -> "{\"a\":0." + "9".repeat(size) + "e1}"),
                shape("spaces", size -> " ".repeat(size) + "{\"a\":1}"),
                shape(
                        "deep",
                        size -> "{\"a\":[" + ("[".repeat(500) + "]".repeat(500) + ",").repeat(size / 1001) + "1]}"),
                shape("too deep", size -> "[".repeat(size)),
                shape(
                        "many models",
                        size -> "{\"requests\":[" + "{\"model\":\"models/m\"},".repeat(size / 21) + "{}]}"),
                shape("empty objects", size -> "{\"requests\":[" + "{},".repeat(size / 3) + "{}]}"),
                shape("many choices", size -> "{" + "\"n\":1,".repeat(size / 6) + "\"n\":2}"));
    }

    /** Forms of about a size. */
    private static Stream<Arguments> forms() {
        return Stream.of(
                shape("preamble", size -> "a\r\n".repeat(size / 3) + part("a", "1")),
                shape("nearly delimiters", size -> part("a", "\r\n--bound".repeat(size / 9))),
                shape("line ends", size -> part("a", "\r\n".repeat(size / 2))),
                shape(
                        "parts",
                        size -> part("a", "1").repeat(size / part("a", "1").length())),
                shape("long model", size -> part("model", "a".repeat(size))),
                shape(
                        "heads",
                        size -> ("--boundary\r\n" + "a:\r\n".repeat(2000)
                                        + "Content-Disposition: form-data; name=\"a\"\r\n\r\n\r\n")
                                .repeat(size / 8000 + 1)),
                shape(
                        "parameters",
                        size -> ("--boundary\r\nContent-Disposition: form-data; name=\"a\"" + numbered(400, "; a%d=1")
                                        + "\r\n\r\n\r\n")
                                .repeat(size / 3000 + 1)),
                shape("padding", size -> "--boundary" + " ".repeat(size) + "\r\n"));
    }

    /** Compressed bodies of about a size, which are nothing but overhead. */
    private enum Compressed {
        GZIP_MEMBERS(ContentCoding.GZIP) {
            @Override
            byte[] of(int size) throws IOException {
                ByteArrayOutputStream member = new ByteArrayOutputStream();
                new GZIPOutputStream(member).close();
                return repeated(new byte[0], member.toByteArray(), size, new byte[0]);
            }
        },
        GZIP_BLOCKS(ContentCoding.GZIP) {
            @Override
            byte[] of(int size) {
                // Stored blocks of no bytes; the last one is missing.
                byte[] head = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
                return repeated(head, new byte[] {0, 0, 0, -1, -1}, size, new byte[0]);
            }
        },
        GZIP_NAME(ContentCoding.GZIP) {
            @Override
            byte[] of(int size) {
                byte[] head = {0x1f, (byte) 0x8b, 8, 8, 0, 0, 0, 0, 0, 3};
                return repeated(head, new byte[] {'a'}, size, new byte[0]);
            }
        },
        ZSTD_FRAMES(ContentCoding.ZSTD) {
            @Override
            byte[] of(int size) {
                // Of a window of 8 MiB, with one raw block of no bytes.
                byte[] frame = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, 13 << 3, 1, 0, 0};
                return repeated(new byte[0], frame, size, new byte[0]);
            }
        },
        ZSTD_BLOCKS(ContentCoding.ZSTD) {
            @Override
            byte[] of(int size) {
                ByteArrayOutputStream start = new ByteArrayOutputStream();
                start.writeBytes(new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, 13 << 3});
                for (int block = 0; block < 64; block++) {
                    start.writeBytes(repeatedByte(128 * 1024, false));
                }
                return repeated(start.toByteArray(), repeatedByte(1, false), size, repeatedByte(1, true));
            }
        };

        private final ContentCoding coding;

        Compressed(ContentCoding coding) {
            this.coding = coding;
        }

        abstract byte[] of(int size) throws IOException;

        /** A block of Zstandard that is one byte, a number of times. */
        private static byte[] repeatedByte(int times, boolean last) {
            int head = (times << 3) | 2 | (last ? 1 : 0);
            return new byte[] {(byte) head, (byte) (head >> 8), (byte) (head >> 16), 'a'};
        }

        private static byte[] repeated(byte[] start, byte[] part, int size, byte[] end) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            all.writeBytes(start);
            while (all.size() < size) {
                all.writeBytes(part);
            }
            all.writeBytes(end);
            return all.toByteArray();
        }
    }

    private static Arguments shape(String name, IntFunction<String> body) {
        return Arguments.of(Named.of(name, body));
    }

    private static String part(String name, String value) {
        return "--boundary\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n".formatted(name, value);
    }

    private static String numbered(int count, String format) {
        return numbered(count, format, number -> number);
    }

    private static String numbered(int count, String format, IntFunction<Object> value) {
        StringBuilder all = new StringBuilder();
        for (int number = 0; number < count; number++) {
            all.append(format.formatted(value.apply(number)));
        }
        return all.toString();
    }

    /** Names with the same hash code: those of Aa and BB are equal. */
    private static Object colliding(int number) {
        StringBuilder name = new StringBuilder("\"");
        for (int bit = 0; bit < 16; bit++) {
            name.append((number >> bit & 1) == 0 ? "Aa" : "BB");
        }
        return name.append('"');
    }

    private static List<ByteBuffer> pieces(byte[] body) {
        List<ByteBuffer> pieces = new ArrayList<>();
        for (int at = 0; at < body.length; at += PIECE) {
            pieces.add(ByteBuffer.wrap(body, at, Math.min(PIECE, body.length - at)));
        }
        return pieces;
    }

    private static Runnable reads(String body, String contentType) {
        List<ByteBuffer> pieces = pieces(body.getBytes(UTF_8));
        return () -> {
            ModelReader.of(contentType).read(pieces);
            ModelReader.besidesPath(contentType).read(pieces);
            AskedChoices.of(ApiPath.of("/v1/chat/completions").endpoint(), pieces);
        };
    }

    @ParameterizedTest
    @MethodSource("json")
    void jsonCostsAsMuchAsItIsLong(IntFunction<String> body) {
        IntFunction<Runnable> work = size -> reads(body.apply(size), "application/json");

        Growth.ofAllocation(SIZE, work);
        Growth.ofCpu(SIZE, work);
    }

    @ParameterizedTest
    @MethodSource("forms")
    void aFormCostsAsMuchAsItIsLong(IntFunction<String> body) {
        IntFunction<Runnable> work =
                size -> reads(body.apply(size) + "--boundary--", "multipart/form-data; boundary=boundary");

        Growth.ofAllocation(SIZE, work);
        Growth.ofCpu(SIZE, work);
    }

    @ParameterizedTest
    @EnumSource
    void aCompressedBodyCostsAsMuchAsItIsLong(Compressed shape) {
        IntFunction<Runnable> work = size -> {
            try {
                List<ByteBuffer> body = List.of(ByteBuffer.wrap(shape.of(size)));
                return () -> decompress(shape.coding, body);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };

        Growth.ofAllocation(SIZE, work);
        Growth.ofCpu(SIZE, work);
    }

    @Test
    void blocksOfOneByteCostLittleMoreThanTheWindowBeforeThem() throws IOException {
        List<ByteBuffer> window = List.of(ByteBuffer.wrap(Compressed.ZSTD_BLOCKS.of(0)));
        List<ByteBuffer> blocks = List.of(ByteBuffer.wrap(Compressed.ZSTD_BLOCKS.of(256 * 1024)));

        long without = Growth.cpu(() -> decompress(ContentCoding.ZSTD, window));

        assertThat(Growth.cpu(() -> decompress(ContentCoding.ZSTD, blocks))).isLessThan(10 * without + 50_000_000);
    }

    private static void decompress(ContentCoding coding, List<ByteBuffer> body) {
        byte[] sink = new byte[64 * 1024];
        try (InputStream input = coding.read(body, 16 << 20)) {
            while (input.read(sink) >= 0) {}
        } catch (IOException e) {
            assertThat(e).isNotNull();
        }
    }

    @Test
    void aHeadersValueCostsAsMuchAsItIsLong() {
        for (String part : List.of(";a=1", "; a=\"\\\\\\\\\"", ";;", " ", "a", ";a=\"")) {
            IntFunction<Runnable> work = size -> {
                String value = "multipart/form-data; boundary=a" + part.repeat(size / part.length());
                return () -> HeaderValue.parse(value);
            };
            Growth.ofAllocation(SIZE, work);
            Growth.ofCpu(SIZE, work);
        }
        Growth.ofAllocation(SIZE, size -> {
            String value = "a" + numbered(size / 10, ";a%06d=1");
            return () -> HeaderValue.parse(value);
        });
    }

    @Test
    void aPathCostsAsMuchAsItIsLong() {
        for (String part :
                List.of("/a", "/v1", "/models/", "%2F", ":", "/v1/models/a:b", "/openai/deployments/", "%41")) {
            IntFunction<Runnable> work = size -> {
                String path = "/v1/models" + part.repeat(size / part.length());
                return () -> {
                    ModelPath.model(path);
                    ModelPath.inOneSegment(path);
                    ModelPath.inSegments(path);
                    ModelPath.hasSlashesInModelOnly(path);
                    ApiPath.of(path);
                };
            };
            Growth.ofAllocation(SIZE, work);
            Growth.ofCpu(SIZE, work);
        }
    }
}
