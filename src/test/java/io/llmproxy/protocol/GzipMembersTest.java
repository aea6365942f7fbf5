package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GzipMembersTest {
    private static final int HEAD = 10;
    private static final int FLAGS = 3;

    private static byte[] member(String text) throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream output = new GZIPOutputStream(compressed)) {
            output.write(text.getBytes(UTF_8));
        }
        return compressed.toByteArray();
    }

    /** A member with more in its head. */
    private static byte[] member(String text, int flags, byte... more) throws IOException {
        byte[] plain = member(text);
        plain[FLAGS] = (byte) flags;
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(plain, 0, HEAD);
        all.writeBytes(more);
        if ((flags & 2) != 0) {
            CRC32 checksum = new CRC32();
            checksum.update(all.toByteArray());
            all.write((int) checksum.getValue());
            all.write((int) checksum.getValue() >> 8);
        }
        all.write(plain, HEAD, plain.length - HEAD);
        return all.toByteArray();
    }

    private static String read(byte[]... members) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] member : members) {
            all.writeBytes(member);
        }
        try (GzipMembers input = new GzipMembers(new ByteArrayInputStream(all.toByteArray()))) {
            return new String(input.readAllBytes(), UTF_8);
        }
    }

    private static void isRefused(byte[] member) {
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> read(member));
    }

    @Test
    void theHeadOfAMemberMayHaveMoreInIt() throws IOException {
        byte[] name = {'a', 'b', 0};
        assertThat(read(member("x", 8, name))).isEqualTo("x");
        assertThat(read(member("x", 16, name))).isEqualTo("x");
        assertThat(read(member("x", 4, (byte) 2, (byte) 0, (byte) 7, (byte) 7))).isEqualTo("x");
        assertThat(read(member("x", 2))).isEqualTo("x");
        assertThat(read(member("x", 8 | 2, name), member("", 16, name), member("y", 1)))
                .isEqualTo("xy");
    }

    @Test
    void aByteAtATimeIsRead() throws IOException {
        try (GzipMembers input = new GzipMembers(new ByteArrayInputStream(member("\u00e4")))) {
            assertThat(input.read()).isEqualTo(0xc3);
            assertThat(input.read(new byte[1], 0, 0)).isZero();
            assertThat(input.read()).isEqualTo(0xa4);
            assertThat(input.read()).isEqualTo(-1);
            assertThat(input.read()).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "2", "3", "-8", "-5", "-4", "-1"})
    void aMemberThatIsDamagedIsRefused(int index) throws IOException {
        byte[] member = member("some text");
        member[index < 0 ? member.length + index : index] ^= (byte) 0xff;

        isRefused(member);
    }

    @Test
    void whatIsCutOrFollowedByAnythingElseIsRefused() throws IOException {
        byte[] member = member("x", 8 | 4 | 2, (byte) 1, (byte) 0, (byte) 7, (byte) 'a', (byte) 0);
        assertThat(read(member)).isEqualTo("x");
        for (int length = 0; length < member.length; length++) {
            isRefused(Arrays.copyOf(member, length));
        }
        isRefused(Arrays.copyOf(member, member.length + 1));
        byte[] wrong = member.clone();
        wrong[13] = 'b';
        isRefused(wrong);
    }

    @Test
    void manyEmptyMembersAreRead() throws IOException {
        byte[] empty = member("");
        byte[][] members = new byte[50_000][];
        Arrays.fill(members, empty);
        members[members.length - 1] = member("x");

        assertThat(read(members)).isEqualTo("x");
    }
}
