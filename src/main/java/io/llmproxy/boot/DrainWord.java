package io.llmproxy.boot;

import io.llmproxy.store.Nodes;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What the store has said last of whether this node is drained, and whether that is its word still. A database that has failed over to an
 * older state says again what it had said before. When it was said tells one word from another, and not which came first: the clocks of
 * two databases may differ.
 */
final class DrainWord {
    /** Operators do not say more before a database that has lost it is found out. */
    private static final int MOST = 100;

    private final Deque<Instant> past = new ArrayDeque<>();
    private Nodes.Said last = Nodes.Said.NOTHING;

    /** Returns what holds. */
    Nodes.Said last() {
        return last;
    }

    /** Returns whether what it says now was followed by something else before: that is lost. */
    boolean isLost(Nodes.Said now) {
        Instant at = last.at();
        return at != null && !at.equals(now.at()) && (now.at() == null || past.contains(now.at()));
    }

    /** It says so from now on. */
    void follow(Nodes.Said now) {
        Instant before = last.at();
        if (before != null && !before.equals(now.at())) {
            past.addFirst(before);
            if (past.size() > MOST) {
                past.removeLast();
            }
        }
        last = now;
    }

    /** This node has told it something, or is about to: when that was, it is to say yet, unless something else is said by then. */
    void tell(boolean drained, @Nullable String by) {
        follow(new Nodes.Said(drained, by, null));
    }
}
