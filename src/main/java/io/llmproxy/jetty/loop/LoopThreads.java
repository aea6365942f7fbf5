package io.llmproxy.jetty.loop;

import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * The threads of event loops, and some more for what blocks. Whatever an event loop hands to this pool it does itself, a moment
 * later: Jetty hands over what might block, and of what we do on the path of a request nothing does.
 */
public final class LoopThreads extends QueuedThreadPool {
    /**
     * @param name of the threads
     * @param workers how many there may be besides those of the event loops
     */
    public LoopThreads(String name, int workers) {
        super(workers);
        setName(name);
        // Jetty starts those that wait in reserve by execute().
        setReservedThreads(0);
    }

    @Override
    public void execute(Runnable job) {
        EventLoop loop = EventLoop.current();
        if (loop == null) {
            super.execute(job);
        } else {
            loop.later(job);
        }
    }

    /** Does on another thread what may block the one that does it. */
    public void executeBlocking(Runnable job) {
        super.execute(job);
    }

    /** A thread more, for somebody who keeps it; or one less again, if negative. */
    public void lend(int threads) {
        setMaxThreads(getMaxThreads() + threads);
    }
}
