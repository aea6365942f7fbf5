package io.llmproxy.health;

import io.llmproxy.protocol.RetryAfter;
import io.llmproxy.upstream.Standing;
import io.llmproxy.upstream.Upstream;
import io.smallrye.health.SmallRyeHealth;
import io.smallrye.health.SmallRyeHealthReporter;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.spi.JsonProvider;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers {@code /health}, {@code /health/live}, {@code /health/ready} and {@code /health/started}: 200 or 503, and JSON; and
 * {@code /health/detailed}, which also tells of each upstream. How those are doing changes no status: a gateway that is taken
 * out of service because of its upstreams helps nobody.
 */
public final class HealthServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    private final transient JsonProvider json = JsonProvider.provider();
    private final transient SmallRyeHealthReporter reporter;
    private final transient Supplier<List<Upstream>> upstreams;

    /**
     * @param reporter asks the checks
     * @param upstreams those of the configuration that is served
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
        reporter.reportHealth(response.getOutputStream(), health);
    }

    private @Nullable SmallRyeHealth ask(@Nullable String check) {
        return switch (check == null ? "/" : check) {
            case "/" -> reporter.getHealth();
            case "/detailed" -> detailed();
            case "/live" -> reporter.getLiveness();
            case "/ready" -> reporter.getReadiness();
            case "/started" -> reporter.getStartup();
            default -> null;
        };
    }

    private SmallRyeHealth detailed() {
        JsonObject whole = reporter.getHealth().getPayload();
        JsonArrayBuilder checks = json.createArrayBuilder(whole.getJsonArray("checks"));
        long now = System.nanoTime();
        upstreams.get().forEach(upstream -> checks.add(check(upstream, now)));
        return new SmallRyeHealth(
                json.createObjectBuilder(whole).add("checks", checks).build());
    }

    private JsonObjectBuilder check(Upstream upstream, long now) {
        Standing standing = upstream.standing(now);
        JsonObjectBuilder data =
                json.createObjectBuilder().add("state", standing.label()).add("in_flight", upstream.inFlight());
        if (!standing.isUp() && standing != Standing.DISABLED) {
            data.add("retry_after_seconds", RetryAfter.seconds(upstream.retryAfterNanos(now)));
        }
        return json.createObjectBuilder()
                .add("name", "upstream " + upstream.name())
                .add("status", standing.isUp() ? "UP" : "DOWN")
                .add("data", data);
    }
}
