package io.llmproxy.health;

import io.smallrye.health.SmallRyeHealth;
import io.smallrye.health.SmallRyeHealthReporter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Answers {@code /health}, {@code /health/live}, {@code /health/ready} and {@code /health/started}: 200 or 503, and JSON. */
public final class HealthServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    private final transient SmallRyeHealthReporter reporter;

    /** @param reporter asks the checks */
    public HealthServlet(SmallRyeHealthReporter reporter) {
        this.reporter = reporter;
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
            case "/live" -> reporter.getLiveness();
            case "/ready" -> reporter.getReadiness();
            case "/started" -> reporter.getStartup();
            default -> null;
        };
    }
}
