package io.llmproxy.config.foreign;

import io.llmproxy.config.document.Origin;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.YamlTree;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import io.llmproxy.config.document.YamlTree.Sequence;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What LiteLLM's {@code router_settings} say, and the same keys where {@code litellm_settings} have them. */
final class LiteLlmRouter {
    private static final String ANY = "*";

    /** How long a deployment is set aside where that is not stated. */
    private static final String COOLDOWN = "5s";

    private static final long LEAST_MILLIS = 10;
    private static final long MOST_MILLIS = 3_600_000;
    private static final String OF_REFUSALS =
            "a request that a provider refuses as too long or unsuitable is not sent to another model; the client is told";
    private static final String OF_STATUS = "how often a request is sent again is one number, `retry.attempts`";

    private static final Map<String, String> LEFT_OUT = Map.ofEntries(
            Map.entry("context_window_fallbacks", OF_REFUSALS),
            Map.entry("content_policy_fallbacks", OF_REFUSALS),
            Map.entry("enable_pre_call_checks", OF_REFUSALS),
            Map.entry("retry_policy", OF_STATUS),
            Map.entry("model_group_retry_policy", OF_STATUS),
            Map.entry("allowed_fails_policy", "a breaker opens at a share of failures, `breaker.threshold`"),
            Map.entry("routing_strategy_args", "the figures of a strategy are fixed"),
            Map.entry("set_verbose", "`log.level` says how much is logged"),
            Map.entry("cache_responses", "answers are not kept"),
            Map.entry("enable_tag_filtering", "requests are not routed by tags; rules with `header` do it"));

    private final Problems problems;
    private final List<ForeignSection> sections;
    private final @Nullable ForeignSection router;
    private final Map<String, List<Scalar>> fallbacks = new LinkedHashMap<>();
    private final List<Scalar> defaults = new ArrayList<>();
    private final Map<String, Scalar> aliases = new LinkedHashMap<>();
    private final String strategy;
    private final @Nullable Scalar attempts;
    private final @Nullable Scalar pause;
    private final @Nullable Scalar timeout;
    private final @Nullable Scalar streamTimeout;
    private final @Nullable Scalar cooldown;

    LiteLlmRouter(@Nullable ForeignSection router, @Nullable ForeignSection settings, Problems problems) {
        this.problems = problems;
        this.router = router;
        this.sections = Stream.of(Optional.ofNullable(router), Optional.ofNullable(settings))
                .flatMap(Optional::stream)
                .toList();
        sections.forEach(this::readFallbacks);
        if (router != null) {
            readAliases(router);
        }
        this.strategy = strategy();
        this.attempts = whole("num_retries");
        this.pause = time("retry_after", 100, 10_000);
        Scalar whole = time("timeout", LEAST_MILLIS, MOST_MILLIS);
        this.timeout = whole == null ? time("request_timeout", LEAST_MILLIS, MOST_MILLIS) : whole;
        this.streamTimeout = time("stream_timeout", LEAST_MILLIS, MOST_MILLIS);
        this.cooldown = readCooldown();
        if (router != null) {
            router.dropAll(LEFT_OUT);
        }
        if (settings != null) {
            settings.dropAll(LEFT_OUT);
        }
    }

    private @Nullable Scalar value(String key) {
        Scalar found = null;
        for (ForeignSection section : sections) {
            Scalar value = section.value(key);
            found = found == null ? value : found;
        }
        return found;
    }

    private @Nullable Scalar whole(String key) {
        Scalar value = value(key);
        if (value == null || LiteLlmText.refers(value)) {
            return value;
        }
        boolean whole = LiteLlmText.number(value)
                .filter(number -> number.stripTrailingZeros().scale() <= 0)
                .isPresent();
        if (!whole) {
            problems.error(value.origin(), key, value.text() + " (expected: a whole number)");
        }
        return whole ? value : null;
    }

    private @Nullable Scalar time(String key, long least, long most) {
        Scalar seconds = value(key);
        if (seconds == null) {
            return null;
        }
        Optional<Scalar> time = LiteLlmText.time(seconds, least, most);
        if (time.isEmpty()) {
            problems.error(seconds.origin(), key, seconds.text() + " (expected: seconds)");
        }
        return time.orElse(null);
    }

    private @Nullable Scalar readCooldown() {
        Scalar fails = value("allowed_fails");
        if (fails != null) {
            problems.warn(
                    fails.origin(),
                    "allowed_fails",
                    "not carried over: a breaker opens at a share of failures, `breaker.threshold` of the last `breaker.window`");
        }
        Scalar seconds = time("cooldown_time", LEAST_MILLIS, MOST_MILLIS);
        if (LiteLlmText.isTrue(value("disable_cooldowns"))) {
            return null;
        }
        return seconds != null || fails == null ? seconds : TreeBuilder.text(fails.origin(), COOLDOWN);
    }

    private String strategy() {
        Scalar written = value("routing_strategy");
        if (written == null) {
            return "random";
        }
        return switch (written.text()) {
            case "simple-shuffle" -> "random";
            case "least-busy" -> "least_requests";
            case "latency-based-routing" -> "response_aware";
            case "usage-based-routing", "usage-based-routing-v2" -> {
                problems.warn(
                        written.origin(),
                        "router_settings.routing_strategy",
                        written.text()
                                + ": becomes least_requests, which goes by requests in flight; `rpm` and `tpm` of an"
                                + " upstream keep it within what its provider takes");
                yield "least_requests";
            }
            case "cost-based-routing" -> {
                problems.warn(
                        written.origin(),
                        "router_settings.routing_strategy",
                        "cost-based-routing: not carried over: upstreams are not chosen by price; `order` makes the cheapest"
                                + " the first");
                yield "random";
            }
            default -> {
                problems.error(
                        written.origin(),
                        "router_settings.routing_strategy",
                        written.text() + " (expected: simple-shuffle, least-busy, latency-based-routing,"
                                + " usage-based-routing, usage-based-routing-v2 or cost-based-routing)");
                yield "random";
            }
        };
    }

    private void readFallbacks(ForeignSection section) {
        for (ForeignSection one : section.sections("fallbacks")) {
            one.entries()
                    .forEach((model, others) -> names(others).forEach(other -> {
                        if (model.equals(ANY)) {
                            defaults.add(other);
                        } else {
                            fallbacks
                                    .computeIfAbsent(model, any -> new ArrayList<>())
                                    .add(other);
                        }
                    }));
        }
        defaults.addAll(section.values("default_fallbacks"));
    }

    private List<Scalar> names(YamlTree others) {
        List<Scalar> names = new ArrayList<>();
        List<YamlTree> items = others instanceof Sequence sequence ? sequence.items() : List.of(others);
        for (YamlTree item : items) {
            if (item instanceof Scalar name) {
                names.add(name);
            } else {
                problems.error(item.origin(), "fallbacks", item.kind() + " (expected: the name of a model)");
            }
        }
        return names;
    }

    private void readAliases(ForeignSection section) {
        ForeignSection written = section.section("model_group_alias");
        if (written == null) {
            return;
        }
        written.entries().forEach((alias, target) -> {
            if (target instanceof Scalar model) {
                aliases.put(alias, model);
                return;
            }
            ForeignSection described = written.section(alias);
            if (described != null) {
                aliases.put(alias, described.required("model"));
                if (described.has("hidden")) {
                    described.drop("hidden", "an alias is listed among the models");
                }
                described.dropRest();
            }
        });
    }

    /** Other names of models. */
    Map<String, Scalar> aliases() {
        return aliases;
    }

    /** Which models are asked instead, in this order. */
    List<Scalar> fallbacks(String model) {
        List<Scalar> own = fallbacks.get(model);
        return (own == null ? defaults : own)
                .stream().filter(other -> !other.text().equals(model)).toList();
    }

    /** Says that a name leads nowhere. */
    void unknown(Scalar model) {
        problems.warn(
                model.origin(), model.text(), "not carried over: no deployment of model_list serves this model here");
    }

    /** Says that deployments which shared requests take turns. */
    void inTurn(Scalar model) {
        problems.warn(
                model.origin(),
                model.text(),
                "has several deployments and fallbacks: they are asked in the order of the file, and do not share the requests");
    }

    /** Whether weights count. */
    boolean isByShare() {
        return strategy.equals("random");
    }

    Mapping balance(Origin origin, boolean inOrder, boolean weighted) {
        String ours = inOrder ? "failover" : weighted ? "weighted_roundrobin" : strategy;
        return new TreeBuilder(origin).put("strategy", ours).build();
    }

    /** How long to wait: of the file unless a model has times of its own. */
    Mapping timeout(Origin origin, @Nullable Scalar whole, @Nullable Scalar stream) {
        return new TreeBuilder(origin)
                .put("first_byte", whole == null ? timeout : whole)
                .put("first_event", stream == null ? streamTimeout : stream)
                .build();
    }

    @Nullable Mapping client(Origin origin, @Nullable Mapping own) {
        Mapping times = own == null ? timeout(origin, null, null) : own;
        Mapping retry = retry(origin);
        boolean nothing = times.entries().isEmpty() && retry == null;
        return nothing
                ? null
                : new TreeBuilder(origin)
                        .put("timeout", times.entries().isEmpty() ? null : times)
                        .put("retry", retry)
                        .build();
    }

    private @Nullable Mapping retry(Origin origin) {
        boolean none = attempts == null
                || LiteLlmText.number(attempts)
                        .filter(number -> number.compareTo(BigDecimal.ONE) < 0)
                        .isPresent();
        return none
                ? null
                : new TreeBuilder(origin)
                        .put("attempts", attempts)
                        .put("initial", pause)
                        .build();
    }

    /** What each upstream has of it. */
    void addTo(TreeBuilder upstream, Origin origin) {
        if (cooldown != null) {
            upstream.put(
                            "breaker",
                            new TreeBuilder(origin).put("cooldown", cooldown).build())
                    .put(
                            "rate_limited",
                            new TreeBuilder(origin).put("otherwise", cooldown).build());
        }
    }

    /** Says what else it has, once all was read. */
    void leaveOut() {
        if (router != null) {
            router.dropRest();
        }
    }

    /** Redis, which shares limits here. */
    @Nullable Mapping redis() {
        if (router == null) {
            return null;
        }
        Scalar url = router.value("redis_url");
        Scalar host = router.value("redis_host");
        Scalar port = router.value("redis_port");
        Scalar password = router.value("redis_password");
        YamlTree where = url;
        if (where == null && host != null) {
            where = TreeBuilder.text(
                    host.origin(), "redis://" + host.text() + ":" + (port == null ? "6379" : port.text()));
        }
        if (where == null) {
            return null;
        }
        return new TreeBuilder(where.origin())
                .put("url", where)
                .put("password", password)
                .build();
    }
}
