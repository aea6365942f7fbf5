package io.llmproxy.health;

import jakarta.enterprise.context.Dependent;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** Down when the thread that ends overdue exchanges has died or hangs: then only a restart helps. */
@Liveness
@Dependent
public class LivenessCheck implements HealthCheck {
    private final Lifecycle lifecycle;

    /** @param lifecycle knows when the thread was last at work */
    @Inject
    public LivenessCheck(Lifecycle lifecycle) {
        this.lifecycle = lifecycle;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("deadlines")
                .status(lifecycle.isAlive())
                .build();
    }
}
