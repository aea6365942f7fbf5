package io.llmproxy.admin.api;

import io.llmproxy.access.Role;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.health.StoreStanding;
import io.llmproxy.upstream.Upstream;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whether all is well. */
@Path("")
@Produces(MediaType.APPLICATION_JSON)
public final class StateResource {
    private final Gateway gateway;
    private final Alarms alarms;

    StateResource(Gateway gateway) {
        this.gateway = gateway;
        this.alarms = new Alarms(gateway);
    }

    record Configuration(
            long generation,
            @Nullable Long version,
            @Nullable String loadedAt,
            int overrides) {}

    record Counts(int forwards, int groups, int upstreams, int upstreamsUp, int keys, int models) {}

    record Sums(long requests, long errors) {}

    record Minute(
            long requests,
            long errors,
            double errorRate,
            long inputTokens,
            long outputTokens,
            @Nullable Percentiles ttftMs,
            List<Amount> cost) {}

    record Overview(
            String version,
            String node,
            String mode,
            String state,
            @Nullable String now,
            @Nullable String startedAt,
            long uptimeSeconds,
            Configuration config,
            Counts counts,
            Sums totals,
            int inFlight,
            Minute lastMinute,
            List<Alarms.Alarm> alarms) {}

    /** Tells how the gateway is. */
    @GET
    @Path("overview")
    @Needs(Role.VIEWER)
    public Object overview() {
        Gateway.Current current = gateway.current().get();
        Gateway.Figures figures = gateway.figures();
        Traffic.Sum minute = figures.traffic().minute();
        Instant now = Instant.now();
        boolean store = gateway.documents().isWritable();
        return new Overview(
                gateway.version(),
                gateway.node(),
                store ? "store" : "file",
                phase(),
                Times.told(now),
                Times.told(gateway.startedAt()),
                Duration.between(gateway.startedAt(), now).toSeconds(),
                new Configuration(
                        current.generation(),
                        gateway.documents()
                                .standing()
                                .map(StoreStanding::active)
                                .orElse(null),
                        Times.told(gateway.operations().configuredAt()),
                        gateway.operations().overrides().size()),
                counts(current),
                new Sums(figures.totals().requests(), figures.totals().errors()),
                figures.open().getAsInt(),
                new Minute(
                        minute.requests(),
                        minute.errors(),
                        minute.errorRate(),
                        minute.input(),
                        minute.output(),
                        minute.firstToken(),
                        Amount.of(minute.picos())),
                alarms.now());
    }

    private String phase() {
        return gateway.lifecycle().phase().label();
    }

    private Counts counts(Gateway.Current current) {
        ProxyConfig config = current.config();
        long now = System.nanoTime();
        List<Upstream> upstreams = current.upstreams().all();
        int up = (int) upstreams.stream()
                .filter(upstream -> upstream.standing(now).isUp())
                .count();
        int models = (int) upstreams.stream()
                .flatMap(upstream -> upstream.config().models().names().stream())
                .distinct()
                .count();
        return new Counts(
                config.httpServer().forwards().size(),
                config.upstreamGroups().size(),
                upstreams.size(),
                up,
                (int) KeyViews.all(config).count() + gateway.keys().count(),
                models);
    }
}
