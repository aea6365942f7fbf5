package io.llmproxy.jetty.tomcat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.util.BufferUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection of Tomcat's, which says when something can be read or written. It has no timeouts. The lock is for Tomcat, which gives
 * the buffers of a closed connection to another at once: nothing may be on its way through them then. No call below blocks.
 */
final class TomcatEndPoint extends AbstractEndPoint {
    private static final Logger LOG = LoggerFactory.getLogger(TomcatEndPoint.class);
    private static final SocketAddress UNKNOWN = InetSocketAddress.createUnresolved("tomcat", 0);

    private final SocketWrapperBase<?> socket;
    private final TomcatUpgrade.Plan plan;
    private final ReentrantLock lock = new ReentrantLock();

    @SuppressWarnings("NullAway") // What has no timeouts needs no scheduler.
    TomcatEndPoint(SocketWrapperBase<?> socket, TomcatUpgrade.Plan plan) {
        super(null);
        this.socket = socket;
        this.plan = plan;
    }

    /** Opens what speaks on it from now on. */
    void open() {
        Connection connection = plan.next().apply(this);
        setConnection(connection);
        onOpen();
        connection.onOpen();
    }

    @Override
    public int fill(ByteBuffer buffer) {
        int position = BufferUtil.flipToFill(buffer);
        lock.lock();
        try {
            return isInputShutdown() ? -1 : socket.read(false, buffer);
        } catch (IOException e) {
            LOG.debug("the client's connection is gone", e);
            shutdownInput();
            return -1;
        } finally {
            lock.unlock();
            BufferUtil.flipToFlush(buffer, position);
        }
    }

    /** What is there already is read in another turn, as this is called at the end of a read. */
    @Override
    protected void needsFillInterest() throws IOException {
        lock.lock();
        try {
            if (!isOpen()) {
                throw new ClosedChannelException();
            }
            if (isReadable()) {
                execute(getFillInterest()::fillable);
            } else {
                socket.registerReadInterest();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Tomcat itself may hold what the socket no longer has to tell of. What fails here fails again when it is read. */
    private boolean isReadable() {
        try {
            return socket.isReadyForRead();
        } catch (IOException e) {
            LOG.debug("the client's connection is gone", e);
            return true;
        }
    }

    @Override
    public boolean flush(ByteBuffer... buffers) throws IOException {
        lock.lock();
        try {
            if (!isOpen()) {
                throw new ClosedChannelException();
            }
            for (ByteBuffer buffer : buffers) {
                socket.write(false, buffer);
            }
            return !socket.flush(false);
        } finally {
            lock.unlock();
        }
    }

    @Override
    protected void onIncompleteFlush() {
        lock.lock();
        try {
            if (isOpen()) {
                socket.registerWriteInterest();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    protected void doClose() {
        lock.lock();
        try {
            socket.close();
        } finally {
            lock.unlock();
        }
    }

    /** As in Jetty's own end points, the connection hears of the close from another thread, not in the midst of what it does. */
    @Override
    public void onClose(@Nullable Throwable failure) {
        super.onClose(failure);
        Connection connection = getConnection();
        if (connection != null) {
            execute(() -> connection.onClose(failure));
        }
    }

    /** While the gateway stops, its threads take nothing more. */
    private void execute(Runnable task) {
        try {
            plan.executor().execute(task);
        } catch (RejectedExecutionException e) {
            task.run();
        }
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return UNKNOWN;
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        return UNKNOWN;
    }

    @Override
    public Object getTransport() {
        return socket;
    }
}
