package io.llmproxy.config.foreign;

import io.llmproxy.config.document.Interpolation;
import io.llmproxy.config.document.Origin;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.YamlTree;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import io.llmproxy.config.document.YamlTree.Sequence;
import java.util.ArrayList;
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
public final class MaywzhFile {
    private static final String NAME = "main";
    private static final String PORT = "18000";
    private static final String MASTER_API_KEY = "MASTER_API_KEY";
    private static final String DB_URL = "DB_URL";
    private static final String MASTER_KEYS = "master_keys";
    private static final String LINES = ".jsonl";

    /** Requests at once that a key may make unless its file says otherwise, whatever its rate. */
    private static final String BURST = "10";

    /** What a key may have beside it that restricts no caller. */
    private static final Set<String> HARMLESS = Set.of("id", "description", "comment", "created_at", "updated_at");

    /** A default without the dash, which only this system knows. */
    private static final Pattern SHORT_DEFAULT =
            Pattern.compile("(?<!\\$)\\$\\{([A-Za-z_][A-Za-z0-9_]*):(?!-)([^}]*)}");

    private static final String LOCATION = "us-central1";
    private static final Pattern TRAILING_SLASHES = Pattern.compile("/+$");

    private static final Set<String> YES = Set.of("true", "1", "yes", "on");

    private final ForeignSection root;
    private final @Nullable ForeignSection server;
    private final Map<String, String> variables;
    private final Interpolation interpolation;
    private final Problems problems;

    private MaywzhFile(
            ForeignSection root, Map<String, String> variables, Interpolation interpolation, Problems problems) {
        this.root = root;
        this.server = root.section("server");
        this.variables = variables;
        this.interpolation = interpolation;
        this.problems = problems;
    }

    /** Whether a file is one of these. */
    public static boolean hasShapeOf(Mapping root) {
        boolean keys = root.entries().containsKey(MASTER_KEYS);
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
    public static Mapping translate(
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
                .put("keys", keys())
                .put("http_server", server())
                .put("upstreams", upstreams)
                .put("upstream_groups", List.of(group))
                .put("langfuse", langfuse())
                .put("capture", capture())
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
                .put("name", name(provider))
                .put("url", url(provider, kind))
                .put("provider", kind.provider)
                .put("dialect", kind.dialect)
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

    /** On Vertex AI the project and the place are written beside the address there, and in its path here. */
    private static Scalar url(ForeignSection provider, Kind kind) {
        Scalar base = provider.required("api_base");
        ForeignSection parameters = provider.section("provider_params");
        if (parameters == null) {
            return base;
        }
        Scalar url = kind.provider.equals("vertex") ? onVertex(base, parameters, kind.publisher()) : base;
        parameters.dropRest();
        return url;
    }

    private static Scalar onVertex(Scalar base, ForeignSection parameters, String spoken) {
        Scalar project = parameters.value("gcp_project");
        Scalar location = parameters.value("gcp_location");
        Scalar publisher = parameters.value("gcp_publisher");
        if (publisher != null && !publisher.text().equals(spoken)) {
            parameters.refuse("gcp_publisher", publisher, spoken + ", because such a provider speaks its API");
        }
        if (project == null) {
            return base;
        }
        String address = TRAILING_SLASHES.matcher(base.text()).replaceFirst("");
        return TreeBuilder.text(
                base.origin(),
                address + "/v1/projects/" + project.text() + "/locations/"
                        + (location == null ? LOCATION : location.text()));
    }

    private static Scalar name(ForeignSection provider) {
        Scalar key = provider.value("provider_key");
        return provider.has("name") || key == null ? provider.required("name") : key;
    }

    /** A provider that maps no model serves none. */
    private static @Nullable YamlTree enabled(ForeignSection provider) {
        ForeignSection models = provider.section("model_mapping");
        boolean servesNothing = models == null || models.entries().isEmpty();
        if (servesNothing) {
            provider.drop("model_mapping", "no model mapped, so the provider is disabled");
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

    private List<Mapping> keys() {
        List<Mapping> keys = new ArrayList<>();
        Scalar only = masterApiKey();
        if (only != null) {
            keys.add(new TreeBuilder(only.origin())
                    .put("name", "master")
                    .put("key", only)
                    .build());
        }
        int position = 0;
        for (ForeignSection key : root.sections(MASTER_KEYS)) {
            position++;
            keys.add(key(key, "key-" + position));
        }
        if (isSet(DB_URL) && keys.isEmpty()) {
            refuse(DB_URL, "keys in the database are not checked (expected: keys in the file, or no DB_URL)");
        } else if (isSet(DB_URL)) {
            drop(DB_URL, "the configuration in a database");
        }
        return keys;
    }

    /** The key of a file that has only one; in {@code server}, at the top, or in the environment, which goes first. */
    private @Nullable Scalar masterApiKey() {
        Scalar inner = server == null ? null : server.value("master_api_key");
        Scalar outer = root.value("master_api_key");
        if (inner != null && outer != null) {
            problems.error(outer.origin(), "master_api_key", "given twice, also in server (expected: once)");
        }
        return variable(MASTER_API_KEY, inner == null ? outer : inner);
    }

    private Mapping key(ForeignSection key, String otherwise) {
        TreeBuilder ours = new TreeBuilder(key.origin());
        Scalar name = key.has("name") ? key.value("name") : key.value("id");
        if (name == null) {
            ours.put("name", otherwise);
        } else {
            ours.put("name", name);
        }
        ours.put("key", key.required("key"))
                .put("enabled", key.has("enabled") ? key.value("enabled") : key.value("is_enabled"))
                .put("allowed_models", key.values("allowed_models"))
                .put("rate_limit", key.isSection("rate_limit") ? limit(key) : limitOfOneNumber(key));
        key.refuseRest(HARMLESS);
        return ours.build();
    }

    private static @Nullable Mapping limit(ForeignSection key) {
        ForeignSection limit = key.section("rate_limit");
        if (limit == null) {
            return null;
        }
        Scalar burst = limit.value("burst_size");
        Mapping ours = new TreeBuilder(limit.origin())
                .put("requests_per_second", limit.required("requests_per_second"))
                .put("burst_size", burst == null ? TreeBuilder.text(limit.origin(), BURST) : burst)
                .build();
        limit.refuseRest(Set.of());
        return ours;
    }

    /** As the database has it: so many each second, and as many at once. */
    private static @Nullable Mapping limitOfOneNumber(ForeignSection key) {
        Scalar perSecond = key.value("rate_limit");
        return perSecond == null
                ? null
                : new TreeBuilder(perSecond.origin())
                        .put("requests_per_second", perSecond)
                        .put("burst_size", perSecond)
                        .build();
    }

    private Mapping server() {
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
                .put("admin", isSet("ADMIN_KEY") ? adminKey() : null)
                .build();
    }

    private Mapping adminKey() {
        return new TreeBuilder(root.origin())
                .put("token", variable("ADMIN_KEY", null))
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

    /** Without its keys it is not in use there either. */
    private @Nullable Mapping langfuse() {
        if (!isYes("LANGFUSE_ENABLED")) {
            return null;
        }
        if (!isSet("LANGFUSE_PUBLIC_KEY") || !isSet("LANGFUSE_SECRET_KEY")) {
            drop("LANGFUSE_ENABLED", "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY are not set");
            return null;
        }
        return new TreeBuilder(root.origin())
                .put("host", variable("LANGFUSE_HOST", null))
                .put("public_key", variable("LANGFUSE_PUBLIC_KEY", null))
                .put("secret_key", variable("LANGFUSE_SECRET_KEY", null))
                .put("sample_rate", variable("LANGFUSE_SAMPLE_RATE", null))
                .build();
    }

    /** There it is one file that grows; here it is a directory of that name. */
    private @Nullable Mapping capture() {
        if (!isYes("JSONL_LOG_ENABLED")) {
            return null;
        }
        String file = variables
                .getOrDefault("JSONL_LOG_PATH", "./logs/requests.jsonl")
                .strip();
        return new TreeBuilder(root.origin())
                .put("directory", file.endsWith(LINES) ? file.substring(0, file.length() - LINES.length()) : file)
                .build();
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
        variables.keySet().stream()
                .filter(name -> name.startsWith("ADAPTIVE_") && !name.equals("ADAPTIVE_ROUTING_ENABLED"))
                .sorted()
                .forEach(name -> drop(name, "the parameters of adaptive routing are fixed"));
        variables.keySet().stream()
                .filter(name -> name.startsWith("MASTER_") && !name.equals(MASTER_API_KEY) && AccessWords.in(name))
                .sorted()
                .forEach(name -> refuse(
                        name,
                        "looks like a key for clients, which LLMProxy does not know (expected: " + MASTER_API_KEY
                                + ")"));
    }

    private void refuse(String variable, String message) {
        problems.error(new Origin("environment " + variable, 0), "", message);
    }

    private void drop(String variable, String what) {
        problems.warn(new Origin("environment " + variable, 0), "", "not carried over: " + what);
    }

    private Mapping section(String key, String value) {
        return new TreeBuilder(root.origin()).put(key, value).build();
    }

    /** What a provider speaks, and how it is shown a key. */
    private enum Kind {
        OPENAI("openai", "openai", "bearer"),
        RESPONSES("openai", "responses", "bearer"),
        ANTHROPIC("anthropic", "anthropic", "api_key"),
        CLAUDE_ON_VERTEX("vertex", "anthropic", "bearer"),
        GEMINI_ON_VERTEX("vertex", "gemini", "bearer");

        private final String provider;
        private final String dialect;
        private final String credential;

        Kind(String provider, String dialect, String credential) {
            this.provider = provider;
            this.dialect = dialect;
            this.credential = credential;
        }

        /** Whose models those are on Vertex AI. */
        private String publisher() {
            return dialect.equals("anthropic") ? "anthropic" : "google";
        }

        static Kind of(String type) {
            return switch (type.toLowerCase(Locale.ROOT)) {
                case "anthropic", "claude" -> ANTHROPIC;
                case "gcp-vertex", "gcp_vertex", "vertex" -> CLAUDE_ON_VERTEX;
                case "gemini", "gcp-gemini" -> GEMINI_ON_VERTEX;
                case "response_api", "response-api", "responses" -> RESPONSES;
                default -> OPENAI;
            };
        }
    }
}
