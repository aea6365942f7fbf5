package io.llmproxy.admin.api;

import io.llmproxy.access.Role;
import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import io.llmproxy.admin.SharedUsage;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.ledger.LedgerFiles;
import io.llmproxy.ledger.UsedAttempt;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was used, and what it cost: by all nodes, from the sums in their store; or by this node, from its ledger's files, or from what it
 * has counted where it keeps no ledger.
 */
@Path("")
public final class UsageResource {
    private static final Logger LOG = LoggerFactory.getLogger(UsageResource.class);
    private static final long MOST_LINES = 5_000_000;
    private static final int MOST_SUMS = 1_000_000;
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final String ALL = "all";
    private static final String THIS = "this";

    private final Gateway gateway;
    /** To read the files takes a processor for a while: there are others who need one. */
    private final Semaphore reading = new Semaphore(1);

    UsageResource(Gateway gateway) {
        this.gateway = gateway;
    }

    record Told(
            String by,
            String step,
            @Nullable String from,
            @Nullable String to,
            String nodes,
            String source,
            boolean truncated,
            List<UsageTable.Row> rows,
            UsageTable.Used total) {}

    /** Tells it as JSON. */
    @GET
    @Path("usage")
    @Produces(MediaType.APPLICATION_JSON)
    @Needs(value = Role.VIEWER, scoped = true)
    public Object usage(
            @Context ContainerRequestContext call,
            @QueryParam("by") @DefaultValue("model") String by,
            @QueryParam("from") @Nullable String from,
            @QueryParam("to") @Nullable String to,
            @QueryParam("step") @DefaultValue("all") String step,
            @QueryParam("nodes") @Nullable String nodes) {
        return told(Caller.of(call), new Question(by, from, to, step, nodes));
    }

    /** Tells it as comma-separated values. */
    @GET
    @Path("usage.csv")
    @Produces("text/csv")
    @Needs(value = Role.VIEWER, scoped = true)
    public Response csv(
            @Context ContainerRequestContext call,
            @QueryParam("by") @DefaultValue("model") String by,
            @QueryParam("from") @Nullable String from,
            @QueryParam("to") @Nullable String to,
            @QueryParam("step") @DefaultValue("all") String step,
            @QueryParam("nodes") @Nullable String nodes) {
        Told told = told(Caller.of(call), new Question(by, from, to, step, nodes));
        byte[] table = UsageCsv.of(told.rows()).getBytes(StandardCharsets.UTF_8);
        return Response.ok(table, "text/csv; charset=UTF-8")
                .header("Content-Disposition", "attachment; filename=\"usage.csv\"")
                .build();
    }

    /** As it was asked. */
    private record Question(
            String by,
            @Nullable String from,
            @Nullable String to,
            String step,
            @Nullable String nodes) {}

    private Told told(Caller caller, Question asked) {
        if (!UsageTable.BY.containsKey(asked.by())) {
            throw Refused.invalid("by", "unknown (expected: key, model, upstream or forward)");
        }
        if (!UsageTable.STEPS.contains(asked.step())) {
            throw Refused.invalid("step", "unknown (expected: hour, day or all)");
        }
        if (asked.nodes() != null && !Set.of(ALL, THIS).contains(asked.nodes())) {
            throw Refused.invalid("nodes", "unknown (expected: all or this)");
        }
        Instant stated = Times.read("to", asked.to());
        Instant to = stated == null ? Instant.now() : stated;
        Instant begin = Times.read("from", asked.from());
        Instant from = begin == null ? to.minus(Duration.ofDays(1)) : begin;
        if (!from.isBefore(to)) {
            throw Refused.invalid("from", "not before to (expected: a time before it)");
        }
        ProxyConfig config = gateway.current().get().config();
        Supplier<UsageTable> table = () -> new UsageTable(
                asked.by(),
                asked.step(),
                Reach.of(caller, config, gateway.documents().standing())
                        .usedWithin(config, gateway.keys().known()));
        return told(asked, from, to, table);
    }

    private Told told(Question asked, Instant from, Instant to, Supplier<UsageTable> tables) {
        Optional<LedgerFiles> files = gateway.ledger().files().get();
        SharedUsage shared = gateway.ledger().shared();
        UsageTable table = tables.get();
        if (ALL.equals(asked.nodes()) && !shared.isKept()) {
            throw Refused.invalid("nodes", "this node has no store that it shares with others (expected: this)");
        }
        if (shared.isKept() && (ALL.equals(asked.nodes()) || (asked.nodes() == null && files.isPresent()))) {
            try {
                return shared(asked, from, to, table);
            } catch (UnavailableException e) {
                if (asked.nodes() != null) {
                    throw e;
                }
                // This node's own is better than nothing while the store is away.
                table = tables.get();
            }
        }
        boolean whole = files.isEmpty() ? lately(from, to, table) : read(files.get(), from, to, table);
        return told(asked, from, to, THIS, files.isEmpty() ? "memory" : "ledger", table, whole);
    }

    /** In whole hours. */
    private Told shared(Question asked, Instant from, Instant to, UsageTable table) {
        Instant first = from.truncatedTo(ChronoUnit.HOURS);
        Instant hour = to.truncatedTo(ChronoUnit.HOURS);
        Instant end = asked.to() == null || hour.equals(to) ? to : hour.plus(1, ChronoUnit.HOURS);
        begin();
        try {
            boolean whole = gateway.ledger().shared().read(first, end, MOST_SUMS, table::add);
            return told(asked, first, end, ALL, "store", table, whole);
        } finally {
            reading.release();
        }
    }

    private void begin() {
        boolean begun = false;
        try {
            begun = reading.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!begun) {
            throw new Refused(503, "busy", "What was used is being read for another call; try again.")
                    .with("Retry-After", "1");
        }
    }

    private static Told told(
            Question asked, Instant from, Instant to, String nodes, String source, UsageTable table, boolean whole) {
        return new Told(
                asked.by(),
                asked.step(),
                Times.told(from),
                Times.told(to),
                nodes,
                source,
                !whole || table.isTruncated(),
                table.rows(),
                table.total());
    }

    private boolean lately(Instant from, Instant to, UsageTable table) {
        Instant first = from.minus(Duration.ofHours(1));
        gateway.figures().used().each(used -> {
            if (used.at().isAfter(first) && used.at().isBefore(to)) {
                table.add(used);
            }
        });
        return true;
    }

    private boolean read(LedgerFiles files, Instant from, Instant to, UsageTable table) {
        begin();
        try {
            return files.attempts(new LedgerFiles.Period(from, to), MOST_LINES, (UsedAttempt used) -> table.add(used));
        } catch (IOException e) {
            LOG.warn("admin API: the ledger cannot be read: {}", e.toString());
            throw new Refused(503, "ledger_unreadable", "The ledger cannot be read; the log tells why.");
        } finally {
            reading.release();
        }
    }
}
