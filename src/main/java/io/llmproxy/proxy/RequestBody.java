package io.llmproxy.proxy;

import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.jetty.loop.Turn;
import io.llmproxy.protocol.ContentCoding;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * The body of a client's request. It is collected without blocking, up to a limit, so that it can be sent to more than
 * one upstream; what lies beyond the limit flows through as the upstream takes it, and can be sent once only.
 */
final class RequestBody implements ReadListener {
    private static final int FIRST_SEGMENT = 4 * 1024;
    private static final int LARGEST_SEGMENT = 64 * 1024;
    private static final int PIECE = 16 * 1024;

    private final ServletInputStream input;
    private final Turn turn = new Turn();
    private final ContainerSide container;
    private final Owner owner;
    private final long length;
    private final boolean compressed;
    private final long maxBody;
    private final long replayLimit;
    private final BufferBudget budget;
    private final AtomicBoolean settled = new AtomicBoolean();
    private final AtomicLong reserved = new AtomicLong();
    private final AtomicReference<@Nullable Runnable> demand = new AtomicReference<>();

    /** Replaced when it is released: a container may hold on to the exchange long after its answer. */
    private volatile List<ByteBuffer> collected = new ArrayList<>(1);

    /** What was collected as it was before the client compressed it, or null until it is asked for. */
    private volatile @Nullable List<ByteBuffer> decoded;

    private @Nullable ByteBuffer segment;
    private long count;
    private volatile boolean whole;
    private volatile boolean released;
    private volatile boolean readable;
    private volatile boolean finished;
    private volatile @Nullable UpstreamFailure failure;
    private volatile long began = System.nanoTime();
    private volatile long lastActivity = began;
    private volatile long received;

    /** Who waits for the body. Exactly one of the first two is called, and only once. */
    interface Owner {
        /** The body can be sent: it is there as a whole, or at least as much of it as is kept. */
        void bodyReady();

        /** The body will never be whole. */
        void bodyRefused(ProxyError error);

        /** The client failed to send the rest of a body that is on its way to the upstream. */
        void bodyBroken(UpstreamFailure failure);
    }

    RequestBody(HttpServletRequest request, Forward forward, BufferBudget budget, ContainerSide container, Owner owner)
            throws IOException {
        this.budget = budget;
        this.container = container;
        this.input = request.getInputStream();
        this.owner = owner;
        this.length = request.getContentLengthLong();
        this.compressed = request.getHeader("Content-Encoding") != null;
        this.maxBody = forward.config().maxBody();
        this.replayLimit = forward.config().replayBuffer();
    }

    /** Begins to collect; the owner hears of the result, perhaps before this method returns. */
    void collect() {
        began = System.nanoTime();
        lastActivity = began;
        if (length == 0) {
            whole();
        } else if (!collectThere()) {
            input.setReadListener(this);
        }
    }

    /** Reads what has come with the head: true if that was all. A container then has no reason to call back. */
    private boolean collectThere() {
        if (length < 0 || length > Math.min(maxBody, replayLimit)) {
            return false;
        }
        try {
            while (!settled.get() && !turn.isOver() && input.available() > 0) {
                collectPiece();
            }
        } catch (IOException e) {
            onError(e);
        }
        return settled.get();
    }

    /** Whether the rest of the body is still to come while the request is on its way to the upstream. */
    boolean isFlowing() {
        return settled.get() && !whole && !finished;
    }

    /** When the client, or the upstream that takes the body, did something last, in nanoseconds. */
    long lastActivity() {
        return lastActivity;
    }

    /** Whether the rest of the body is wanted and the client does not send it. */
    boolean isAwaitingClient() {
        return !settled.get() || (demand.get() != null && !readable);
    }

    /**
     * Whether a client that sends too little at a time to be of any use keeps what was collected of its body.
     *
     * @param grace how long it may do so in any case
     * @param bytesPerSecond what it has to send on average after that
     * @param now the time in nanoseconds
     */
    boolean isTooSlow(Duration grace, int bytesPerSecond, long now) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(now - began - grace.toNanos());
        return !settled.get() && seconds > 0 && received < seconds * bytesPerSecond;
    }

    /** Frees the memory: the body will not be sent again. */
    void release() {
        released = true;
        collected = new ArrayList<>(0);
        decoded = null;
        budget.release(reserved.getAndSet(0));
    }

    /** Gives up on a client that is too slow. */
    void expire() {
        if (settled.compareAndSet(false, true)) {
            owner.bodyRefused(ProxyError.CLIENT_TIMEOUT);
        } else {
            broken(new UpstreamFailure(ProxyError.CLIENT_TIMEOUT));
        }
    }

    /** Whether all of it was collected. */
    boolean isWhole() {
        return whole;
    }

    /** Whether it takes a while to look into what was collected. */
    boolean isLarge() {
        return count > LARGEST_SEGMENT || compressed;
    }

    /** Whether it is known to have no bytes. */
    boolean isEmpty() {
        return whole && count == 0;
    }

    /** How many bytes have come. */
    long received() {
        return received;
    }

    /** What was collected, as it was before it was compressed; null if that is not known. */
    @Nullable List<ByteBuffer> legible() {
        if (!whole) {
            return null;
        }
        return decoded == null && !compressed ? collected : decoded;
    }

    /** What was collected. */
    List<ByteBuffer> collected() {
        List<ByteBuffer> pieces = new ArrayList<>(collected.size());
        for (ByteBuffer piece : collected) {
            pieces.add(piece.duplicate());
        }
        return pieces;
    }

    /**
     * Decompresses what was collected, and keeps both.
     *
     * @return what it was before the client compressed it, or why that cannot be told
     */
    DecodedBody decode(ContentCoding coding) {
        DecodedBody read = DecodedBody.of(coding, collected, replayLimit, budget);
        reserved.addAndGet(read.reserved());
        decoded = read.pieces();
        if (released) {
            release();
        }
        return read;
    }

    /**
     * Returns the content for an upstream request, or null if there is none. A body that flows has only one.
     *
     * @param edit what changes in a body that was collected as a whole, and decompressed if it was compressed; null if it
     *     goes as it came
     */
    Request.@Nullable Content content(@Nullable UnaryOperator<List<ByteBuffer>> edit) {
        if (!whole) {
            return new Flow();
        }
        if (count == 0) {
            return null;
        }
        List<ByteBuffer> plain = decoded;
        return new Whole(edit == null ? collected() : edit.apply(plain == null ? collected() : plain));
    }

    /**
     * Returns all of a body that was collected as a whole, as it was before it was compressed.
     *
     * @param coding the request's {@code Content-Encoding}, or null
     * @throws ConversionException if it cannot be decompressed
     */
    byte[] plain(@Nullable String coding) {
        List<ByteBuffer> pieces = decoded;
        if (pieces == null
                && coding != null
                && !coding.isBlank()
                && !coding.strip().equalsIgnoreCase("identity")) {
            ContentCoding known = ContentCoding.of(coding);
            if (known == null) {
                throw ConversionException.invalid(
                        "", "The Content-Encoding is not known (expected: gzip, deflate, zstd).");
            }
            DecodedBody read = decode(known);
            if (read.refusal() != null) {
                throw ConversionException.invalid("", read.refusal().message());
            }
            pieces = read.pieces();
        }
        List<ByteBuffer> all = pieces == null ? collected() : pieces;
        ByteBuffer whole =
                ByteBuffer.allocate(all.stream().mapToInt(ByteBuffer::remaining).sum());
        all.forEach(piece -> whole.put(piece.duplicate()));
        return whole.array();
    }

    /** Whether {@link #content} can be had again for another attempt. */
    boolean isRepeatable() {
        return whole && !released;
    }

    @Override
    public void onDataAvailable() throws IOException {
        lastActivity = System.nanoTime();
        if (settled.get()) {
            readable = true;
            runDemand();
        } else {
            collectAvailable();
        }
    }

    private void collectAvailable() throws IOException {
        while (!settled.get() && input.isReady()) {
            if (turn.isOver()) {
                turn.giveWay(this::goOnCollecting);
                return;
            }
            collectPiece();
        }
    }

    private void collectPiece() throws IOException {
        if (!hasRoom()) {
            refuse(ProxyError.OVERLOADED);
            return;
        }
        int read = input.isFinished() ? -1 : readInto(Objects.requireNonNull(segment));
        if (read < 0 || count == length) {
            whole();
        } else if (count > maxBody) {
            refuse(ProxyError.BODY_TOO_LARGE);
        } else if (count >= replayLimit && settled.compareAndSet(false, true)) {
            readable = true;
            flipSegment();
            owner.bodyReady();
        }
    }

    private void goOnCollecting() {
        container.touch(() -> {
            try {
                collectAvailable();
            } catch (IOException e) {
                onError(e);
            }
            return null;
        });
    }

    private int readInto(ByteBuffer target) throws IOException {
        int read = input.read(target.array(), target.arrayOffset() + target.position(), target.remaining());
        if (read > 0) {
            target.position(target.position() + read);
            count += read;
            received = count;
            turn.pass(read);
        }
        return read;
    }

    /** Sees to it that there is something to read into: as large as what is known to come, or ever larger. */
    private boolean hasRoom() {
        if (segment != null && segment.hasRemaining()) {
            return true;
        }
        flipSegment();
        long wanted = length > 0 ? length - count : Math.max(FIRST_SEGMENT, count);
        int size = (int) Math.min(wanted, LARGEST_SEGMENT);
        if (!budget.tryReserve(size)) {
            return false;
        }
        reserved.addAndGet(size);
        segment = ByteBuffer.allocate(size);
        return true;
    }

    private void flipSegment() {
        if (segment != null) {
            collected.add(segment.flip());
            segment = null;
        }
    }

    private void whole() {
        if (isShort()) {
            refuse(ProxyError.INVALID_REQUEST);
        } else if (settled.compareAndSet(false, true)) {
            flipSegment();
            whole = true;
            owner.bodyReady();
        }
    }

    /** Whether less has come than was said, which not all containers find. */
    private boolean isShort() {
        return count < length;
    }

    /** Collects no more of it, if it is still being collected. */
    void refuse(ProxyError error) {
        if (settled.compareAndSet(false, true)) {
            owner.bodyRefused(error);
        }
    }

    @Override
    public void onAllDataRead() {
        if (settled.get()) {
            finished = true;
            runDemand();
        } else {
            whole();
        }
    }

    @Override
    public void onError(Throwable cause) {
        boolean slow = cause instanceof java.util.concurrent.TimeoutException
                || cause instanceof java.net.SocketTimeoutException;
        if (!settled.get() && input.isFinished()) {
            // The client has closed its half of the connection, and that right behind the last of the body.
            whole();
            return;
        }
        ProxyError error = slow ? ProxyError.CLIENT_TIMEOUT : ProxyError.INVALID_REQUEST;
        if (settled.compareAndSet(false, true)) {
            owner.bodyRefused(error);
        } else {
            broken(new UpstreamFailure(error));
        }
    }

    private void broken(UpstreamFailure because) {
        if (!whole && failure == null) {
            failure = because;
            owner.bodyBroken(because);
            runDemand();
        }
    }

    private void runDemand() {
        Runnable waiting = demand.getAndSet(null);
        if (waiting != null) {
            waiting.run();
        }
    }

    /** All of the body. Jetty holds on to it until the answer ends, so what has been sent is forgotten. */
    private static final class Whole implements Request.Content {
        private final Deque<ByteBuffer> unsent;
        private final long length;
        private volatile @Nullable Throwable failed;

        Whole(List<ByteBuffer> pieces) {
            this.unsent = new ArrayDeque<>(pieces);
            this.length = pieces.stream().mapToLong(ByteBuffer::remaining).sum();
        }

        @Override
        public long getLength() {
            return length;
        }

        @Override
        public Content.Chunk read() {
            Throwable cause = failed;
            if (cause != null) {
                return Content.Chunk.from(cause, true);
            }
            ByteBuffer next = unsent.poll();
            return next == null ? Content.Chunk.EOF : Content.Chunk.from(next, unsent.isEmpty());
        }

        @Override
        public void demand(Runnable callback) {
            callback.run();
        }

        /** What is sent must not look as if it ended here. */
        @Override
        public void fail(Throwable cause) {
            failed = cause;
        }
    }

    /** What was collected, then what the client goes on to send. */
    private final class Flow implements Request.Content {
        private final List<ByteBuffer> beginning = collected;

        /** What the upstream has taken is read into again. */
        private final AtomicReference<@Nullable ByteBuffer> spare = new AtomicReference<>();

        private int next;

        @Override
        public long getLength() {
            return length;
        }

        @Override
        public Content.@Nullable Chunk read() {
            if (turn.isOver()) {
                return null;
            }
            if (next == beginning.size()) {
                return container.touch(this::readAvailable);
            }
            ByteBuffer piece = beginning.get(next++).duplicate();
            turn.pass(piece.remaining());
            return Content.Chunk.from(piece, false);
        }

        @Override
        public void demand(Runnable callback) {
            if (!demand.compareAndSet(null, callback)) {
                throw new IllegalStateException("demanded twice");
            }
            if (turn.isOver()) {
                turn.giveWay(this::serve);
            } else {
                serve();
            }
        }

        private void serve() {
            if (readable || finished || failure != null || next < beginning.size()) {
                runDemand();
            }
        }

        @Override
        public void fail(Throwable cause) {
            demand.set(null);
        }

        /** Reads what the client has sent by now; null if that is nothing. */
        private Content.@Nullable Chunk readAvailable() {
            UpstreamFailure broken = failure;
            if (broken != null) {
                return Content.Chunk.from(broken, true);
            }
            if (finished || input.isFinished()) {
                finished = true;
                return end();
            }
            if (!readable) {
                return null;
            }
            readable = false;
            if (!input.isReady()) {
                return null;
            }
            readable = true;
            return readPiece();
        }

        private Content.Chunk end() {
            if (!isShort()) {
                return Content.Chunk.EOF;
            }
            UpstreamFailure tooShort = new UpstreamFailure(ProxyError.INVALID_REQUEST);
            broken(tooShort);
            return Content.Chunk.from(tooShort, true);
        }

        private Content.Chunk readPiece() {
            lastActivity = System.nanoTime();
            ByteBuffer unused = spare.getAndSet(null);
            ByteBuffer piece = unused == null ? ByteBuffer.allocate(PIECE) : unused;
            try {
                int read = readInto(piece);
                finished = read < 0 || count == length;
                if (read < 0 && isShort()) {
                    return end();
                }
            } catch (IOException e) {
                onError(e);
                return Content.Chunk.from(new UpstreamFailure(ProxyError.INVALID_REQUEST), true);
            }
            if (count > maxBody) {
                UpstreamFailure tooLarge = new UpstreamFailure(ProxyError.BODY_TOO_LARGE);
                broken(tooLarge);
                return Content.Chunk.from(tooLarge, true);
            }
            return Content.Chunk.from(piece.flip(), finished, () -> spare.set(piece.clear()));
        }
    }
}
