package io.llmproxy.jetty.server;

import io.llmproxy.jetty.loop.LoopThreads;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.component.LifeCycle;

/** A connector whose port is closed for good. It goes when its last connection has; nothing that is under way is cut. */
public final class RetiredConnector {
    private static final long PERIOD_MILLIS = 500;

    private final Server server;
    private final ServerConnector connector;
    private final LoopThreads threads;
    private final Rounds rounds;

    public RetiredConnector(ServerConnector connector, LoopThreads threads) {
        this.server = connector.getServer();
        this.connector = connector;
        this.threads = threads;
        this.rounds = new Rounds(
                server.getScheduler(),
                PERIOD_MILLIS,
                "could not close idle connections of a port that is no longer served",
                this::look);
    }

    /** Begins to look after the connections that are left. */
    public void closeWhenIdle() {
        LifeCycle.start(rounds);
    }

    private void look() {
        if (!connector.isRunning()) {
            LifeCycle.stop(rounds);
            return;
        }
        connector.getConnectedEndPoints().stream()
                .map(RetiredConnector::decrypted)
                .filter(RetiredConnector::isIdle)
                .forEach(EndPoint::close);
        if (connector.getConnectedEndPoints().isEmpty()) {
            server.removeConnector(connector);
            LifeCycle.stop(connector);
            threads.lend(-ListenerConnector.THREADS);
            LifeCycle.stop(rounds);
        }
    }

    /** The side of a connection that HTTP is spoken on. */
    private static EndPoint decrypted(EndPoint endPoint) {
        return endPoint.getConnection() instanceof SslConnection tls ? tls.getSslEndPoint() : endPoint;
    }

    /** Between two requests. HTTP/2 has its own way to end a connection; an idle one is closed in its time. */
    private static boolean isIdle(EndPoint endPoint) {
        return endPoint.getConnection() instanceof HttpConnection connection
                && connection.getParser().isStart()
                && connection.getMessagesIn() == connection.getMessagesOut();
    }
}
