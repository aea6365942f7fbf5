package io.llmproxy.proxy.exchange;

import io.llmproxy.proxy.request.RequestPath;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What one configuration serves: an immutable snapshot that is replaced as a whole. An exchange stays with the one that it
 * began with, so each knows how many are still with it.
 */
public final class Serving {
    /** Added to the count when the snapshot was replaced. */
    private static final long REPLACED = Long.MIN_VALUE;

    private final Mounts mounts;
    private final ExchangeListener listener;
    private final Metering metering;
    private final Runnable left;
    private final AtomicLong open = new AtomicLong();

    /**
     * @param mounts which requests go to which forward
     * @param listener told what happens
     * @param metering says what attempts used
     * @param left called once, when the snapshot was replaced and its last exchange is over
     */
    public Serving(Mounts mounts, ExchangeListener listener, Metering metering, Runnable left) {
        this.mounts = mounts;
        this.listener = listener;
        this.metering = metering;
        this.left = left;
    }

    /** Lets no new exchange begin. */
    public void replaced() {
        if (open.getAndAdd(REPLACED) == 0) {
            left.run();
        }
    }

    /** Whether it was replaced, and no exchange is with it any more. */
    public boolean isLeft() {
        return open.get() == REPLACED;
    }

    /** Counts an exchange that begins; false if the snapshot has been replaced. */
    public boolean enter() {
        return open.getAndUpdate(count -> count < 0 ? count : count + 1) >= 0;
    }

    /** An exchange is over. */
    public void leave() {
        if (open.decrementAndGet() == REPLACED) {
            left.run();
        }
    }

    public @Nullable Place find(int port, RequestPath path) {
        return mounts.find(port, path);
    }

    Metering metering() {
        return metering;
    }

    ExchangeListener listener() {
        return listener;
    }
}
