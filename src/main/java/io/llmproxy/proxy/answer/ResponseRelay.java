package io.llmproxy.proxy.answer;

import io.llmproxy.jetty.container.JettyReset;
import io.llmproxy.jetty.loop.Turn;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.UpstreamFailure;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.passage.EndingContent;
import io.llmproxy.proxy.passage.EventStreams;
import io.llmproxy.proxy.request.ContainerSide;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves the pieces of an answer to the client: each is written and flushed as it comes, and the next is asked for when the
 * client has taken it, so that a slow client slows its upstream down and costs one piece of memory.
 *
 * <p>Whatever happens (a piece is there, the client can take more, a heartbeat is due, it is over) is a signal. The thread
 * that finds the relay idle acts on it; one that finds it busy leaves its signal for the other to act on. So the fields
 * below need no lock: at any time they belong to one thread.
 */
public final class ResponseRelay implements WriteListener, Invocable.Task {
    private static final Logger LOG = LoggerFactory.getLogger(ResponseRelay.class);
    private static final int BUSY = 1;
    private static final int ATTACHED = 1 << 1;
    private static final int UPSTREAM_READY = 1 << 2;
    private static final int CLIENT_READY = 1 << 3;
    private static final int HEARTBEAT_DUE = 1 << 4;
    private static final int CLOSED = 1 << 5;
    private static final int ABANDONED = 1 << 6;
    private static final int TURN_COME = 1 << 7;
    private static final int READ_ON = 1 << 8;

    /** Bytes; usage takes far less. */
    private static final int LONGEST_READ_ON = 64 * 1024;

    private final AtomicInteger signals = new AtomicInteger();
    private final Exchange exchange;
    private final ContainerSide container;
    private final ServletOutputStream output;
    private final Turn turn = new Turn();
    private final Owner owner;
    private final byte[] heartbeat;

    private volatile Content.@Nullable Source attached;
    private volatile Content.@Nullable Chunk arrived;
    private Content.@Nullable Source content;
    private Content.@Nullable Chunk held;
    private @Nullable AnswerWatch watch;
    private @Nullable UpstreamFailure failure;
    private boolean listening;
    private boolean called;
    private boolean blocked = true;
    private boolean pending;
    private boolean unflushed = true;
    private boolean flushed;
    private boolean heartbeatDue;
    private boolean ended;
    private boolean closed;
    private boolean clientTold;
    private boolean writeFailed;
    /** Whether the client has got what tells it that the model has stopped. */
    private volatile boolean stopped;

    /** Whether the client has left, and what may follow is read without it. */
    private volatile boolean readingOn;

    private volatile long readingOnSince;
    private volatile boolean readsLittle;
    private volatile boolean containerStops;
    private long readOn;
    private volatile boolean demanded;
    private volatile boolean stuck;
    private volatile long lastPiece;
    private volatile long lastWrite;

    /** Is told how it went. */
    public interface Owner {
        /**
         * The client has taken the whole answer, or all of it that it will get.
         *
         * @param failed whether the answer itself was an error, or had no good end
         */
        void relayed(boolean failed);

        /** The answer broke off; the relay goes on to tell the client, and calls {@link #relayed} when it has. */
        void cut(UpstreamFailure failure);

        /** The client has left. */
        void clientGone();

        /**
         * What was to be read after the client had left has been read.
         *
         * @param whole whether the answer has come to its end
         */
        void readOn(boolean whole);
    }

    /**
     * What the container tells of the exchange. WildFly takes each class that listens for a component that it has to make itself, and
     * warns that it cannot: so there is no class.
     */
    @FunctionalInterface
    private interface ContainerEvents extends AsyncListener {
        /** The relay of the exchange. */
        ResponseRelay relay();

        @Override
        default void onStartAsync(AsyncEvent event) {}

        @Override
        default void onComplete(AsyncEvent event) {
            relay().container.handBack(async -> {});
        }

        @Override
        default void onError(AsyncEvent event) {
            relay().gone();
        }

        @Override
        default void onTimeout(AsyncEvent event) {
            relay().timedOut();
        }
    }

    public ResponseRelay(Exchange exchange, ContainerSide container, Owner owner) throws IOException {
        this.exchange = exchange;
        this.container = container;
        this.owner = owner;
        this.heartbeat = exchange.dialect().heartbeat(exchange.asked());
        this.output = exchange.clientResponse().getOutputStream();
    }

    /**
     * Lets the container say when the client can take something. Where WebSocket is asked for, it is not known yet whether this relay
     * has anything to say, and a container takes one listener only.
     */
    public void open(AsyncContext async) {
        ContainerEvents events = () -> this;
        async.addListener(events);
        JettyReset.listen(exchange.clientRequest(), this::reset);
        if (exchange.webSocket() == null) {
            listen();
        }
    }

    private void listen() {
        listening = true;
        output.setWriteListener(this);
    }

    /**
     * Begins to move an answer, whose head is written already.
     *
     * @param answer what to move
     * @param first what was read of it already, or null
     */
    public void relay(Content.Source answer, Content.@Nullable Chunk first) {
        arrived = first == null ? answer.read() : first;
        lastPiece = System.nanoTime();
        lastWrite = lastPiece;
        // The last of these: the thread that sees it reads on from there.
        attached = answer;
        signal(ATTACHED);
    }

    /** Whether the client is given an answer, be it the gateway's own. */
    public boolean isAttached() {
        return attached != null;
    }

    /** Whether the relay waits for the upstream, not for the client. */
    public boolean isAwaitingUpstream() {
        return demanded;
    }

    /** When the upstream last sent something, in nanoseconds. */
    public long lastPiece() {
        return lastPiece;
    }

    /** Whether the client lacks nothing but what the upstream may say after the model has stopped. */
    public boolean isEnding() {
        return attached instanceof EndingContent content && content.isEnding();
    }

    /**
     * Reads on without the client, which has left, if the model had stopped before: nothing is generated for that any more, and
     * what it has taken may be told only now. Else a client could have answers for nothing by leaving just before their end.
     *
     * @param drains whether it does so wherever the client has left, and to the end
     * @return whether it does, and tells when it is done; false if there is nothing more to learn
     */
    public boolean readOn(boolean drains) {
        boolean over = stopped || isEnding();
        boolean done = containerStops || (drains ? attached == null : !over);
        if (done || readingOn) {
            return !done;
        }
        readsLittle = over;
        readingOnSince = System.nanoTime();
        readingOn = true;
        signal(READ_ON);
        return true;
    }

    /** Whether it reads without the client. */
    public boolean isReadingOn() {
        return readingOn;
    }

    /** Whether the model had stopped before the client left, so that little can follow. */
    public boolean isReadingLittle() {
        return readsLittle;
    }

    /** Since when it reads without the client, in nanoseconds. */
    public long readingOnSince() {
        return readingOnSince;
    }

    /** When the client was last sent something, in nanoseconds. */
    public long lastWrite() {
        return lastWrite;
    }

    /** Whether there is a sign of life that the client will not take for a part of the answer. */
    public boolean hasHeartbeat() {
        return heartbeat.length > 0;
    }

    /** Asks for a sign of life, if it can be given now. Where there is none, a client that has left is found out by it. */
    public void heartbeat() {
        signal(HEARTBEAT_DUE);
    }

    /** Whether the client does not take what is there for it. */
    public boolean isAwaitingClient() {
        return stuck;
    }

    /** Gives up on a client that takes too long. */
    public void abandon() {
        signal(ABANDONED);
    }

    /** Gives the client's connection back to the container. */
    public void close() {
        signal(CLOSED);
    }

    /**
     * The upstream has sent something: the callback of a demand. It is read here, whatever passes it on, as Jetty keeps its own
     * threads away from an answer during this callback, but not during a read elsewhere.
     */
    @Override
    public void run() {
        Content.Source answer = attached;
        if (answer != null) {
            // What has come need not be anything that the client gets to see.
            lastPiece = System.nanoTime();
            arrived = answer.read();
        }
        signal(UPSTREAM_READY);
    }

    /** The thread that has read a piece also writes it: neither blocks, and a hand-over would cost more than the work. */
    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }

    @Override
    public void onWritePossible() {
        called = true;
        signal(CLIENT_READY);
    }

    private void signal(int what) {
        int before = signals.getAndAccumulate(what | BUSY, (a, b) -> a | b);
        if ((before & BUSY) != 0) {
            return;
        }
        do {
            int signalled = signals.getAndSet(BUSY);
            if (readingOn) {
                tryReadOn(signalled);
            } else {
                container.touch(() -> act(signalled));
            }
            if (!readingOn && container.isHandedBack()) {
                releaseAll();
            }
        } while (!signals.compareAndSet(BUSY, 0));
    }

    private void tryReadOn(int signalled) {
        try {
            readOn(signalled);
        } catch (RuntimeException e) {
            LOG.error("{}: could not read on", exchange.id(), e);
            if (readingOn) {
                hasReadOn(false);
            }
        }
    }

    /** What comes is measured as it is read, and goes nowhere. What was written before is the container's until it gives it back. */
    private void readOn(int signalled) {
        Content.Source source = content == null ? attached : content;
        if (source == null || closed || (signalled & CLOSED) != 0) {
            readingOn = false;
            container.touch(() -> act(CLOSED));
            return;
        }
        content = source;
        if ((signalled & UPSTREAM_READY) != 0) {
            demanded = false;
        }
        if ((signalled & TURN_COME) != 0) {
            source.demand(this);
        }
        if (ended || failure != null) {
            hasReadOn(ended);
        }
        while (readingOn && !demanded) {
            Content.Chunk chunk = arrived;
            arrived = null;
            if (chunk == null) {
                demand(source);
            } else {
                skip(chunk);
            }
        }
    }

    private void skip(Content.Chunk chunk) {
        boolean last = chunk.isLast();
        boolean whole = last && !Content.Chunk.isFailure(chunk);
        int length = chunk.remaining();
        readOn += length;
        chunk.release();
        turn.pass(length);
        if (last || (readsLittle && readOn > LONGEST_READ_ON)) {
            hasReadOn(whole);
        }
    }

    private void hasReadOn(boolean whole) {
        readingOn = false;
        owner.readOn(whole);
    }

    private @Nullable Void act(int signalled) {
        if ((signalled & ATTACHED) != 0) {
            begin();
        }
        if ((signalled & UPSTREAM_READY) != 0) {
            demanded = false;
        }
        blocked &= (signalled & CLIENT_READY) == 0;
        if ((signalled & TURN_COME) != 0 && content != null && !closed) {
            content.demand(this);
        }
        heartbeatDue = (signalled & HEARTBEAT_DUE) != 0;
        if ((signalled & CLOSED) != 0) {
            complete();
        }
        if ((signalled & ABANDONED) != 0) {
            UpstreamFailure slow = new UpstreamFailure(ProxyError.CLIENT_TOO_SLOW);
            owner.cut(slow);
            abort(slow.error());
        }
        // Open Liberty lets a thread write only when it has asked by itself whether it may.
        pending = true;
        try {
            boolean going = true;
            while (going && !closed && !blocked && content != null) {
                going = advance(content);
            }
        } catch (IOException | RuntimeException e) {
            LOG.debug("{}: the client's connection is gone", exchange.id(), e);
            blocked = true;
            writeFailed = e instanceof IOException;
            owner.clientGone();
        }
        return null;
    }

    private void begin() {
        content = attached;
        ended = false;
        watch = AnswerWatch.of(exchange);
        if (!listening) {
            listen();
        }
    }

    /** Takes one step; false if there is none to take until the next signal. */
    private boolean advance(Content.Source source) throws IOException {
        if (pending) {
            return awaitClient();
        }
        if (failure != null) {
            return breakOff(failure);
        }
        if (ended) {
            return finish();
        }
        if (demanded) {
            return idle();
        }
        Content.Chunk chunk = arrived;
        arrived = null;
        if (chunk == null) {
            demand(source);
        } else if (Content.Chunk.isFailure(chunk)) {
            fail(UpstreamFailure.of(chunk.getFailure(), UpstreamFailure.Progress.SENDING));
        } else {
            take(chunk);
        }
        return true;
    }

    private void demand(Content.Source source) {
        demanded = true;
        if (turn.isOver()) {
            turn.giveWay(() -> signal(TURN_COME));
        } else {
            source.demand(this);
        }
    }

    /** The upstream has closed the answer in order; whether it had come to its end is another matter. */
    private boolean finish() throws IOException {
        AnswerWatch seen = watch;
        if (seen != null && seen.isIncomplete() && !clientTold) {
            fail(new UpstreamFailure(ProxyError.RESET));
            return true;
        }
        blocked = true;
        owner.relayed(seen != null && seen.isError());
        return false;
    }

    /** What was written belongs to the container until it says that it is ready for more. */
    private boolean awaitClient() {
        if (!output.isReady()) {
            blocked = true;
            stuck = true;
            return false;
        }
        stuck = false;
        pending = false;
        releaseHeld();
        return true;
    }

    /** Nothing is there from the upstream: now is the time to flush. */
    private boolean idle() throws IOException {
        if ((signals.get() & UPSTREAM_READY) != 0) {
            return false;
        }
        if (unflushed) {
            flush();
            return true;
        }
        if (heartbeatDue && watch != null && watch.isBetweenEvents()) {
            heartbeatDue = false;
            write(ByteBuffer.wrap(heartbeat.length == 0 ? EventStreams.PROBE : heartbeat));
            return true;
        }
        return false;
    }

    private void take(Content.Chunk chunk) throws IOException {
        lastPiece = System.nanoTime();
        held = chunk;
        ended = chunk.isLast();
        if (chunk.hasRemaining()) {
            write(chunk.getByteBuffer());
        } else {
            releaseHeld();
        }
    }

    private void write(ByteBuffer piece) throws IOException {
        byte[] bytes;
        int offset = 0;
        int length = piece.remaining();
        if (piece.hasArray()) {
            bytes = piece.array();
            offset = piece.arrayOffset() + piece.position();
        } else {
            bytes = new byte[length];
            piece.get(bytes);
        }
        if (watch != null) {
            watch.scan(bytes, offset, length);
            if (!stopped && watch.hasStopped()) {
                stopped = true;
            }
        }
        pending = true;
        unflushed = true;
        lastWrite = System.nanoTime();
        output.write(bytes, offset, length);
        exchange.relayed(bytes, offset, length);
        turn.pass(length);
    }

    private void releaseHeld() {
        if (held != null) {
            held.release();
            held = null;
        }
    }

    /** Nothing will be passed on any more. */
    private void releaseAll() {
        releaseHeld();
        Content.Chunk unread = arrived;
        if (unread != null) {
            arrived = null;
            unread.release();
        }
    }

    private void fail(UpstreamFailure because) {
        failure = because;
        owner.cut(because);
    }

    /** Open Liberty ignores the first flush of an answer, so that it takes two. */
    private void flush() throws IOException {
        pending = true;
        output.flush();
        unflushed = !flushed;
        flushed = true;
    }

    /** Ends the answer so that no client takes it for a whole one. What came before it is sent first. */
    private boolean breakOff(UpstreamFailure because) throws IOException {
        AnswerWatch seen = watch;
        if (seen != null && seen.isEventStream()) {
            failure = null;
            exchange.cut(because.error());
            ended = true;
            clientTold = true;
            byte[] written = because.event();
            byte[] event = written == null ? ErrorAnswer.event(exchange, because.error()) : written;
            write(ByteBuffer.wrap(seen.isBetweenEvents() ? event : EventStreams.onNewLine(event)));
            return true;
        }
        if (unflushed) {
            // A container answers what breaks off before it has sent anything with a page of its own.
            flush();
            return true;
        }
        abort(because.error());
        return false;
    }

    /** Ends the client's connection, so that what was sent is not taken for the whole answer. */
    private void abort(ProxyError because) {
        if (!closed) {
            closed = true;
            exchange.cut(because);
            releaseAll();
            container.handBack(exchange::abort);
            owner.relayed(true);
        }
    }

    /** After a write has failed the container will say so, and the end is made then. */
    private void complete() {
        if (!closed) {
            closed = true;
            releaseAll();
            if (!writeFailed) {
                container.complete(called);
            }
        }
    }

    private void gone() {
        owner.clientGone();
        container.handBack(AsyncContext::complete);
    }

    /** Told beside an error, which may have ended the exchange already. */
    private void reset() {
        if (!container.isHandedBack()) {
            gone();
        }
    }

    @Override
    public void onError(Throwable failure) {
        gone();
    }

    private void timedOut() {
        // We have set no limit: it is a container that stops and waits no longer.
        exchange.cut(ProxyError.SHUTTING_DOWN);
        containerStops = true;
        // Before the exchange ends as if the client had left, or the client could still be told that it did.
        container.handBack(exchange::abort);
        owner.clientGone();
    }
}
