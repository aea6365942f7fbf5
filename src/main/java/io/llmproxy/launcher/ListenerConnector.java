package io.llmproxy.launcher;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connector with a thread that accepts. Jetty can let the selector do it, but that one tries again at once when there is
 * no file descriptor left, for as long as somebody waits to be accepted; and it closes the port for good if accepting is
 * suspended and resumed in one go.
 */
final class ListenerConnector extends ServerConnector {
    /** Threads that it takes for itself: one that accepts, and one that selects. */
    static final int THREADS = 2;

    private static final Logger LOG = LoggerFactory.getLogger(ListenerConnector.class);
    private static final long PAUSE_MILLIS = 100;
    private static final Duration BETWEEN_WARNINGS = Duration.ofSeconds(30);

    private long nextWarning = System.nanoTime();

    ListenerConnector(Server server, ConnectionFactory... protocols) {
        super(server, 1, 1, protocols);
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
}
