package io.llmproxy.admin.api;

import io.llmproxy.access.NoPeople;
import io.llmproxy.admin.AuditTrail;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.admin.ConfigReload;
import io.llmproxy.admin.IssuedKeys;
import io.llmproxy.admin.Numbers;
import io.llmproxy.admin.OperatorToken;
import io.llmproxy.admin.SharedUsage;
import io.llmproxy.admin.StoredSecrets;
import io.llmproxy.audit.AuditBook;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.explain.Explanations;
import io.llmproxy.health.Lifecycle;
import io.llmproxy.health.UpstreamHistory;
import io.llmproxy.management.Operations;
import io.llmproxy.management.Totals;
import io.llmproxy.quota.LimitHistory;
import io.llmproxy.quota.Quotas;
import io.llmproxy.upstream.OwnRequests;
import io.llmproxy.upstream.Upstreams;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** A gateway of which the API can be made, without one. */
final class GatewayFixture {
    static final String YAML = """
            http_server: { forwards: [ { name: main, upstream_group: g } ] }
            upstreams: [ { name: u, url: "http://127.0.0.1:9" } ]
            upstream_groups: [ { name: g, upstreams: [ { name: u } ] } ]
            """;

    private GatewayFixture() {}

    static ProxyConfig config(String yaml) {
        return ConfigLoader.parse(yaml, "test", Path.of(""), Map.of()).config();
    }

    /** Answers every question with nothing. */
    @SuppressWarnings("unchecked")
    static <T> T nothing(Class<T> type) {
        return (T) Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
            Class<?> asked = method.getReturnType();
            if (asked == boolean.class) {
                return false;
            }
            if (asked == long.class) {
                return 0L;
            }
            if (asked == int.class) {
                return 0;
            }
            if (asked == Optional.class) {
                return Optional.empty();
            }
            if (asked == Instant.class) {
                return Instant.EPOCH;
            }
            return asked == List.class ? List.of() : null;
        });
    }

    static Gateway of(ConfigDocuments documents, ScheduledExecutorService clock) {
        return new Gateway(
                "1.2.3",
                () -> "node",
                Instant.EPOCH,
                new Lifecycle(),
                new Gateway.Figures(
                        () -> 0,
                        new Totals(),
                        new Traffic(),
                        new UsedLately(System::currentTimeMillis),
                        new UpstreamHistory(),
                        new Explanations(),
                        new LimitHistory()),
                new Gateway.Ledger(Optional::empty, Optional::empty, SharedUsage.NONE),
                documents,
                new AuditTrail(AuditBook.NONE, () -> 0),
                new NoPeople(),
                nothing(IssuedKeys.class),
                nothing(Numbers.class),
                nothing(StoredSecrets.class),
                () -> new ConfigReload.Outcome(true, 1, List.of()),
                nothing(Operations.class),
                () -> new Gateway.Current(1, config(YAML), Upstreams.NONE, Quotas.NONE),
                question -> null,
                (forward, key) -> Optional.empty(),
                nothing(OwnRequests.class),
                forward -> null,
                clock);
    }

    static List<Object> resources(ConfigDocuments documents) {
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        clock.shutdown();
        SignIn signIn = new SignIn(
                new OperatorToken(() -> new Secret("t"), List::of),
                new NoPeople(),
                () -> config(YAML),
                Instant::now,
                clock);
        return AdminApi.resources(signIn, of(documents, clock));
    }
}
