package io.llmproxy.config.check;

import io.llmproxy.config.AdminConfig;
import io.llmproxy.config.AffinityConfig;
import io.llmproxy.config.BalanceConfig.UnknownResources;
import io.llmproxy.config.CorsConfig;
import io.llmproxy.config.Durations;
import io.llmproxy.config.FollowConfig;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.GroupConfig;
import io.llmproxy.config.HeaderSyntax;
import io.llmproxy.config.HedgeConfig;
import io.llmproxy.config.ListenerTlsConfig;
import io.llmproxy.config.OtelConfig;
import io.llmproxy.config.OutboundProxyConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.RateLimitConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.SsoConfig;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.config.TimeoutConfig;
import io.llmproxy.config.UrlHost;
import io.llmproxy.config.WebhookConfig;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.YamlPath;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Checks what needs more than the range of a single key. A section with problems already is left alone. */
public final class SectionChecks {
    /** Not only of the web: pages of browser extensions and of desktop applications have origins, too. */
    private static final Pattern ORIGIN =
            Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*://([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(:\\d{1,5})?");

    private static final Set<String> WEB_SCHEMES = Set.of("http", "https");
    private static final Set<String> PROXY_SCHEMES = Set.of("http", "https", "socks5");

    private static final String SSO = "http_server.admin.sso";
    private static final int SHORTEST_SECRET = 16;
    private final Problems problems;
    private final TlsChecks tlsChecks;
    private final UpstreamChecks upstreamChecks;
    private final OidcChecks oidcChecks;

    public SectionChecks(Problems problems) {
        this.problems = problems;
        this.tlsChecks = new TlsChecks(problems);
        this.upstreamChecks = new UpstreamChecks(problems, tlsChecks);
        this.oidcChecks = new OidcChecks(problems);
    }

    public void check(ProxyConfig config) {
        YamlPath.forEach("http_server.forwards", config.httpServer().forwards(), this::checkForward);
        checkAdmin(config.httpServer().admin());
        if (config.store() != null) {
            checkStore(config.store());
        }
        if (config.webhook() != null) {
            checkWebhook(config.webhook());
        }
        if (config.otel() != null) {
            checkOtel(config.otel());
        }
        YamlPath.forEach("upstreams", config.upstreams(), upstreamChecks::check);
        YamlPath.forEach("upstream_groups", config.upstreamGroups(), this::checkGroup);
    }

    private void checkForward(String path, ForwardConfig forward) {
        ListenerTlsConfig tls = forward.tls();
        if (tls != null) {
            tlsChecks.checkListener(YamlPath.key(path, "tls"), tls);
        }
        checkCors(YamlPath.key(path, "cors"), forward.cors());
        String ratelimit = YamlPath.key(path, "ratelimit");
        RateLimitConfig limit = forward.ratelimit();
        if (limit != null && !problems.failed(ratelimit) && limit.burst() < limit.perSecond()) {
            refuse(YamlPath.key(ratelimit, "burst"), Integer.toString(limit.burst()), "at least per_second");
        }
    }

    private void checkCors(String path, @Nullable CorsConfig cors) {
        if (cors == null || problems.failed(path)) {
            return;
        }
        YamlPath.forEach(YamlPath.key(path, "origins"), cors.origins(), (at, origin) -> {
            if (!origin.equals(CorsConfig.ANY) && !ORIGIN.matcher(origin).matches()) {
                refuse(at, origin, "an origin such as https://app.example.com, without a path, or *");
            }
        });
        YamlPath.forEach(YamlPath.key(path, "headers"), cors.headers(), (at, header) -> {
            if (!HeaderSyntax.isName(header)) {
                refuse(at, header, "the name of a header");
            }
        });
    }

    private void checkAdmin(AdminConfig admin) {
        Secret token = admin.token();
        if (token != null && token.reveal().isBlank()) {
            problems.error("http_server.admin.token", "blank (expected: a token, or no such key)");
        }
        ListenerTlsConfig tls = admin.tls();
        if (tls != null) {
            tlsChecks.checkListener("http_server.admin.tls", tls);
        }
        if (admin.sso() != null && !problems.failed(SSO)) {
            checkSso(admin.sso());
        }
        if (admin.oidc() != null && !problems.failed(OidcChecks.PATH)) {
            oidcChecks.check(admin.oidc());
        }
    }

    private void checkStore(StoreConfig store) {
        if (store.key() != null) {
            checkKey("store.key", store.key());
        }
        YamlPath.forEach("store.old_keys", store.oldKeys(), this::checkKey);
        if (store.follow() != null) {
            checkFollow(store, store.follow());
        }
    }

    private void checkFollow(StoreConfig store, FollowConfig follow) {
        String url = "store.follow.url";
        if (!problems.failed(url) && !follow.url().startsWith("jdbc:postgresql://")) {
            // It may hold a password.
            problems.error(url, "not the URL of a database (expected: jdbc:postgresql://host/database)");
        }
        if (store.seed() != null) {
            problems.error("store.seed", "not allowed beside store.follow (expected: only one of them)");
        }
    }

    private void checkKey(String path, Secret key) {
        if (key.reveal().length() < SHORTEST_SECRET) {
            problems.error(path, "too short (expected: at least " + SHORTEST_SECRET + " characters)");
        }
    }

    private void checkSso(SsoConfig sso) {
        Secret secret = sso.secret();
        if (secret != null && secret.reveal().length() < SHORTEST_SECRET) {
            problems.error(
                    YamlPath.key(SSO, "secret"),
                    "too short (expected: at least " + SHORTEST_SECRET + " characters, or no such key)");
        }
        checkHeader("user_header", sso.userHeader());
        checkHeader("groups_header", sso.groupsHeader());
    }

    private void checkHeader(String key, String header) {
        if (!HeaderSyntax.isName(header)) {
            refuse(YamlPath.key(SSO, key), header, "the name of a header");
        }
    }

    private void checkGroup(String path, GroupConfig group) {
        String client = YamlPath.key(path, "http_client");
        String agent = group.httpClient().agent();
        if (agent.isBlank() || !HeaderSyntax.isValue(agent)) {
            refuse(YamlPath.key(client, "agent"), agent, "text that a header may hold");
        }
        String proxyPath = YamlPath.key(client, "proxy");
        OutboundProxyConfig proxy = group.httpClient().proxy();
        if (proxy != null && !problems.failed(proxyPath)) {
            checkProxyUrl(YamlPath.key(proxyPath, "url"), proxy.url().reveal());
        }
        checkAffinity(YamlPath.key(path, "balance.affinity"), group.balance().affinity());
        String unknownPath = YamlPath.key(path, "balance.unknown_resources");
        if (group.balance().unknownResources() == UnknownResources.REFUSE
                && !group.balance().resources()
                && !problems.failed(unknownPath)) {
            refuse(unknownPath, "refuse", "`pass`, or `resources: true`, because nothing is known without it");
        }
        String delayPath = YamlPath.key(client, "commit_delay");
        if (group.hedge() != null
                && group.httpClient().commitDelay().isZero()
                && !problems.failed(delayPath)
                && !problems.failed(YamlPath.key(path, "hedge"))) {
            refuse(delayPath, "0", "more than 0, because hedging needs held-back streams");
        }
        if (group.hedge() != null) {
            checkHedge(
                    YamlPath.key(path, "hedge.after"),
                    group.hedge(),
                    group.httpClient().timeout());
        }
    }

    private void checkHedge(String path, HedgeConfig hedge, TimeoutConfig timeout) {
        Duration after = hedge.after().fixed();
        Duration longest = timeout.firstEvent();
        if (after != null && longest != null && after.compareTo(longest) >= 0 && !problems.failed(path)) {
            refuse(
                    path,
                    hedge.after().toString(),
                    "less than `first_event`, " + Durations.format(longest)
                            + ", because streams are given up at that time");
        }
    }

    private void checkAffinity(String path, @Nullable AffinityConfig affinity) {
        if (affinity == null || problems.failed(path)) {
            return;
        }
        String header = affinity.header();
        String headerPath = YamlPath.key(path, "header");
        if (header != null && !HeaderSyntax.isName(header)) {
            refuse(headerPath, header, "the name of a header");
        } else if (header == null && affinity.by().contains(AffinityConfig.By.HEADER)) {
            problems.error(headerPath, "missing (expected: the name of a header, because `by` lists `header`)");
        } else if (header != null && !affinity.by().contains(AffinityConfig.By.HEADER)) {
            refuse(headerPath, header, "no such key, or `header` in `by`");
        }
    }

    private void checkProxyUrl(String path, String url) {
        if (!isUrl(url, PROXY_SCHEMES)) {
            refuse(path, url, "an http, https or socks5 URL with a host");
        }
    }

    private void checkWebhook(WebhookConfig webhook) {
        if (!problems.failed("webhook") && !isUrl(webhook.url().reveal(), WEB_SCHEMES)) {
            // It may hold a credential.
            problems.error("webhook.url", "not a URL (expected: an http or https URL with a host)");
        }
        upstreamChecks.checkHeaders("webhook.headers", webhook.headers());
    }

    private void checkOtel(OtelConfig otel) {
        if (otel.endpoint().getRawQuery() != null && !problems.failed("otel.endpoint")) {
            // It may hold a credential, and the endpoint is logged.
            problems.error(
                    "otel.endpoint",
                    "a URL with a query (expected: none, because a path is appended; a credential goes into `headers`)");
        }
        upstreamChecks.checkHeaders("otel.headers", otel.headers());
    }

    private void refuse(String path, String value, String expectation) {
        problems.error(path, problems.shown(path, value) + " (expected: " + expectation + ")");
    }

    private static boolean isUrl(String text, Set<String> schemes) {
        try {
            URI url = new URI(text);
            String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
            return schemes.contains(scheme) && UrlHost.of(url).isPresent();
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
