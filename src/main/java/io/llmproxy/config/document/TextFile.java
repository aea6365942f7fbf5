package io.llmproxy.config.document;

import io.llmproxy.config.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads files that must be UTF-8 and of bounded size. */
public final class TextFile {
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private TextFile() {}

    /** Returns the text of a file, without a byte order mark. */
    public static String read(Path file, int maxBytes) throws IOException {
        if (Files.isDirectory(file)) {
            throw new FileSystemException(file.toString(), null, "a directory");
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(maxBytes + 1);
        }
        if (bytes.length > maxBytes) {
            throw new FileSystemException(file.toString(), null, "larger than " + Bytes.format(maxBytes));
        }
        String text = StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(bytes))
                .toString();
        return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
    }

    /** Says for an operator why a file could not be read. */
    public static String reason(IOException e) {
        if (e instanceof CharacterCodingException) {
            return "not UTF-8 (expected: text in UTF-8)";
        }
        if (e instanceof NoSuchFileException) {
            return "no such file (expected: a file that exists)";
        }
        if (e instanceof AccessDeniedException) {
            return "access denied (expected: a file that this process may read)";
        }
        String reason = e instanceof FileSystemException failure ? failure.getReason() : null;
        return (reason == null ? "not readable" : reason) + " (expected: a file of text)";
    }
}
