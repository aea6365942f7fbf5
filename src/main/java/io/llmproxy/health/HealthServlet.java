package io.llmproxy.health;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers {@code /health}, {@code /health/live}, {@code /health/ready} and {@code /health/started}: 200 or 503, and JSON; and
 * {@code /health/detailed}, which also tells of each upstream. How those are doing changes no status: a gateway that is taken
 * out of service because of its upstreams helps no client.
 */
public final class HealthServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final String DETAILED = "/detailed";

    private final transient SmallRyeHealthReporter reporter;
    private final transient Supplier<List<Upstream>> upstreams;

    /**
     * @param reporter asks the checks
     * @param upstreams those of the configuration in use
     */
    public HealthServlet(SmallRyeHealthReporter reporter, Supplier<List<Upstream>> upstreams) {
        this.reporter = reporter;
        this.upstreams = upstreams;
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
        if (DETAILED.equals(request.getPathInfo())) {
            Mapper.JSON.writeValue(response.getOutputStream(), detailed(health));
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

    private ObjectNode detailed(SmallRyeHealth health) throws IOException {
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        reporter.reportHealth(told, health);
        ObjectNode whole = (ObjectNode) Mapper.JSON.readTree(told.toByteArray());
        ArrayNode checks = whole.withArray("checks");
        long now = System.nanoTime();
        upstreams.get().forEach(upstream -> describe(upstream, now, checks.addObject()));
        return whole;
    }

    private static void describe(Upstream upstream, long now, ObjectNode check) {
        Standing standing = upstream.standing(now);
        check.put("name", "upstream " + upstream.name()).put("status", standing.isUp() ? "UP" : "DOWN");
        ObjectNode data = check.putObject("data").put("state", standing.label()).put("in_flight", upstream.inFlight());
        if (!standing.isUp() && standing != Standing.DISABLED) {
            data.put("retry_after_seconds", RetryAfter.seconds(upstream.retryAfterNanos(now)));
        }
    }

    /** Made with the first question for details: the start of the gateway does not wait for it. */
    private static final class Mapper {
        static final JsonMapper JSON = new JsonMapper();

        private Mapper() {}
    }
}
