package io.llmproxy.boot;

import io.llmproxy.admin.ConfigReload;
import io.llmproxy.config.AdminConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.metrics.ConfigMetrics;
import io.llmproxy.proxy.exchange.Serving;
import io.llmproxy.usage.Prices;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts one configuration in the place of another: the next one is checked and built whole beside the current one, then takes
 * over at once. If anything is wrong with it, nothing has happened. What no exchange uses any more is stopped.
 */
final class Reloader implements ConfigReload, Supplier<Serving> {
    private static final Logger LOG = LoggerFactory.getLogger(Reloader.class);

    private final ConfigSource source;
    private final Listeners listeners;
    private final Consumer<List<Generation>> inUse;
    private final Function<ProxyConfig, Prices> prices;
    private final Builder builder;
    private final Consumer<Generation> takeOver;
    private final ConfigMetrics metrics;
    private final Executor background;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Generation> alive = new ArrayList<>();
    private final Overrides overrides = new Overrides();
    private volatile Instant configuredAt = Instant.EPOCH;
    private volatile @Nullable Generation current;
    /** What was loaded, without what operators have changed. */
    private @Nullable Loaded loaded;

    /** A configuration, and the prices that it names, as they were when it was loaded. */
    private record Loaded(ProxyConfig config, Prices prices) {}

    /** Makes what a configuration needs. */
    interface Builder {
        /**
         * Builds the next generation. The one before goes on as it is: nothing that both share is changed, as the build may
         * still fail.
         *
         * @param config what to build
         * @param prices what models cost
         * @param listening the ports that it is served on
         * @param before the generation before, or null for the first one
         * @param left to be called when it was replaced and its last exchange is over
         */
        Generation build(
                ProxyConfig config, Prices prices, Listening listening, @Nullable Generation before, Runnable left);
    }

    /**
     * @param source where the configuration comes from
     * @param listeners the ports
     * @param inUse told which generations have exchanges, or will have: what only others used is to be stopped
     * @param prices reads the prices that a configuration names
     * @param builder makes what a configuration needs
     * @param takeOver gives effect to what a generation wants of the things that all generations share; called for each one
     *     that is served from then on, before clients of the one before are stopped
     * @param metrics told of each attempt
     * @param background where unused clients are stopped
     */
    Reloader(
            ConfigSource source,
            Listeners listeners,
            Consumer<List<Generation>> inUse,
            Function<ProxyConfig, Prices> prices,
            Builder builder,
            Consumer<Generation> takeOver,
            ConfigMetrics metrics,
            Executor background) {
        this.background = background;
        this.source = source;
        this.listeners = listeners;
        this.inUse = inUse;
        this.prices = prices;
        this.builder = builder;
        this.takeOver = takeOver;
        this.metrics = metrics;
    }

    /** Serves the first configuration. */
    void start(ProxyConfig config) {
        lock.lock();
        try {
            replaceWith(config);
        } finally {
            lock.unlock();
        }
    }

    /** What operators have changed. */
    Overrides overrides() {
        return overrides;
    }

    /** When the configuration in use began to be served. */
    Instant configuredAt() {
        return configuredAt;
    }

    /**
     * Changes what operators have changed, and serves the configuration with it from now on. Until then, what they had changed holds.
     *
     * @param change is given a copy
     * @throws IllegalStateException if that is not possible; then nothing has changed
     */
    void override(Consumer<Overrides> change) {
        lock.lock();
        try {
            Overrides next = overrides.copy();
            change.accept(next);
            if (!next.differsFrom(overrides)) {
                overrides.become(next);
                return;
            }
            Loaded same = Objects.requireNonNull(loaded, "started");
            try {
                serve(next.over(same.config()), same.prices());
            } catch (RuntimeException e) {
                throw new IllegalStateException(
                        "the configuration cannot be served with this change: " + RootCause.of(e), e);
            }
            overrides.become(next);
            configuredAt = Instant.now();
            LOG.info("configuration {} is in use", generation().version());
        } finally {
            lock.unlock();
        }
    }

    /** What is served at the moment. */
    @Override
    public Serving get() {
        return generation().serving();
    }

    /** Whether the first configuration is served. */
    boolean isServing() {
        return current != null;
    }

    Generation generation() {
        return Objects.requireNonNull(current, "started");
    }

    @Override
    public Outcome reload() {
        return reload(source::load);
    }

    /** Serves what is loaded, unless anything is wrong with it. */
    Outcome reload(Supplier<ConfigLoader.Loaded> next) {
        lock.lock();
        try {
            ConfigLoader.Loaded found = next.get();
            found.warnings().forEach(warning -> LOG.warn("{}", warning));
            replaceWith(found.config());
            long version = generation().version();
            LOG.info("configuration {} is in use", version);
            return new Outcome(true, version, found.warnings());
        } catch (ConfigException e) {
            return refused(e.problems());
        } catch (RuntimeException e) {
            // Such as a port that is taken, or a certificate that is none.
            LOG.debug("the configuration cannot be served", e);
            return refused(List.of(new Problem("LLMProxy", 0, "", RootCause.of(e))));
        } finally {
            lock.unlock();
        }
    }

    private Outcome refused(List<Problem> problems) {
        problems.forEach(problem -> LOG.error("{}", problem));
        long version = generation().version();
        LOG.error("the new configuration was not loaded; configuration {} stays in use", version);
        metrics.failed();
        return new Outcome(false, version, problems);
    }

    private void replaceWith(ProxyConfig next) {
        Prices read = prices.apply(next);
        serve(overrides.over(next), read);
        loaded = new Loaded(next, read);
        configuredAt = Instant.now();
    }

    private void serve(ProxyConfig config, Prices read) {
        Generation before = current;
        Listening listening;
        Generation next;
        try {
            listening = listeners.open(config);
            next = builder.build(config, read, listening, before, () -> background.execute(this::stopUnused));
        } catch (RuntimeException e) {
            if (before != null) {
                listeners.settle(before.config());
                stopUnused();
            }
            throw e;
        }
        alive.add(next);
        current = next;
        if (before == null) {
            begin(next);
        } else {
            follow(before, next);
        }
        metrics.loaded(next.version());
        AdminConfig admin = config.httpServer().admin();
        if (listening.complete()
                && (before == null || !before.config().httpServer().admin().equals(admin))) {
            LOG.info("{}", ConsoleAddress.of(admin, listening.adminPort()));
        }
        boolean guarded = next.forwards().stream()
                .allMatch(forward -> forward.admission().keys().isRequired());
        if (!guarded) {
            Exposure.of(config, listening.complete()).ifPresent(LOG::warn);
        }
    }

    /** What fails at the start fails it. */
    private void begin(Generation first) {
        takeOver.accept(first);
        listeners.settle(first.config());
    }

    /** The next generation is served already: whatever of the rest fails, that it is not would be a lie. */
    private void follow(Generation before, Generation next) {
        attempt("a shared part (limits, ledger, log) could not be updated", () -> takeOver.accept(next));
        attempt("its log could not be set up", () -> {
            if (!before.config().log().equals(next.config().log())) {
                Logging.apply(next.config().log());
            }
        });
        attempt("the previous configuration could not be closed", before.serving()::replaced);
        attempt("ports that it does not have could not be closed", () -> listeners.settle(next.config()));
    }

    private static void attempt(String failure, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            LOG.error("the configuration is in use, but {}: {}", failure, RootCause.of(e), e);
        }
    }

    /** Forgets the generations that no exchange belongs to any more, and stops what only they used. */
    private void stopUnused() {
        lock.lock();
        try {
            alive.removeIf(generation -> generation.serving().isLeft());
            inUse.accept(List.copyOf(alive));
        } finally {
            lock.unlock();
        }
    }
}
