package io.llmproxy.proxy.body;

import io.llmproxy.config.ForwardConfig;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.protocol.ContentCoding;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.UpstreamFailure;
import io.llmproxy.proxy.request.ContainerSide;
import jakarta.servlet.ReadListener;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.eclipse.jetty.client.Request;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The body of a client's request. It is collected without blocking, up to a limit, so that it can be sent to more than
 * one upstream; what lies beyond the limit flows through as the upstream takes it, and can be sent once only.
 */
public final class RequestBody implements ReadListener {
    private static final Logger LOG = LoggerFactory.getLogger(RequestBody.class);

    private final BodyInput input;
    private final BodyBuffer buffer;
    private final ContainerSide container;
    private final Owner owner;
    private final boolean compressed;
    private final long maxBody;
    private final AtomicBoolean settled = new AtomicBoolean();
    private volatile boolean whole;

    /** What is sent of a body that is too large to be kept, else null. Set before the body is settled. */
    private volatile @Nullable FlowingContent flow;

    /** Waits for the body. Exactly one of the first two is called, and only once. */
    public interface Owner {
        /** The body can be sent: it is there as a whole, or at least as much of it as is kept. */
        void bodyReady();

        /** The body will never be whole. */
        void bodyRefused(ProxyError error);

        /** The client failed to send the rest of a body that is on its way to the upstream. */
        void bodyBroken(UpstreamFailure failure);
    }

    public RequestBody(
            HttpServletRequest request, ForwardConfig config, BufferBudget budget, ContainerSide container, Owner owner)
            throws IOException {
        this.container = container;
        this.owner = owner;
        this.input = new BodyInput(request.getInputStream(), request.getContentLengthLong());
        this.compressed = request.getHeader("Content-Encoding") != null;
        this.maxBody = config.maxBody();
        this.buffer = new BodyBuffer(budget, config.replayBuffer());
    }

    /** Begins to collect; the owner hears of the result, perhaps before this method returns. */
    public void collect() {
        input.begin();
        if (input.length() == 0) {
            whole();
        } else if (!collectThere()) {
            input.stream().setReadListener(this);
        }
    }

    /** Leaves the client's connection unread, as there is no body on it; the owner hears so before this method returns. */
    public void leave() {
        whole();
    }

    /** Reads what has come with the head: true if that was all. A container then has no reason to call back. */
    private boolean collectThere() {
        if (input.length() < 0 || input.length() > Math.min(maxBody, buffer.limit())) {
            return false;
        }
        try {
            while (!settled.get() && !input.turn().isOver() && input.stream().available() > 0) {
                collectPiece();
            }
        } catch (IOException e) {
            onError(e);
        }
        return settled.get();
    }

    /** Whether the rest of the body is still to come while the request is on its way to the upstream. */
    public boolean isFlowing() {
        if (!settled.get() || whole) {
            return false;
        }
        FlowingContent flowing = flow;
        return flowing == null || !flowing.isFinished();
    }

    /** When the client, or the upstream that takes the body, did something last, in nanoseconds. */
    public long lastActivity() {
        return input.lastActivity();
    }

    /** Whether the rest of the body is wanted and the client does not send it. */
    public boolean isAwaitingClient() {
        if (!settled.get()) {
            return true;
        }
        FlowingContent flowing = flow;
        return flowing != null && flowing.isAwaitingClient();
    }

    /**
     * Whether a client that sends too little at a time to be of any use keeps what was collected of its body.
     *
     * @param grace how long it may do so in any case
     * @param bytesPerSecond what it has to send on average after that
     * @param now the time in nanoseconds
     */
    public boolean isTooSlow(Duration grace, int bytesPerSecond, long now) {
        return !settled.get() && input.isTooSlow(grace, bytesPerSecond, now);
    }

    /** Frees the memory: the body will not be sent again. */
    public void release() {
        buffer.release();
    }

    /** Gives up on a client that is too slow. */
    public void expire() {
        fail(ProxyError.CLIENT_TIMEOUT);
    }

    /** Whether all of it was collected. */
    public boolean isWhole() {
        return whole;
    }

    /** Whether it takes a while to look into what was collected. */
    public boolean isLarge() {
        return BodyBuffer.isLarge(input.count()) || compressed;
    }

    /** Whether it is known to have no bytes. */
    public boolean isEmpty() {
        return whole && input.count() == 0;
    }

    /** How many bytes have come. */
    public long received() {
        return input.received();
    }

    /** What was collected, as it was before it was compressed; null if that is not known. */
    public @Nullable List<ByteBuffer> legible() {
        return whole ? buffer.legible(compressed) : null;
    }

    /** What was collected. */
    public List<ByteBuffer> collected() {
        return buffer.collected();
    }

    /**
     * Decompresses what was collected, and keeps both.
     *
     * @return what it was before the client compressed it, or why that cannot be told
     */
    public DecodedBody decode(ContentCoding coding) {
        return buffer.decode(coding);
    }

    /**
     * Returns the content for an upstream request, or null if there is none. A body that flows has only one.
     *
     * @param edit what changes in a body that was collected as a whole, and decompressed if it was compressed; null if it
     *     goes as it came
     */
    public Request.@Nullable Content content(@Nullable UnaryOperator<List<ByteBuffer>> edit) {
        if (!whole) {
            return flow;
        }
        if (input.count() == 0) {
            return null;
        }
        return new KeptContent(edit == null ? buffer.collected() : edit.apply(buffer.plainest()));
    }

    /**
     * Returns all of a body that was collected as a whole, as it was before it was compressed.
     *
     * @param coding the request's {@code Content-Encoding}, or null
     * @throws ConversionException if it cannot be decompressed
     */
    public byte[] plain(@Nullable String coding) {
        return buffer.plain(coding);
    }

    /** Where the memory comes from that it takes. */
    public BufferBudget budget() {
        return buffer.budget();
    }

    /** Whether {@link #content} can be had again for another attempt. */
    public boolean isRepeatable() {
        return whole && !buffer.isReleased();
    }

    @Override
    public void onDataAvailable() throws IOException {
        input.touch();
        if (!settled.get()) {
            collectAvailable();
            return;
        }
        FlowingContent flowing = flow;
        if (flowing != null) {
            flowing.clientSent();
        }
    }

    private void collectAvailable() throws IOException {
        while (!settled.get() && input.stream().isReady()) {
            if (input.turn().isOver()) {
                input.turn().giveWay(this::goOnCollecting);
                return;
            }
            collectPiece();
        }
    }

    private void collectPiece() throws IOException {
        ByteBuffer room = buffer.room(input.length(), input.count());
        if (room == null) {
            refuse(ProxyError.OVERLOADED);
            return;
        }
        int read = input.isAtEnd() ? -1 : input.read(room);
        if (read < 0 || input.isComplete()) {
            whole();
        } else if (input.count() > maxBody) {
            refuse(ProxyError.BODY_TOO_LARGE);
        } else if (input.count() >= buffer.limit()) {
            letFlow();
        }
    }

    /** What was collected is sent now, and the rest as it comes. */
    private void letFlow() {
        buffer.flip();
        flow = new FlowingContent(input, container, buffer.pieces(), maxBody, owner::bodyBroken);
        if (settled.compareAndSet(false, true)) {
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

    private void whole() {
        if (input.isShort()) {
            refuse(ProxyError.INVALID_REQUEST);
        } else if (settled.compareAndSet(false, true)) {
            buffer.flip();
            whole = true;
            owner.bodyReady();
        }
    }

    /** Collects no more of it, if it is still being collected. */
    public void refuse(ProxyError error) {
        if (settled.compareAndSet(false, true)) {
            owner.bodyRefused(error);
        }
    }

    @Override
    public void onAllDataRead() {
        if (!settled.get()) {
            whole();
            return;
        }
        FlowingContent flowing = flow;
        if (flowing != null) {
            flowing.clientFinished();
        }
    }

    @Override
    public void onError(Throwable cause) {
        if (!settled.get() && input.isAtEnd()) {
            // The client has closed its half of the connection, and that right behind the last of the body.
            whole();
        } else {
            LOG.debug("the body of a request could not be read", cause);
            fail(error(cause));
        }
    }

    /** What it means that the rest of a body cannot be read. */
    static ProxyError error(Throwable cause) {
        boolean slow = cause instanceof TimeoutException || cause instanceof SocketTimeoutException;
        return slow ? ProxyError.CLIENT_TIMEOUT : ProxyError.INVALID_REQUEST;
    }

    private void fail(ProxyError error) {
        if (settled.compareAndSet(false, true)) {
            owner.bodyRefused(error);
            return;
        }
        FlowingContent flowing = flow;
        if (flowing != null) {
            flowing.breakOff(new UpstreamFailure(error));
        }
    }
}
