package io.llmproxy.journal;

import java.time.Duration;
import java.util.List;

/**
 * Where the entries of a {@link Journal} go. It is called by the journal's thread only, and may block for as long as it likes. What
 * becomes of entries that cannot be written is for the sink to decide: it does not throw.
 *
 * @param <T> the entries
 */
public interface JournalSink<T> {
    /** A pause that ends with the next entry only. */
    Duration UNTIL_THE_NEXT = Duration.ofDays(365);

    /** Takes entries, in the order in which they were offered. */
    void write(List<T> batch);

    /**
     * Is told of a batch that {@link #write} has thrown at, as happens where memory runs out: what it has not taken of that is lost, and for
     * the sink to count.
     */
    void lost(List<T> batch);

    /**
     * Does what is due, such as another try after a failure. It is called before each batch and after each pause.
     *
     * @return when to call it again at the latest
     */
    default Duration tend() {
        return UNTIL_THE_NEXT;
    }

    /** Whether it takes entries now. One that still holds what it could not write leaves the others in the queue. */
    default boolean ready() {
        return true;
    }

    /**
     * Ends. Nothing is called after that.
     *
     * @param left entries that were not written in time
     */
    void close(List<T> left);
}
