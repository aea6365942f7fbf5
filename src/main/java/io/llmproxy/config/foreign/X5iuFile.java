package io.llmproxy.config.foreign;

import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.YamlTree;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import io.llmproxy.config.document.YamlTree.Sequence;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of x5iu's llm-proxy: one TLS listener, and providers that are found by the request's host. Each host
 * becomes a group, each provider an upstream in it.
 */
public final class X5iuFile {
    private static final String PORT = "443";
    private static final String FORWARD = "main";
    private static final String CHECK_TIMEOUT = "30";

    private final ForeignSection root;
    private final Problems problems;
    private final @Nullable Scalar checkInterval;
    private final List<Mapping> upstreams = new ArrayList<>();
    private final Map<String, List<Weighted>> groups = new LinkedHashMap<>();

    private record Weighted(Scalar name, BigDecimal weight) {}

    private X5iuFile(ForeignSection root, Problems problems) {
        this.root = root;
        this.problems = problems;
        this.checkInterval = root.value("health_check_interval");
    }

    /** Whether a file is one of these. */
    public static boolean hasShapeOf(Mapping root) {
        return root.entries().get("providers") instanceof Sequence providers
                && providers.items().stream()
                        .anyMatch(item -> item instanceof Mapping provider
                                && provider.entries().containsKey("endpoint"));
    }

    /** Says the same in our words. */
    public static Mapping translate(Mapping root, Problems problems) {
        ForeignSection section = new ForeignSection(root, "", problems);
        return new X5iuFile(section, problems).translate();
    }

    private Mapping translate() {
        root.sections("providers").forEach(this::addProvider);
        TreeBuilder tls = new TreeBuilder(root.origin())
                .put("cert_file", root.required("cert_file"))
                .put("private_key_file", root.required("private_key_file"));
        TreeBuilder forward = new TreeBuilder(root.origin())
                .put("name", FORWARD)
                .put("port", PORT)
                .put("tls", tls.build())
                .put("routing", rules());
        Mapping server = new TreeBuilder(root.origin())
                .put("forwards", List.of(forward.build()))
                .build();
        TreeBuilder ours = new TreeBuilder(root.origin())
                .put("keys", keys("client", root.values("auth_keys")))
                .put("http_server", server)
                .put("upstreams", upstreams)
                .put("upstream_groups", groups());
        root.dropRest();
        return ours.build();
    }

    private void addProvider(ForeignSection provider) {
        Scalar host = provider.required("host");
        List<Weighted> group = groups.computeIfAbsent(host.text(), any -> new ArrayList<>());
        String name = group.isEmpty() ? host.text() : host.text() + "-" + (group.size() + 1);
        String type = provider.required("type").text().toLowerCase(Locale.ROOT);
        List<Mapping> keys = upstreamKeys(provider);
        if (keys.isEmpty() && !type.equals("openai")) {
            problems.error(provider.origin(), name, "no api_key (expected: one, because type is " + type + ")");
        }
        TreeBuilder upstream = new TreeBuilder(provider.origin())
                .put("name", TreeBuilder.text(host.origin(), name))
                .put("url", url(provider))
                .put("provider", TreeBuilder.text(provider.required("type").origin(), type))
                .put("auth", keys.isEmpty() ? null : auth(provider, type, keys))
                .put("keys", keys(name, authKeys(provider)))
                .put("health_check", healthCheck(provider));
        group.add(new Weighted(TreeBuilder.text(host.origin(), name), weight(provider, keys)));
        upstreams.add(upstream.build());
        provider.dropRest();
    }

    /** An empty list lets no client in there, but every client here. */
    private List<Scalar> authKeys(ForeignSection provider) {
        List<Scalar> keys = provider.values("auth_keys");
        if (keys.isEmpty() && provider.isList("auth_keys")) {
            problems.error(
                    provider.origin(),
                    "auth_keys",
                    "empty, so no client may call this provider (expected: a key, or no auth_keys)");
        }
        return keys;
    }

    private static YamlTree url(ForeignSection provider) {
        Scalar endpoint = provider.required("endpoint");
        Scalar tls = provider.value("tls");
        Scalar port = provider.value("port");
        String scheme = tls != null && tls.text().equals("false") ? "http" : "https";
        return TreeBuilder.text(
                endpoint.origin(), scheme + "://" + endpoint.text() + (port == null ? "" : ":" + port.text()));
    }

    private static Mapping auth(ForeignSection provider, String type, List<Mapping> keys) {
        TreeBuilder auth = new TreeBuilder(provider.origin()).put("type", type.equals("openai") ? "bearer" : "api_key");
        boolean single = keys.size() == 1;
        return single
                ? auth.put("token", keys.get(0).entries().get("key")).build()
                : auth.put("keys", keys).build();
    }

    /** Keys with weights come first, then the plain ones, which have the provider's weight. */
    private static List<Mapping> upstreamKeys(ForeignSection provider) {
        Scalar weight = provider.value("weight");
        List<Mapping> keys = new ArrayList<>();
        for (ForeignSection key : provider.sections("api_keys")) {
            Scalar own = key.value("weight");
            keys.add(new TreeBuilder(key.origin())
                    .put("key", key.required("key"))
                    .put("weight", own == null ? weight : own)
                    .build());
            key.dropRest();
        }
        for (Scalar key : provider.values("api_key")) {
            keys.add(new TreeBuilder(key.origin())
                    .put("key", key)
                    .put("weight", weight)
                    .build());
        }
        return keys;
    }

    /** A provider was drawn once for each of its keys. */
    private BigDecimal weight(ForeignSection provider, List<Mapping> keys) {
        if (keys.isEmpty()) {
            return number(provider.value("weight"));
        }
        return keys.stream().map(key -> number(key.entries().get("weight"))).reduce(BigDecimal.ZERO, BigDecimal::add);
    }

    private BigDecimal number(@Nullable YamlTree written) {
        if (!(written instanceof Scalar scalar)) {
            return BigDecimal.ONE;
        }
        try {
            return new BigDecimal(scalar.text());
        } catch (NumberFormatException e) {
            problems.error(scalar.origin(), "weight", scalar.text() + " (expected: a number)");
            return BigDecimal.ONE;
        }
    }

    private static List<Mapping> keys(String prefix, List<Scalar> values) {
        List<Mapping> keys = new ArrayList<>();
        for (Scalar value : values) {
            keys.add(new TreeBuilder(value.origin())
                    .put("name", prefix + "-" + (keys.size() + 1))
                    .put("key", value)
                    .build());
        }
        return keys;
    }

    /** They ran only with an option of the command line, which no file shows: a file that speaks of them wants them. */
    private @Nullable YamlTree healthCheck(ForeignSection provider) {
        ForeignSection check = provider.section("health_check");
        if (check == null && checkInterval == null) {
            return null;
        }
        TreeBuilder ours = new TreeBuilder(check == null ? provider.origin() : check.origin());
        if (check != null) {
            ours.put("method", check.value("method"))
                    .put("path", check.required("path"))
                    .put("body", check.value("body"))
                    .put("headers", headers(check.values("headers")));
            check.dropRest();
        }
        return ours.put("interval", checkInterval).put("timeout", CHECK_TIMEOUT).build();
    }

    private List<Mapping> headers(List<Scalar> lines) {
        List<Mapping> headers = new ArrayList<>();
        for (Scalar line : lines) {
            int colon = line.text().indexOf(':');
            if (colon < 0) {
                problems.error(line.origin(), "health_check.headers", "no colon (expected: `Name: value`)");
                continue;
            }
            headers.add(new TreeBuilder(line.origin())
                    .put("key", line.text().substring(0, colon).strip())
                    .put("value", line.text().substring(colon + 1).strip())
                    .build());
        }
        return headers;
    }

    private List<Mapping> rules() {
        return groups.keySet().stream()
                .map(host -> new TreeBuilder(root.origin())
                        .put("host", host)
                        .put("target_group", host)
                        .build())
                .toList();
    }

    private List<Mapping> groups() {
        List<Mapping> ours = new ArrayList<>();
        groups.forEach((host, members) -> {
            Mapping balance = new TreeBuilder(root.origin())
                    .put("strategy", "weighted_roundrobin")
                    .build();
            ours.add(new TreeBuilder(root.origin())
                    .put("name", host)
                    .put("upstreams", members(members))
                    .put("balance", members.size() > 1 ? balance : null)
                    .build());
        });
        return ours;
    }

    private List<Mapping> members(List<Weighted> members) {
        List<Integer> weights =
                WholeWeights.of(members.stream().map(Weighted::weight).toList());
        List<Mapping> ours = new ArrayList<>();
        for (Weighted member : members) {
            String weight = Integer.toString(weights.get(ours.size()));
            ours.add(new TreeBuilder(root.origin())
                    .put("name", member.name())
                    .put("weight", members.size() > 1 ? TreeBuilder.text(root.origin(), weight) : null)
                    .build());
        }
        return ours;
    }
}
