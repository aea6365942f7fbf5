package io.llmproxy.testing;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The parts of DER (X.690) that a certificate is made of. Each method returns a whole element: tag, length, content. */
final class Der {
    private Der() {}

    static byte[] element(int tag, byte[]... contents) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : contents) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.write(tag);
        length(whole, content.size());
        whole.writeBytes(content.toByteArray());
        return whole.toByteArray();
    }

    private static void length(ByteArrayOutputStream out, int length) {
        if (length < 0x80) {
            out.write(length);
            return;
        }
        byte[] digits = BigInteger.valueOf(length).toByteArray();
        int zeros = digits[0] == 0 ? 1 : 0;
        out.write(0x80 | digits.length - zeros);
        out.write(digits, zeros, digits.length - zeros);
    }

    static byte[] sequence(byte[]... elements) {
        return element(0x30, elements);
    }

    static byte[] integer(BigInteger value) {
        return element(0x02, value.toByteArray());
    }

    static byte[] yes() {
        return element(0x01, new byte[] {(byte) 0xff});
    }

    static byte[] octets(byte[] content) {
        return element(0x04, content);
    }

    /** A bit string of whole bytes. */
    static byte[] bits(byte[] content) {
        return element(0x03, new byte[] {0}, content);
    }

    static byte[] text(int tag, String ascii) {
        return element(tag, ascii.getBytes(StandardCharsets.US_ASCII));
    }

    /** An object identifier such as 2.5.29.17. */
    static byte[] identifier(int first, int second, int... arcs) {
        ByteBuffer content = ByteBuffer.allocate(1 + 5 * arcs.length).put((byte) (40 * first + second));
        for (int arc : arcs) {
            for (int shift = 28; shift > 0; shift -= 7) {
                if (arc >>> shift != 0) {
                    content.put((byte) (0x80 | arc >>> shift));
                }
            }
            content.put((byte) (arc & 0x7f));
        }
        byte[] used = new byte[content.position()];
        content.flip().get(used);
        return element(0x06, used);
    }
}
