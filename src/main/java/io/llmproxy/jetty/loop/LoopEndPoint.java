package io.llmproxy.jetty.loop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * A connection that does not ask the system for what is not there. Jetty reads until nothing comes. A read that has not filled
 * its buffer has taken all there was, so the next one is answered here; had something come meanwhile, the end of the stream
 * included, the selector would report it at once.
 */
public abstract class LoopEndPoint extends SocketChannelEndPoint {
    /** Used by the reader, and by the selector, which only looks at a connection that has no reader. */
    private boolean drained;

    private final ManagedSelector loop;

    /** See {@link SocketChannelEndPoint}. */
    protected LoopEndPoint(SocketChannel channel, ManagedSelector selector, SelectionKey key, Scheduler scheduler) {
        super(channel, selector, key, scheduler);
        loop = selector;
    }

    /** Does something on the thread that looks after this connection, between what it does for it and for others. */
    public void onLoop(Runnable job) {
        loop.submit(selector -> job.run());
    }

    @Override
    public int fill(ByteBuffer buffer) throws IOException {
        if (drained && !isInputShutdown()) {
            drained = false;
            return 0;
        }
        int room = buffer.capacity() - buffer.remaining();
        int filled = super.fill(buffer);
        drained = filled > 0 && filled < room;
        return filled;
    }

    @Override
    public Runnable onSelected() {
        drained = false;
        return super.onSelected();
    }
}
