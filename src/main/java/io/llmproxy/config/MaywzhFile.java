package io.llmproxy.config;

import io.llmproxy.config.YamlTree.Mapping;
import io.llmproxy.config.YamlTree.Scalar;
import io.llmproxy.config.YamlTree.Sequence;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The YAML of maywzh's llm-proxy: one listener, and providers that are found by the model. All of them become one group;
 * the environment that the system reads besides its file is read here too.
 */
final class MaywzhFile {
    private static final String NAME = "main";
    private static final String PORT = "18000";

    /** A default without the dash, which only this system knows. */
    private static final Pattern SHORT_DEFAULT = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*):(?!-)([^}]*)}");

    private static final Set<String> YES = Set.of("true", "1", "yes", "on");

    /** What the environment may ask for that has no counterpart, and what it would have been. */
    private static final Map<String, String> UNKNOWN = Map.of(
            "DB_URL", "the configuration in a database",
            "LANGFUSE_ENABLED", "Langfuse",
            "JSONL_LOG_ENABLED", "the log of requests as JSON lines");

    private final ForeignSection root;
    private final Map<String, String> variables;
    private final Interpolation interpolation;
    private final Problems problems;

    private MaywzhFile(
            ForeignSection root, Map<String, String> variables, Interpolation interpolation, Problems problems) {
        this.root = root;
        this.variables = variables;
        this.interpolation = interpolation;
        this.problems = problems;
    }

    /** Whether a file is one of these. */
    static boolean hasShapeOf(Mapping root) {
        boolean keys = root.entries().containsKey("master_keys");
        return keys
                || (root.entries().get("providers") instanceof Sequence providers
                        && providers.items().stream()
                                .anyMatch(item -> item instanceof Mapping provider
                                        && provider.entries().containsKey("api_base")));
    }

    /**
     * Says the same in our words.
     *
     * @param variables the environment and the {@code .env}
     * @param interpolation knows what values refer to
     */
    static Mapping translate(
            Mapping root, Map<String, String> variables, Interpolation interpolation, Problems problems) {
        Mapping spelled = (Mapping) respell(root);
        return new MaywzhFile(new ForeignSection(spelled, "", problems), variables, interpolation, problems)
                .translate();
    }

    private static YamlTree respell(YamlTree tree) {
        if (tree instanceof Mapping mapping) {
            Map<String, YamlTree> entries = new LinkedHashMap<>();
            mapping.entries().forEach((key, value) -> entries.put(key, respell(value)));
            return new Mapping(mapping.origin(), entries);
        }
        if (tree instanceof Sequence sequence) {
            return new Sequence(
                    sequence.origin(),
                    sequence.items().stream().map(MaywzhFile::respell).toList());
        }
        Scalar scalar = (Scalar) tree;
        String text = SHORT_DEFAULT.matcher(scalar.text()).replaceAll("\\${$1:-$2}");
        return new Scalar(scalar.origin(), text, scalar.style());
    }

    private Mapping translate() {
        List<Mapping> upstreams =
                root.sections("providers").stream().map(this::upstream).toList();
        List<Mapping> members = upstreams.stream()
                .map(upstream -> new TreeBuilder(upstream.origin())
                        .put("name", upstream.entries().get("name"))
                        .build())
                .toList();
        Mapping group = new TreeBuilder(root.origin())
                .put("name", NAME)
                .put("upstreams", members)
                .put("balance", section("strategy", isAdaptive() ? "adaptive" : "weighted_roundrobin"))
                .put("http_client", client())
                .build();
        Mapping ours = new TreeBuilder(root.origin())
                .put(
                        "keys",
                        root.sections("master_keys").stream().map(this::key).toList())
                .put("http_server", server())
                .put("upstreams", upstreams)
                .put("upstream_groups", List.of(group))
                .build();
        root.dropRest();
        dropVariables();
        return ours;
    }

    private Mapping upstream(ForeignSection provider) {
        Scalar type = provider.value("provider_type");
        Kind kind = Kind.of(type == null ? "openai" : type.text());
        Scalar key = provider.required("api_key");
        Mapping auth = new TreeBuilder(key.origin())
                .put("type", kind.credential)
                .put("token", key)
                .build();
        TreeBuilder upstream = new TreeBuilder(provider.origin())
                .put("name", provider.has("name") ? provider.value("name") : provider.required("provider_key"))
                .put("url", provider.required("api_base"))
                .put("provider", kind.provider)
                .put("weight", provider.value("weight"))
                .put("auth", auth)
                .put("models", models(provider))
                .put("enabled", enabled(provider));
        if (isAdaptive()) {
            upstream.put("breaker", section("threshold", "0.5"));
        }
        if (!isVerifying()) {
            upstream.put("tls", section("verify", "false"));
        }
        provider.dropRest();
        return upstream.build();
    }

    /** A provider that maps no model serves none. */
    private static @Nullable YamlTree enabled(ForeignSection provider) {
        ForeignSection models = provider.section("model_mapping");
        boolean servesNothing = models == null || models.entries().isEmpty();
        if (servesNothing) {
            provider.drop("model_mapping", "it maps no model, so that the provider serves none and is switched off");
            return TreeBuilder.text(provider.origin(), "false");
        }
        return provider.value("is_enabled");
    }

    private static @Nullable YamlTree models(ForeignSection provider) {
        ForeignSection models = provider.section("model_mapping");
        if (models == null) {
            return null;
        }
        TreeBuilder ours = new TreeBuilder(models.origin());
        models.entries().forEach((name, target) -> ours.put(name, name(models, name, target)));
        return ours.build();
    }

    private static YamlTree name(ForeignSection models, String model, YamlTree target) {
        ForeignSection described = target instanceof Mapping ? models.section(model) : null;
        if (described == null) {
            return target;
        }
        Scalar name = described.required("mapped_model");
        described.dropRest();
        return name;
    }

    private Mapping key(ForeignSection key) {
        ForeignSection limit = key.section("rate_limit");
        TreeBuilder ours = new TreeBuilder(key.origin())
                .put("name", key.has("name") ? key.value("name") : key.required("id"))
                .put("key", key.required("key"))
                .put("enabled", key.has("enabled") ? key.value("enabled") : key.value("is_enabled"))
                .put("allowed_models", key.values("allowed_models"));
        if (limit != null) {
            ours.put(
                    "rate_limit",
                    new TreeBuilder(limit.origin())
                            .put("requests_per_second", limit.required("requests_per_second"))
                            .put("burst_size", limit.value("burst_size"))
                            .build());
            limit.dropRest();
        }
        if (key.has("description")) {
            key.drop("description", "a comment says as much");
        }
        key.dropRest();
        return ours.build();
    }

    private Mapping server() {
        ForeignSection server = root.section("server");
        Scalar port = server == null ? null : server.value("port");
        TreeBuilder forward = new TreeBuilder(server == null ? root.origin() : server.origin())
                .put("name", NAME)
                .put("address", server == null ? null : server.value("host"))
                .put("port", variable("PORT", port))
                .put("upstream_group", NAME)
                .put("model_prefix", variable("PROVIDER_SUFFIX", null));
        if (port == null && !isSet("PORT")) {
            forward.put("port", PORT);
        }
        if (server != null) {
            server.dropRest();
        }
        return new TreeBuilder(root.origin())
                .put("forwards", List.of(forward.build()))
                .build();
    }

    private @Nullable Mapping client() {
        Scalar request = variable("REQUEST_TIMEOUT_SECS", root.value("request_timeout_secs"));
        Scalar first = variable("TTFT_TIMEOUT_SECS", request);
        if (request == null && first == null) {
            return null;
        }
        Mapping timeout = new TreeBuilder(root.origin())
                .put("request", request)
                .put("first_byte", first)
                .build();
        return new TreeBuilder(root.origin()).put("timeout", timeout).build();
    }

    /** The environment goes over the file; what stands for it in our words is a reference to it. */
    private @Nullable Scalar variable(String name, @Nullable Scalar written) {
        return isSet(name) ? new Scalar(root.origin(), "${" + name + "}", Scalar.Style.QUOTED) : written;
    }

    private boolean isSet(String name) {
        return !variables.getOrDefault(name, "").isBlank();
    }

    private boolean isYes(String name) {
        return YES.contains(variables.getOrDefault(name, "").strip().toLowerCase(Locale.ROOT));
    }

    private boolean isAdaptive() {
        return isYes("ADAPTIVE_ROUTING_ENABLED");
    }

    private boolean isVerifying() {
        Scalar written = root.value("verify_ssl");
        if (isSet("VERIFY_SSL")) {
            return isYes("VERIFY_SSL");
        }
        String text =
                written == null ? "true" : interpolation.resolve(written.text()).text();
        return YES.contains(text.strip().toLowerCase(Locale.ROOT));
    }

    private void dropVariables() {
        UNKNOWN.forEach((name, what) -> {
            if (isSet(name) && !variables.getOrDefault(name, "").equalsIgnoreCase("false")) {
                drop(name, what);
            }
        });
        variables.keySet().stream()
                .filter(name -> name.startsWith("ADAPTIVE_") && !name.equals("ADAPTIVE_ROUTING_ENABLED"))
                .sorted()
                .forEach(name -> drop(name, "the figures of adaptive routing are fixed"));
    }

    private void drop(String variable, String what) {
        problems.warn(new Origin("environment " + variable, 0), "", "not carried over: " + what);
    }

    private Mapping section(String key, String value) {
        return new TreeBuilder(root.origin()).put(key, value).build();
    }

    /** What a provider speaks, and how it is shown a key. */
    private enum Kind {
        OPENAI("openai", "bearer"),
        ANTHROPIC("anthropic", "api_key"),
        VERTEX("vertex", "bearer");

        private final String provider;
        private final String credential;

        Kind(String provider, String credential) {
            this.provider = provider;
            this.credential = credential;
        }

        static Kind of(String type) {
            return switch (type.toLowerCase(Locale.ROOT)) {
                case "anthropic", "claude" -> ANTHROPIC;
                case "gcp-vertex", "gcp_vertex", "vertex", "gemini", "gcp-gemini" -> VERTEX;
                default -> OPENAI;
            };
        }
    }
}
