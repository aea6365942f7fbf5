package io.llmproxy.proxy.body;

import io.llmproxy.jetty.loop.Turn;
import jakarta.servlet.ServletInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Reads the body of a client's request as it comes, and knows how much has come and when. */
final class BodyInput {
    private final ServletInputStream stream;
    private final Turn turn = new Turn();
    private final long length;
    private long count;
    private volatile long received;
    private volatile long began = System.nanoTime();
    private volatile long lastActivity = began;

    /** @param length what the client has said; -1 if it has not */
    BodyInput(ServletInputStream stream, long length) {
        this.stream = stream;
        this.length = length;
    }

    /** From now on the client can send. */
    void begin() {
        began = System.nanoTime();
        lastActivity = began;
    }

    /** The client, or the upstream that takes the body, has done something. */
    void touch() {
        lastActivity = System.nanoTime();
    }

    /** Reads what is there; returns how much that is, or a negative number at the end. */
    int read(ByteBuffer target) throws IOException {
        int read = stream.read(target.array(), target.arrayOffset() + target.position(), target.remaining());
        if (read > 0) {
            target.position(target.position() + read);
            count += read;
            received = count;
            turn.pass(read);
        }
        return read;
    }

    ServletInputStream stream() {
        return stream;
    }

    Turn turn() {
        return turn;
    }

    /** The length that the client has said; -1 if it has not. */
    long length() {
        return length;
    }

    /** How many bytes have come. */
    long count() {
        return count;
    }

    /** How many bytes have come, for any thread. */
    long received() {
        return received;
    }

    /** Whether everything was read. Grizzly says that a stream is finished when everything has come. */
    boolean isAtEnd() {
        try {
            return stream.isFinished() && stream.available() == 0;
        } catch (IOException e) {
            return true;
        }
    }

    /** Whether all that was said has come. */
    boolean isComplete() {
        return count == length;
    }

    /** Whether less has come than was said, which not all containers find. */
    boolean isShort() {
        return count < length;
    }

    /** When the client, or the upstream that takes the body, did something last, in nanoseconds. */
    long lastActivity() {
        return lastActivity;
    }

    /**
     * Whether the client sends too little at a time to be of any use.
     *
     * @param grace how long it may do so in any case
     * @param bytesPerSecond what it has to send on average after that
     * @param now the time in nanoseconds
     */
    boolean isTooSlow(Duration grace, int bytesPerSecond, long now) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(now - began - grace.toNanos());
        return seconds > 0 && received < seconds * bytesPerSecond;
    }
}
