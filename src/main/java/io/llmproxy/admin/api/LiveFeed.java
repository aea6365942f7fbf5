package io.llmproxy.admin.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.llmproxy.upstream.Upstream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Tells listeners each second how the gateway does. The figures are computed once for all of them, and not at all without any. */
final class LiveFeed {
    private static final int MOST = 20;

    private final Gateway gateway;
    private final List<LiveListener> listeners = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Future<?> ticking;

    LiveFeed(Gateway gateway) {
        this.gateway = gateway;
    }

    record State(String name, String state, int inFlight) {}

    record Tick(
            @Nullable String at,
            long requestsPerSecond,
            long errorsPerSecond,
            int inFlight,
            long inputTokensPerSecond,
            long outputTokensPerSecond,
            @Nullable Percentiles ttftMs,
            List<State> upstreams) {}

    /**
     * Takes a listener.
     *
     * @param welcome whether it may still listen
     * @throws Refused if there are too many
     */
    void serve(HttpServletRequest request, HttpServletResponse response, BooleanSupplier welcome) throws IOException {
        lock.lock();
        try {
            if (listeners.size() >= MOST) {
                throw new Refused(
                                503,
                                "too_many_listeners",
                                "There are too many listeners already (expected: at most " + MOST + ").")
                        .with("Retry-After", "10");
            }
            LiveListener listener = LiveListener.start(request, response, welcome, this::left);
            listeners.add(listener);
            if (ticking == null) {
                ticking = gateway.clock().scheduleAtFixedRate(this::tick, 1, 1, TimeUnit.SECONDS);
            }
        } finally {
            lock.unlock();
        }
    }

    private void left(LiveListener listener) {
        lock.lock();
        try {
            listeners.remove(listener);
            if (listeners.isEmpty() && ticking != null) {
                ticking.cancel(false);
                ticking = null;
            }
        } finally {
            lock.unlock();
        }
    }

    private void tick() {
        byte[] event = event();
        listeners.forEach(listener -> listener.offer(event));
    }

    private byte[] event() {
        try {
            String json = Json.MAPPER.writeValueAsString(now());
            return ("event: tick\ndata: " + json + "\n\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("numbers and names can be written", e);
        }
    }

    private Tick now() {
        Traffic.Sum second = gateway.figures().traffic().second();
        long now = System.nanoTime();
        return new Tick(
                Times.told(Instant.now()),
                second.requests(),
                second.errors(),
                gateway.figures().open().getAsInt(),
                second.input(),
                second.output(),
                second.firstToken(),
                gateway.current().get().upstreams().all().stream()
                        .map(upstream -> state(upstream, now))
                        .toList());
    }

    private State state(Upstream upstream, long now) {
        return new State(
                upstream.name(),
                RuntimeViews.state(
                        upstream, upstream.standing(now), gateway.operations().said(upstream.name())),
                upstream.inFlight());
    }

    /** Sends all away. */
    void close() {
        listeners.forEach(LiveListener::end);
    }
}
