package io.llmproxy.proxy.servlet;

import io.llmproxy.auth.ConfiguredKeys;
import io.llmproxy.auth.KeySource;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.jetty.loop.EventLoops;
import io.llmproxy.jetty.loop.LoopThreads;
import io.llmproxy.proxy.admission.Admission;
import io.llmproxy.proxy.admission.KeyLimits;
import io.llmproxy.proxy.answer.ErrorAnswer;
import io.llmproxy.proxy.body.BufferBudget;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.exchange.AttemptLog;
import io.llmproxy.proxy.exchange.BodyLog;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.Forward;
import io.llmproxy.proxy.exchange.Metering;
import io.llmproxy.proxy.exchange.Mount;
import io.llmproxy.proxy.exchange.Mounts;
import io.llmproxy.proxy.exchange.Serving;
import io.llmproxy.proxy.exchange.Verdict;
import io.llmproxy.proxy.forward.OpenExchanges;
import io.llmproxy.proxy.forward.Routing;
import io.llmproxy.quota.Moment;
import io.llmproxy.quota.Quotas;
import io.llmproxy.resource.ResourceHomes;
import io.llmproxy.route.RouteTable;
import io.llmproxy.upstream.ResourceHome;
import io.llmproxy.upstream.UpstreamGroup;
import io.llmproxy.upstream.UpstreamHttp;
import io.llmproxy.upstream.UpstreamListener;
import io.llmproxy.upstream.Upstreams;
import io.llmproxy.usage.Prices;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.jspecify.annotations.Nullable;

/** The filters of a configuration with one forward and the group {@code g}, without a server and without a connection. */
public final class Entrance implements AutoCloseable {
    private static final Moment NOON = new Moment(0, 43_200_000);
    private static final String UPSTREAMS = "{name: u, url: 'http://u'}, {name: v, url: 'http://v'}";
    private static final String MEMBERS = "upstreams: [{name: u}, {name: v}]";

    private final UpstreamHttp http;
    private final OpenExchanges open = new OpenExchanges(() -> {});
    private final ResourceHomes<ResourceHome> resources;
    private final Serving serving;
    private final List<Filter> filters;
    boolean stopping;
    boolean overloaded;
    private @Nullable Exchange admitted;

    /**
     * @param forward further settings of the forward, such as {@code ratelimit: {per_second: 1}}
     * @param listener looks on
     */
    public Entrance(String forward, ExchangeListener listener) {
        this(forward, UPSTREAMS, MEMBERS, listener);
    }

    /**
     * @param forward further settings of the forward
     * @param bodies keeps bodies
     */
    public Entrance(String forward, BodyLog bodies) {
        this(forward, UPSTREAMS, MEMBERS, new ExchangeListener() {}, bodies);
    }

    /**
     * @param upstreams the upstreams
     * @param group settings of the group, its upstreams among them
     * @param listener looks on; one that keeps bodies is asked for that, too
     */
    Entrance(String forward, String upstreams, String group, ExchangeListener listener) {
        this(forward, upstreams, group, listener, listener instanceof BodyLog bodies ? bodies : BodyLog.NONE);
    }

    private Entrance(String forward, String upstreams, String group, ExchangeListener listener, BodyLog bodies) {
        this.http = new UpstreamHttp(new EventLoops(new LoopThreads("test", 1), new ScheduledExecutorScheduler(), 1));
        http.start();
        ProxyConfig config = config(forward, upstreams, group);
        Upstreams made = Upstreams.NONE.next(config, http, new UpstreamListener() {});
        this.resources = made.resources();
        ConfiguredKeys known = ConfiguredKeys.of(config, KeySource.NONE);
        ForwardConfig settings = config.httpServer().forwards().get(0);
        Quotas quotas = Quotas.of(List.of(), config.limits(), () -> NOON, null, null);
        Admission admission = Admission.of(settings, known.of(settings), KeyLimits.of(known.all(), quotas, null), null);
        UpstreamGroup only = made.group("g");
        Forward one = new Forward(settings, RouteTable.of(List.of(), only), admission);
        BufferBudget budget = new BufferBudget();
        budget.limit(64 * 1024 * 1024);
        Mount mount = new Mount(one, new ForwardServlet(new ForwardEntry(one, open, budget, Runnable::run)));
        Metering metering = Metering.start().with(Prices.NONE, AttemptLog.NONE, bodies);
        this.serving = new Serving(new Mounts(List.of(mount), name -> 3000, 9000, false), listener, metering, () -> {});
        this.filters = List.of(
                new ExchangeFilter(() -> serving, () -> stopping, () -> overloaded),
                new CorsFilter(),
                new AuthFilter(),
                new RateLimitFilter());
    }

    private static ProxyConfig config(String forward, String upstreams, String group) {
        String yaml = """
                http_server: {forwards: [{name: f, port: 3000, upstream_group: g, %s}]}
                upstreams: [%s]
                upstream_groups: [{name: g, %s}]
                """.formatted(forward, upstreams, group);
        return ConfigLoader.parse(yaml, "config.yaml", Path.of(""), Map.of()).config();
    }

    /**
     * Passes a request.
     *
     * @return the exchange if it was let in; null if it was answered
     */
    public @Nullable Exchange pass(FakeClient client) throws IOException, ServletException {
        return pass(client, request -> {});
    }

    /** What comes behind the filters. */
    interface Inside {
        void reached(ServletRequest request) throws IOException, ServletException;
    }

    @Nullable Exchange pass(FakeClient client, Inside inside) throws IOException, ServletException {
        admitted = null;
        Iterator<Filter> next = filters.iterator();
        FilterChain chain = new FilterChain() {
            @Override
            public void doFilter(ServletRequest request, ServletResponse response)
                    throws IOException, ServletException {
                if (next.hasNext()) {
                    next.next().doFilter(request, response, this);
                } else {
                    admitted = Exchange.of(request);
                    inside.reached(request);
                }
            }
        };
        chain.doFilter(client.request(), client.response());
        return admitted;
    }

    /** Passes a request, and has it forwarded. */
    void forward(FakeClient client) throws IOException, ServletException {
        HttpServletResponse response = client.response();
        pass(
                client,
                request -> new MountFilter().doFilter(request, response, (passed, answered) -> {
                    throw new AssertionError("it has an exchange");
                }));
    }

    /** Which upstream keeps what. */
    ResourceHomes<ResourceHome> resources() {
        return resources;
    }

    /** Lets each exchange do what is due after some time from now. */
    void after(Duration time) {
        open.look(System.nanoTime() + time.toNanos());
    }

    /** Ends what is open, as a stop does. */
    int drain() {
        return open.drain(Duration.ZERO);
    }

    /** Passes a request that is let in, as far as the choice of its group. */
    public Exchange routed(FakeClient client) throws IOException, ServletException {
        Exchange exchange = Objects.requireNonNull(pass(client), "it was let in");
        Routing.decide(exchange, exchange.forward().route(exchange.clientRequest(), exchange.target()), null);
        return exchange;
    }

    /** Ends an exchange with this error of the gateway's own. */
    public static void end(Exchange exchange, ProxyError error) throws IOException {
        ErrorAnswer.send(exchange, Refusal.of(error));
    }

    /** Ends an exchange with this answer of an upstream. */
    public static void end(Exchange exchange, String upstream, int status, int bytes) {
        if (!upstream.equals(exchange.upstream())) {
            exchange.attempting(upstream);
        }
        exchange.answering(status, null);
        exchange.relayed(new byte[bytes], 0, bytes);
        exchange.end();
    }

    /** Makes an attempt that is not good enough, and decides what follows. */
    public static void decide(Exchange exchange, String upstream, Verdict verdict) {
        exchange.attempting(upstream);
        exchange.retried(verdict);
    }

    /** The client leaves. */
    public static void leave(Exchange exchange) {
        exchange.clientGone();
        exchange.end();
    }

    @Override
    public void close() {
        http.stop();
        open.close();
    }
}
