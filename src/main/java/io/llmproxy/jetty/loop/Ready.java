package io.llmproxy.jetty.loop;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector.Selectable;
import org.eclipse.jetty.util.IO;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections that a selector has found ready, in the order in which they became so. Jetty takes them from a hash set: in an
 * order of its own, which stays the same for as long as they are open, so that some always wait for all the others.
 *
 * <p>Connections to upstreams go before those of clients: what is in flight ends before more is begun.
 */
public final class Ready implements Consumer<SelectionKey> {
    private static final Logger LOG = LoggerFactory.getLogger(Ready.class);

    /** A connection that brings what requests in flight wait for. */
    public interface OfUpstream extends Selectable {}

    private final Queue<SelectionKey> upstreams = new ArrayDeque<>();
    private final Queue<SelectionKey> clients = new ArrayDeque<>();
    private final Executor blocking;
    private boolean others;

    /** @param blocking does what may block */
    Ready(Executor blocking) {
        this.blocking = blocking;
    }

    /** Takes what was found. What is no connection yet is left to Jetty. */
    @Override
    public void accept(SelectionKey key) {
        if (key.attachment() instanceof OfUpstream) {
            upstreams.add(key);
        } else if (key.attachment() instanceof Selectable) {
            clients.add(key);
        } else {
            others = true;
        }
    }

    /**
     * Takes the connections to upstreams that have become ready since the selector was asked last, while those of clients are being
     * served. Clients that are found are still ready when the selector is asked next.
     */
    void takeUpstreams(Selector selector) throws IOException {
        if (upstreams.isEmpty()) {
            selector.selectNow(key -> {
                if (key.attachment() instanceof OfUpstream) {
                    upstreams.add(key);
                }
            });
        }
    }

    /** Whether something was left to Jetty since this was asked last. */
    boolean leftOthers() {
        boolean left = others;
        others = false;
        return left;
    }

    /** Serves the connection that has been ready for longest, to an upstream first. Returns false if there is none. */
    boolean serveNext() {
        SelectionKey upstream = upstreams.poll();
        SelectionKey key = upstream == null ? clients.poll() : upstream;
        if (key == null) {
            return false;
        }
        try {
            serve(key);
        } catch (CancelledKeyException | RejectedExecutionException e) {
            LOG.debug("{} is closed", key.attachment(), e);
            close(key);
        } catch (RuntimeException | Error e) {
            LOG.warn("event loop: task {} failed", key.attachment(), e);
        }
        return true;
    }

    private void serve(SelectionKey key) {
        if (key.isValid() && key.attachment() instanceof Selectable connection) {
            try {
                perform(connection.onSelected());
            } finally {
                // Else the selector would report again and again what is never taken.
                connection.updateKey();
            }
        } else {
            close(key);
        }
    }

    private void perform(@Nullable Runnable task) {
        if (task != null) {
            switch (Invocable.getInvocationType(task)) {
                case NON_BLOCKING -> task.run();
                case EITHER -> Invocable.invokeNonBlocking(task);
                case BLOCKING -> blocking.execute(task);
            }
        }
    }

    private static void close(SelectionKey key) {
        IO.close(key.attachment() instanceof EndPoint connection ? connection : key.channel());
    }
}
