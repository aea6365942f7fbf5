package io.llmproxy.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.protocol.UsageShape;
import io.llmproxy.usage.UsageReader.Ended;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** U17: answers that come compressed although they were not asked for so. */
final class InflationTest {
    private static final byte[] BODY = ("{\"choices\":[{\"message\":{\"content\":\"" + "some text ".repeat(2_000)
                    + "\"}}],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":3}}")
            .getBytes(UTF_8);

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] deflate(byte[] bytes, boolean raw) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflate = new DeflaterOutputStream(out, new Deflater(6, raw))) {
            deflate.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static AttemptUsage read(String coding, byte[] bytes, int piece) {
        UsageReader reader = new UsageReader(UsageShape.CHAT, "application/json", coding);
        for (int from = 0; from < bytes.length; from += piece) {
            reader.accept(bytes, from, Math.min(piece, bytes.length - from));
        }
        return reader.settle(Ended.COMPLETE, -1, TokenRatio.ASSUMED);
    }

    private static void assertRead(String coding, byte[] bytes) {
        for (int piece : new int[] {1, 7, bytes.length}) {
            AttemptUsage read = read(coding, bytes, piece);
            assertThat(read.usage()).as("%s in pieces of %d", coding, piece).isEqualTo(Usage.of(12, 3));
            assertThat(read.source()).isEqualTo(UsageSource.REPORTED);
        }
    }

    @Test
    void u17GzipAndDeflateAreRead() throws IOException {
        assertRead("gzip", gzip(BODY));
        assertRead(" X-GZIP ", gzip(BODY));
        assertRead("deflate", deflate(BODY, false));
        assertRead("deflate", deflate(BODY, true));
        assertRead("identity", BODY);
        assertRead("", BODY);
    }

    @Test
    void aBodyMayHaveSeveralMembersAndLongHeads() throws IOException {
        int half = BODY.length / 2;
        byte[] first = gzip(Arrays.copyOf(BODY, half));
        byte[] second = gzip(Arrays.copyOfRange(BODY, half, BODY.length));
        assertRead("gzip", join(first, second));

        byte[] head = {0x1f, (byte) 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 0, 3, 0, 1, 2, 3, 'n', 0, 'c', 'd', 0, 9, 9
        };
        assertRead("gzip", join(head, Arrays.copyOfRange(gzip(BODY), 10, gzip(BODY).length)));
        byte[] empty = {0x1f, (byte) 0x8b, 8, 4, 0, 0, 0, 0, 0, 0, 0, 0};
        assertRead("gzip", join(empty, Arrays.copyOfRange(gzip(BODY), 10, gzip(BODY).length)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "zstd", "gzip, br", "unknown"})
    void u17OtherCodingsAreSaidToBeCompressed(String coding) {
        AttemptUsage read = read(coding, BODY, BODY.length);

        assertThat(read.missing()).isEqualTo(UsageMissing.COMPRESSED);
        assertThat(read.outputSource()).isEqualTo(UsageSource.ESTIMATED);
    }

    @Test
    void whatIsNotCompressedAsItIsSaidToBeIsUnreadable() throws IOException {
        byte[] spoiled = gzip(BODY);
        Arrays.fill(spoiled, 12, 40, (byte) 0x55);

        assertThat(read("gzip", BODY, 100).missing()).isEqualTo(UsageMissing.UNREADABLE);
        assertThat(read("gzip", spoiled, 100).missing()).isEqualTo(UsageMissing.UNREADABLE);
        assertThat(read("deflate", "no".getBytes(UTF_8), 1).missing()).isEqualTo(UsageMissing.UNREADABLE);
    }

    @Test
    void whatBecomesFarTooLongIsNotReadToItsEnd() throws IOException {
        byte[] bomb = gzip(new byte[64 << 20]);
        UsageReader reader = new UsageReader(UsageShape.CHAT, "application/json", "gzip");

        reader.accept(bomb, 0, bomb.length);

        assertThat(reader.settle(Ended.COMPLETE, -1, TokenRatio.ASSUMED).missing())
                .isEqualTo(UsageMissing.UNREADABLE);
    }
}
