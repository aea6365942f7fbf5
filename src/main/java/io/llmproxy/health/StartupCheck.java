package io.llmproxy.health;

import io.llmproxy.health.Lifecycle.Phase;
import jakarta.enterprise.context.Dependent;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Startup;

/** Up once the process has started, for good. */
@Startup
@Dependent
public class StartupCheck implements HealthCheck {
    private final Lifecycle lifecycle;

    /** @param lifecycle knows the phase */
    @Inject
    public StartupCheck(Lifecycle lifecycle) {
        this.lifecycle = lifecycle;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("started")
                .status(lifecycle.phase() != Phase.STARTING)
                .build();
    }
}
