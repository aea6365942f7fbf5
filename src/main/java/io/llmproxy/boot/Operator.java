package io.llmproxy.boot;

import io.llmproxy.admin.ConfigReload;
import io.llmproxy.config.document.Problem;
import io.llmproxy.health.Lifecycle;
import io.llmproxy.management.NodeDrain;
import io.llmproxy.management.Operations;
import io.llmproxy.management.UpstreamOverride;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does what operators say, and logs each thing that was done. */
final class Operator implements Operations {
    private static final Logger LOG = LoggerFactory.getLogger(Operator.class);
    private static final String OVER = "the time is over";
    private static final int LARGEST_WEIGHT = 65535;
    private static final int LONGEST_MINUTES = 1440;
    private static final Set<String> LEVELS = Set.of("error", "warn", "info", "debug", "trace");

    private final ConfigReload reload;
    private final Reloader reloader;
    private final Lifecycle lifecycle;
    private final ScheduledExecutorService background;
    private final SharedOverrides others;
    private volatile @Nullable NodeDrain drained;

    /**
     * @param reload loads the configuration anew from where it is kept, be it a file or a store
     * @param background where a level of the log is taken back
     * @param others told of what is changed
     */
    Operator(
            ConfigReload reload,
            Reloader reloader,
            Lifecycle lifecycle,
            ScheduledExecutorService background,
            SharedOverrides others) {
        this.reload = reload;
        this.others = others;
        this.reloader = reloader;
        this.lifecycle = lifecycle;
        this.background = background;
    }

    private static void done(String what, String by) {
        LOG.info("operator ({}): {}", by, what);
    }

    @Override
    public List<String> overrides() {
        return reloader.overrides().told();
    }

    @Override
    public Instant configuredAt() {
        return reloader.configuredAt();
    }

    @Override
    public long configVersion() {
        return reloader.generation().version();
    }

    @Override
    public List<String> reload() {
        ConfigReload.Outcome outcome = reload.reload();
        List<String> problems =
                outcome.problems().stream().map(Problem::toString).toList();
        if (!outcome.loaded()) {
            throw new IllegalArgumentException("the configuration was not loaded:\n" + String.join("\n", problems));
        }
        done("configuration loaded", JMX);
        return problems;
    }

    @Override
    public void drain(boolean on, String by) {
        Lifecycle.Phase from = on ? Lifecycle.Phase.READY : Lifecycle.Phase.DRAINING;
        if (lifecycle.isStopping()) {
            throw new IllegalStateException("state: stopping (expected: " + from.label() + ")");
        }
        if (lifecycle.phase() != from) {
            throw new IllegalStateException(
                    "state: " + lifecycle.phase().label() + " (expected: " + from.label() + ")");
        }
        // Others first: what they hear from the store afterwards is not older than what holds here.
        others.drain(on, by);
        lifecycle.drain(on);
        drained = on ? new NodeDrain(by, Instant.now()) : null;
        done(on ? "drain" : "drain cancelled", by);
    }

    @Override
    public Optional<NodeDrain> drained() {
        return Optional.ofNullable(drained);
    }

    /** An operator of any node wants this one to be drained, or not any more; it may be so already. */
    void follow(boolean drain) {
        lifecycle.drain(drain);
        if (!drain) {
            drained = null;
        }
        LOG.info("operators of all nodes: {}", drain ? "drain" : "drain cancelled");
    }

    @Override
    public Optional<UpstreamOverride> said(String upstream) {
        return reloader.overrides().said(upstream);
    }

    @Override
    public boolean isWeighed(String group, String upstream) {
        return reloader.overrides().isWeighed(group, upstream);
    }

    @Override
    public void say(String upstream, UpstreamOverride said) {
        upstream(upstream);
        Instant until = said.until();
        if (until != null && !until.isAfter(Instant.now())) {
            throw new IllegalArgumentException("until: " + until + " (expected: a time to come)");
        }
        Overrides.Said change = new Overrides.Said(upstream, said);
        change(change, said.by());
        end(change, () -> {
            others.end(change);
            reloader.override(overrides -> overrides.end(change));
            done("upstream " + upstream + ": as the configuration says", OVER);
        });
    }

    private void end(Overrides.Said change, Runnable end) {
        Instant until = change.said().until();
        if (until != null) {
            Runnable ifStill = () -> {
                if (reloader.overrides().has(change)) {
                    end.run();
                }
            };
            long millis = Duration.between(Instant.now(), until).toMillis();
            var unused = background.schedule(ifStill, Math.max(0, millis), TimeUnit.MILLISECONDS);
        }
    }

    private static boolean isOver(Overrides.Change change, Instant now) {
        if (!(change instanceof Overrides.Said said)) {
            return false;
        }
        Instant until = said.said().until();
        return until != null && !until.isAfter(now);
    }

    /**
     * Takes over what operators of all nodes have changed.
     *
     * @param read reads it
     * @return whether it was taken over; if not, it is older than what was changed here in the meantime
     */
    boolean share(Supplier<List<Overrides.Shared>> read) {
        long seen = reloader.overrides().changes();
        Instant now = Instant.now();
        List<Overrides.Shared> valid =
                read.get().stream().filter(one -> !isOver(one.change(), now)).toList();
        if (reloader.overrides().isShared(valid)) {
            return true;
        }
        AtomicBoolean taken = new AtomicBoolean();
        reloader.override(overrides -> taken.set(overrides.share(valid, seen)));
        if (!taken.get()) {
            return false;
        }
        LOG.info("operators of all nodes: {}", reloader.overrides().told());
        for (Overrides.Shared one : valid) {
            if (one.change() instanceof Overrides.Said said) {
                end(said, () -> reloader.override(overrides -> overrides.end(said)));
            }
        }
        return true;
    }

    @Override
    public void unsay(String upstream, String by) {
        Overrides overrides = reloader.overrides();
        if (overrides.said(upstream).isPresent() || overrides.isKeptRemoved(Overrides.Said.key(upstream))) {
            takeBack(new Overrides.Said(upstream, UpstreamOverride.of(UpstreamOverride.Mode.ENABLED, by)));
            done("upstream " + upstream + ": as the configuration says", by);
        }
    }

    @Override
    public void unweigh(String group, String upstream, String by) {
        Overrides overrides = reloader.overrides();
        if (overrides.isWeighed(group, upstream) || overrides.isKeptRemoved(Overrides.Weight.key(group, upstream))) {
            takeBack(new Overrides.Weight(group, upstream, 1));
            done("group " + group + ": weight of " + upstream + " as the configuration says", by);
        }
    }

    @Override
    public void weigh(String group, String upstream, int weight, String by) {
        if (weight < 1 || weight > LARGEST_WEIGHT) {
            throw new IllegalArgumentException("weight: " + weight + " (expected: 1 to " + LARGEST_WEIGHT + ")");
        }
        Set<String> members = reloader.generation().upstreams().group(group).shares(System.nanoTime()).stream()
                .map(UpstreamGroup.Share::upstream)
                .collect(Collectors.toSet());
        if (!members.contains(upstream)) {
            throw new IllegalArgumentException(
                    "upstream: " + upstream + " (expected: an upstream of group " + group + ")");
        }
        change(new Overrides.Weight(group, upstream, weight), by);
    }

    /**
     * Takes a change back, also once more where the others could not be told.
     *
     * @param change any change of what is taken back
     */
    private void takeBack(Overrides.Change change) {
        Instant now = now();
        String key = change.key();
        reloader.override(overrides -> overrides.remove(key));
        long seen = reloader.overrides().changes();
        // Others are told only of what can be served.
        if (others.remove(change)) {
            reloader.override(overrides -> overrides.tellRemoved(key, seen));
        } else {
            reloader.override(overrides -> overrides.keepRemoved(Set.of(key), now));
        }
    }

    /** The store keeps no less than seconds. */
    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS);
    }

    private void change(Overrides.Change change, String by) {
        Instant now = now();
        reloader.override(overrides -> overrides.add(change, now, false));
        // Others are told only of what can be served.
        if (others.add(change, by, now)) {
            reloader.override(overrides -> overrides.tell(change));
        }
        done(change.text(), by);
    }

    @Override
    public void clearOverrides() {
        Instant now = now();
        Set<String> keys = reloader.overrides().keys();
        reloader.override(Overrides::clear);
        // Others are told only of what can be served.
        if (!others.clear()) {
            reloader.override(overrides -> overrides.keepRemoved(keys, now));
        }
        done("overrides cleared", JMX);
    }

    @Override
    public void resetBreaker(String upstream, String by) {
        if (!upstream(upstream).resetBreaker(System.nanoTime())) {
            throw new IllegalStateException("upstream " + upstream + " has no breaker");
        }
        done("upstream " + upstream + ": breaker reset", by);
    }

    private Upstream upstream(String name) {
        return reloader.generation().upstreams().all().stream()
                .filter(upstream -> upstream.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalStateException("upstream " + name + " is not in the configuration any more"));
    }

    @Override
    public void logLevel(String logger, String level, int minutes) {
        if (!LEVELS.contains(level)) {
            throw new IllegalArgumentException("level: " + level + " (expected: error, warn, info, debug or trace)");
        }
        if (minutes < 1 || minutes > LONGEST_MINUTES) {
            throw new IllegalArgumentException("minutes: " + minutes + " (expected: 1 to " + LONGEST_MINUTES + ")");
        }
        Runnable back = Logging.level(logger, level);
        var unused = background.schedule(back, minutes, TimeUnit.MINUTES);
        done(
                "log level of " + (logger.isEmpty() ? "everything" : logger) + ": " + level + " for " + minutes
                        + " min",
                JMX);
    }
}
