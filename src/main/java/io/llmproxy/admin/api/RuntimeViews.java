package io.llmproxy.admin.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.llmproxy.breaker.CircuitBreaker;
import io.llmproxy.health.RecentCalls;
import io.llmproxy.management.UpstreamOverride;
import io.llmproxy.upstream.Standing;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** How upstreams do on this node. */
final class RuntimeViews {
    private final Gateway gateway;

    RuntimeViews(Gateway gateway) {
        this.gateway = gateway;
    }

    record Totals(long requests, long errors) {}

    record Minute(
            int requests,
            int errors,
            double errorRate,
            @Nullable Percentiles latencyMs) {}

    record Failure(String error, int status, long secondsAgo) {}

    record Said(
            String state,
            @Nullable String until,
            @Nullable String reason,
            String by,
            @Nullable String since) {}

    record Membership(String name, int weight, double effectiveWeight, boolean overridden) {}

    record View(
            String name,
            String state,
            boolean up,
            boolean healthy,
            boolean checked,
            String breaker,
            int inFlight,
            long retryAfterSeconds,
            @Nullable Long firstByteMs,
            Totals totals,
            Minute lastMinute,
            List<Failure> lastErrors,
            @JsonProperty("override") @Nullable Said said,
            List<Membership> groups) {}

    List<View> all() {
        Gateway.Current current = gateway.current().get();
        return current.upstreams().all().stream()
                .map(upstream -> view(upstream, current))
                .toList();
    }

    View one(String name) {
        Gateway.Current current = gateway.current().get();
        return current.upstreams().all().stream()
                .filter(upstream -> upstream.name().equals(name))
                .findFirst()
                .map(upstream -> view(upstream, current))
                .orElseThrow(() -> Refused.notFound("upstream", name));
    }

    private View view(Upstream upstream, Gateway.Current current) {
        long now = System.nanoTime();
        Standing standing = upstream.standing(now);
        CircuitBreaker.State breaker = upstream.breakerState();
        RecentCalls calls = gateway.figures().history().of(upstream.name());
        Optional<UpstreamOverride> said = gateway.operations().said(upstream.name());
        long requests = gateway.figures().history().requests(upstream.name());
        return new View(
                upstream.name(),
                state(upstream, standing, said),
                standing.isUp(),
                upstream.isWell(),
                upstream.config().healthCheck() != null,
                breaker == null ? "none" : breaker.name().toLowerCase(Locale.ROOT),
                upstream.inFlight(),
                standing.isUp() || standing == Standing.DISABLED ? 0 : seconds(upstream.retryAfterNanos(now)),
                requests == 0 ? null : (long) (upstream.firstByteNanos() / TimeUnit.MILLISECONDS.toNanos(1)),
                new Totals(requests, gateway.figures().history().errors(upstream.name())),
                minute(calls, now),
                failures(calls, now),
                said.map(RuntimeViews::told).orElse(null),
                groups(upstream, current, now));
    }

    /** One that is to come to rest is called so until it has. */
    static String state(Upstream upstream, Standing standing, Optional<UpstreamOverride> said) {
        boolean drains = said.filter(what -> what.mode() == UpstreamOverride.Mode.DRAINING)
                .isPresent();
        return drains && standing == Standing.DISABLED && upstream.inFlight() > 0 ? "draining" : standing.label();
    }

    private static long seconds(long nanos) {
        return TimeUnit.NANOSECONDS.toSeconds(nanos + TimeUnit.SECONDS.toNanos(1) - 1);
    }

    private static Minute minute(@Nullable RecentCalls calls, long now) {
        if (calls == null) {
            return new Minute(0, 0, 0, null);
        }
        RecentCalls.Minute minute = calls.minute(now);
        RecentCalls.Times times = minute.times();
        return new Minute(
                minute.requests(),
                minute.errors(),
                minute.errorRate(),
                minute.requests() == 0 ? null : Percentiles.ofNanos(times.p50(), times.p95(), times.p99()));
    }

    private static List<Failure> failures(@Nullable RecentCalls calls, long now) {
        return calls == null
                ? List.of()
                : calls.failures().stream()
                        .map(failure -> new Failure(
                                failure.error(),
                                failure.status(),
                                Math.max(0, TimeUnit.NANOSECONDS.toSeconds(now - failure.at()))))
                        .toList();
    }

    private static Said told(UpstreamOverride said) {
        return new Said(
                said.mode().label(), Times.told(said.until()), said.reason(), said.by(), Times.told(said.since()));
    }

    private List<Membership> groups(Upstream upstream, Gateway.Current current, long now) {
        return current.upstreams().groups().stream()
                .flatMap(group -> group.shares(now).stream()
                        .filter(share -> share.upstream().equals(upstream.name()))
                        .map(share -> membership(group, share)))
                .toList();
    }

    private Membership membership(UpstreamGroup group, UpstreamGroup.Share share) {
        return new Membership(
                group.name(),
                share.weight(),
                share.effective(),
                gateway.operations().isWeighed(group.name(), share.upstream()));
    }
}
