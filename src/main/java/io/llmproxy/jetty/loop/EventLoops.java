package io.llmproxy.jetty.loop;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SelectorManager;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * A few threads. Each looks after its share of all connections, those of clients and those to upstreams alike. An
 * upstream's connection belongs to the thread that asked for it: so one thread takes a request, sends it on, and passes the
 * answer back, and no thread is woken in between.
 *
 * <p>Jetty gives each listener and each HTTP client selectors of its own. Theirs are replaced by {@link NoSelector}, and their
 * connections come here together with who knows how to make them.
 */
public final class EventLoops extends SelectorManager {
    private final LoopThreads threads;
    private final ReentrantLock connecting = new ReentrantLock();
    private final List<EventLoop> loops = new CopyOnWriteArrayList<>();
    private long connectTimeout;
    private volatile long maxLag;

    /** Makes what belongs to a connection: what a {@link SelectorManager} of Jetty's does for one listener or client. */
    public interface Owner {
        /** See {@link SelectorManager}. */
        EndPoint newEndPoint(SelectableChannel channel, ManagedSelector selector, SelectionKey key) throws IOException;

        /** See {@link SelectorManager#newConnection}. */
        Connection newConnection(SelectableChannel channel, EndPoint endPoint, Object attachment) throws IOException;

        /** See {@link SelectorManager#connectionOpened}. */
        void connectionOpened(Connection connection, Object attachment);

        /** See {@link SelectorManager}. */
        void connectionFailed(SelectableChannel channel, Throwable failure, Object attachment);

        /** See {@link SelectorManager}. */
        void onAcceptFailed(SelectableChannel channel, Throwable failure, Object attachment);

        /** How long a connection may take to be there, in milliseconds. */
        long getConnectTimeout();
    }

    /** What goes with a channel until there is a connection. */
    private static final class Owned {
        private final Owner owner;
        private final @Nullable Object attachment;
        private @Nullable SelectionKey key;

        Owned(Owner owner, @Nullable Object attachment) {
            this.owner = owner;
            this.attachment = attachment;
        }

        static Owned of(Object attachment) {
            return (Owned) attachment;
        }

        EndPoint endPoint(SelectableChannel channel, ManagedSelector selector, SelectionKey selectionKey)
                throws IOException {
            key = selectionKey;
            selectionKey.attach(attachment);
            try {
                return owner.newEndPoint(channel, selector, selectionKey);
            } finally {
                selectionKey.attach(this);
            }
        }

        Connection connection(SelectableChannel channel, EndPoint endPoint) throws IOException {
            Connection connection = owner.newConnection(channel, endPoint, theirs());
            // Jetty attaches it before the next selection but one; the loop's thread may ask for the next one.
            Objects.requireNonNull(key, "there is an end point").attach(endPoint);
            return connection;
        }

        /** Jetty's owners take a null, but do not say so. */
        @SuppressWarnings("NullAway")
        Object theirs() {
            return attachment;
        }
    }

    /**
     * @param threads do the work
     * @param scheduler ends what takes too long
     * @param count how many loops
     */
    public EventLoops(LoopThreads threads, Scheduler scheduler, int count) {
        super(threads::executeBlocking, scheduler, count);
        this.threads = threads;
        threads.lend(count);
    }

    /** One for two processors: the others have the system, the collector and the compiler to do. */
    public static int recommended() {
        return Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    }

    /** The threads of the loops, and those for what blocks. */
    public LoopThreads threads() {
        return threads;
    }

    /** The number of the loop whose thread asks, counted from 0; -1 for all other threads. */
    public int here() {
        EventLoop current = EventLoop.current();
        return current != null && current.belongsTo(this) ? current.number() : -1;
    }

    /** Sets how long a request may wait for its turn while more is asked of a loop than it can do; no limit if zero. */
    public void maxLag(Duration longest) {
        maxLag = longest.toNanos();
    }

    long maxLag() {
        return maxLag;
    }

    /**
     * Whether a request that is taken up now had better be refused, as its turn has come too late and that of those behind it
     * would come later still. Costs next to nothing.
     */
    public boolean isOverloaded() {
        long longest = maxLag;
        if (longest == 0) {
            return false;
        }
        EventLoop current = EventLoop.current();
        if (current != null && current.belongsTo(this)) {
            return current.isOverloaded(longest);
        }
        return loops.stream().anyMatch(loop -> loop.isOverloaded(longest));
    }

    /** Looks after a connection that is there. */
    public void accept(SelectableChannel channel, Owner owner, @Nullable Object attachment) {
        accept(channel, new Owned(owner, attachment));
    }

    /** Looks after a connection that is under way. */
    public void connect(SelectableChannel channel, Owner owner, Object attachment) {
        connecting.lock();
        try {
            // Asked for by what is made in here, as each owner may have a limit of its own.
            connectTimeout = owner.getConnectTimeout();
            connect(channel, new Owned(owner, attachment));
        } finally {
            connecting.unlock();
        }
    }

    @Override
    public long getConnectTimeout() {
        return connectTimeout;
    }

    @Override
    protected ManagedSelector newSelector(int id) {
        EventLoop loop = new EventLoop(this, id);
        loops.add(loop);
        return loop;
    }

    @Override
    protected ManagedSelector chooseSelector() {
        EventLoop current = EventLoop.current();
        return current != null && current.belongsTo(this) ? current : super.chooseSelector();
    }

    /** What is to be done for a new connection, or for one that is closed, takes no other thread either. */
    @Override
    protected void execute(Runnable task) {
        threads.execute(task);
    }

    @Override
    protected EndPoint newEndPoint(SelectableChannel channel, ManagedSelector selector, SelectionKey key)
            throws IOException {
        return Owned.of(key.attachment()).endPoint(channel, selector, key);
    }

    @Override
    public Connection newConnection(SelectableChannel channel, EndPoint endPoint, Object attachment)
            throws IOException {
        return Owned.of(attachment).connection(channel, endPoint);
    }

    @Override
    public void connectionOpened(Connection connection, Object attachment) {
        Owned owned = Owned.of(attachment);
        owned.owner.connectionOpened(connection, owned.theirs());
    }

    @Override
    protected void connectionFailed(SelectableChannel channel, Throwable failure, Object attachment) {
        Owned owned = Owned.of(attachment);
        owned.owner.connectionFailed(channel, failure, owned.theirs());
    }

    @Override
    protected void onAcceptFailed(SelectableChannel channel, Throwable failure, Object attachment) {
        Owned owned = Owned.of(attachment);
        owned.owner.onAcceptFailed(channel, failure, owned.theirs());
    }
}
