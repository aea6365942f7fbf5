package io.llmproxy.testing;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** One request over HTTP/2 and its answer. */
public final class H2Stream implements Stream.Listener {
    private static final long PATIENCE_SECONDS = 20;
    private static final byte[] END = {};

    private final CompletableFuture<Stream> self = new CompletableFuture<>();
    private final CompletableFuture<MetaData.Response> head = new CompletableFuture<>();
    private final BlockingQueue<byte[]> pieces = new LinkedBlockingQueue<>();
    private final StringBuilder pending = new StringBuilder();
    private volatile @Nullable String failure;

    H2Stream() {}

    void opened(Stream stream) {
        self.complete(stream);
    }

    @Override
    public void onHeaders(Stream stream, HeadersFrame frame) {
        if (frame.getMetaData() instanceof MetaData.Response response && response.getStatus() >= 200) {
            head.complete(response);
        }
        if (frame.isEndStream()) {
            pieces.add(END);
        } else {
            stream.demand();
        }
    }

    @Override
    public void onDataAvailable(Stream stream) {
        Stream.Data data = stream.readData();
        if (data == null) {
            stream.demand();
            return;
        }
        byte[] piece = new byte[data.frame().getByteBuffer().remaining()];
        data.frame().getByteBuffer().get(piece);
        boolean last = data.frame().isEndStream();
        data.release();
        if (piece.length > 0) {
            pieces.add(piece);
        }
        if (last) {
            pieces.add(END);
        } else {
            stream.demand();
        }
    }

    @Override
    public void onReset(Stream stream, ResetFrame frame, Callback callback) {
        fail("reset with error " + frame.getError());
        callback.succeeded();
    }

    @Override
    public void onFailure(Stream stream, int error, String reason, Throwable cause, Callback callback) {
        fail("failed: " + reason);
        callback.succeeded();
    }

    private void fail(String why) {
        failure = why;
        head.completeExceptionally(new IllegalStateException(why));
        pieces.add(END);
    }

    /** Sends a piece of the request's body. */
    public void send(byte[] body, boolean last) {
        H2Client.send(self.join(), body, last);
    }

    /** Leaves: the stream is reset, the connection stays. */
    public void cancel() {
        Stream stream = self.join();
        stream.reset(new ResetFrame(stream.getId(), ErrorCode.CANCEL_STREAM_ERROR.code), Callback.NOOP);
    }

    /** Waits for the head of the answer. */
    public MetaData.Response head() {
        return head.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    }

    /** Waits for the end of the answer and returns its body. */
    public byte[] body() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (byte[] piece = piece(PATIENCE_SECONDS * 1000); piece != END; piece = piece(PATIENCE_SECONDS * 1000)) {
            bytes.writeBytes(piece);
        }
        return bytes.toByteArray();
    }

    /** Whether the answer ended as HTTP says it should; to be asked after {@link #body()}. */
    public boolean whole() {
        return failure == null;
    }

    /** Reads the next event of the body, which has to come in time. */
    public Event event(Duration limit) {
        int end = pending.indexOf("\n\n");
        while (end < 0) {
            byte[] piece = piece(limit.toMillis());
            if (piece == END) {
                throw new AssertionError("the stream ended (" + failure + ") instead of an event, after: " + pending);
            }
            pending.append(new String(piece, StandardCharsets.UTF_8));
            end = pending.indexOf("\n\n");
        }
        Event event = new Event(pending.substring(0, end), System.nanoTime());
        pending.delete(0, end + 2);
        return event;
    }

    private byte[] piece(long millis) {
        try {
            byte[] piece = pieces.poll(millis, TimeUnit.MILLISECONDS);
            if (piece == null) {
                throw new AssertionError("nothing came within " + millis + " ms");
            }
            return piece;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
