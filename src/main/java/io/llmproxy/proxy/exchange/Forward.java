package io.llmproxy.proxy.exchange;

import io.llmproxy.config.ForwardConfig;
import io.llmproxy.convert.ReasoningMemory;
import io.llmproxy.proxy.admission.Admission;
import io.llmproxy.proxy.admission.Cors;
import io.llmproxy.proxy.request.RequestPath;
import io.llmproxy.route.RouteTable;
import io.llmproxy.upstream.UpstreamGroup;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One address that clients connect to: its settings, and which group serves which requests. */
public final class Forward {
    private final ForwardConfig config;
    private final RouteTable<UpstreamGroup> routes;
    private final Admission admission;
    private final @Nullable Cors cors;
    private final ReasoningMemory reasoning = new ReasoningMemory();

    /**
     * @param config the settings
     * @param routes the groups that serve requests
     * @param admission which clients may use it
     */
    public Forward(ForwardConfig config, RouteTable<UpstreamGroup> routes, Admission admission) {
        this.config = config;
        this.routes = routes;
        this.admission = admission;
        this.cors = Cors.of(config.cors());
    }

    /** The name from the configuration; also a metric label. */
    public String name() {
        return config.name();
    }

    /** The settings. */
    public ForwardConfig config() {
        return config;
    }

    /** Which clients may use it. */
    public Admission admission() {
        return admission;
    }

    /** What browsers are told, or null if that is left to the upstreams. */
    public @Nullable Cors cors() {
        return cors == null && admission.keys().isRequired() ? Cors.withKeys() : cors;
    }

    /** What models thought, for clients that cannot send it back. */
    public ReasoningMemory reasoning() {
        return reasoning;
    }

    /** All groups that serve its requests. */
    public Set<UpstreamGroup> groups() {
        return routes.targets();
    }

    /**
     * Looks up which group serves a request.
     *
     * @param path the request's path within the forward
     */
    public RouteTable<UpstreamGroup>.Lookup route(HttpServletRequest clientRequest, RequestPath path) {
        return routes.lookup(
                host(clientRequest), path.readings(), header -> Collections.list(clientRequest.getHeaders(header)));
    }

    /**
     * Looks up which group would serve a request that is only thought of.
     *
     * @param host that the client asks; null if it does not say
     * @param readings of the path, as the route table takes them
     * @param headers the values of a header, by its name in lower case
     */
    public RouteTable<UpstreamGroup>.Lookup route(
            @Nullable String host, List<String> readings, Function<String, List<String>> headers) {
        return routes.lookup(host, readings, headers);
    }

    /** HTTP/2 has no such header where the client names the authority; containers do not all put one in. */
    private static String host(HttpServletRequest clientRequest) {
        String host = clientRequest.getHeader("Host");
        return host == null ? clientRequest.getServerName() + ':' + clientRequest.getServerPort() : host;
    }
}
