package io.llmproxy.telemetry;

import io.llmproxy.config.LangfuseConfig;
import io.llmproxy.config.OtelConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.proxy.exchange.BodyLog;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.SettledAttempt;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Traces exchanges while a configuration wants it. An exchange stays with the collector that was configured when it began. */
public final class Tracing implements ExchangeListener, BodyLog, AutoCloseable {
    private final Exports collector = new Exports();
    private final Exports generations = new Exports();
    private final String version;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable Traces traces;
    /** The one before, which may still send its last; only one is let do so. */
    private @Nullable Traces leaving;

    private Targets targets = Targets.NONE;

    private record Targets(
            @Nullable OtelConfig otel, @Nullable LangfuseConfig langfuse) {
        static final Targets NONE = new Targets(null, null);
    }

    /** @param version of the gateway */
    public Tracing(String version) {
        this.version = version;
    }

    /** What became of the spans for the collector. */
    public Exports collector() {
        return collector;
    }

    /** What became of the spans for Langfuse. */
    public Exports generations() {
        return generations;
    }

    /**
     * Traces as a configuration says from now on.
     *
     * @param otel where traces are sent; null for nowhere
     * @param langfuse where generations are sent; null for nowhere
     * @param secrets what prompts and answers are sent without
     */
    public void follow(@Nullable OtelConfig otel, @Nullable LangfuseConfig langfuse, Set<Secret> secrets) {
        lock.lock();
        try {
            Targets next = new Targets(otel, langfuse);
            Traces before = traces;
            if (next.equals(targets)) {
                if (before != null) {
                    before.hide(secrets);
                }
                return;
            }
            traces = next.equals(Targets.NONE)
                    ? null
                    : Traces.start(otel, langfuse, secrets, version, collector, generations);
            targets = next;
            if (before != null) {
                // A reload does not wait for a collector.
                before.end();
                if (leaving != null) {
                    leaving.breakOff();
                }
                leaving = before;
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void started(Exchange exchange) {
        Traces current = traces;
        if (current != null) {
            exchange.traced(current.begin(exchange));
        }
    }

    @Override
    public @Nullable Recording client(Exchange exchange) {
        return exchange.trace() instanceof ExchangeTrace trace ? trace.recording() : null;
    }

    @Override
    public @Nullable Recording attempt(Exchange exchange, String upstream) {
        return exchange.trace() instanceof ExchangeTrace trace ? trace.recording(upstream) : null;
    }

    @Override
    public void settled(Exchange exchange, SettledAttempt attempt) {
        if (exchange.trace() instanceof ExchangeTrace trace) {
            trace.settled(exchange, attempt);
        }
    }

    @Override
    public void ended(Exchange exchange) {
        if (exchange.trace() instanceof ExchangeTrace trace) {
            trace.ended(exchange);
        }
    }

    /** Sends what is left, and leaves nothing behind; waits no longer than a moment. */
    @Override
    public void close() {
        follow(null, null, Set.of());
        lock.lock();
        try {
            if (leaving != null) {
                leaving.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
