package io.llmproxy.config.check;

import io.llmproxy.config.AdminConfig;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.LimitConfig.Mode;
import io.llmproxy.config.LimitConfig.Period;
import io.llmproxy.config.LimitConfig.Unmeasured;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.RedisConfig;
import io.llmproxy.config.ScopeConfig;
import io.llmproxy.config.ScopedGroupConfig;
import io.llmproxy.config.SentinelConfig;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.Suggestion;
import io.llmproxy.config.document.YamlPath;
import io.llmproxy.tls.Pem;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Checks scopes, the tree that they make, and limits. */
public final class QuotaChecks {
    private static final Pattern REDIS_URL =
            Pattern.compile("rediss?://([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(:\\d{1,5})?(/\\d{0,4})?");

    private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9_.:-]{1,100}");
    private static final Pattern MASTER = Pattern.compile("[A-Za-z0-9._-]+");
    private static final String SENTINEL = "redis.sentinel";
    private static final String CLUSTER = "redis.cluster";
    private static final int MOST_PORT = 65_535;
    private static final String SCOPES = "scopes";

    private final Problems problems;
    private final Map<String, ScopeConfig> scopes = new HashMap<>();
    private boolean priced = true;

    public QuotaChecks(Problems problems) {
        this.problems = problems;
    }

    /** What may not be said twice in one list of limits. */
    private record Same(Metric metric, @Nullable Period per, List<ModelPattern> models) {}

    public void check(ProxyConfig config) {
        priced = config.prices() != null;
        YamlPath.forEach(SCOPES, config.scopes(), this::checkName);
        YamlPath.forEach(SCOPES, config.scopes(), (path, scope) -> {
            checkParent(YamlPath.key(path, "parent"), scope);
            checkLimits(YamlPath.key(path, "limits"), scope.limits());
        });
        checkRedis(config.redis());
        checkLimits("limits", config.limits());
        checkKeys("keys", config.keys());
        YamlPath.forEach(
                "upstreams",
                config.upstreams(),
                (path, upstream) -> checkKeys(YamlPath.key(path, "keys"), upstream.keys()));
        YamlPath.forEach(
                "http_server.forwards",
                config.httpServer().forwards(),
                (path, forward) -> checkKeys(YamlPath.key(path, "keys"), forward.keys()));
        if (config.store() == null) {
            checkGroups(config.httpServer().admin());
        }
    }

    private void checkGroups(AdminConfig admin) {
        if (admin.sso() != null) {
            checkGroups("http_server.admin.sso.scoped_groups", admin.sso().scopedGroups());
        }
        if (admin.oidc() != null) {
            checkGroups(
                    YamlPath.key(OidcChecks.PATH, "scoped_groups"), admin.oidc().scopedGroups());
        }
    }

    /** What a node says in its own file holds for any configuration of the store, also for one without these scopes. */
    private void checkGroups(String list, List<ScopedGroupConfig> groups) {
        YamlPath.forEach(list, groups, (path, group) -> {
            String at = YamlPath.key(path, "scope");
            if (group.scope().length() > ScopeConfig.LONGEST_BOUND) {
                problems.error(
                        at, "too long for a role (expected: at most " + ScopeConfig.LONGEST_BOUND + " characters)");
            } else if (!scopes.containsKey(group.scope()) && !problems.failed(at)) {
                problems.warn(at, unknown(at, group.scope()) + "; its members see nothing");
            }
        });
    }

    private void checkRedis(@Nullable RedisConfig redis) {
        if (redis == null) {
            return;
        }
        checkRedisUrl(redis);
        if (redis.sentinel() != null) {
            checkSentinel(redis.sentinel());
        }
        if (redis.cluster() != null) {
            checkNodes(YamlPath.key(CLUSTER, "nodes"), redis.cluster().nodes(), "a node");
        }
        String prefix = "redis.prefix";
        if (!PREFIX.matcher(redis.prefix()).matches()) {
            refuse(prefix, redis.prefix(), "letters, digits, `_`, `-`, `.` and `:`");
        }
        checkAuthorities(redis.caFile());
        if (redis.user() != null && redis.password() == null) {
            problems.error("redis.password", "missing (expected: a password, because there is a user)");
        }
    }

    private void checkRedisUrl(RedisConfig redis) {
        String path = "redis.url";
        String url = redis.url();
        if (problems.failed(path)) {
            return;
        }
        if (redis.cluster() != null && (url != null || redis.sentinel() != null)) {
            refuseBeside(CLUSTER, url == null ? SENTINEL : path);
        }
        if (url == null) {
            boolean elsewhere = redis.sentinel() != null || redis.cluster() != null;
            if (!elsewhere && !problems.failed(SENTINEL) && !problems.failed(CLUSTER)) {
                problems.error(path, "missing (expected: the URL of Redis, `redis.sentinel` or `redis.cluster`)");
            }
            return;
        }
        if (redis.sentinel() != null) {
            refuseBeside(SENTINEL, path);
        }
        if (!isAddress(url)) {
            // It may hold a password.
            problems.error(
                    path,
                    "not a Redis URL (expected: redis://host:port or rediss://host:port, with the password in `password`)");
        }
    }

    private void refuseBeside(String path, String other) {
        problems.error(path, "not allowed beside " + other + " (expected: only one of them)");
    }

    private void checkSentinel(SentinelConfig sentinel) {
        String master = YamlPath.key(SENTINEL, "master");
        // As Redis has it in `sentinel monitor`.
        if (!problems.failed(master) && !MASTER.matcher(sentinel.master()).matches()) {
            refuse(master, sentinel.master(), "letters, digits, `_`, `-` and `.`");
        }
        checkNodes(YamlPath.key(SENTINEL, "nodes"), sentinel.nodes(), "a sentinel");
        if (sentinel.user() != null && sentinel.password() == null) {
            problems.error(
                    YamlPath.key(SENTINEL, "password"), "missing (expected: a password, because there is a user)");
        }
    }

    private void checkNodes(String list, List<String> nodes, String what) {
        if (!problems.failed(list) && nodes.isEmpty()) {
            problems.error(list, "empty (expected: at least one address)");
        }
        YamlPath.forEach(list, nodes, (path, node) -> {
            if (node.indexOf('/') >= 0 || !isAddress("redis://" + node)) {
                refuse(path, node, "host or host:port of " + what);
            }
        });
    }

    /** Java takes some names for none at all, such as those with underscores, and would ask this machine instead. */
    private static boolean isAddress(String url) {
        if (!REDIS_URL.matcher(url).matches()) {
            return false;
        }
        try {
            URI parsed = new URI(url);
            return parsed.getHost() != null && parsed.getPort() <= MOST_PORT;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private void checkAuthorities(@Nullable Path file) {
        String path = "redis.ca_file";
        FileChecks files = new FileChecks(problems);
        files.checkReadable(path, file);
        if (file == null || problems.failed(path)) {
            return;
        }
        try {
            Pem.trustStore(file);
        } catch (IllegalArgumentException e) {
            files.refuse(path, file, "certificates in PEM");
        }
    }

    private void checkName(String path, ScopeConfig scope) {
        String name = YamlPath.key(path, "name");
        if (scope.name().isBlank()) {
            refuse(name, scope.name(), "a name");
        } else if (scopes.putIfAbsent(scope.name(), scope) != null) {
            problems.error(
                    name,
                    "Duplicate scope name '" + problems.shown(name, scope.name()) + "' (expected: a unique name)");
        }
    }

    private void checkParent(String path, ScopeConfig scope) {
        String name = scope.parent();
        if (name == null) {
            return;
        }
        ScopeConfig parent = scopes.get(name);
        if (parent == null) {
            problems.error(path, unknown(path, name));
        } else if (isBelow(parent, scope)) {
            refuse(path, name, "a scope that is not itself below this one");
        } else if (parent.kind().compareTo(scope.kind()) > 0) {
            String below = "of kind " + scope.kind().label();
            refuse(
                    path,
                    name + ", which is of kind " + parent.kind().label(),
                    "a scope " + below + " or of a larger one");
        }
    }

    /** Whether a scope is another one, or has it among those above it. Ends where a circle ends. */
    private boolean isBelow(ScopeConfig scope, ScopeConfig other) {
        Set<String> seen = new HashSet<>();
        ScopeConfig at = scope;
        while (at != null && seen.add(at.name())) {
            if (at.name().equals(other.name())) {
                return true;
            }
            at = at.parent() == null ? null : scopes.get(at.parent());
        }
        return false;
    }

    private void checkKeys(String list, List<ClientKeyConfig> keys) {
        YamlPath.forEach(list, keys, (path, key) -> {
            String scope = key.scope();
            if (scope != null && !scopes.containsKey(scope)) {
                String at = YamlPath.key(path, "scope");
                problems.error(at, unknown(at, scope));
            }
            checkLimits(YamlPath.key(path, "limits"), key.limits());
        });
    }

    private String unknown(String path, String scope) {
        return "unknown scope '" + problems.shown(path, scope) + "' " + hint(scope);
    }

    private String hint(String name) {
        return Suggestion.hint(name, scopes.keySet().stream().sorted().toList());
    }

    /** Checks the limits of a list, which stands at a path. */
    public void checkLimits(String list, List<LimitConfig> limits) {
        Map<Same, String> seen = new HashMap<>();
        YamlPath.forEach(list, limits, (path, limit) -> {
            if (problems.failed(path)) {
                return;
            }
            checkPeriod(path, limit);
            checkAmount(YamlPath.key(path, "amount"), limit);
            checkPrices(path, limit);
            checkWarnings(YamlPath.key(path, "warn_at"), limit);
            checkUnmeasured(YamlPath.key(path, "unmeasured"), limit);
            String other = seen.putIfAbsent(new Same(limit.metric(), limit.per(), limit.models()), path);
            if (other != null) {
                problems.error(
                        path,
                        "duplicate limit, see " + other + " (expected: one for each metric, period and set of models)");
            }
            checkReach(path, limit, list, limits);
        });
    }

    /** It is harmless, and often a wrong unit: the larger amount says what will not happen. */
    private void checkReach(String path, LimitConfig limit, String list, List<LimitConfig> limits) {
        String at = YamlPath.key(path, "amount");
        boolean[] told = {problems.failed(at)};
        YamlPath.forEach(list, limits, (otherPath, other) -> {
            if (!told[0] && !problems.failed(otherPath) && bounds(other, limit)) {
                told[0] = true;
                problems.warn(
                        at,
                        text(limit) + " are more than " + otherPath + " allows: " + text(other) + " (expected: at most "
                                + shown(other.amount()) + ", or only one of them)");
            }
        });
    }

    /** Whether a limit allows less than another one, of the same and in no shorter time. */
    private static boolean bounds(LimitConfig one, LimitConfig other) {
        Period period = one.per();
        Period shorter = other.per();
        if (period == null || shorter == null || period.compareTo(shorter) < 0 || one.amount() >= other.amount()) {
            return false;
        }
        boolean sameModels = one.models().equals(other.models());
        boolean same = one.metric() == other.metric();
        boolean duplicate = same && sameModels && period == shorter;
        boolean includes = same
                || (one.metric() == Metric.TOTAL
                        && (other.metric() == Metric.INPUT || other.metric() == Metric.OUTPUT));
        return one.mode() == Mode.ENFORCE
                && includes
                && !duplicate
                && (sameModels || one.models().isEmpty());
    }

    private static String text(LimitConfig limit) {
        return shown(limit.amount())
                + ' '
                + limit.metric().label()
                + (limit.per() == Period.TOTAL ? " in all" : " per " + limit.periodLabel());
    }

    private static String shown(double amount) {
        return BigDecimal.valueOf(amount).stripTrailingZeros().toPlainString();
    }

    private void checkPeriod(String path, LimitConfig limit) {
        String per = YamlPath.key(path, "per");
        Period period = limit.per();
        boolean concurrent = limit.metric() == Metric.CONCURRENT;
        if (concurrent && period != null) {
            refuse(per, period.label(), "no `per`, which is not allowed with concurrent");
        } else if (!concurrent && period == null) {
            problems.error(per, "missing (expected: second, minute, hour, day, month, total)");
        }
        String zone = YamlPath.key(path, "zone");
        if (limit.zone() != null && period != Period.DAY && period != Period.MONTH) {
            refuse(zone, limit.zone().getId(), "no `zone`, which is only allowed if `per` is day or month");
        }
    }

    private void checkAmount(String path, LimitConfig limit) {
        double amount = limit.amount();
        String shown = shown(amount);
        if (limit.metric() != Metric.COST && amount != Math.rint(amount)) {
            refuse(path, shown, "a whole number, because only a cost may have a fraction");
        } else if (limit.metric() == Metric.COST && amount > LimitConfig.MOST_COST) {
            refuse(path, shown, "a cost of at most " + LimitConfig.MOST_COST);
        }
    }

    /** Some upstreams tell themselves what their answers cost. */
    private void checkPrices(String path, LimitConfig limit) {
        if (limit.metric() == Metric.COST && !priced) {
            problems.warn(
                    path,
                    "a cost needs prices: without `prices`, only what upstreams say that it costs is counted (expected: `prices`)");
        }
    }

    private void checkWarnings(String path, LimitConfig limit) {
        Period period = limit.per();
        if (!limit.warnAt().isEmpty() && (period == null || !period.isWindow())) {
            problems.error(path, "not allowed here (expected: no `warn_at`, unless `per` is day, month or total)");
        }
    }

    private void checkUnmeasured(String path, LimitConfig limit) {
        if (limit.unmeasured() == Unmeasured.REFUSE && !limit.metric().isMeasured()) {
            problems.error(path, "not allowed here (expected: no `unmeasured`, unless tokens or a cost are counted)");
        }
    }

    private void refuse(String path, String value, String expectation) {
        problems.error(path, problems.shown(path, value) + " (expected: " + expectation + ")");
    }
}
