package io.llmproxy.proxy.attempt;

import io.llmproxy.proxy.exchange.HedgeResult;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Which of at most two attempts of one request goes on: one whose first content is late, and its hedge. The one that has content first
 * wins, and the other has lost; if one of them fails, the other goes on as if it were alone. Knows attempts as no more than something
 * that is the same or not. For use by one thread at a time, except where it says otherwise.
 *
 * @param <T> stands for an attempt
 */
final class Race<T> {
    private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.ALONE);
    private volatile @Nullable T lost;
    private @Nullable T running;
    private @Nullable T beside;
    private @Nullable T hedge;
    private @Nullable HedgeResult result;

    private enum Stage {
        /** No hedge was asked for. */
        ALONE,
        /** A hedge is to be sent, or is under way. */
        HEDGED,
        /** There will be no further hedge. */
        OVER
    }

    /** Whether no hedge was asked for yet. For use by any thread. */
    boolean isAlone() {
        return stage.get() == Stage.ALONE;
    }

    /** Whether a hedge is to be sent, or is under way. For use by any thread. */
    boolean isHedged() {
        return stage.get() == Stage.HEDGED;
    }

    /** Whether an attempt has lost. For use by any thread. */
    boolean hasLost(T attempt) {
        return attempt == lost;
    }

    /** Asks for a hedge, unless the race is over just now: false then. For use by the thread that looks at deadlines. */
    boolean asksForHedge() {
        return stage.compareAndSet(Stage.ALONE, Stage.HEDGED);
    }

    /** There will be no hedge. For use by the thread that looks at deadlines, too. */
    void hasNoHedge() {
        stage.set(Stage.OVER);
    }

    /**
     * Whether the hedge that was asked for is still wanted; if not, it may be asked for again.
     *
     * @param late whose content is late; null if nothing is late any more
     */
    boolean wantsHedge(@Nullable T late) {
        if (stage.get() != Stage.HEDGED) {
            return false;
        }
        boolean wanted = late != null && late == running;
        if (!wanted) {
            stage.set(Stage.ALONE);
        }
        return wanted;
    }

    /** An attempt begins, and no other is under way. */
    void begins(T attempt) {
        running = attempt;
    }

    /** A hedge begins beside the attempt that is late. */
    void beginsBeside(T attempt) {
        hedge = attempt;
        beside = attempt;
    }

    /** Whether it is the hedge of an attempt that is still under way. */
    boolean isBeside(T attempt) {
        return attempt == beside;
    }

    /**
     * An attempt has failed.
     *
     * @param abandoned whether because the client has left, or the exchange is to end
     * @return the other one, which goes on alone; null if there is none
     */
    @Nullable T fails(T failing, boolean abandoned) {
        if (failing == hedge && result == null && !abandoned) {
            result = HedgeResult.FAILED;
        }
        T other = beside;
        if (other == null) {
            running = null;
            return null;
        }
        T remaining = failing == other ? running : other;
        running = remaining;
        beside = null;
        stage.set(Stage.OVER);
        return remaining;
    }

    /** What an attempt has brought is what the client gets. Returns the other one, which has lost; null if there is none. */
    @Nullable T wins(T winner) {
        if (hedge != null && result == null) {
            result = winner == hedge ? HedgeResult.WON : HedgeResult.LOST;
        }
        T other = beside;
        T loser = other == null ? null : winner == other ? running : other;
        lost = loser == null ? lost : loser;
        running = null;
        beside = null;
        stage.set(Stage.OVER);
        return loser;
    }

    /** The exchange is over. */
    void ends() {
        stage.set(Stage.OVER);
        if (hedge != null && result == null) {
            result = HedgeResult.ABANDONED;
        }
    }

    /** Whether it is the hedge, also if that goes on alone. */
    boolean isHedge(T attempt) {
        return attempt == hedge;
    }

    /** What came of the hedge; null if there is none, or if that is open. */
    @Nullable HedgeResult result() {
        return result;
    }
}
