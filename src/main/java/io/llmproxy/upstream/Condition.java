package io.llmproxy.upstream;

import io.llmproxy.balance.Load;
import io.llmproxy.breaker.CircuitBreaker;
import io.llmproxy.breaker.CircuitBreaker.State;
import io.llmproxy.breaker.Cooldown;
import io.llmproxy.config.BreakerConfig;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.ratelimit.ConcurrencyLimit;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a backend is doing. It outlives the configuration that it was first met in: as long as the backend is at the same
 * place, what was learnt of it stays true.
 */
final class Condition {
    private static final Logger LOG = LoggerFactory.getLogger(Condition.class);

    private final Load load;
    private final Cooldown cooldown;
    private final AtomicBoolean well;
    private final List<String> memberOf;
    private final Membership groups;
    private final @Nullable CircuitBreaker breaker;
    private final @Nullable ConcurrencyLimit slots;

    /** The groups that the backend is in at the moment: what its breaker does concerns them all. */
    private static final class Membership {
        private volatile List<String> names = List.of();
    }

    private Condition(
            Load load,
            Cooldown cooldown,
            AtomicBoolean well,
            List<String> memberOf,
            Membership groups,
            @Nullable CircuitBreaker breaker,
            @Nullable ConcurrencyLimit slots) {
        this.load = load;
        this.cooldown = cooldown;
        this.well = well;
        this.memberOf = memberOf;
        this.groups = groups;
        this.breaker = breaker;
        this.slots = slots;
    }

    /** Returns the condition of a backend that was never met before. */
    static Condition unknown(UpstreamConfig config, List<String> memberOf, UpstreamListener listener) {
        Membership groups = new Membership();
        Load load = new Load();
        return new Condition(
                load,
                new Cooldown(System.nanoTime()),
                new AtomicBoolean(true),
                memberOf,
                groups,
                breaker(config, load, groups, listener),
                slots(config));
    }

    /**
     * Returns what stays true of a backend when its configuration changes. This condition stays as it is, and the next one
     * has no effect before {@link #takeOver}.
     */
    Condition under(UpstreamConfig config, UpstreamConfig before, List<String> memberOf, UpstreamListener listener) {
        boolean sameBreaker = Objects.equals(config.breaker(), before.breaker());
        boolean sameSlots =
                config.maxConcurrent() == before.maxConcurrent() && config.maxQueued() == before.maxQueued();
        return new Condition(
                load,
                cooldown,
                well,
                memberOf,
                groups,
                sameBreaker ? breaker : breaker(config, load, groups, listener),
                sameSlots ? slots : slots(config));
    }

    private static @Nullable CircuitBreaker breaker(
            UpstreamConfig config, Load load, Membership groups, UpstreamListener listener) {
        BreakerConfig breaker = config.breaker();
        return breaker == null
                ? null
                : CircuitBreaker.of(breaker, (from, to) -> {
                    LOG.atLevel(to == State.OPEN ? org.slf4j.event.Level.WARN : org.slf4j.event.Level.INFO)
                            .log("upstream {}: breaker {} -> {}", config.name(), from, to);
                    if (to == State.CLOSED) {
                        load.recovered(System.nanoTime());
                    }
                    listener.breakerChanged(groups.names, config, from, to);
                });
    }

    private static @Nullable ConcurrencyLimit slots(UpstreamConfig config) {
        return config.maxConcurrent() == 0 ? null : new ConcurrencyLimit(config.maxConcurrent(), config.maxQueued());
    }

    /** The configuration that this condition was made for is served from now on. */
    void takeOver() {
        groups.names = memberOf;
    }

    Load load() {
        return load;
    }

    Cooldown cooldown() {
        return cooldown;
    }

    @Nullable CircuitBreaker breaker() {
        return breaker;
    }

    @Nullable ConcurrencyLimit slots() {
        return slots;
    }

    boolean isWell() {
        return well.get();
    }

    /** Takes note of what health checks found; false if that was known. */
    boolean found(boolean nowWell) {
        boolean news = well.getAndSet(nowWell) != nowWell;
        if (news && nowWell) {
            load.recovered(System.nanoTime());
        }
        return news;
    }

    /** Whether requests may be sent to the backend, as far as it can be told without its number of slots. */
    boolean isUsable(long now) {
        return well.get() && cooldown.isOver(now) && isBreakerPermitting(now);
    }

    boolean hasFreeSlot() {
        return slots == null || slots.hasFree();
    }

    boolean isBreakerPermitting(long now) {
        return breaker == null || breaker.isPermitting(now);
    }

    /** How long until the backend may be used again, in nanoseconds; 0 if nothing tells. */
    long remainingNanos(long now) {
        long broken = breaker == null ? 0 : breaker.remainingNanos(now);
        return Math.max(cooldown.remainingNanos(now), broken);
    }
}
