package io.llmproxy.websocket;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.core.CloseStatus;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.FrameHandler;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.exception.CloseException;
import org.jspecify.annotations.Nullable;

/**
 * One side of a session. Each frame that it sends, or each piece of a long one, is written to the other side before the next is
 * read: a side that does not read stops the one that sends.
 */
final class Leg implements FrameHandler {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Side side;
    private final WebSocketSession session;
    private final MessageCheck check;
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile @Nullable CoreSession core;
    /** When a frame began to be written to it, in nanoseconds; 0 if none is. */
    private volatile long writing;

    Leg(Side side, WebSocketSession session, MessageCheck check) {
        this.side = side;
        this.session = session;
        this.check = check;
    }

    Side side() {
        return side;
    }

    /** When a frame began to be written to it that it has not taken, in nanoseconds; 0 if there is none. */
    long writing() {
        return writing;
    }

    @Override
    public void onOpen(CoreSession opened, Callback callback) {
        core = opened;
        callback.succeeded();
        if (over.get()) {
            opened.abort();
        } else {
            session.opened();
        }
    }

    /** Asks for its next frame. */
    void demand() {
        CoreSession current = core;
        if (current != null && current.isInputOpen()) {
            current.demand();
        }
    }

    @Override
    public void onFrame(Frame frame, Callback callback) {
        if (frame.getOpCode() == OpCode.CLOSE) {
            // Jetty answers it when it has been passed on.
            int code = CloseStatus.getCloseStatus(frame).getCode();
            session.ends(new SessionEnd(side, SessionEnd.Cause.CLOSED, code));
            session.other(this).send(frame, Callback.from(callback::succeeded, failure -> callback.succeeded()));
            return;
        }
        session.came();
        if (frame.isDataFrame()) {
            CloseException violation = check.accept(frame);
            if (violation != null) {
                callback.failed(violation);
                return;
            }
            if (!session.passes(side, payload(frame), frame.isFin())) {
                taken(callback);
                return;
            }
        }
        session.other(this).send(frame, Callback.from(() -> taken(callback), failure -> taken(callback)));
    }

    /** What the other side has closed its ears to is dropped: it still has to hear that this one closes. */
    private void taken(Callback callback) {
        callback.succeeded();
        demand();
    }

    private void send(Frame frame, Callback callback) {
        CoreSession current = core;
        if (current == null) {
            callback.failed(new IllegalStateException("not open"));
            return;
        }
        writing = System.nanoTime();
        Callback written = Callback.from(() -> writing = 0, callback);
        Frame copy = new Frame(frame.getOpCode(), frame.isFin(), payload(frame));
        current.sendFrame(copy, written, false);
    }

    private static ByteBuffer payload(Frame frame) {
        ByteBuffer payload = frame.getPayload();
        return payload == null ? NOTHING : payload.slice();
    }

    /** Says that the session is over. */
    void close(int code, String reason) {
        CoreSession current = core;
        if (current != null && current.isOutputOpen()) {
            current.close(code, reason, Callback.NOOP);
        }
    }

    /** Ends the connection as it is. */
    void abort() {
        if (core == null) {
            over(CloseStatus.NO_CLOSE_STATUS);
        }
        // It may have opened meanwhile.
        CoreSession current = core;
        if (current != null) {
            current.abort();
        }
    }

    @Override
    public void onError(Throwable cause, Callback callback) {
        callback.succeeded();
    }

    @Override
    public void onClosed(CloseStatus status, Callback callback) {
        callback.succeeded();
        over(status);
    }

    private void over(CloseStatus status) {
        if (over.compareAndSet(false, true)) {
            session.over(this, status);
        }
    }
}
