package io.llmproxy.capture;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonException;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.protocol.ContentCoding;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A body as it was before it was compressed. */
final class Plain {
    private final byte[] bytes;

    private Plain(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Decompresses a body, as far as it can be read.
     *
     * @param most how many bytes of it are read
     * @return null if it is not known how, or nothing can be read
     */
    static @Nullable Plain of(byte[] kept, Map<String, String> headers, int most) {
        String name = headers.getOrDefault("content-encoding", "identity").strip();
        if (name.isEmpty() || name.equalsIgnoreCase("identity")) {
            return new Plain(kept);
        }
        ContentCoding coding = ContentCoding.of(name);
        if (coding == null) {
            return null;
        }
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        try (InputStream read = coding.read(List.of(ByteBuffer.wrap(kept)), most)) {
            byte[] piece = new byte[8192];
            int count = read.read(piece);
            while (count > 0 && plain.size() < most) {
                plain.write(piece, 0, count);
                count = read.read(piece);
            }
        } catch (IOException | RuntimeException e) {
            // It was cut off, or is no such thing.
            return plain.size() > 0 ? new Plain(plain.toByteArray()) : null;
        }
        return new Plain(plain.toByteArray());
    }

    /** The text that it is; null if it is none. The last character may be cut off. */
    @Nullable String text() {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        CharBuffer text = CharBuffer.allocate(bytes.length);
        CoderResult result = decoder.decode(ByteBuffer.wrap(bytes), text, false);
        return result.isError() ? null : text.flip().toString();
    }

    /** The JSON that it is; null if it is none. */
    @Nullable Json json() {
        return json(bytes);
    }

    /** The JSON that a text is; null if it is none. */
    static @Nullable Json json(String text) {
        return json(text.getBytes(StandardCharsets.UTF_8));
    }

    private static @Nullable Json json(byte[] bytes) {
        try {
            return JsonReader.read(bytes);
        } catch (JsonException e) {
            return null;
        }
    }
}
