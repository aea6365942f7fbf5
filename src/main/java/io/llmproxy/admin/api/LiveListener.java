package io.llmproxy.admin.api;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One who listens. No thread waits for it: an event that comes while the one before is not written yet takes its place. */
final class LiveListener implements WriteListener {
    private static final byte[] HELLO = ": live\n\n".getBytes(StandardCharsets.UTF_8);

    private final AsyncContext async;
    private final ServletOutputStream out;
    private final BooleanSupplier welcome;
    private final Consumer<LiveListener> left;
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicBoolean ended = new AtomicBoolean();
    private byte @Nullable [] next = HELLO;
    private boolean unflushed;

    /**
     * What the container tells. WildFly takes each class that listens for a component that it has to make itself, and warns that it
     * cannot: so there is no class.
     */
    @FunctionalInterface
    private interface ContainerEvents extends AsyncListener {
        /** Who listens. */
        LiveListener listener();

        @Override
        default void onStartAsync(AsyncEvent event) {}

        @Override
        default void onComplete(AsyncEvent event) {
            listener().over();
        }

        @Override
        default void onError(AsyncEvent event) {
            listener().end();
        }

        @Override
        default void onTimeout(AsyncEvent event) {
            listener().end();
        }
    }

    private LiveListener(
            AsyncContext async, ServletOutputStream out, BooleanSupplier welcome, Consumer<LiveListener> left) {
        this.async = async;
        this.out = out;
        this.welcome = welcome;
        this.left = left;
    }

    static LiveListener start(
            HttpServletRequest request,
            HttpServletResponse response,
            BooleanSupplier welcome,
            Consumer<LiveListener> left)
            throws IOException {
        response.setContentType("text/event-stream");
        response.setCharacterEncoding("UTF-8");
        response.setHeader("X-Accel-Buffering", "no");
        AsyncContext async = request.startAsync();
        async.setTimeout(0);
        ServletOutputStream out = response.getOutputStream();
        LiveListener listener = new LiveListener(async, out, welcome, left);
        ContainerEvents events = () -> listener;
        async.addListener(events);
        out.setWriteListener(listener);
        return listener;
    }

    /** Tells it something, unless its session is over. */
    void offer(byte[] event) {
        if (!welcome.getAsBoolean()) {
            end();
            return;
        }
        lock.lock();
        try {
            next = event;
            write();
        } catch (IOException | IllegalStateException e) {
            end();
        } finally {
            lock.unlock();
        }
    }

    private void write() throws IOException {
        while (!ended.get() && (next != null || unflushed) && out.isReady()) {
            byte[] event = next;
            if (event != null) {
                next = null;
                unflushed = true;
                out.write(event);
            } else {
                unflushed = false;
                out.flush();
            }
        }
    }

    @Override
    public void onWritePossible() {
        lock.lock();
        try {
            write();
        } catch (IOException | IllegalStateException e) {
            end();
        } finally {
            lock.unlock();
        }
    }

    /** Ends it. */
    void end() {
        if (!ended.getAndSet(true)) {
            left.accept(this);
            try {
                async.complete();
            } catch (IllegalStateException alreadyOver) {
                // The container was faster.
            }
        }
    }

    @Override
    public void onError(Throwable failure) {
        end();
    }

    private void over() {
        if (!ended.getAndSet(true)) {
            left.accept(this);
        }
    }
}
