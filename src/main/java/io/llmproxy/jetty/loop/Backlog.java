package io.llmproxy.jetty.loop;

import java.util.concurrent.TimeUnit;

/**
 * Tells whether more is asked of an event loop than it can do.
 *
 * <p>A loop serves all that is ready, looks what is ready by then, and so on. One round that takes long does no harm: many
 * clients have come at once, the collector has paused, the code is not compiled yet. But where for some seconds every round
 * takes long, there is a queue that does not go away. Then requests that are reached late in a round are refused, so that the
 * ones before them are served in time.
 *
 * <p>To refuse costs time, too: where many are refused, a round takes a multiple of what may be waited for, and next to nothing of
 * it would be left to serve. So the first part of a round, as long as a tenth of the round before, always serves. And answers of
 * upstreams do not wait for the end of such a round: they are looked for in between.
 *
 * <p>After K. Nichols and V. Jacobson, "Controlling Queue Delay" (2012): the shortest wait in an interval tells a standing queue
 * from a burst; with the longest wait that B. Maurer, "Fail at Scale" (2015), allows while there is one.
 *
 * <p>To be told of rounds by the loop's thread, and asked by any.
 */
public final class Backlog {
    static final long PERSISTENT = TimeUnit.SECONDS.toNanos(3);

    /** The part of the time that is left to serve, however many are refused. */
    private static final int SERVING_SHARE = 10;

    /** How often answers are looked for within the time that a request may wait. */
    private static final int LOOKS = 4;

    private boolean late;
    private long lateSince;
    private long ended;
    private volatile boolean standing;
    private volatile boolean serving;
    private volatile long begun;
    private volatile long share;
    private long looked;

    /**
     * A round begins, at that {@link System#nanoTime}. A loop that had nothing to do for longer than a round should take has no
     * queue, however long the rounds before that wait and after it are.
     */
    void begin(long now, long limit) {
        if (now - ended > limit) {
            late = false;
            if (standing) {
                standing = false;
            }
        }
        begun = now;
        looked = now;
        serving = true;
    }

    /**
     * Whether it is time to look for answers of upstreams in the middle of a round, as there is a standing queue and the round takes
     * long. True once for each quarter of so many nanoseconds. To be asked by the loop's thread.
     */
    boolean delaysUpstreams(long limit, long now) {
        if (standing && now - looked > limit / LOOKS) {
            looked = now;
            return true;
        }
        return false;
    }

    /** Whether there is a standing queue, so that the loop cannot do what is asked of it. */
    boolean stands() {
        return standing;
    }

    /** The round has ended, which should not have taken longer than so many nanoseconds. */
    void end(long now, long limit) {
        if (!serving) {
            // A loop that has just been started ends what it has not begun.
            return;
        }
        serving = false;
        ended = now;
        share = (now - begun) / SERVING_SHARE;
        boolean lateBefore = late;
        late = now - begun > limit;
        if (late && !lateBefore) {
            // From its end on: one long pause of the whole machine is no queue.
            lateSince = now;
        }
        boolean stands = late && now - lateSince >= PERSISTENT;
        if (stands != standing) {
            standing = stands;
        }
    }

    /**
     * Whether there is a standing queue, and the request that is reached now has waited in this round for more than so many
     * nanoseconds, and for more than a tenth of the round before.
     */
    boolean exceeds(long limit, long now) {
        return standing && serving && now - begun > Math.max(limit, share);
    }
}
