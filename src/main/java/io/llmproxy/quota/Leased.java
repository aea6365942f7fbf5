package io.llmproxy.quota;

import org.jspecify.annotations.Nullable;

/** A limit that several nodes share, as the one who speaks with their store sees it. */
public interface Leased {
    /**
     * Returns what is to be told to the store; null if there is nothing. Until the call is answered, or has failed, there is no other.
     *
     * @param last whether this node gives everything back
     */
    @Nullable LeaseCall call(Moment now, boolean last);

    /** The store has answered. */
    void answered(LeaseCall call, LeaseReply reply, Moment now);

    /**
     * The store has not, or it cannot be asked.
     *
     * @param call what it was not told; null if it is not known whether it was told, so that the call is still to be answered
     */
    void failed(@Nullable LeaseCall call, Moment now);

    /** The store answers that it cannot count this limit. It is as away, for this limit, until it answers otherwise. */
    void refused(LeaseCall call, Moment now);

    /** Whether nothing is to be told any more, until it wakes the store: as it does after it has said so. */
    boolean rests(Moment now);
}
