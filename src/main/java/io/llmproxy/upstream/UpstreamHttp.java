package io.llmproxy.upstream;

import io.llmproxy.config.HttpClientConfig;
import io.llmproxy.config.OutboundProxyConfig;
import io.llmproxy.config.TlsConfig;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.jetty.client.InterimAnswers;
import io.llmproxy.jetty.client.UpstreamTransport;
import io.llmproxy.jetty.client.ViewBufferPool;
import io.llmproxy.jetty.loop.EventLoops;
import io.llmproxy.tls.Pem;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.HttpClientTransport;
import org.eclipse.jetty.client.UpgradeProtocolHandler;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.util.SocketAddressResolver;
import org.eclipse.jetty.util.component.ContainerLifeCycle;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/**
 * Owns the HTTP clients. Upstreams that are spoken to in the same way share one, with its pool of connections; all clients
 * share the event loops. A client passes bytes: it follows no redirect, keeps no cookie and decodes nothing.
 */
public final class UpstreamHttp {
    /** The look-up of a name blocks a thread: these are apart, so that a slow name service holds up no other work. */
    private static final int LOOKUPS = 8;

    /** Fetching a token blocks a thread, too. */
    private static final int FETCHES = 4;

    private static final Duration LONGEST_LOOKUP = Duration.ofSeconds(15);
    private static final int MAX_CONNECTIONS = 65_536;
    private static final int MAX_HEAD_BYTES = 64 * 1024;

    /** For this gateway's own forwards. */
    private static final Transport OWN = new Transport(
            false,
            Duration.ofSeconds(5),
            Duration.ofMinutes(10),
            Duration.ZERO,
            Duration.ZERO,
            new TlsConfig(null, null, null, true),
            "",
            null);

    private final EventLoops loops;
    private final ContainerLifeCycle parts = new ContainerLifeCycle();
    private final QueuedThreadPool lookups = new QueuedThreadPool(LOOKUPS, 0);
    private final QueuedThreadPool fetches = new QueuedThreadPool(FETCHES, 0);
    private final KnownAddresses addresses;
    private final ByteBufferPool buffers = new ViewBufferPool();
    private final Map<Transport, HttpClient> clients = new ConcurrentHashMap<>();

    /** Everything that makes one client different from another. */
    private record Transport(
            boolean secure,
            Duration connect,
            Duration idle,
            Duration keepalive,
            Duration maxAge,
            TlsConfig tls,
            String tlsFiles,
            @Nullable OutboundProxyConfig proxy) {}

    /**
     * Makes the owner; {@link #start} it before the first client is asked for.
     *
     * @param loops look after the connections; started and stopped with the clients, unless they are running already
     */
    public UpstreamHttp(EventLoops loops) {
        this.loops = loops;
        addresses = new KnownAddresses(
                new SocketAddressResolver.Async(lookups, loops.getScheduler(), LONGEST_LOOKUP.toMillis()));
        lookups.setName("llmproxy-lookup");
        lookups.setDaemon(true);
        lookups.setReservedThreads(0);
        fetches.setName("llmproxy-token");
        fetches.setDaemon(true);
        fetches.setReservedThreads(0);
        parts.addBean(loops.threads());
        parts.addBean(loops.getScheduler());
        parts.addBean(loops);
        parts.addBean(lookups);
        parts.addBean(fetches);
        parts.addBean(buffers);
    }

    /** Starts what all clients share. */
    public void start() {
        LifeCycle.start(parts);
    }

    /** Stops the clients, and what they share. What is still open is cut. */
    public void stop() {
        LifeCycle.stop(parts);
    }

    /** Returns the started client for an upstream, spoken to with a group's settings. */
    HttpClient client(HttpClientConfig settings, UpstreamConfig upstream) {
        Transport transport = new Transport(
                "https".equalsIgnoreCase(upstream.url().getScheme()),
                settings.timeout().connect(),
                settings.timeout().idle(),
                settings.keepalive(),
                settings.maxConnectionAge(),
                upstream.tls(),
                Pem.fingerprint(upstream.tls().files()),
                settings.proxy());
        return clients.computeIfAbsent(transport, this::create);
    }

    /** Returns the started client for requests to this gateway's own forwards; configurations come and go without it. */
    HttpClient own() {
        return clients.computeIfAbsent(OWN, this::create);
    }

    /** Runs what blocks its thread to fetch what an upstream is shown. */
    Executor blocking() {
        return fetches;
    }

    /** Stops the clients that none of the snapshots uses. What is still open with them is cut. */
    public void retain(Collection<Upstreams> inUse) {
        Set<HttpClient> used = inUse.stream()
                .flatMap(upstreams -> upstreams.clients().stream())
                .collect(Collectors.toSet());
        clients.entrySet().removeIf(entry -> {
            HttpClient client = entry.getValue();
            boolean unused = !used.contains(client) && !entry.getKey().equals(OWN);
            if (unused) {
                LifeCycle.stop(client);
                parts.removeBean(client);
            }
            return unused;
        });
    }

    private HttpClient create(Transport transport) {
        HttpClient client = new HttpClient(transport(transport));
        client.setExecutor(loops.threads());
        client.setScheduler(loops.getScheduler());
        client.setByteBufferPool(buffers);
        client.setSocketAddressResolver(addresses);
        client.setConnectTimeout(transport.connect.toMillis());
        client.setIdleTimeout(transport.idle.toMillis());
        client.setFollowRedirects(false);
        client.setHttpCookieStore(new HttpCookieStore.Empty());
        client.setUserAgentField(null);
        client.setDefaultRequestContentType(null);
        client.setMaxConnectionsPerDestination(MAX_CONNECTIONS);
        client.setMaxRequestsQueuedPerDestination(MAX_CONNECTIONS);
        client.setMaxRequestHeadersSize(MAX_HEAD_BYTES);
        client.setMaxResponseHeadersSize(MAX_HEAD_BYTES);
        client.setUseInputDirectByteBuffers(false);
        if (transport.proxy != null) {
            OutboundProxy.of(transport.proxy).install(client);
        }
        parts.addBean(client, true);
        LifeCycle.start(client);
        client.getContentDecoderFactories().clear();
        client.getProtocolHandlers().clear();
        client.getProtocolHandlers().put(new InterimAnswers());
        client.getProtocolHandlers().put(new UpgradeProtocolHandler());
        return client;
    }

    private HttpClientTransport transport(Transport transport) {
        UpstreamTransport connections =
                new UpstreamTransport(loops, transport.keepalive, transport.maxAge, MAX_CONNECTIONS);
        if (transport.secure) {
            return connections.secure(UpstreamTls.factory(transport.tls));
        }
        return transport.proxy == null ? connections.plain() : connections.plainBehindProxy();
    }
}
