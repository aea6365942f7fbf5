package io.llmproxy.proxy.request;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The container's objects of one exchange, for as long as they are ours. A container that finds the connection broken does
 * not wait for us: it calls a listener, and when that has returned it may use the same objects for another client's
 * request. So all code that touches them does it here, and the listener takes them away for good before it returns.
 */
public final class ContainerSide {
    private static final Logger LOG = LoggerFactory.getLogger(ContainerSide.class);

    /** Touching takes microseconds. Should the container itself hold up the thread that does it, that must not become a deadlock. */
    private static final long LONGEST_TOUCH_MILLIS = 1000;

    private final AsyncContext async;
    private final @Nullable UndertowThread serving;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile boolean handedBack;

    /** Made on the thread on which the container has called the servlet. */
    public ContainerSide(AsyncContext async, HttpServletRequest clientRequest) {
        this.async = async;
        this.serving = UndertowThread.of(clientRequest);
    }

    /** Does something with the objects; null, with nothing done, if they are no longer ours. */
    public <T> @Nullable T touch(Supplier<@Nullable T> work) {
        lock.lock();
        try {
            return handedBack ? null : work.get();
        } finally {
            lock.unlock();
        }
    }

    /** Whether the objects are the container's again. */
    public boolean isHandedBack() {
        return handedBack;
    }

    /** Gives the objects back, in a way that only the first call can choose. */
    public void handBack(Consumer<AsyncContext> how) {
        boolean locked = tryLock();
        try {
            if (!handedBack) {
                handedBack = true;
                how.accept(async);
            }
        } catch (IllegalStateException e) {
            LOG.debug("the container has ended the exchange already", e);
        } finally {
            if (locked) {
                lock.unlock();
            }
        }
    }

    /**
     * Gives the objects back as soon as what was written is on its way.
     *
     * @param returned whether the call of the servlet has surely returned. Until then, only this thread may end an exchange
     */
    public void complete(boolean returned) {
        if (serving == null || !returned || !serving.mayEnd()) {
            handBack(AsyncContext::complete);
        } else {
            handBack(async -> end(serving, async));
        }
    }

    private static void end(UndertowThread serving, AsyncContext async) {
        try {
            serving.execute(() -> complete(async));
        } catch (RejectedExecutionException e) {
            // The server stops.
            complete(async);
        }
    }

    private static void complete(AsyncContext async) {
        try {
            async.complete();
        } catch (IllegalStateException e) {
            LOG.debug("the container has ended the exchange already", e);
        }
    }

    private boolean tryLock() {
        try {
            return lock.tryLock(LONGEST_TOUCH_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
