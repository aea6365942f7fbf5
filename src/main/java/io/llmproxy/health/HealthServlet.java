package io.llmproxy.health;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.breaker.CircuitBreaker.State;
import io.llmproxy.protocol.RetryAfter;
import io.llmproxy.upstream.Standing;
import io.llmproxy.upstream.Upstream;
import io.smallrye.health.SmallRyeHealth;
import io.smallrye.health.SmallRyeHealthReporter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers {@code /health}, {@code /health/live}, {@code /health/ready} and {@code /health/started}: 200 or 503, and JSON; and
 * {@code /health/detailed}, which also tells of each upstream. How those are doing changes no status: a gateway that is taken
 * out of service because of its upstreams helps no client. Nor does how the store of the configuration is doing, which
 * {@code /health} tells too.
 */
public final class HealthServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final String DETAILED = "/detailed";

    private final transient SmallRyeHealthReporter reporter;
    private final transient Supplier<List<Upstream>> upstreams;
    private final transient UpstreamHistory history;
    private final transient Supplier<Optional<StoreStanding>> store;

    /**
     * @param reporter asks the checks
     * @param upstreams those of the configuration in use
     * @param history what came of their last calls
     * @param store how this node stands with the store of its configuration; nothing if that is a file
     */
    public HealthServlet(
            SmallRyeHealthReporter reporter,
            Supplier<List<Upstream>> upstreams,
            UpstreamHistory history,
            Supplier<Optional<StoreStanding>> store) {
        this.reporter = reporter;
        this.upstreams = upstreams;
        this.history = history;
        this.store = store;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        SmallRyeHealth health = ask(request.getPathInfo());
        if (health == null) {
            response.setStatus(HttpServletResponse.SC_NOT_FOUND);
            return;
        }
        response.setStatus(health.isDown() ? HttpServletResponse.SC_SERVICE_UNAVAILABLE : HttpServletResponse.SC_OK);
        response.setContentType("application/json");
        response.setCharacterEncoding("UTF-8");
        response.setHeader("Cache-Control", "no-store");
        boolean detailed = DETAILED.equals(request.getPathInfo());
        Optional<StoreStanding> standing = detailed || isWhole(request.getPathInfo()) ? store.get() : Optional.empty();
        if (detailed || standing.isPresent()) {
            Mapper.JSON.writeValue(response.getOutputStream(), whole(health, standing, detailed));
        } else {
            reporter.reportHealth(response.getOutputStream(), health);
        }
    }

    private @Nullable SmallRyeHealth ask(@Nullable String check) {
        return switch (check == null ? "/" : check) {
            case "/", DETAILED -> reporter.getHealth();
            case "/live" -> reporter.getLiveness();
            case "/ready" -> reporter.getReadiness();
            case "/started" -> reporter.getStartup();
            default -> null;
        };
    }

    private static boolean isWhole(@Nullable String check) {
        return check == null || check.equals("/");
    }

    private ObjectNode whole(SmallRyeHealth health, Optional<StoreStanding> standing, boolean detailed)
            throws IOException {
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        reporter.reportHealth(told, health);
        ObjectNode whole = (ObjectNode) Mapper.JSON.readTree(told.toByteArray());
        ArrayNode checks = whole.withArray("checks");
        standing.ifPresent(store -> store.describe(checks.addObject(), detailed));
        if (detailed) {
            long now = System.nanoTime();
            upstreams.get().forEach(upstream -> describe(upstream, now, checks.addObject()));
        }
        return whole;
    }

    private void describe(Upstream upstream, long now, ObjectNode check) {
        Standing standing = upstream.standing(now);
        check.put("name", "upstream " + upstream.name()).put("status", standing.isUp() ? "UP" : "DOWN");
        ObjectNode data = check.putObject("data").put("state", standing.label()).put("in_flight", upstream.inFlight());
        if (!standing.isUp() && standing != Standing.DISABLED) {
            data.put("retry_after_seconds", RetryAfter.seconds(upstream.retryAfterNanos(now)));
        }
        State breaker = upstream.breakerState();
        if (breaker != null) {
            data.put("breaker", breaker.name().toLowerCase(Locale.ROOT));
        }
        RecentCalls calls = history.of(upstream.name());
        if (calls != null) {
            describe(calls, now, data);
        }
    }

    private static void describe(RecentCalls calls, long now, ObjectNode data) {
        RecentCalls.Minute minute = calls.minute(now);
        ObjectNode last = data.putObject("last_minute")
                .put("requests", minute.requests())
                .put("errors", minute.errors())
                .put("error_rate", minute.errorRate());
        if (minute.requests() > 0) {
            last.putObject("latency_ms")
                    .put("p50", TimeUnit.NANOSECONDS.toMillis(minute.times().p50()))
                    .put("p95", TimeUnit.NANOSECONDS.toMillis(minute.times().p95()))
                    .put("p99", TimeUnit.NANOSECONDS.toMillis(minute.times().p99()));
        }
        ArrayNode errors = data.putArray("last_errors");
        for (RecentCalls.Failure failure : calls.failures()) {
            errors.addObject()
                    .put("error", failure.error())
                    .put("status", failure.status())
                    .put("seconds_ago", Math.max(0, TimeUnit.NANOSECONDS.toSeconds(now - failure.at())));
        }
    }

    /** Made with the first question for details: the start of the gateway does not wait for it. */
    private static final class Mapper {
        static final JsonMapper JSON = new JsonMapper(JsonFactory.builder()
                // Others are kept by the threads, which are the container's, and outlive the application.
                .recyclerPool(JsonRecyclerPools.nonRecyclingPool())
                .build());

        private Mapper() {}
    }
}
