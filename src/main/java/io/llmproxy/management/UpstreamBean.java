package io.llmproxy.management;

import io.llmproxy.breaker.CircuitBreaker.State;
import io.llmproxy.health.UpstreamHistory;
import io.llmproxy.management.UpstreamOverride.Mode;
import io.llmproxy.upstream.Upstream;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

final class UpstreamBean implements UpstreamMXBean {
    private static final String JMX = "JMX";

    private final Upstream upstream;
    private final UpstreamHistory history;
    private final Operations operations;

    UpstreamBean(Upstream upstream, UpstreamHistory history, Operations operations) {
        this.upstream = upstream;
        this.history = history;
        this.operations = operations;
    }

    @Override
    public String getState() {
        return upstream.standing(System.nanoTime()).label();
    }

    @Override
    public boolean isHealthy() {
        return upstream.isWell();
    }

    @Override
    public String getBreaker() {
        State state = upstream.breakerState();
        return state == null ? "none" : state.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public int getInFlight() {
        return upstream.inFlight();
    }

    @Override
    public double getFirstByteMillis() {
        return upstream.firstByteNanos() / TimeUnit.MILLISECONDS.toNanos(1);
    }

    @Override
    public long getRequests() {
        return history.requests(upstream.name());
    }

    @Override
    public long getErrors() {
        return history.errors(upstream.name());
    }

    @Override
    public long getRetryAfterSeconds() {
        long now = System.nanoTime();
        return upstream.standing(now).isUp()
                ? 0
                : TimeUnit.NANOSECONDS.toSeconds(upstream.retryAfterNanos(now) + TimeUnit.SECONDS.toNanos(1) - 1);
    }

    @Override
    public void disable() {
        operations.say(upstream.name(), UpstreamOverride.of(Mode.DISABLED, JMX));
    }

    @Override
    public void enable() {
        operations.say(upstream.name(), UpstreamOverride.of(Mode.ENABLED, JMX));
    }

    @Override
    public int drain() {
        operations.say(upstream.name(), UpstreamOverride.of(Mode.DRAINING, JMX));
        return upstream.inFlight();
    }

    @Override
    public void resetBreaker() {
        operations.resetBreaker(upstream.name(), JMX);
    }
}
