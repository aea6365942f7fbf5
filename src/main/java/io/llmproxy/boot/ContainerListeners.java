package io.llmproxy.boot;

import io.llmproxy.config.ProxyConfig;
import io.llmproxy.jetty.loop.EventLoops;
import io.llmproxy.jetty.loop.LoopThreads;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.eclipse.jetty.util.thread.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Leaves the ports to the container, whose operator opens those that the configuration names. */
final class ContainerListeners implements Listeners {
    private static final Logger LOG = LoggerFactory.getLogger(ContainerListeners.class);
    private static final int WORKERS = 32;

    /** The container keeps the connections of clients to itself: these are for upstreams. */
    static EventLoops loops() {
        LoopThreads threads = new LoopThreads("llmproxy-upstream", WORKERS);
        threads.setDaemon(true);
        Scheduler scheduler = new ScheduledExecutorScheduler("llmproxy-upstream-timer", true);
        return new EventLoops(threads, scheduler, EventLoops.recommended());
    }

    @Override
    public Listening open(ProxyConfig config) {
        config.httpServer().forwards().stream()
                .filter(forward -> forward.tls() != null)
                .forEach(forward -> LOG.warn(
                        "forward {}: tls has no effect here (expected: TLS on the container's connector)",
                        forward.name()));
        return Listening.asConfigured(config);
    }

    @Override
    public void settle(ProxyConfig config) {}
}
