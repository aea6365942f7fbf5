package io.llmproxy.usage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.llmproxy.protocol.JsonScanner;
import io.llmproxy.protocol.JsonScanner.Token;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether the request of a chat asks for usage in its stream, and the same request asking for it: OpenAI, and those who have
 * made its API their own, tell usage in a stream only if {@code stream_options.include_usage} is true.
 */
public final class UsageRequest {
    private static final int MOST_COPIED = 16 * 1024;
    private static final int ROOT = 1;
    private static final int OPTIONS = 2;

    private final JsonScanner json = new JsonScanner(OPTIONS);
    private boolean stream;
    private Asked asked = Asked.NOT_ASKED;
    private boolean broken;
    private boolean whole;
    /** Where something is to be put, or replaced, and what. */
    private long from = -1;

    private long to = -1;
    private String text = "";

    private Name name = Name.OTHER;
    private boolean inOptions;
    private boolean hasOptions;
    private boolean hasUsage;
    /** Whether what was opened last has no member so far, so that no comma may follow what is put there. */
    private boolean opened;

    /** What a client wants to see. */
    public enum Asked {
        /** It has not asked for usage. */
        NOT_ASKED,
        /** It has said that it wants none: that decides what it sees, and not what is counted. */
        REFUSED,
        /** It has asked for it. */
        ASKED
    }

    /**
     * A body that was changed.
     *
     * @param segments the pieces of the body, in order; each is read on its own
     * @param length the number of bytes of all of them
     */
    public record Edited(List<ByteBuffer> segments, long length) {
        /** Copies the list. */
        public Edited {
            segments = List.copyOf(segments);
        }
    }

    private enum Name {
        STREAM,
        OPTIONS,
        USAGE,
        OTHER
    }

    private UsageRequest() {}

    /**
     * Reads a body.
     *
     * @param body its pieces, whose positions stay as they are
     */
    public static UsageRequest read(List<ByteBuffer> body) {
        UsageRequest request = new UsageRequest();
        long before = 0;
        for (ByteBuffer piece : body) {
            request.read(piece, before);
            before += piece.remaining();
        }
        return request;
    }

    /** Whether it asks for a stream. */
    public boolean isStream() {
        return stream && whole && !broken;
    }

    /** Returns what the client wants to see. */
    public Asked asked() {
        return asked;
    }

    /** Whether it has options of its own for the stream, so that what is said of them may be said of these. */
    public boolean hasOwnOptions() {
        return hasOptions;
    }

    /**
     * Returns the body as it asks for usage; nothing if it asks for no stream, asks for usage already, or cannot be read in one
     * way only.
     *
     * @param body the pieces that were read
     */
    public @Nullable Edited asking(List<ByteBuffer> body) {
        if (!isStream() || asked == Asked.ASKED || from < 0) {
            return null;
        }
        List<ByteBuffer> pieces = new ArrayList<>(body.size() + 2);
        slices(body, 0, from, pieces);
        pieces.add(ByteBuffer.wrap(text.getBytes(US_ASCII)));
        slices(body, to, Long.MAX_VALUE, pieces);
        long length = 0;
        for (ByteBuffer piece : pieces) {
            length += piece.remaining();
        }
        // Each piece is a write of its own, which costs more than to copy a few.
        return new Edited(length <= MOST_COPIED ? List.of(joined(pieces, (int) length)) : pieces, length);
    }

    /**
     * Returns whether an upstream's answer says that it does not know the option.
     *
     * @param status the answer's
     * @param body the beginning of the answer's body
     */
    public static boolean isRefused(int status, byte[] body) {
        return (status == 400 || status == 422) && new String(body, ISO_8859_1).contains("stream_options");
    }

    private static ByteBuffer joined(List<ByteBuffer> pieces, int length) {
        ByteBuffer joined = ByteBuffer.allocate(length);
        pieces.forEach(joined::put);
        return joined.flip();
    }

    private static void slices(List<ByteBuffer> body, long from, long to, List<ByteBuffer> slices) {
        long before = 0;
        for (ByteBuffer piece : body) {
            long start = Math.max(from, before) - before;
            long end = Math.min(to - before, piece.remaining());
            if (start < end) {
                slices.add(piece.slice(piece.position() + (int) start, (int) (end - start)));
            }
            before += piece.remaining();
        }
    }

    private void read(ByteBuffer piece, long before) {
        byte[] bytes = piece.hasArray() ? piece.array() : new byte[piece.remaining()];
        int from = piece.hasArray() ? piece.arrayOffset() + piece.position() : 0;
        if (!piece.hasArray()) {
            piece.duplicate().get(bytes);
        }
        json.input(bytes, from, from + piece.remaining());
        Token token = json.next();
        while (token != Token.MORE && !broken) {
            take(token, before + json.position() - from);
            token = json.next();
        }
    }

    /** @param at the number of bytes up to and with the token, or its first byte */
    private void take(Token token, long at) {
        switch (token) {
            case NAME -> name();
            case NOT_JSON, NOT_UTF8, TOO_DEEP -> broken = true;
            case END -> end();
            case STRING_END, MORE -> {}
            default -> value(token, at);
        }
    }

    private void name() {
        if (opened) {
            // What was put before this member needs a comma behind it.
            text += ',';
            opened = false;
        }
        name = Name.OTHER;
        if (json.depth() == ROOT && json.isNamed("stream")) {
            name = Name.STREAM;
        } else if (json.depth() == ROOT && json.isNamed("stream_options")) {
            broken |= hasOptions;
            hasOptions = true;
            name = Name.OPTIONS;
        } else if (inOptions && json.isNamed("include_usage")) {
            broken |= hasUsage;
            hasUsage = true;
            name = Name.USAGE;
        }
    }

    private void value(Token token, long at) {
        Name named = name;
        name = Name.OTHER;
        boolean opens = token == Token.OBJECT || token == Token.ARRAY;
        int depth = opens ? json.depth() - 1 : json.depth();
        if (depth == 0) {
            broken |= token != Token.OBJECT;
            put(at, at, "\"stream_options\":{\"include_usage\":true}");
        } else {
            member(named, token, at);
        }
    }

    private void member(Name named, Token token, long at) {
        switch (named) {
            case STREAM -> stream = token == Token.TRUE;
            case OPTIONS -> options(token, at);
            case USAGE -> usage(token, at);
            case OTHER -> {}
        }
    }

    private void options(Token token, long at) {
        if (token == Token.OBJECT) {
            inOptions = true;
            put(at, at, "\"include_usage\":true");
        } else if (token == Token.NULL) {
            replace(at, "null", "{\"include_usage\":true}");
        } else {
            broken = true;
        }
    }

    private void usage(Token token, long at) {
        switch (token) {
            case TRUE -> asked = Asked.ASKED;
            case FALSE -> {
                asked = Asked.REFUSED;
                replace(at, "false", "true");
            }
            case NULL -> replace(at, "null", "true");
            default -> broken = true;
        }
    }

    private void put(long start, long end, String put) {
        from = start;
        to = end;
        text = put;
        opened = true;
    }

    private void replace(long at, String literal, String put) {
        put(at - 1, at - 1 + literal.length(), put);
        opened = false;
    }

    private void end() {
        opened = false;
        inOptions &= json.depth() != ROOT;
        whole |= json.depth() == 0;
    }
}
