package io.llmproxy.boot;

import io.llmproxy.boot.Overrides.Change;
import java.time.Instant;

/** Tells other nodes what operators have changed. What is told comes back to each node as the whole of what was told. */
interface SharedOverrides {
    /** There are no other nodes. */
    SharedOverrides NONE = new SharedOverrides() {
        @Override
        public boolean add(Change change, String by, Instant since) {
            return false;
        }

        @Override
        public boolean remove(Change change) {
            return false;
        }

        @Override
        public boolean end(Change change) {
            return false;
        }

        @Override
        public boolean clear() {
            return false;
        }

        @Override
        public void drain(boolean on, String by) {}
    };

    /**
     * Tells of a change.
     *
     * @return whether the others will know; if not, it is this node's alone
     */
    boolean add(Change change, String by, Instant since);

    /**
     * Tells that a change was taken back.
     *
     * @return whether the others will know
     */
    boolean remove(Change change);

    /** Tells that the time of a change is over; a later one of the same, which another node may just have told, goes on. */
    boolean end(Change change);

    /**
     * Tells that all were taken back.
     *
     * @return whether the others will know
     */
    boolean clear();

    /** Tells that this node is drained, or not any more; if that cannot be told now, it is later. */
    void drain(boolean on, String by);
}
