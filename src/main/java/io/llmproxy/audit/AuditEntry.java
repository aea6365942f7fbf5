package io.llmproxy.audit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A note in the audit, linked to the one before: to change, remove or insert one changes the hashes of all that follow.
 *
 * @param id counts the entries from 1, without gaps
 * @param at when, by the database's clock, in milliseconds
 * @param note what was noted
 * @param previous hash of the entry before; zeros for the first one
 * @param hash SHA-256 of all of this, in hexadecimal digits
 */
public record AuditEntry(long id, Instant at, AuditNote note, String previous, String hash) {
    /** What the first entry has for the hash of the one before. */
    public static final String BEGINNING = "0".repeat(64);

    /** Links a note to the entry before. */
    public static AuditEntry next(long id, Instant at, AuditNote note, String previous) {
        return new AuditEntry(id, at, note, previous, hash(id, at, note, previous));
    }

    /** Whether it is as it was written. */
    public boolean isIntact() {
        return hash.equals(hash(id, at, note, previous));
    }

    private static String hash(long id, Instant at, AuditNote note, String previous) {
        MessageDigest digest = sha256();
        add(digest, previous);
        add(digest, Long.toString(id));
        add(digest, Long.toString(at.toEpochMilli()));
        add(digest, note.actor());
        add(digest, note.authentication());
        add(digest, note.address());
        add(digest, note.requestId());
        add(digest, note.action());
        add(digest, note.object());
        add(digest, note.before());
        add(digest, note.after());
        add(digest, note.outcome());
        Long version = note.version();
        add(digest, version == null ? null : version.toString());
        return HexFormat.of().formatHex(digest.digest());
    }

    /** With its length, so that no text can pass for the end of another. */
    private static void add(MessageDigest digest, @Nullable String text) {
        byte[] bytes = text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES)
                .putInt(text == null ? -1 : bytes.length)
                .array());
        digest.update(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
