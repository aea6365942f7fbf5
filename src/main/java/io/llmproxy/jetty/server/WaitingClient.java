package io.llmproxy.jetty.server;

import io.llmproxy.net.ClientPresence;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;

/**
 * One client that waits for an answer. Before the head of it, the end of what it sends means that it has left, or that it only has
 * nothing more to say. An interim answer tells the one from the other: who is there skips it, of who is not the system answers
 * with a reset, and the next interim answer cannot be written any more.
 */
final class WaitingClient implements ClientPresence {
    private static final byte[] INTERIM = "HTTP/1.1 102 Processing\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    /** Most requests are answered sooner, and are never looked at. */
    private static final long PATIENCE = TimeUnit.MILLISECONDS.toNanos(200);

    /** Not asked about for so long, the client has got its answer. */
    private static final long FORGOTTEN = TimeUnit.MILLISECONDS.toNanos(500);

    /** Behind a request that was sent in advance nothing can be seen; it may be the rest of this one's body, though. */
    private static final long BLIND = TimeUnit.MILLISECONDS.toNanos(500);

    /** Before each interim answer; the reset comes after a round trip, and some clients take five interim answers at most. */
    private static final long[] PAUSES = {
        0, TimeUnit.MILLISECONDS.toNanos(100), TimeUnit.MILLISECONDS.toNanos(400), TimeUnit.SECONDS.toNanos(2)
    };

    private final SocketChannel channel;
    private final EndPoint endPoint;
    private final WaitingClients clients;
    private volatile long asked;
    private volatile @Nullable SelectionKey key;
    private volatile boolean ended;
    private volatile boolean blinded;
    private boolean begun;
    private long next;
    private int sent;
    private boolean gone;

    /**
     * @param channel the connection
     * @param endPoint where HTTP is spoken on it, which may be within TLS
     * @param clients looks at the connection
     */
    WaitingClient(SocketChannel channel, EndPoint endPoint, WaitingClients clients) {
        this.channel = channel;
        this.endPoint = endPoint;
        this.clients = clients;
    }

    @Override
    public boolean isGone(long now) {
        asked = now;
        if (!begun) {
            begun = true;
            next = now + PATIENCE;
        } else if (!gone && now - next >= 0) {
            step(now);
        }
        return gone;
    }

    @Override
    public boolean hasEnded(long now) {
        asked = now;
        if (!begun) {
            begun = true;
            next = now;
        }
        if (!ended && now - next >= 0) {
            look(now);
        }
        return ended;
    }

    private void step(long now) {
        if (ended) {
            probe(now);
        } else {
            look(now);
        }
    }

    private void look(long now) {
        if (blinded) {
            blinded = false;
            next = now + BLIND;
        } else if (!isWatched()) {
            key = clients.watch(channel, this);
        }
    }

    private boolean isWatched() {
        SelectionKey current = key;
        return current != null && current.isValid();
    }

    private void probe(long now) {
        if (sent < PAUSES.length && now - next >= PAUSES[sent]) {
            sent++;
            next = now;
            gone = !isWritable();
        }
    }

    private boolean isWritable() {
        try {
            ByteBuffer interim = ByteBuffer.wrap(INTERIM);
            // All or nothing goes into the system's buffer; after anything else the connection is of no more use.
            return endPoint.flush(interim) || interim.remaining() == INTERIM.length;
        } catch (IOException e) {
            return false;
        }
    }

    /** There is something to read from the connection: bytes, or the end of them. */
    void readable() {
        try {
            // Within TLS an end is announced, so that there are bytes in front of it; hardly anything else would come.
            blinded = !endPoint.isSecure() && channel.socket().getInputStream().available() > 0;
            ended = !blinded;
        } catch (IOException e) {
            ended = true;
        }
    }

    /** Whether the exchange no longer asks. */
    boolean isForgotten(long now) {
        return now - asked > FORGOTTEN;
    }
}
