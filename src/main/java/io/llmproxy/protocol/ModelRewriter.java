package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmproxy.protocol.EventStreamReader.Field;
import io.llmproxy.protocol.EventStreamReader.Part;
import java.util.Objects;

/**
 * Puts the model's name that the client asked for in the place of the upstream's, while an answer passes by: in the
 * strings {@code model}, {@code modelVersion}, {@code response.model} and {@code message.model}. All other bytes stay as
 * they are; what is not JSON passes unchanged. Only a name that is not whole yet is held back, so no event waits for the
 * next. Pieces may be cut anywhere. Not safe for use by several threads at once.
 */
public final class ModelRewriter {
    /** The most bytes of a value that is replaced. */
    static final int LONGEST_VALUE = 1024;

    private final byte[] name;
    private final Kind kind;
    private final EventStreamReader lines = new EventStreamReader();
    private final ModelMembers members = new ModelMembers();
    private final Capture held = new Capture(LONGEST_VALUE);

    private State state = State.LOOKING;
    /** Whether the data lines of the event do not end where their documents do. */
    private boolean torn;

    /** The index in the piece of the first byte that has not been passed on. */
    private int pending;

    private enum Kind {
        /** One document, or an array of documents. */
        DOCUMENT,
        /** Documents one after the other. */
        DOCUMENTS,
        /** An event stream. */
        EVENTS
    }

    /** Takes what is passed on, piece by piece. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Takes a piece.
         *
         * @param bytes those of the piece that was given to the rewriter, or others, which do not change any more
         * @param length at least 1
         */
        void accept(byte[] bytes, int offset, int length);
    }

    private enum State {
        /** No name is being read. */
        LOOKING,
        /** A name is being read, and has not been passed on. */
        IN_VALUE,
        /** A name is being read that is too long, and passes. */
        PASSING,
        /** Nothing more is looked for: the rest of the document, or of the line, is not JSON or names no model. */
        DONE
    }

    private ModelRewriter(String name, Kind kind) {
        this.name = JsonText.quote(name).getBytes(UTF_8);
        this.kind = kind;
    }

    /**
     * Makes a rewriter of one JSON document, or an array of documents. A document that has named its model at its outermost
     * level passes from there on without being looked at, so that a long answer costs no more than a short one.
     */
    public static ModelRewriter ofDocument(String name) {
        return new ModelRewriter(name, Kind.DOCUMENT);
    }

    /** Makes a rewriter of JSON documents, or arrays of documents, one after the other. */
    public static ModelRewriter ofDocuments(String name) {
        return new ModelRewriter(name, Kind.DOCUMENTS);
    }

    /** Makes a rewriter of an event stream: each of its data lines is a document. */
    public static ModelRewriter ofEvents(String name) {
        return new ModelRewriter(name, Kind.EVENTS);
    }

    /**
     * Takes the next piece, which is passed on at once but for a name that has only begun.
     *
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    public void accept(byte[] bytes, int offset, int length, Sink sink) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        pending = offset;
        int end = offset + length;
        if (kind == Kind.EVENTS) {
            events(bytes, end, sink);
        } else {
            document(bytes, offset, end, sink);
        }
        if (state == State.IN_VALUE) {
            held.add(bytes, pending, end);
            if (held.isOver()) {
                release(sink);
                state = State.PASSING;
            }
        }
        if (state != State.IN_VALUE) {
            pass(bytes, end, sink);
        }
    }

    /** Passes on what has been held back, as there are no more pieces. */
    public void finish(Sink sink) {
        release(sink);
    }

    private void events(byte[] bytes, int end, Sink sink) {
        lines.input(bytes, pending, end);
        for (Part part = lines.next(); part != Part.MORE; part = lines.next()) {
            boolean data = lines.field() == Field.DATA;
            if (part == Part.VALUE && data && !torn) {
                document(bytes, lines.start(), lines.end(), sink);
            } else if (part == Part.LINE_END && data) {
                endLine(sink);
            } else if (part == Part.EVENT_END) {
                torn = false;
            }
        }
    }

    private void endLine(Sink sink) {
        // What follows in the event is the inside of this document, and not one of its own.
        torn |= state != State.DONE && members.isOpen();
        release(sink);
        state = State.LOOKING;
        members.reset();
    }

    private void document(byte[] bytes, int from, int to, Sink sink) {
        members.input(bytes, from, to);
        while (state != State.DONE) {
            switch (members.next()) {
                case NONE -> {
                    return;
                }
                case BEGIN -> {
                    pass(bytes, members.position() - 1, sink);
                    state = State.IN_VALUE;
                }
                case END -> endValue(sink);
                case OVER -> endDocument();
                case LOST -> {
                    release(sink);
                    state = State.DONE;
                }
            }
        }
    }

    private void endValue(Sink sink) {
        int length = held.length() + members.position() - pending;
        if (state == State.PASSING || length > LONGEST_VALUE) {
            release(sink);
        } else {
            held.clear();
            sink.accept(name, 0, name.length);
            pending = members.position();
        }
        state = kind == Kind.DOCUMENT && members.isOutermost() ? State.DONE : State.LOOKING;
    }

    private void endDocument() {
        if (kind != Kind.EVENTS) {
            members.reset();
        }
    }

    private void release(Sink sink) {
        if (held.length() > 0) {
            byte[] bytes = held.toBytes();
            sink.accept(bytes, 0, bytes.length);
        }
        held.clear();
    }

    private void pass(byte[] bytes, int to, Sink sink) {
        if (to > pending) {
            sink.accept(bytes, pending, to - pending);
        }
        pending = to;
    }
}
