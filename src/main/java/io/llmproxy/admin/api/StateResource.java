package io.llmproxy.admin.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.llmproxy.access.Role;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.health.StoreStanding;
import io.llmproxy.upstream.Upstream;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
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
        return gateway.lifecycle().phase().name().toLowerCase(Locale.ROOT);
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

    record Node(
            String id,
            String name,
            @JsonProperty("this") boolean own,
            String version,
            @Nullable String state,
            @Nullable String seenAt,
            boolean live,
            @Nullable Long active,
            @Nullable Long tried,
            List<String> nack) {}

    record Nodes(List<Node> nodes) {}

    /** Lists the nodes. */
    @GET
    @Path("nodes")
    @Needs(Role.VIEWER)
    public Object nodes() {
        ConfigDocuments documents = gateway.documents();
        String now = Times.told(Instant.now());
        if (!documents.isWritable()) {
            return new Nodes(List.of(new Node(
                    gateway.node(),
                    gateway.node(),
                    true,
                    gateway.version(),
                    phase(),
                    now,
                    true,
                    null,
                    null,
                    List.of())));
        }
        Node own = null;
        List<Node> others = new ArrayList<>();
        for (ConfigDocuments.Node node : documents.nodes()) {
            boolean here = own == null && node.own();
            Node told = new Node(
                    node.id(),
                    node.name(),
                    here,
                    node.appVersion(),
                    here ? phase() : null,
                    Times.told(node.seenAt()),
                    node.live(),
                    node.active(),
                    node.tried(),
                    node.nack());
            if (here) {
                own = told;
            } else {
                others.add(told);
            }
        }
        return new Nodes(Stream.concat(Stream.ofNullable(own), others.stream())
                .filter(Objects::nonNull)
                .toList());
    }
}
