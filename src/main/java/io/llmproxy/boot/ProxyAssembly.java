package io.llmproxy.boot;

import io.llmproxy.access.NoPeople;
import io.llmproxy.admin.AdminServlet;
import io.llmproxy.admin.AuditTrail;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.admin.ConfigReload;
import io.llmproxy.admin.ConsoleServlet;
import io.llmproxy.admin.ExplainServlet;
import io.llmproxy.admin.NotFoundServlet;
import io.llmproxy.admin.OperatorPortFilter;
import io.llmproxy.admin.OperatorToken;
import io.llmproxy.admin.ReadOnlyFilter;
import io.llmproxy.admin.SharedUsage;
import io.llmproxy.admin.api.AdminApi;
import io.llmproxy.admin.api.CompatApi;
import io.llmproxy.admin.api.Gateway;
import io.llmproxy.admin.api.MaywzhApi;
import io.llmproxy.admin.api.Traffic;
import io.llmproxy.admin.api.UsedLately;
import io.llmproxy.alert.LimitAlerts;
import io.llmproxy.alert.Webhook;
import io.llmproxy.audit.AuditBook;
import io.llmproxy.auth.ConfiguredKeys;
import io.llmproxy.auth.KeySource;
import io.llmproxy.auth.LentKeys;
import io.llmproxy.boot.ProxyContextListener.Handover;
import io.llmproxy.breaker.BreakerThreads;
import io.llmproxy.capture.Capture;
import io.llmproxy.cluster.HomeCounts;
import io.llmproxy.config.Durations;
import io.llmproxy.config.HttpServerConfig;
import io.llmproxy.config.LogConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.Secrets;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.explain.Explanations;
import io.llmproxy.health.HealthChecks;
import io.llmproxy.health.HealthServlet;
import io.llmproxy.health.Lifecycle;
import io.llmproxy.health.UpstreamHistory;
import io.llmproxy.jetty.loop.EventLoops;
import io.llmproxy.ledger.LedgerFiles;
import io.llmproxy.ledger.LedgerKeeper;
import io.llmproxy.management.Beans;
import io.llmproxy.management.Totals;
import io.llmproxy.metrics.AccessLog;
import io.llmproxy.metrics.AffinityMetrics;
import io.llmproxy.metrics.CaptureMetrics;
import io.llmproxy.metrics.ConfigMetrics;
import io.llmproxy.metrics.ExportMetrics;
import io.llmproxy.metrics.HistoryKeeper;
import io.llmproxy.metrics.KeyLabels;
import io.llmproxy.metrics.LedgerMetrics;
import io.llmproxy.metrics.LimitMetrics;
import io.llmproxy.metrics.LogMetrics;
import io.llmproxy.metrics.NameSets;
import io.llmproxy.metrics.ProxyMetrics;
import io.llmproxy.metrics.ResourceMetrics;
import io.llmproxy.metrics.RuntimeMetrics;
import io.llmproxy.metrics.StateMetrics;
import io.llmproxy.metrics.StoreMetrics;
import io.llmproxy.metrics.UpstreamMetrics;
import io.llmproxy.metrics.UsageMetrics;
import io.llmproxy.proxy.admission.KeyLimits;
import io.llmproxy.proxy.body.BufferBudget;
import io.llmproxy.proxy.exchange.BodyLog;
import io.llmproxy.proxy.exchange.BodyLogs;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.ExchangeListeners;
import io.llmproxy.proxy.exchange.Forward;
import io.llmproxy.proxy.exchange.Metering;
import io.llmproxy.proxy.exchange.Mount;
import io.llmproxy.proxy.exchange.Mounts;
import io.llmproxy.proxy.exchange.Serving;
import io.llmproxy.proxy.forward.OpenExchanges;
import io.llmproxy.proxy.servlet.AuthFilter;
import io.llmproxy.proxy.servlet.CorsFilter;
import io.llmproxy.proxy.servlet.ExchangeFilter;
import io.llmproxy.proxy.servlet.ForwardEntry;
import io.llmproxy.proxy.servlet.ForwardServlet;
import io.llmproxy.proxy.servlet.MountFilter;
import io.llmproxy.proxy.servlet.RateLimitFilter;
import io.llmproxy.quota.LimitHistory;
import io.llmproxy.quota.Moment;
import io.llmproxy.quota.Quotas;
import io.llmproxy.quota.Standing;
import io.llmproxy.telemetry.Tracing;
import io.llmproxy.telemetry.push.PushedMetrics;
import io.llmproxy.upstream.OwnClient;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamHttp;
import io.llmproxy.upstream.Upstreams;
import io.llmproxy.usage.PriceFile;
import io.llmproxy.usage.Prices;
import io.prometheus.metrics.exporter.servlet.jakarta.PrometheusMetricsServlet;
import io.smallrye.health.SmallRyeHealthReporter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Builds the gateway, changes it with its configuration, and takes it down again. */
public final class ProxyAssembly implements AutoCloseable {
    /** Name of the context attribute that holds it once it is there. */
    public static final String ATTRIBUTE = ProxyAssembly.class.getName();

    private static final Logger LOG = LoggerFactory.getLogger(ProxyAssembly.class);
    private static final Duration WATCH_PERIOD = Duration.ofSeconds(1);

    private final Lifecycle lifecycle;
    private final SmallRyeHealthReporter reporter;
    private final SharedNotes sharedNotes = new SharedNotes(this::upstreams);
    private final SharedHomes sharedHomes = new SharedHomes();
    private final HealthChecks checks = new HealthChecks(sharedNotes);
    private final UpstreamHistory history = new UpstreamHistory();
    private final OpenExchanges open;
    private final BufferBudget buffers = new BufferBudget();
    private final KeyLabels keyLabels = new KeyLabels();
    private final NameSets registry = new NameSets(this::upstreams, keyLabels);
    private final ProxyMetrics metrics = new ProxyMetrics(registry, keyLabels);
    private final SharedLimits sharedLimits = new SharedLimits(ProxyAssembly::now);
    private final UsageMetrics usageMetrics = new UsageMetrics(registry, keyLabels);
    private final AffinityMetrics affinityMetrics = new AffinityMetrics(registry);
    private final LedgerKeeper ledger = new LedgerKeeper(Version.current(), System::currentTimeMillis);
    private final Capture capture = new Capture(System::currentTimeMillis);
    private final Totals totals = new Totals();
    private final Traffic traffic = new Traffic();
    private final UsedLately usedLately = new UsedLately(System::currentTimeMillis);
    private final Tracing tracing = new Tracing(Version.current());
    private final BodyLog bodies = new BodyLogs(capture, tracing);
    private final Webhook webhook = new Webhook();
    private final LimitAlerts limitAlerts =
            new LimitAlerts(HostName::get, Clock.systemUTC(), LimitMetrics.warnings(registry, webhook), webhook::post);
    private final PushedMetrics pushed = new PushedMetrics(registry, Version.current(), System.currentTimeMillis());
    private final Explanations explanations = new Explanations();
    private final LimitHistory budgets = new LimitHistory();
    private final Metering metering = Metering.start();
    private final UpstreamMetrics upstreamMetrics = new UpstreamMetrics(registry);
    private final ScheduledExecutorService background = new ScheduledThreadPoolExecutor(
            1,
            task -> {
                Thread thread = new Thread(task, "llmproxy-config");
                thread.setDaemon(true);
                return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    private final AtomicBoolean drained = new AtomicBoolean();
    private final EventLoops loops;
    private final ConfigSource source;
    private final @Nullable StoredConfig stored;
    private final LentKeys lentKeys;
    private final Operator operator;
    private final ConfigDocuments documents;
    private final AuditTrail audit;
    private final boolean inContainer;
    private final LedgerHome home;
    private final UpstreamHttp http;
    private final Reloader reloader;
    private final Beans beans;
    private final Gateway gateway;

    /**
     * Makes what lasts as long as the process; nothing is started yet.
     *
     * @param context the web application
     * @param handover what to build, and the ports that clients and operators connect to
     * @param lifecycle told when requests are served
     * @param reporter asks the health checks
     */
    ProxyAssembly(ServletContext context, Handover handover, Lifecycle lifecycle, SmallRyeHealthReporter reporter) {
        this.lifecycle = lifecycle;
        this.reporter = reporter;
        this.open = new OpenExchanges(lifecycle::beat);
        this.loops = handover.loops();
        this.source = handover.source();
        this.stored = handover.stored();
        this.lentKeys = new LentKeys(stored == null ? KeySource.NONE : stored.keys());
        this.inContainer = handover.listeners() instanceof ContainerListeners;
        this.home = stored == null ? LedgerHome.find(source.file(), inContainer) : LedgerHome.in(stored.directory());
        this.documents = stored == null ? new FileDocument(source) : stored.documents();
        this.audit = new AuditTrail(stored == null ? AuditBook.NONE : stored.audit(), System::nanoTime);
        this.http = new UpstreamHttp(loops);
        this.reloader = new Reloader(
                source,
                handover.listeners(),
                this::retain,
                ProxyAssembly::prices,
                this::build,
                this::takeOver,
                new ConfigMetrics(registry),
                background);
        this.operator = new Operator(
                this::load,
                reloader,
                lifecycle,
                background,
                stored == null ? SharedOverrides.NONE : stored.overrides());
        this.gateway = gateway();
        this.beans = new Beans(
                ContextName.of(context),
                new Beans.Source(Version.current(), lifecycle, open::count, totals, history, ledger::status, operator));
    }

    private Gateway gateway() {
        return new Gateway(
                Version.current(),
                HostName::get,
                Instant.now(),
                lifecycle,
                new Gateway.Figures(open::count, totals, traffic, usedLately, history, explanations, budgets),
                new Gateway.Ledger(ledger::status, ledger::files, stored == null ? SharedUsage.NONE : stored.usage()),
                documents,
                audit,
                stored == null ? new NoPeople() : stored.people(),
                stored == null ? new NoIssuedKeys() : stored.issuedKeys(this::quotas),
                stored == null ? new CountedNumbers() : stored.numbers(),
                stored == null ? new NoSecrets() : stored.secrets(),
                this::load,
                operator,
                () -> reloader.generation().forOperators(),
                new DryRuns(reloader::generation),
                new PlaygroundKeys(reloader::generation, lentKeys),
                new OwnClient(http),
                this::port,
                background);
    }

    /**
     * Serves the first configuration, and registers everything that a request passes, in the order in which it does.
     *
     * @param context the web application
     * @param config the first configuration
     */
    void install(ServletContext context, ProxyConfig config) {
        http.start();
        // It takes a moment that neither the start nor a client's request should.
        background.execute(BreakerThreads::start);
        RuntimeMetrics.register(registry);
        LogMetrics.register(registry, Logging::droppedAccess, Logging::droppedMessages);
        ExportMetrics.register(
                registry,
                Map.of(
                        "otlp", tracing.collector(),
                        "otlp_metrics", pushed.points(),
                        "langfuse", tracing.generations()));
        CaptureMetrics.register(registry, capture::status);
        LedgerMetrics.register(registry, ledger::status, System::currentTimeMillis);
        if (stored != null) {
            StoreMetrics.register(registry, stored::standing, stored.keys()::age);
        }
        reloader.start(config);

        LimitMetrics.register(registry, () -> quotas().standings(), sharedLimits::isThere);
        HomeCounts shared = sharedHomes.counts();
        ResourceMetrics.register(
                registry,
                Map.of("found", shared::found, "unknown", shared::unknown, "unanswered", shared::unanswered),
                Map.of("told", shared::told, "dropped", shared::dropped));
        StateMetrics.register(registry, Version.current(), this::upstreams, reloader.overrides()::count);

        filter(context, "exchange", new ExchangeFilter(reloader, this::isStopping, loops::isOverloaded));
        filter(context, "cors", new CorsFilter());
        filter(context, "auth", new AuthFilter());
        filter(context, "ratelimit", new RateLimitFilter());
        filter(context, "mount", new MountFilter());
        // What comes past the mounts is for operators.
        filter(
                context,
                "operators",
                new OperatorPortFilter(
                        () -> inContainer ? config().httpServer().admin().connectorPort() : null),
                "/health/*",
                "/metrics",
                "/admin/*",
                "/api/v1/*");
        filter(context, "read-only", new ReadOnlyFilter(), "/health/*", "/metrics");
        servlet(
                context,
                "health",
                new HealthServlet(
                        reporter, () -> reloader.generation().upstreams().all(), history, documents::standing),
                "/health/*");
        servlet(context, "metrics", new PrometheusMetricsServlet(registry), "/metrics");
        OperatorToken token = new OperatorToken(
                () -> config().httpServer().admin().token(),
                () -> config().httpServer().admin().trustedProxies());
        servlet(context, "admin", new AdminServlet(token, this::load, audit), "/admin/*");
        servlet(context, "explain", new ExplainServlet(token, explanations), "/admin/explain/*");
        servlet(context, "admin-api", AdminApi.of(token, gateway), "/admin/api/v1/*");
        servlet(context, "compat-api", new CompatApi(token, gateway), "/api/v1/*");
        servlet(context, "maywzh-api", new MaywzhApi(token, gateway), "/admin/v1/*");
        servlet(context, "console", new ConsoleServlet(), "/admin/ui/*");
        servlet(context, "nothing", new NotFoundServlet(() -> lifecycle.phase() == Lifecycle.Phase.WAITING), "/*");

        open.start();
        follow();
        if (config.httpServer().forwards().isEmpty()) {
            // Unless it follows already.
            lifecycle.change(Lifecycle.Phase.STARTING, Lifecycle.Phase.WAITING);
        } else {
            lifecycle.serve();
        }
    }

    private Generation build(
            ProxyConfig config, Prices prices, Listening listening, @Nullable Generation before, Runnable left) {
        Upstreams upstreams =
                (before == null ? Upstreams.NONE : before.upstreams()).next(config, http, upstreamMetrics);
        ConfiguredKeys keys = ConfiguredKeys.of(config, lentKeys);
        KeyLimits known = before == null ? null : before.keyLimits();
        Quotas quotas = Quotas.of(
                config.scopes(),
                config.limits(),
                ProxyAssembly::now,
                sharedLimits.of(config.redis()),
                known == null ? null : known.quotas());
        KeyLimits keyLimits = KeyLimits.of(keys.all(), quotas, known);
        List<Forward> forwards = Generation.forwards(config, upstreams, keys, keyLimits, before);
        List<Mount> mounted = forwards.stream().map(this::mount).toList();
        Mounts mounts = new Mounts(mounted, listening::port, listening.adminPort(), !listening.complete());
        long version = before == null ? 1 : before.version() + 1;
        if (before != null) {
            sharedLimits.prepare(quotas.store());
        }
        Serving serving = new Serving(mounts, listener(config.log()), metering.with(prices, ledger, bodies), left);
        return new Generation(version, config, upstreams, keyLimits, forwards, serving, listening);
    }

    private static Moment now() {
        return new Moment(System.nanoTime(), System.currentTimeMillis());
    }

    /** Where the launcher serves a forward; null in a container. */
    private @Nullable Integer port(String forward) {
        return inContainer
                ? null
                : reloader.generation().listening().forwardPorts().get(forward);
    }

    private Mount mount(Forward forward) {
        ForwardEntry entry = new ForwardEntry(forward, open, buffers, loops.threads()::executeBlocking);
        return new Mount(forward, new ForwardServlet(entry));
    }

    /** What all generations share follows the one that is served. */
    private void takeOver(Generation generation) {
        sharedLimits.follow(
                generation.keyLimits().quotas().store(), generation.config().redis());
        sharedNotes.follow(generation.config().redis());
        sharedHomes.follow(generation.config().redis(), generation.upstreams());
        ledger.follow(home.of(generation.config()));
        Set<Secret> secrets = Secrets.of(generation.config());
        capture.follow(generation.config().capture(), secrets);
        HttpServerConfig server = generation.config().httpServer();
        buffers.limit(
                server.maxBuffered() > 0
                        ? server.maxBuffered()
                        : Runtime.getRuntime().maxMemory() / 4);
        loops.maxLag(server.maxLag());
        generation.upstreams().takeOver();
        checks.follow(generation.upstreams());
        tracing.follow(generation.config().otel(), generation.config().langfuse(), secrets);
        pushed.follow(generation.config().otel());
        webhook.follow(generation.config().webhook());
        registry.follow(generation.config().metrics());
        keyLabels.follow(generation.config().metrics());
        beans.follow(generation.config().jmx(), generation.upstreams());
        history.retain(generation.upstreams().all().stream().map(Upstream::name).toList());
    }

    /** Stops what no generation uses any more. */
    private void retain(List<Generation> inUse) {
        http.retain(inUse.stream().map(Generation::upstreams).toList());
        sharedLimits.retain(inUse.stream()
                .map(generation -> generation.keyLimits().quotas().store())
                .filter(Objects::nonNull)
                .toList());
    }

    private static Prices prices(ProxyConfig config) {
        Path file = config.prices();
        return file == null ? Prices.NONE : PriceFile.read(file).prices();
    }

    /** Follows what the configuration comes from: the store, or a file that is watched. */
    private void follow() {
        eachPeriod(beans::look);
        eachPeriod(this::lookAtLimits);
        Path file = source.file();
        if (stored != null) {
            stored.follow(this::serve, operator::share, presence());
        } else if (file != null) {
            eachPeriod(new ConfigWatch(file, this::config, reloader::reload));
        }
    }

    private NodePresence presence() {
        return new NodePresence() {
            @Override
            public String state() {
                return lifecycle.phase().label();
            }

            @Override
            public int inFlight() {
                return open.count();
            }

            @Override
            public Optional<LedgerFiles> ledger() {
                return ledger.files();
            }

            @Override
            public void drain(boolean on) {
                operator.follow(on);
            }
        };
    }

    private void lookAtLimits() {
        Quotas quotas = quotas();
        budgets.look(quotas::standings, now().millis());
        List<Standing> watched = new ArrayList<>(quotas.watched());
        if (stored != null) {
            watched.addAll(stored.keys().watched(quotas));
        }
        limitAlerts.look(watched);
    }

    private ConfigReload.Outcome serve(Supplier<ConfigLoader.Loaded> next) {
        ConfigReload.Outcome outcome = reloader.reload(next);
        if (outcome.loaded()) {
            lifecycle.serve();
        }
        return outcome;
    }

    private void eachPeriod(Runnable look) {
        long period = WATCH_PERIOD.toMillis();
        var unused = background.scheduleWithFixedDelay(look, period, period, TimeUnit.MILLISECONDS);
    }

    private boolean isStopping() {
        return lifecycle.phase() == Lifecycle.Phase.DRAINING;
    }

    private ProxyConfig config() {
        return reloader.generation().config();
    }

    /** Loads the configuration again; what came of it is logged and counted. */
    public void reload() {
        load();
    }

    private ConfigReload.Outcome load() {
        return (stored == null ? reloader : stored).reload();
    }

    /** From now on the gateway tells load balancers to send no more requests; those that come are served. */
    public void announceStop() {
        lifecycle.enter(Lifecycle.Phase.DRAINING);
    }

    /** Waits until all exchanges have ended, or ends them when the configuration's time for that is over; only once. */
    public void drain() {
        announceStop();
        if (reloader.isServing() && !drained.getAndSet(true)) {
            Duration limit = config().httpServer().shutdownTimeout();
            LOG.info("stopping; {} open exchanges may go on for {}", open.count(), Durations.format(limit));
            int left = open.drain(limit);
            if (left > 0) {
                LOG.warn("{} exchanges did not finish in time and were aborted", left);
            }
        }
    }

    /** Takes everything down in reverse; what is still open breaks off. */
    @Override
    public void close() {
        beans.close();
        if (stored != null) {
            stored.rest();
        }
        background.shutdownNow();
        checks.close();
        open.close();
        http.stop();
        sharedLimits.close();
        sharedNotes.close();
        sharedHomes.close();
        ledger.stop();
        if (stored != null) {
            // The last lines of the ledger are added to it.
            stored.close();
        }
        capture.stop();
        tracing.close();
        pushed.close();
        webhook.close();
        BreakerThreads.stop();
    }

    private Quotas quotas() {
        return reloader.generation().keyLimits().quotas();
    }

    private Upstreams upstreams() {
        return reloader.generation().upstreams();
    }

    private ExchangeListener listener(LogConfig log) {
        List<ExchangeListener> listeners = new ArrayList<>();
        listeners.add(usageMetrics);
        listeners.add(affinityMetrics);
        listeners.add(registry);
        listeners.add(new HistoryKeeper(history));
        listeners.add(totals);
        listeners.add(explanations);
        listeners.add(traffic);
        listeners.add(usedLately);
        listeners.add(tracing);
        listeners.add(ledger);
        if (log.access()) {
            listeners.add(new AccessLog(log.format()));
        }
        // Last, so that a request is in flight until all of it is told.
        listeners.add(metrics);
        return new ExchangeListeners(listeners);
    }

    private static void filter(ServletContext context, String name, Filter filter) {
        filter(context, name, filter, "/*");
    }

    private static void filter(ServletContext context, String name, Filter filter, String... mappings) {
        var registration = context.addFilter(name, filter);
        registration.setAsyncSupported(true);
        registration.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC), true, mappings);
    }

    private static void servlet(ServletContext context, String name, Servlet servlet, String... mappings) {
        ServletRegistration.Dynamic registration = context.addServlet(name, servlet);
        registration.setAsyncSupported(true);
        registration.setLoadOnStartup(1);
        registration.addMapping(mappings);
    }
}
