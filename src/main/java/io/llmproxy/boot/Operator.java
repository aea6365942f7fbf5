package io.llmproxy.boot;

import io.llmproxy.admin.ConfigReload;
import io.llmproxy.config.document.Problem;
import io.llmproxy.health.Lifecycle;
import io.llmproxy.management.Operations;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does what operators say, and logs each thing that was done. */
final class Operator implements Operations {
    private static final Logger LOG = LoggerFactory.getLogger(Operator.class);
    private static final int LARGEST_WEIGHT = 65535;
    private static final int LONGEST_MINUTES = 1440;
    private static final Set<String> LEVELS = Set.of("error", "warn", "info", "debug", "trace");

    private final Reloader reloader;
    private final Lifecycle lifecycle;
    private final ScheduledExecutorService background;

    /** @param background where a level of the log is taken back */
    Operator(Reloader reloader, Lifecycle lifecycle, ScheduledExecutorService background) {
        this.reloader = reloader;
        this.lifecycle = lifecycle;
        this.background = background;
    }

    private static void done(String what) {
        LOG.info("operator (JMX): {}", what);
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
        ConfigReload.Outcome outcome = reloader.reload();
        List<String> problems =
                outcome.problems().stream().map(Problem::toString).toList();
        if (!outcome.loaded()) {
            throw new IllegalArgumentException("the configuration was not loaded:\n" + String.join("\n", problems));
        }
        done("configuration loaded");
        return problems;
    }

    @Override
    public void drain(boolean on) {
        Lifecycle.Phase from = on ? Lifecycle.Phase.READY : Lifecycle.Phase.DRAINING;
        Lifecycle.Phase to = on ? Lifecycle.Phase.DRAINING : Lifecycle.Phase.READY;
        if (!lifecycle.change(from, to)) {
            throw new IllegalStateException("state: " + lifecycle.phase().name().toLowerCase(Locale.ROOT)
                    + " (expected: " + from.name().toLowerCase(Locale.ROOT) + ")");
        }
        done(on ? "drain" : "drain cancelled");
    }

    @Override
    public void enable(String upstream, boolean on) {
        upstream(upstream);
        change(new Overrides.Enabled(upstream, on));
    }

    @Override
    public void weigh(String group, String upstream, int weight) {
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
        change(new Overrides.Weight(group, upstream, weight));
    }

    private void change(Overrides.Change change) {
        reloader.override(overrides -> overrides.add(change, Instant.now().truncatedTo(ChronoUnit.SECONDS)));
        done(change.text());
    }

    @Override
    public void clearOverrides() {
        reloader.override(Overrides::clear);
        done("overrides cleared");
    }

    @Override
    public void resetBreaker(String upstream) {
        if (!upstream(upstream).resetBreaker(System.nanoTime())) {
            throw new IllegalStateException("upstream " + upstream + " has no breaker");
        }
        done("upstream " + upstream + ": breaker reset");
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
        done("log level of " + (logger.isEmpty() ? "everything" : logger) + ": " + level + " for " + minutes + " min");
    }
}
