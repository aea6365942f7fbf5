package io.llmproxy.config.foreign;

import io.llmproxy.config.document.Interpolation;
import io.llmproxy.config.document.YamlTree;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** LiteLLM's {@code model_list}: each entry becomes an upstream. */
final class LiteLlmModels {
    private static final long LEAST_MILLIS = 10;
    private static final long MOST_MILLIS = 3_600_000;
    private static final Pattern LAST_SLASHES = Pattern.compile("/+$");
    private static final Pattern OPENAI_OF_AZURE = Pattern.compile("/openai(/v1)?/*$");
    private static final Set<String> NEW_VERSIONS = Set.of("v1", "preview", "latest");
    private static final String OWN = "clients send it, or the provider's default counts";
    private static final String COST = "prices are in a file of their own, which `prices` names";

    /** What is left out, and why. */
    private static final Map<String, String> LEFT_OUT = Map.ofEntries(
            Map.entry("temperature", OWN),
            Map.entry("top_p", OWN),
            Map.entry("top_k", OWN),
            Map.entry("max_tokens", OWN),
            Map.entry("max_completion_tokens", OWN),
            Map.entry("presence_penalty", OWN),
            Map.entry("frequency_penalty", OWN),
            Map.entry("seed", OWN),
            Map.entry("stop", OWN),
            Map.entry("extra_body", OWN),
            Map.entry("reasoning_effort", OWN),
            Map.entry("drop_params", "what an API cannot say is left out and named; `conversion.lossy` decides"),
            Map.entry(
                    "additional_drop_params",
                    "what an API cannot say is left out and named; `conversion.lossy` decides"),
            Map.entry("input_cost_per_token", COST),
            Map.entry("output_cost_per_token", COST),
            Map.entry("input_cost_per_second", COST),
            Map.entry("output_cost_per_second", COST),
            Map.entry("cache_read_input_token_cost", COST),
            Map.entry("cache_creation_input_token_cost", COST),
            Map.entry("max_retries", "attempts are those of a group: `num_retries`"),
            Map.entry("region_name", "it only chooses among deployments; name the one you want"),
            Map.entry("tags", "requests are not routed by tags; rules with `header` do it"));

    /** What says who may ask for the model, without a word that tells so. */
    private static final Set<String> RESTRICTING = Set.of("team_id", "team_public_model_name");

    private final Interpolation interpolation;
    private final Map<String, String> variables;
    private final Map<String, ForeignSection> credentials;
    private final LiteLlmRouter router;
    private final Set<String> names = new HashSet<>();

    /** @param credentials those that entries refer to by {@code litellm_credential_name} */
    LiteLlmModels(
            Interpolation interpolation,
            Map<String, String> variables,
            Map<String, ForeignSection> credentials,
            LiteLlmRouter router) {
        this.interpolation = interpolation;
        this.variables = variables;
        this.credentials = credentials;
        this.router = router;
    }

    /** Returns those that can be carried over; says why others cannot. */
    List<LiteLlmDeployment> read(List<ForeignSection> list) {
        return list.stream().map(this::deployment).flatMap(Optional::stream).toList();
    }

    private Optional<LiteLlmDeployment> deployment(ForeignSection entry) {
        Scalar model = entry.required("model_name");
        ForeignSection parameters = entry.section("litellm_params");
        if (parameters == null) {
            entry.required("litellm_params");
            return Optional.empty();
        }
        Scalar target = parameters.required("model");
        Scalar stated = parameters.value("custom_llm_provider");
        int slash = target.text().indexOf('/');
        String prefix =
                stated != null ? stated.text() : slash < 0 ? "" : target.text().substring(0, slash);
        String name =
                target.text().startsWith(prefix + "/") ? target.text().substring(prefix.length() + 1) : target.text();
        Optional<LiteLlmProvider> provider =
                prefix.isEmpty() ? LiteLlmProvider.ofModel(name) : LiteLlmProvider.named(prefix);
        if (provider.isEmpty()) {
            entry.drop(
                    "litellm_params",
                    "the provider of " + target.text()
                            + " is none that LLMProxy knows, so this deployment is left out; "
                            + "if its API is OpenAI's, write `openai/" + name + "` with its api_base");
            return Optional.empty();
        }
        if (parameters.has("mock_response")) {
            entry.drop("litellm_params", "it answers by itself (mock_response), so this deployment is left out");
            return Optional.empty();
        }
        return Optional.of(deployment(entry, parameters, model, name, provider.get()));
    }

    private LiteLlmDeployment deployment(
            ForeignSection entry, ForeignSection parameters, Scalar model, String target, LiteLlmProvider provider) {
        ForeignSection info = entry.section("model_info");
        Scalar mode = info == null ? null : info.value("mode");
        String name = unique(model.text());
        Sources sources = new Sources(parameters, credential(parameters));
        TreeBuilder upstream = new TreeBuilder(model.origin())
                .put("name", name)
                .put("provider", provider.provider())
                .put("enabled", enabled(info));
        address(upstream, sources, provider, mode);
        String dialect = dialect(provider, target);
        // OpenAI itself speaks more than that.
        if (dialect != null && !sources.isAtHome(provider)) {
            upstream.put("dialect", dialect);
        }
        upstream.put("auth", auth(entry, sources, provider))
                .put("headers", headers(parameters))
                .put("max_concurrent", parameters.value("max_parallel_requests"));
        router.addTo(upstream, model.origin());
        apiVersion(sources, provider, upstream);
        Scalar weight = parameters.value("weight");
        Scalar order = parameters.value("order");
        Scalar rpm = first(parameters.value("rpm"), entry.value("rpm"));
        Scalar tpm = first(parameters.value("tpm"), entry.value("tpm"));
        LiteLlmDeployment deployment = LiteLlmDeployment.of(
                model,
                name,
                target,
                upstream,
                share(parameters, weight, rpm, tpm),
                order == null ? BigDecimal.valueOf(Long.MAX_VALUE) : number(parameters, "order", order, BigDecimal.ONE),
                time(parameters, "timeout"),
                time(parameters, "stream_timeout"));
        leaveOut(entry, parameters, info);
        return deployment;
    }

    /** By weight if there is one, else by how much each takes in a minute. */
    private static @Nullable BigDecimal share(
            ForeignSection parameters, @Nullable Scalar weight, @Nullable Scalar rpm, @Nullable Scalar tpm) {
        if (weight != null) {
            return number(parameters, "weight", weight, BigDecimal.ONE);
        }
        Scalar other = first(rpm, tpm);
        return other == null ? null : LiteLlmText.number(other).orElse(null);
    }

    private static BigDecimal number(ForeignSection parameters, String key, Scalar value, BigDecimal otherwise) {
        Optional<BigDecimal> number = LiteLlmText.number(value).filter(one -> one.signum() >= 0);
        if (number.isEmpty()) {
            parameters.refuse(key, value, "a number");
        }
        return number.orElse(otherwise);
    }

    private static @Nullable Scalar first(@Nullable Scalar one, @Nullable Scalar other) {
        return one == null ? other : one;
    }

    private String unique(String model) {
        String name = model;
        for (int i = 2; !names.add(name); i++) {
            name = model + "-" + i;
        }
        return name;
    }

    private @Nullable ForeignSection credential(ForeignSection parameters) {
        Scalar name = parameters.value("litellm_credential_name");
        if (name == null) {
            return null;
        }
        ForeignSection credential = credentials.get(name.text());
        if (credential == null) {
            parameters.refuse("litellm_credential_name", name, "the name of an entry of credential_list");
        }
        return credential;
    }

    /** Where an entry has what it says: in itself, or in the credential that it refers to. */
    private record Sources(
            ForeignSection parameters, @Nullable ForeignSection credential) {
        /** Whether it is OpenAI where OpenAI is. */
        boolean isAtHome(LiteLlmProvider provider) {
            return provider.name().equals("openai") && value("api_base") == null && value("base_url") == null;
        }

        @Nullable Scalar value(String key) {
            Scalar own = parameters.value(key);
            return own != null || credential == null ? own : credential.value(key);
        }
    }

    private static @Nullable YamlTree enabled(@Nullable ForeignSection info) {
        Scalar blocked = info == null ? null : info.value("blocked");
        return blocked != null && LiteLlmText.isTrue(blocked) ? TreeBuilder.text(blocked.origin(), "false") : null;
    }

    private void address(TreeBuilder upstream, Sources sources, LiteLlmProvider provider, @Nullable Scalar mode) {
        if (provider.provider().equals("vertex")) {
            upstream.put("url", onVertex(sources));
            return;
        }
        Scalar base = first(sources.value("api_base"), sources.value("base_url"));
        String variable = provider.baseVariable();
        if (base == null
                && variable != null
                && !variables.getOrDefault(variable, "").isBlank()) {
            base = TreeBuilder.text(sources.parameters().origin(), "${" + variable + "}");
        }
        if (base == null && provider.url() == null) {
            sources.parameters().required("api_base");
            return;
        }
        String url = base == null ? String.valueOf(provider.url()) : trimmed(base);
        if (provider.provider().equals("azure_openai")) {
            url = OPENAI_OF_AZURE.matcher(url).replaceFirst("") + "/openai";
        } else if (provider.isOpenAiBase() && !resolved(url).endsWith("/v1")) {
            // LiteLLM adds no version to a base that has none or another one.
            url += endpoint(mode);
            upstream.put("url_mode", "exact");
        }
        upstream.put("url", TreeBuilder.text(base == null ? sources.parameters().origin() : base.origin(), url));
    }

    private static String endpoint(@Nullable Scalar mode) {
        return switch (mode == null ? "chat" : mode.text()) {
            case "completion" -> "/completions";
            case "embedding" -> "/embeddings";
            case "image_generation" -> "/images/generations";
            case "audio_transcription" -> "/audio/transcriptions";
            case "audio_speech" -> "/audio/speech";
            case "moderation" -> "/moderations";
            case "rerank" -> "/rerank";
            case "responses" -> "/responses";
            default -> "/chat/completions";
        };
    }

    /** A reference stays one, unless what it refers to has slashes at its end. */
    private String trimmed(Scalar base) {
        String resolved = resolved(base.text());
        return resolved.endsWith("/") || !LiteLlmText.refers(base)
                ? LAST_SLASHES
                        .matcher(LiteLlmText.refers(base) ? resolved : base.text())
                        .replaceFirst("")
                : base.text();
    }

    private String resolved(String text) {
        return interpolation.resolve(text).text();
    }

    private static Scalar onVertex(Sources sources) {
        Scalar project = sources.value("vertex_project");
        Scalar location = sources.value("vertex_location");
        Scalar base = sources.value("api_base");
        if (project == null) {
            project = sources.parameters().required("vertex_project");
        }
        String place = location == null ? "us-central1" : location.text();
        String host = place.equals("global") ? "aiplatform.googleapis.com" : place + "-aiplatform.googleapis.com";
        String address = base == null
                ? "https://" + host
                : LAST_SLASHES.matcher(base.text()).replaceFirst("");
        return TreeBuilder.text(project.origin(), address + "/v1/projects/" + project.text() + "/locations/" + place);
    }

    private static @Nullable String dialect(LiteLlmProvider provider, String target) {
        if (!provider.provider().equals("vertex")) {
            return provider.dialect();
        }
        return target.toLowerCase(Locale.ROOT).contains("claude") ? "anthropic" : "gemini";
    }

    private @Nullable Mapping auth(ForeignSection entry, Sources sources, LiteLlmProvider provider) {
        ForeignSection parameters = sources.parameters();
        Scalar rpm = plain(first(parameters.value("rpm"), entry.value("rpm")));
        Scalar tpm = plain(first(parameters.value("tpm"), entry.value("tpm")));
        if (provider.provider().equals("vertex")) {
            return google(sources);
        }
        Scalar key = key(sources, provider);
        if (key == null) {
            if (rpm != null || tpm != null) {
                parameters.drop(rpm == null ? "tpm" : "rpm", "it is a limit of a key, and none is stated");
            }
            return null;
        }
        return new TreeBuilder(key.origin())
                .put("type", provider.credential())
                .put("token", key)
                .put("rpm", rpm)
                .put("tpm", tpm)
                .build();
    }

    private static @Nullable Scalar plain(@Nullable Scalar number) {
        return number == null
                ? null
                : TreeBuilder.text(number.origin(), number.text().replace("_", ""));
    }

    private @Nullable Scalar key(Sources sources, LiteLlmProvider provider) {
        Scalar key = sources.value("api_key");
        String variable = provider.keyVariable();
        if (key != null || variable == null) {
            return key;
        }
        // A server of one's own that asks for no key is not sent that of the provider.
        boolean stated = sources.value("api_base") != null || sources.value("base_url") != null;
        boolean own = stated && !provider.provider().equals("azure_openai");
        boolean set = !variables.getOrDefault(variable, "").isBlank();
        return own && !set ? null : TreeBuilder.text(sources.parameters().origin(), "${" + variable + "}");
    }

    private static Mapping google(Sources sources) {
        Scalar file = sources.value("vertex_credentials");
        ForeignSection parameters = sources.parameters();
        if (file != null && file.text().stripLeading().startsWith("{")) {
            parameters.refuse(
                    "vertex_credentials", TreeBuilder.text(file.origin(), "***"), "the path of a file with it");
        }
        return new TreeBuilder(parameters.origin())
                .put("type", "google")
                .put(
                        "service_account_file",
                        file == null
                                ? TreeBuilder.text(parameters.origin(), "${GOOGLE_APPLICATION_CREDENTIALS}")
                                : file)
                .build();
    }

    private static List<Mapping> headers(ForeignSection parameters) {
        List<Mapping> headers = new ArrayList<>();
        Scalar organization = parameters.value("organization");
        if (organization != null) {
            headers.add(header("OpenAI-Organization", organization));
        }
        Stream.of("headers", "extra_headers").forEach(key -> {
            ForeignSection extra = parameters.section(key);
            if (extra != null) {
                extra.entries().forEach((name, value) -> {
                    if (value instanceof Scalar scalar) {
                        headers.add(header(name, scalar));
                    } else {
                        extra.drop(name, "it is no single value");
                    }
                });
            }
        });
        return headers;
    }

    private static Mapping header(String name, Scalar value) {
        return new TreeBuilder(value.origin())
                .put("op", "replace")
                .put("key", name)
                .put("value", value)
                .build();
    }

    private static void apiVersion(Sources sources, LiteLlmProvider provider, TreeBuilder upstream) {
        Scalar version = sources.value("api_version");
        if (version == null) {
            return;
        }
        boolean azure = provider.provider().equals("azure_openai");
        if (azure && NEW_VERSIONS.contains(version.text())) {
            upstream.put("api_version", version);
        } else {
            sources.parameters()
                    .drop(
                            "api_version",
                            azure
                                    ? "Azure's /openai/v1 is called, which takes none with a date"
                                    : "this provider has none");
        }
    }

    private @Nullable Scalar time(ForeignSection parameters, String key) {
        Scalar seconds = parameters.value(key);
        if (seconds == null) {
            return null;
        }
        Optional<Scalar> time = LiteLlmText.time(seconds, LEAST_MILLIS, MOST_MILLIS);
        if (time.isEmpty()) {
            parameters.refuse(key, seconds, "seconds");
        }
        return time.orElse(null);
    }

    private static void leaveOut(ForeignSection entry, ForeignSection parameters, @Nullable ForeignSection info) {
        parameters.dropAll(LEFT_OUT);
        parameters.dropRest();
        if (info != null) {
            RESTRICTING.forEach(info::forbid);
            info.dropDescription("what it describes is known here by the name of the model");
        }
        entry.dropRest();
    }
}
