package io.llmproxy.protocol;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a message of a client's says in a session of WebSocket: which models it names, and what it is. It is as strict as
 * {@link ModelReader}, and keeps nothing of the message but these. Takes one message, in pieces that may be cut anywhere.
 */
public final class SessionMessageReader {
    /** A message has few places for them; what an endless one names must not fill the memory. */
    private static final int MOST_MODELS = 16;

    private final ModelReader models;
    private final ModelReader types = new JsonModelReader(ModelPlace.TYPE);

    /**
     * What a message says.
     *
     * @param named the models that it names
     * @param type what it calls itself; null if it does not say
     */
    public record Message(RequestFacts.Read named, @Nullable String type) {}

    private SessionMessageReader(ModelPlace outermost) {
        this.models = new JsonModelReader(outermost, MOST_MODELS);
    }

    /** Returns a reader for a message to OpenAI's Responses. */
    public static SessionMessageReader ofResponses() {
        return new SessionMessageReader(ModelPlace.RESPONSES);
    }

    /** Returns a reader for a message to Gemini Live; what sets the session up is an inner place. */
    public static SessionMessageReader ofLive() {
        return new SessionMessageReader(ModelPlace.LIVE);
    }

    /**
     * Reads the next piece.
     *
     * @param piece its position stays as it is
     */
    public void accept(ByteBuffer piece) {
        byte[] bytes;
        int offset;
        if (piece.hasArray()) {
            bytes = piece.array();
            offset = piece.arrayOffset() + piece.position();
        } else {
            bytes = new byte[piece.remaining()];
            offset = 0;
            piece.duplicate().get(bytes);
        }
        models.accept(bytes, offset, piece.remaining());
        types.accept(bytes, offset, piece.remaining());
    }

    /** Returns what the message says; null if it cannot be trusted to mean the same to everyone who reads it. */
    public @Nullable Message finish() {
        if (models.finish() instanceof RequestFacts.Read named && types.finish() instanceof RequestFacts.Read told) {
            ModelField type = told.model();
            return new Message(named, type == null ? null : type.name());
        }
        return null;
    }
}
