package io.llmproxy.jetty.client;

import io.llmproxy.jetty.loop.EventLoops;
import io.llmproxy.jetty.loop.LoopEndPoint;
import io.llmproxy.jetty.loop.NoSelector;
import io.llmproxy.jetty.loop.Ready;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import jdk.net.ExtendedSocketOptions;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SelectorManager;
import org.eclipse.jetty.util.IO;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.Scheduler;

/** Opens connections on event loops, and switches TCP keepalive probes on, which the stock connector cannot. */
public final class UpstreamConnector extends ClientConnector {
    private final EventLoops loops;
    private final Duration idle;
    private final Set<Connection> open = ConcurrentHashMap.newKeySet();

    /**
     * @param loops look after the connections
     * @param idle silence after which probes start, to the next whole second; zero for none
     */
    UpstreamConnector(EventLoops loops, Duration idle) {
        this.loops = loops;
        this.idle = idle;
    }

    @Override
    protected void configure(SelectableChannel selectable) throws IOException {
        super.configure(selectable);
        if (!idle.isZero() && selectable instanceof NetworkChannel channel) {
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            if (channel.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE)) {
                int seconds = Math.toIntExact(idle.plusMillis(999).toSeconds());
                channel.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, seconds);
            }
        }
    }

    @Override
    protected EndPoint newEndPoint(SelectableChannel channel, ManagedSelector selector, SelectionKey key) {
        return new Connected((SocketChannel) channel, selector, key, getScheduler());
    }

    /** Where none has been set, nothing is secure, and to read the system's authorities would take a tenth of a second. */
    @Override
    protected SslContextFactory.Client newSslContextFactory() {
        return new NeverUsed();
    }

    @Override
    protected SelectorManager newSelectorManager() {
        return new Connections();
    }

    /** A client that stops closes the connections that are idle. The selectors that it used to have closed all others. */
    @Override
    protected void doStop() throws Exception {
        super.doStop();
        open.forEach(IO::close);
    }

    private static final class NeverUsed extends SslContextFactory.Client {
        @Override
        protected void doStart() {}
    }

    private static final class Connected extends LoopEndPoint implements Ready.OfUpstream {
        Connected(SocketChannel channel, ManagedSelector selector, SelectionKey key, Scheduler scheduler) {
            super(channel, selector, key, scheduler);
        }
    }

    /** What Jetty does for a client's connections, without its selectors. */
    private final class Connections extends ClientSelectorManager implements EventLoops.Owner, Connection.Listener {
        Connections() {
            // Jetty would reserve a thread of a pool for each selector, so it is given a function.
            super(task -> UpstreamConnector.this.getExecutor().execute(task), UpstreamConnector.this.getScheduler(), 1);
        }

        @Override
        protected ManagedSelector newSelector(int id) {
            return new NoSelector(this, id);
        }

        @Override
        public void accept(SelectableChannel channel, Object attachment) {
            loops.accept(channel, this, attachment);
        }

        @Override
        public void connect(SelectableChannel channel, Object attachment) {
            loops.connect(channel, this, attachment);
        }

        @Override
        public EndPoint newEndPoint(SelectableChannel channel, ManagedSelector selector, SelectionKey key) {
            return super.newEndPoint(channel, selector, key);
        }

        @Override
        public Connection newConnection(SelectableChannel channel, EndPoint endPoint, Object attachment)
                throws IOException {
            Connection connection = super.newConnection(channel, endPoint, attachment);
            connection.addEventListener(this);
            return connection;
        }

        @Override
        public void onOpened(Connection connection) {
            open.add(connection);
        }

        @Override
        public void onClosed(Connection connection) {
            open.remove(connection);
        }

        @Override
        public void connectionFailed(SelectableChannel channel, Throwable failure, Object attachment) {
            super.connectionFailed(channel, failure, attachment);
        }

        @Override
        public void onAcceptFailed(SelectableChannel channel, Throwable failure, Object attachment) {
            super.onAcceptFailed(channel, failure, attachment);
        }
    }
}
