package io.llmproxy.jetty.server;

import io.llmproxy.jetty.loop.EventLoops;
import io.llmproxy.jetty.loop.LoopEndPoint;
import io.llmproxy.jetty.loop.NoSelector;
import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SelectorManager;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connector with a thread that accepts, and event loops for what it has accepted. Jetty can let a selector accept, but that
 * one tries again at once when there is no file descriptor left, for as long as somebody waits to be accepted; and it closes
 * the port for good if accepting is suspended and resumed in one go.
 */
public final class ListenerConnector extends ServerConnector {
    /** Threads that it takes for itself. */
    public static final int THREADS = 1;

    private static final Logger LOG = LoggerFactory.getLogger(ListenerConnector.class);
    private static final long PAUSE_MILLIS = 100;
    private static final Duration BETWEEN_WARNINGS = Duration.ofSeconds(30);

    private final EventLoops loops;
    private long nextWarning = System.nanoTime();

    public ListenerConnector(Server server, EventLoops loops, ConnectionFactory... protocols) {
        super(server, THREADS, 1, protocols);
        this.loops = loops;
    }

    @Override
    public void accept(int acceptor) throws IOException {
        if (isOpen()) {
            super.accept(acceptor);
        } else {
            setAccepting(false);
        }
    }

    @Override
    protected boolean handleAcceptFailure(Throwable failure) {
        if (!isRunning() || !isOpen()) {
            return isRunning();
        }
        long now = System.nanoTime();
        if (now - nextWarning >= 0) {
            nextWarning = now + BETWEEN_WARNINGS.toNanos();
            LOG.warn("{} cannot accept connections: {}", getName(), failure.getMessage());
        }
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return true;
    }

    @Override
    protected SelectorManager newSelectorManager(Executor executor, Scheduler scheduler, int selectors) {
        return new Connections(executor, scheduler);
    }

    /** What Jetty does for a listener's connections, without its selectors. */
    private final class Connections extends ServerConnectorManager implements EventLoops.Owner {
        Connections(Executor executor, Scheduler scheduler) {
            // Jetty would reserve a thread of a pool for each selector, so it is given a function.
            super(task -> executor.execute(task), scheduler, 1);
        }

        @Override
        protected ManagedSelector newSelector(int id) {
            return new NoSelector(this, id);
        }

        @Override
        public void accept(SelectableChannel channel) {
            onAccepting(channel);
            loops.accept(channel, this, null);
        }

        @Override
        public SocketChannelEndPoint newEndPoint(
                SelectableChannel channel, ManagedSelector selector, SelectionKey key) {
            onAccepted(channel);
            SocketChannelEndPoint endPoint = new Connected((SocketChannel) channel, selector, key);
            endPoint.setIdleTimeout(getIdleTimeout());
            return endPoint;
        }

        @Override
        public void connectionFailed(SelectableChannel channel, Throwable failure, Object attachment) {
            super.connectionFailed(channel, failure, attachment);
        }

        @Override
        public void onAcceptFailed(SelectableChannel channel, Throwable failure, Object attachment) {
            super.onAcceptFailed(channel, failure, attachment);
        }

        /** Tells of its beginning and its end itself, because the event loop does not know its connector. */
        private final class Connected extends LoopEndPoint {
            Connected(SocketChannel channel, ManagedSelector selector, SelectionKey key) {
                super(channel, selector, key, ListenerConnector.this.getScheduler());
            }

            @Override
            public void onOpen() {
                super.onOpen();
                endPointOpened(this);
            }

            @Override
            public void onClose(@Nullable Throwable cause) {
                super.onClose(cause);
                endPointClosed(this);
            }
        }
    }
}
