package io.llmproxy.health;

import io.smallrye.health.AsyncHealthCheckFactory;
import io.smallrye.health.SmallRyeHealthReporter;
import io.smallrye.health.registry.HealthRegistries;
import org.jboss.weld.environment.se.Weld;
import org.jboss.weld.environment.se.WeldContainer;

/**
 * The health checks and the library that asks them, wired by a CDI container of our own. All of its beans are named here, so that
 * nothing is looked for on the class path: app servers keep their archives where a scan from outside cannot read them. The container
 * of an app server is not used, as its libraries for MicroProfile may be of another version than ours.
 */
public final class HealthBeans implements AutoCloseable {
    private final WeldContainer container;

    private HealthBeans(WeldContainer container) {
        this.container = container;
    }

    /** Makes the container. There is one for each class loader. */
    public static HealthBeans start() {
        return new HealthBeans(new Weld("llmproxy")
                .disableDiscovery()
                // A web application comes and goes within its JVM.
                .skipShutdownHook()
                .setClassLoader(HealthBeans.class.getClassLoader())
                .addBeanClasses(
                        Lifecycle.class,
                        StartupCheck.class,
                        LivenessCheck.class,
                        ReadinessCheck.class,
                        SmallRyeHealthReporter.class,
                        AsyncHealthCheckFactory.class,
                        HealthRegistries.class)
                .initialize());
    }

    /** Where the process is between its start and its end. */
    public Lifecycle lifecycle() {
        return container.select(Lifecycle.class).get();
    }

    /** Asks the checks. */
    public SmallRyeHealthReporter reporter() {
        return container.select(SmallRyeHealthReporter.class).get();
    }

    @Override
    public void close() {
        container.close();
    }
}
