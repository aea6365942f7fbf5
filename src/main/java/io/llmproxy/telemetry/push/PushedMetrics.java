package io.llmproxy.telemetry.push;

import io.llmproxy.config.OtelConfig;
import io.llmproxy.telemetry.Exports;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Sends metrics to a collector while a configuration wants it. Nothing of the library is loaded before. */
public final class PushedMetrics implements AutoCloseable {
    private final PrometheusRegistry registry;
    private final String version;
    private final long begin;
    private final Exports points = new Exports();
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable OtelConfig followed;
    private @Nullable Push push;
    private @Nullable Push before;

    /**
     * @param registry what is scraped
     * @param version of the gateway
     * @param begin when counting began, in milliseconds since 1970
     */
    public PushedMetrics(PrometheusRegistry registry, String version, long begin) {
        this.registry = registry;
        this.version = version;
        this.begin = begin;
    }

    /** What became of the points of metrics. */
    public Exports points() {
        return points;
    }

    /**
     * Sends as a configuration says from now on.
     *
     * @param otel where to, and how often; null for nowhere
     */
    public void follow(@Nullable OtelConfig otel) {
        OtelConfig wanted = otel == null || otel.metricsInterval().isZero() ? null : otel;
        lock.lock();
        try {
            if (wanted == null ? followed == null : wanted.equals(followed)) {
                return;
            }
            if (push != null) {
                push.end();
                breakOff();
                before = push;
            }
            push = wanted == null ? null : Push.start(wanted, version, begin, registry, points);
            followed = wanted;
        } finally {
            lock.unlock();
        }
    }

    private void breakOff() {
        if (before != null) {
            before.breakOff();
        }
    }

    /** Sends the last figures, and leaves nothing behind; waits no longer than a moment. */
    @Override
    public void close() {
        follow(null);
        lock.lock();
        try {
            if (before != null) {
                before.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
