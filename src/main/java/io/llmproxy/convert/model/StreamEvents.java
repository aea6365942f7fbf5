package io.llmproxy.convert.model;

import org.jspecify.annotations.Nullable;

/**
 * Hears what happens in a stream. Who tells it keeps to this order: {@link #begin} comes first, a part is opened before
 * anything else is told of it, {@link #finish} or {@link #failure} come last, once. Several parts may be open at once.
 * Parts are numbered from 0 without gaps, for each choice.
 */
public interface StreamEvents {
    /** What a part is. */
    enum Kind {
        /** Words. */
        TEXT,
        /** Words by which the model refuses. */
        REFUSAL,
        /** All of what the model thought. */
        REASONING,
        /** A summary of what the model thought. */
        SUMMARY,
        /** Thought that is not told. */
        REDACTED,
        /** A call; what is told of it are its arguments. */
        CALL
    }

    /** The answer has begun; the id is the upstream's. */
    void begin(@Nullable String id, @Nullable Usage usage);

    /** A part has begun. */
    void open(int choice, int part, Kind kind);

    /** A call has begun. */
    void openCall(int choice, int part, String id, String name, @Nullable Opaque opaque);

    /** A part goes on. The text is not empty. */
    void delta(int choice, int part, String text);

    /** The opaque of a part is known. */
    void sign(int choice, int part, Opaque opaque);

    /** A part is over. */
    void close(int choice, int part);

    /** A choice is over, for a reason; told again, the last one counts. */
    void stop(int choice, Stop stop);

    /** The tokens so far; told again, the last one counts. */
    void usage(Usage usage);

    /** The stream ends as no whole one does. */
    void failure(Fault fault);

    /** The stream ends whole. */
    void finish();
}
