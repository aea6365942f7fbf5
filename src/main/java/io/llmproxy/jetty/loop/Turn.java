package io.llmproxy.jetty.loop;

/**
 * How much one body may be passed on by an event loop before the loop looks after its other connections. Sender and receiver of
 * a large body may both be so fast that there is always more of it, and then no other connection would be served.
 */
public final class Turn {
    /** Some tenths of a millisecond's work, and enough that giving way costs nothing that could be measured. */
    private static final int LONGEST = 256 * 1024;

    private long passed;

    /** Counts what was passed on. */
    public void pass(int bytes) {
        passed += bytes;
    }

    /** Whether it is time to {@linkplain #giveWay give way}. Never if no event loop does the work, as no others wait then. */
    public boolean isOver() {
        return passed >= LONGEST && EventLoop.current() != null;
    }

    /**
     * Goes on when the others have had their turn.
     *
     * @param next begins the next turn
     */
    public void giveWay(Runnable next) {
        passed = 0;
        EventLoop loop = EventLoop.current();
        if (loop == null) {
            next.run();
        } else {
            loop.nextRound(next);
        }
    }
}
