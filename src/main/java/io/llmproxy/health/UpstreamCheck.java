package io.llmproxy.health;

import io.llmproxy.config.HealthCheckConfig;
import io.llmproxy.upstream.CheckedUpstream;
import io.llmproxy.upstream.Upstream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at one upstream, again and again, one look after the other. Belongs to the thread of its clock. */
final class UpstreamCheck {
    private static final Logger LOG = LoggerFactory.getLogger(UpstreamCheck.class);

    /** Within which time the first looks are spread. */
    private static final long FIRST_MILLIS = 1000;

    /** A node looks itself now and then, however many others do: it may be the only one that cannot reach an upstream. */
    private static final int MOST_LEFT = 4;

    private static final Duration TELLING = Duration.ofSeconds(2);

    private final ScheduledExecutorService clock;
    private final Streak streak;
    private final SharedFindings shared;
    private CheckedUpstream target;
    private Future<?> due = CompletableFuture.completedFuture(null);
    private CompletableFuture<Finding> probe = new CompletableFuture<>();
    private boolean stopped;
    /** Whether this node found last that the upstream is not as it takes it to be: then it goes by what it finds itself. */
    private boolean doubts;
    /** Looks in a row that were left to another node. */
    private int left;

    /**
     * Makes one that has yet to start.
     *
     * @param target what to look at
     * @param clock a single thread, the one that calls all methods
     * @param shared what other nodes find
     */
    UpstreamCheck(CheckedUpstream target, ScheduledExecutorService clock, SharedFindings shared) {
        this.target = target;
        this.clock = clock;
        this.shared = shared;
        this.streak =
                new Streak(target.check().unhealthyThreshold(), target.check().healthyThreshold());
    }

    void start() {
        schedule(ThreadLocalRandom.current().nextLong(FIRST_MILLIS));
    }

    CheckedUpstream target() {
        return target;
    }

    /** The same upstream is reached in another way from now on. */
    void retarget(CheckedUpstream next) {
        target = next;
    }

    /** Nothing is found any more, not even by a look that is under way. */
    void stop() {
        stopped = true;
        due.cancel(false);
        probe.cancel(false);
    }

    private void schedule(long millis) {
        due = clock.schedule(this::look, millis, TimeUnit.MILLISECONDS);
    }

    private void look() {
        CheckedUpstream seen = target;
        boolean well = seen.upstream().isWell();
        Boolean found = shared.found(seen.mark());
        if (found != null && found == well && !doubts && left < MOST_LEFT) {
            left++;
            schedule(varied(seen.check().interval().toMillis()));
            return;
        }
        left = 0;
        CompletableFuture<Finding> looking = begin(seen);
        probe = looking;
        Future<?> limit = clock.schedule(
                () -> looking.complete(Finding.TIMEOUT), seen.check().timeout().toMillis(), TimeUnit.MILLISECONDS);
        var unused = looking.thenAcceptAsync(
                finding -> {
                    limit.cancel(false);
                    ended(seen, finding);
                },
                clock);
    }

    private static CompletableFuture<Finding> begin(CheckedUpstream target) {
        try {
            return Probe.start(target, true);
        } catch (RuntimeException e) {
            LOG.debug("upstream {} cannot be checked", target.name(), e);
            return CompletableFuture.completedFuture(Finding.failure(e));
        }
    }

    private void ended(CheckedUpstream seen, Finding finding) {
        if (stopped) {
            return;
        }
        // A client that a new configuration has no use for fails, which says nothing of the upstream.
        if (finding.success() || seen.client().isRunning()) {
            judge(target.upstream(), finding);
            doubts = finding.success() != target.upstream().isWell();
            HealthCheckConfig check = seen.check();
            // Varied by a tenth, and told within a second.
            Duration next = check.interval().multipliedBy(6).dividedBy(5);
            shared.tell(
                    seen.mark(), finding.success(), next.plus(check.timeout()).plus(TELLING));
        }
        schedule(varied(target.check().interval().toMillis()));
    }

    private void judge(Upstream upstream, Finding finding) {
        upstream.checked(finding.success());
        if (!streak.convinces(finding.success()) || !upstream.found(finding.success())) {
            return;
        }
        if (finding.success()) {
            LOG.info("upstream {}: healthy again ({})", upstream.name(), finding.reason());
        } else {
            LOG.warn(
                    "upstream {}: unhealthy; failed health checks in a row: {} ({})",
                    upstream.name(),
                    streak.length(),
                    finding.reason());
        }
    }

    private static long varied(long millis) {
        long tenth = millis / 10;
        return millis + ThreadLocalRandom.current().nextLong(-tenth, tenth + 1);
    }
}
