package io.llmproxy.protocol;

import io.llmproxy.protocol.EventStreamReader.Field;
import io.llmproxy.protocol.EventStreamReader.Part;
import io.llmproxy.protocol.JsonScanner.Token;
import org.jspecify.annotations.Nullable;

/**
 * Reads in the answer to a request what was made by it and is kept. Of a stream the first events are read, which name the
 * response; then it reads no more.
 */
public final class MadeResources {
    private static final int LONGEST = 1024;
    private static final int MOST_EVENTS = 8;
    private static final int INNER = 2;

    private final Listener made;
    private final boolean googles;
    private final JsonScanner json = new JsonScanner(INNER);
    private final Capture text = new Capture(LONGEST);
    private final @Nullable EventStreamReader events;
    private boolean wanted;
    private boolean isName;
    private boolean around;
    private boolean conversation;
    private boolean inner;
    private boolean capturing;
    private int from;
    private boolean done;
    private boolean found;

    /** Is told of what was made. */
    @FunctionalInterface
    public interface Listener {
        /**
         * An identifier was read; the piece in which it stands has not been passed on yet.
         *
         * @param mentioned whether the answer only refers to it, so that it may have been there before
         */
        void made(String id, boolean mentioned);
    }

    /**
     * @param stream whether the answer is a stream of events
     * @param googles whether a {@code name} may be an identifier: only Google's are, and clients choose those of others
     * @param made told of each identifier
     */
    public MadeResources(boolean stream, boolean googles, Listener made) {
        this.googles = googles;
        this.events = stream ? new EventStreamReader() : null;
        this.made = made;
    }

    /** Reads the next piece. */
    public void accept(byte[] bytes, int offset, int length) {
        if (done) {
            return;
        }
        EventStreamReader stream = events;
        if (stream == null) {
            read(bytes, offset, offset + length);
            return;
        }
        stream.input(bytes, offset, offset + length);
        Part part = stream.next();
        while (part != Part.MORE && !done) {
            if (part == Part.VALUE && stream.field() == Field.DATA) {
                read(bytes, stream.start(), stream.end());
            } else if (part == Part.EVENT_END) {
                done = found || stream.events() >= MOST_EVENTS;
                json.reset();
                inner = false;
            }
            part = stream.next();
        }
    }

    private void read(byte[] bytes, int start, int end) {
        json.input(bytes, start, end);
        from = start;
        Token token = json.next();
        while (token != Token.MORE && !done) {
            take(token, bytes);
            token = json.next();
        }
        if (capturing) {
            text.add(bytes, from, end);
        }
    }

    private void take(Token token, byte[] bytes) {
        switch (token) {
            case NAME -> name();
            case OBJECT -> inner |= around && json.depth() == INNER;
            case END -> inner &= json.depth() >= INNER;
            case STRING -> {
                capturing = wanted;
                from = json.position();
                text.clear();
            }
            case STRING_END -> end(bytes);
            case NOT_JSON, NOT_UTF8, TOO_DEEP -> done = true;
            default -> {}
        }
        if (token != Token.NAME) {
            wanted = false;
            around = false;
        }
    }

    private void name() {
        boolean outer = json.depth() == 1;
        isName = json.isNamed("name");
        boolean own = isName || json.isNamed("id");
        boolean output = json.isNamed("output_file_id") || json.isNamed("error_file_id");
        wanted = outer ? own || output : inner && own;
        conversation = outer ? json.isNamed("conversation") : conversation;
        around = outer && (json.isNamed("response") || json.isNamed("file") || conversation);
    }

    private void end(byte[] bytes) {
        if (!capturing) {
            return;
        }
        capturing = false;
        text.add(bytes, from, json.position() - 1);
        String id = text.isOver() ? null : ResourceId.of(text.asJson());
        if (id != null && (!isName || (googles && ResourceId.isName(id)))) {
            found = true;
            made.made(id, conversation);
        }
    }
}
