package io.llmproxy.boot;

import io.llmproxy.admin.NotFoundServlet;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.LogConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.health.HealthServlet;
import io.llmproxy.health.Lifecycle;
import io.llmproxy.metrics.AccessLog;
import io.llmproxy.metrics.ProxyMetrics;
import io.llmproxy.proxy.Deadlines;
import io.llmproxy.proxy.ExchangeFilter;
import io.llmproxy.proxy.ExchangeListener;
import io.llmproxy.proxy.ExchangeListeners;
import io.llmproxy.proxy.Forward;
import io.llmproxy.proxy.ForwardServlet;
import io.llmproxy.proxy.MountFilter;
import io.llmproxy.proxy.Mounts;
import io.llmproxy.route.PathPattern;
import io.llmproxy.route.RouteTable;
import io.llmproxy.route.RouteTable.Route;
import io.llmproxy.upstream.UpstreamGroup;
import io.llmproxy.upstream.UpstreamHttp;
import io.llmproxy.upstream.Upstreams;
import io.prometheus.metrics.exporter.servlet.jakarta.PrometheusMetricsServlet;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.smallrye.health.SmallRyeHealthReporter;
import jakarta.enterprise.context.Dependent;
import jakarta.inject.Inject;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.util.component.LifeCycle;

/** Builds the gateway of a configuration, and takes it down again. */
@Dependent
public class ProxyAssembly {
    private final Lifecycle lifecycle;
    private final SmallRyeHealthReporter reporter;
    private final UpstreamHttp http = new UpstreamHttp();
    private final Deadlines deadlines;

    /**
     * @param lifecycle told when requests are served
     * @param reporter asks the health checks
     */
    @Inject
    public ProxyAssembly(Lifecycle lifecycle, SmallRyeHealthReporter reporter) {
        this.lifecycle = lifecycle;
        this.reporter = reporter;
        this.deadlines = new Deadlines(lifecycle::beat);
    }

    /**
     * Registers everything that a request passes, in the order in which it does.
     *
     * @param context the web application
     * @param config what to build
     * @param listening the ports that clients and operators connect to
     */
    public void install(ServletContext context, ProxyConfig config, Listening listening) {
        LifeCycle.start(http);
        Upstreams upstreams = Upstreams.of(config, http);
        PrometheusRegistry registry = new PrometheusRegistry();
        JvmMetrics.builder().register(registry);
        ExchangeListener listener = listener(config.log(), registry);
        List<Forward> forwards = config.httpServer().forwards().stream()
                .map(forward -> forward(forward, upstreams))
                .toList();
        Map<Forward, ForwardServlet> servlets = new LinkedHashMap<>();
        forwards.forEach(forward -> servlets.put(forward, new ForwardServlet(forward, deadlines)));
        Mounts mounts = new Mounts(forwards, forward -> listening.port(forward.config()), listening.adminPort());

        filter(context, "exchange", new ExchangeFilter(mounts, listener));
        filter(context, "mount", new MountFilter(servlets));
        // The filter above calls them; no path of the container's leads to one.
        servlets.forEach((forward, servlet) -> servlet(context, "forward " + forward.name(), servlet));
        servlet(context, "health", new HealthServlet(reporter), "/health/*");
        servlet(context, "metrics", new PrometheusMetricsServlet(registry), "/metrics");
        servlet(context, "nothing", new NotFoundServlet(), "/*");

        deadlines.start();
        lifecycle.enter(Lifecycle.Phase.READY);
    }

    /** Takes everything down in reverse; what is still open breaks off. */
    public void close() {
        lifecycle.enter(Lifecycle.Phase.DRAINING);
        deadlines.close();
        LifeCycle.stop(http);
    }

    private static Forward forward(ForwardConfig config, Upstreams upstreams) {
        List<Route<UpstreamGroup>> routes = config.routing().stream()
                .map(rule -> new Route<>(PathPattern.compile(rule.path()), upstreams.group(rule.targetGroup())))
                .toList();
        return new Forward(config, RouteTable.of(routes), upstreams.group(config.upstreamGroup()));
    }

    private static ExchangeListener listener(LogConfig log, PrometheusRegistry registry) {
        List<ExchangeListener> listeners = new ArrayList<>();
        listeners.add(new ProxyMetrics(registry));
        if (log.access()) {
            listeners.add(new AccessLog(log.format()));
        }
        return new ExchangeListeners(listeners);
    }

    private static void filter(ServletContext context, String name, Filter filter) {
        var registration = context.addFilter(name, filter);
        registration.setAsyncSupported(true);
        registration.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC), true, "/*");
    }

    private static void servlet(ServletContext context, String name, Servlet servlet, String... mappings) {
        ServletRegistration.Dynamic registration = context.addServlet(name, servlet);
        registration.setAsyncSupported(true);
        registration.setLoadOnStartup(1);
        registration.addMapping(mappings);
    }
}
