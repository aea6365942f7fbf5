package io.llmproxy.health;

import io.llmproxy.health.Lifecycle.Phase;
import jakarta.enterprise.context.Dependent;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Up from the moment when requests are served until the process begins to stop. */
@Readiness
@Dependent
public class ReadinessCheck implements HealthCheck {
    private final Lifecycle lifecycle;

    /** @param lifecycle knows the phase */
    @Inject
    public ReadinessCheck(Lifecycle lifecycle) {
        this.lifecycle = lifecycle;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("forwards")
                .status(lifecycle.phase() == Phase.READY)
                .build();
    }
}
