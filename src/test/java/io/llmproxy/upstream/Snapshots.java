package io.llmproxy.upstream;

import io.llmproxy.breaker.CircuitBreaker.State;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.jetty.loop.EventLoops;
import io.llmproxy.jetty.loop.LoopThreads;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;

/** Upstreams and groups of configurations in YAML, and a listener that writes down what it is told. No connection is made. */
final class Snapshots implements AutoCloseable, UpstreamListener {
    private final UpstreamHttp http;
    private final List<String> told = new ArrayList<>();
    private Upstreams current = Upstreams.NONE;

    Snapshots() {
        http = new UpstreamHttp(new EventLoops(new LoopThreads("test", 1), new ScheduledExecutorScheduler(), 1));
        http.start();
    }

    /** Loads a configuration with the one group {@code g}; what has not changed since the one before is taken over. */
    UpstreamGroup group(String upstreams, String members) {
        return group(upstreams, members, "");
    }

    UpstreamGroup group(String upstreams, String members, String settings) {
        String yaml = """
                http_server: {forwards: [{name: f, upstream_group: g}]}
                upstreams: [%s]
                upstream_groups: [{name: g, upstreams: [%s] %s}]
                """.formatted(upstreams, members, settings);
        current = current.next(config(yaml), http, this);
        current.takeOver();
        return current.group("g");
    }

    private static ProxyConfig config(String yaml) {
        return ConfigLoader.parse(yaml, "config.yaml", Path.of(""), Map.of()).config();
    }

    Upstream upstream(String name) {
        return current.all().stream()
                .filter(upstream -> upstream.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** All of the configuration that was loaded last. */
    Upstreams current() {
        return current;
    }

    /** What the listener was told, in order. */
    List<String> told() {
        return List.copyOf(told);
    }

    @Override
    public void breakerChanged(List<String> groups, UpstreamConfig upstream, State from, State to) {
        told.add(upstream.name() + ": " + from + " to " + to);
    }

    @Override
    public void breakerCalled(String group, UpstreamConfig upstream, Call call) {
        told.add(group + "/" + upstream.name() + ": " + call);
    }

    @Override
    public void keyFailed(String upstream, int place, KeyFailure reason) {
        told.add(upstream + " key " + place + ": " + reason);
    }

    @Override
    public void healthChanged(String upstream, boolean well) {
        told.add(upstream + (well ? " is healthy" : " is unhealthy"));
    }

    @Override
    public void healthUnwatched(String upstream) {
        told.add(upstream + " is not checked");
    }

    @Override
    public void close() {
        http.stop();
    }
}
