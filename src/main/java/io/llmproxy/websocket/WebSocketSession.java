package io.llmproxy.websocket;

import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.thread.Scheduler;
import org.eclipse.jetty.websocket.core.Behavior;
import org.eclipse.jetty.websocket.core.CloseStatus;
import org.eclipse.jetty.websocket.core.ExtensionStack;
import org.eclipse.jetty.websocket.core.Negotiated;
import org.eclipse.jetty.websocket.core.WebSocketComponents;
import org.eclipse.jetty.websocket.core.WebSocketConnection;
import org.eclipse.jetty.websocket.core.WebSocketCoreSession;
import org.jspecify.annotations.Nullable;

/**
 * Passes frames between a client and an upstream, after both handshakes, until one of them closes or is cut off. A close
 * goes to the other side with its code and reason. No message is put together; what is kept is one piece of a frame for each
 * direction.
 */
public final class WebSocketSession {
    /** How long the second connection may take to open, and the two to answer a close. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    /**
     * The most bytes of a frame that are read at once, and passed as a frame of their own. Servers bound the number of frames that
     * a message may have, some of them to 4096.
     */
    private static final int PIECE = 32 * 1024;

    /** No extension is negotiated, so that there is nothing in it that belongs to one session. */
    private static final WebSocketComponents COMPONENTS = new WebSocketComponents();

    private static final URI NOWHERE = URI.create("ws://session/");

    private final SessionLimits limits;
    private final Transport transport;
    private final Owner owner;
    private final Leg client;
    private final Leg upstream;
    private final long since = System.nanoTime();
    private final AtomicInteger unopened = new AtomicInteger(2);
    private final AtomicInteger open = new AtomicInteger(2);
    private final AtomicReference<@Nullable SessionEnd> end = new AtomicReference<>();
    private volatile long lastFrame = since;
    /** When it began to end, in nanoseconds; 0 before. */
    private volatile long ending;

    /** Is told what passes, on the threads that read; one side's frames come one after the other. */
    public interface Owner {
        /**
         * A piece of a message is to go to the other side.
         *
         * @param from which side has sent it
         * @param piece to be looked at only
         * @param last whether it ends its message
         * @return whether it goes; it is dropped if not, and the owner closes the session
         */
        boolean passes(Side from, ByteBuffer piece, boolean last);

        /** Both connections are closed. Called once. */
        void ended(SessionEnd how);
    }

    /**
     * What the connections are served with.
     *
     * @param executor reads when a side may send again
     * @param scheduler wakes what waits for too long
     * @param buffers what is read into and written from
     */
    public record Transport(Executor executor, Scheduler scheduler, ByteBufferPool buffers) {}

    public WebSocketSession(SessionLimits limits, Transport transport, Owner owner) {
        this.limits = limits;
        this.transport = transport;
        this.owner = owner;
        this.client = new Leg(Side.CLIENT, this, new MessageCheck(limits.maxMessage()));
        this.upstream = new Leg(Side.UPSTREAM, this, new MessageCheck(limits.maxMessage()));
    }

    /** Returns what speaks with a side on its connection. Nothing is read before both sides have theirs. */
    public Connection connection(Side side, EndPoint endPoint) {
        Behavior behavior = side == Side.CLIENT ? Behavior.SERVER : Behavior.CLIENT;
        ExtensionStack extensions = new ExtensionStack(COMPONENTS, behavior);
        extensions.negotiate(List.of(), List.of());
        Negotiated negotiated = new Negotiated(NOWHERE, "", false, extensions, Handshake.VERSION);
        WebSocketCoreSession core = new WebSocketCoreSession(leg(side), behavior, negotiated, COMPONENTS);
        // The session looks to its time itself: a side that only listens is not idle.
        core.setIdleTimeout(Duration.ZERO);
        core.setInputBufferSize(PIECE);
        WebSocketConnection connection = new WebSocketConnection(
                endPoint, transport.executor(), transport.scheduler(), transport.buffers(), core);
        core.setWebSocketConnection(connection);
        return connection;
    }

    private Leg leg(Side side) {
        return side == Side.CLIENT ? client : upstream;
    }

    Leg other(Leg leg) {
        return leg == client ? upstream : client;
    }

    void opened() {
        if (unopened.decrementAndGet() == 0) {
            lastFrame = System.nanoTime();
            client.demand();
            upstream.demand();
        }
    }

    /** A frame has come. */
    void came() {
        lastFrame = System.nanoTime();
    }

    boolean passes(Side from, ByteBuffer piece, boolean last) {
        return owner.passes(from, piece, last);
    }

    /** It is known how it ends; the first to say so is right. */
    void ends(SessionEnd how) {
        if (end.compareAndSet(null, how)) {
            ending = System.nanoTime();
        }
    }

    /** One of the connections is closed. The other is told so, unless both are just being told why. */
    void over(Leg leg, CloseStatus status) {
        SessionEnd here = how(leg.side(), status);
        ends(here);
        SessionEnd known = Objects.requireNonNullElse(end.get(), here);
        if (known.by() != null) {
            tellGone(leg);
        }
        if (open.decrementAndGet() == 0) {
            owner.ended(known);
        } else if (unopened.get() > 0) {
            other(leg).abort();
        }
    }

    private void tellGone(Leg leg) {
        if (leg == client) {
            upstream.close(CloseStatus.SHUTDOWN, "the client is gone");
        } else {
            client.close(CloseStatus.SERVER_ERROR, "the upstream is gone");
        }
    }

    private static SessionEnd how(Side side, CloseStatus status) {
        boolean cut = status.getCode() == CloseStatus.NO_CLOSE || status.getCode() == CloseStatus.SHUTDOWN;
        return new SessionEnd(side, cut ? SessionEnd.Cause.CUT : SessionEnd.Cause.VIOLATION, status.getCode());
    }

    /** Closes it towards both sides. */
    public void close(int code, String reason) {
        close(new SessionEnd(null, SessionEnd.Cause.STOPPED, code), reason);
    }

    private void close(SessionEnd how, String reason) {
        ends(how);
        client.close(how.code(), reason);
        upstream.close(how.code(), reason);
    }

    /** Ends both connections as they are. */
    public void abort() {
        client.abort();
        upstream.abort();
    }

    /**
     * Does what is due.
     *
     * @param now the time in nanoseconds
     */
    public void checkDeadlines(long now) {
        boolean late = unopened.get() > 0 && isOver(GRACE, since, now);
        if (late || (ending != 0 && isOver(GRACE, ending, now))) {
            abort();
        } else if (ending == 0) {
            checkWriting(client, now);
            checkWriting(upstream, now);
            if (!limits.idle().isZero() && isOver(limits.idle(), lastFrame, now)) {
                close(new SessionEnd(null, SessionEnd.Cause.IDLE, CloseStatus.SHUTDOWN), "idle");
            }
        }
    }

    private void checkWriting(Leg leg, long now) {
        long writing = leg.writing();
        if (writing != 0 && isOver(limits.write(), writing, now)) {
            ends(new SessionEnd(leg.side(), SessionEnd.Cause.SLOW, CloseStatus.NO_CLOSE));
            leg.abort();
        }
    }

    private static boolean isOver(Duration allowed, long since, long now) {
        return now - since > allowed.toNanos();
    }
}
