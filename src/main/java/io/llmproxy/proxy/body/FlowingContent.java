package io.llmproxy.proxy.body;

import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.UpstreamFailure;
import io.llmproxy.proxy.request.ContainerSide;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * The content of an upstream's request that is too large to be kept: what was collected, then what the client goes on to
 * send, as fast as the upstream takes it. It can be sent once only.
 */
final class FlowingContent implements Request.Content {
    private static final int PIECE = 16 * 1024;

    private final BodyInput input;
    private final ContainerSide container;
    private final List<ByteBuffer> beginning;
    private final long maxBody;
    private final Consumer<UpstreamFailure> broken;
    private final AtomicReference<@Nullable Runnable> demand = new AtomicReference<>();

    /** What the upstream has taken is read into again. */
    private final AtomicReference<@Nullable ByteBuffer> spare = new AtomicReference<>();

    /** There may be more than was collected. */
    private volatile boolean readable = true;

    private volatile boolean finished;
    private volatile @Nullable UpstreamFailure failure;
    private int next;

    /**
     * @param beginning what was collected
     * @param maxBody how many bytes there may be in all
     * @param broken told once if the rest will not come
     */
    FlowingContent(
            BodyInput input,
            ContainerSide container,
            List<ByteBuffer> beginning,
            long maxBody,
            Consumer<UpstreamFailure> broken) {
        this.input = input;
        this.container = container;
        this.beginning = beginning;
        this.maxBody = maxBody;
        this.broken = broken;
    }

    /** Whether all of it has come. */
    boolean isFinished() {
        return finished;
    }

    /** Whether more is wanted and the client does not send it. */
    boolean isAwaitingClient() {
        return demand.get() != null && !readable;
    }

    /** The client has sent something. */
    void clientSent() {
        readable = true;
        runDemand();
    }

    /** The client has sent all. */
    void clientFinished() {
        finished = true;
        runDemand();
    }

    /** The rest will not come; only the first call counts. */
    void breakOff(UpstreamFailure because) {
        if (failure == null) {
            failure = because;
            broken.accept(because);
            runDemand();
        }
    }

    private void runDemand() {
        Runnable waiting = demand.getAndSet(null);
        if (waiting != null) {
            waiting.run();
        }
    }

    @Override
    public long getLength() {
        return input.length();
    }

    @Override
    public Content.@Nullable Chunk read() {
        if (input.turn().isOver()) {
            return null;
        }
        if (next == beginning.size()) {
            if (finished && container.isHandedBack()) {
                // The client has sent all, and left; the end is known without the container.
                return end();
            }
            return container.touch(this::readAvailable);
        }
        ByteBuffer piece = beginning.get(next++).duplicate();
        input.turn().pass(piece.remaining());
        return Content.Chunk.from(piece, false);
    }

    @Override
    public void demand(Runnable callback) {
        if (!demand.compareAndSet(null, callback)) {
            throw new IllegalStateException("demanded twice");
        }
        if (input.turn().isOver()) {
            input.turn().giveWay(this::serve);
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
        UpstreamFailure because = failure;
        if (because != null) {
            return Content.Chunk.from(because, true);
        }
        if (finished || input.isAtEnd()) {
            finished = true;
            return end();
        }
        if (!readable) {
            return null;
        }
        readable = false;
        if (!input.stream().isReady()) {
            return null;
        }
        readable = true;
        return readPiece();
    }

    private Content.Chunk end() {
        return input.isShort() ? broken(ProxyError.INVALID_REQUEST) : Content.Chunk.EOF;
    }

    private Content.Chunk broken(ProxyError because) {
        UpstreamFailure failed = new UpstreamFailure(because);
        breakOff(failed);
        return Content.Chunk.from(failed, true);
    }

    private Content.Chunk readPiece() {
        input.touch();
        ByteBuffer unused = spare.getAndSet(null);
        ByteBuffer piece = unused == null ? ByteBuffer.allocate(PIECE) : unused;
        try {
            int read = input.read(piece);
            finished = read < 0 || input.isComplete();
            if (read < 0 && input.isShort()) {
                return end();
            }
        } catch (IOException e) {
            UpstreamFailure failed = new UpstreamFailure(RequestBody.error(e));
            breakOff(failed);
            return Content.Chunk.from(new UpstreamFailure(ProxyError.INVALID_REQUEST), true);
        }
        if (input.count() > maxBody) {
            return broken(ProxyError.BODY_TOO_LARGE);
        }
        return Content.Chunk.from(piece.flip(), finished, () -> spare.set(piece.clear()));
    }
}
