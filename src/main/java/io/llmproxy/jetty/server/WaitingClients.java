package io.llmproxy.jetty.server;

import io.llmproxy.net.ClientPresence;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.IO;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the HTTP/1.1 connections whose clients wait for an answer, which Jetty does not: it reads again when the answer is
 * done. They are looked at by a selector beside Jetty's, which never reads a byte; HTTP/2 needs none of this.
 */
public final class WaitingClients extends AbstractLifeCycle implements HttpConfiguration.Customizer {
    private static final Logger LOG = LoggerFactory.getLogger(WaitingClients.class);
    private static final long PERIOD_MILLIS = 100;

    private final Rounds rounds;
    private final Selector selector;

    /** @param scheduler when it is time to look */
    public WaitingClients(Scheduler scheduler) {
        rounds = new Rounds(scheduler, PERIOD_MILLIS, "could not check for clients that left", this::look);
        try {
            this.selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    protected void doStart() {
        LifeCycle.start(rounds);
    }

    @Override
    protected void doStop() {
        LifeCycle.stop(rounds);
        IO.close(selector);
    }

    @Override
    public Request customize(Request request, HttpFields.Mutable responseHeaders) {
        ConnectionMetaData connection = request.getConnectionMetaData();
        // Of HTTP/1.0, clients know no interim answers.
        if (connection.getHttpVersion() == HttpVersion.HTTP_1_1
                && connection.getConnection() instanceof HttpConnection http
                && encrypted(http.getEndPoint()) instanceof SocketChannelEndPoint socket) {
            ClientPresence client = new WaitingClient(socket.getChannel(), http.getEndPoint(), this);
            request.setAttribute(ClientPresence.ATTRIBUTE, client);
        }
        return request;
    }

    private static EndPoint encrypted(EndPoint endPoint) {
        return endPoint instanceof EndPoint.Wrapper decrypted ? decrypted.unwrap() : endPoint;
    }

    /** Begins to look at a connection; null if that is not possible at the moment. */
    @Nullable SelectionKey watch(SocketChannel channel, WaitingClient client) {
        try {
            return channel.register(selector, SelectionKey.OP_READ, client);
        } catch (IOException | CancelledKeyException e) {
            // Closed, or still watched for the request before.
            LOG.debug("a connection cannot be watched", e);
            return null;
        }
    }

    /** Takes the news. A channel whose key is cancelled is let go of by a selection only, and is not closed before that. */
    private void look() {
        try {
            if (!selector.keys().isEmpty()) {
                long now = System.nanoTime();
                selector.selectNow(WaitingClients::tell);
                selector.keys().stream()
                        .filter(key -> client(key).isForgotten(now))
                        .forEach(SelectionKey::cancel);
                selector.selectNow(WaitingClients::tell);
            }
        } catch (ClosedSelectorException e) {
            LOG.debug("stopped", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** There is something to read, and will be until Jetty reads it: once is enough. */
    private static void tell(SelectionKey key) {
        key.cancel();
        client(key).readable();
    }

    private static WaitingClient client(SelectionKey key) {
        return (WaitingClient) key.attachment();
    }
}
