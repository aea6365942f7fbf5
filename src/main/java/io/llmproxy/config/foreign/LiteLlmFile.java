package io.llmproxy.config.foreign;

import io.llmproxy.config.document.Interpolation;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import io.llmproxy.config.document.YamlTree.Sequence;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The {@code config.yaml} of LiteLLM's proxy: deployments under the names of models, a router between them, and settings of two kinds. What
 * has no counterpart is told by its name; what restricts callers and has none is an error.
 */
public final class LiteLlmFile {
    private static final String MODELS = "model_list";
    private static final Set<String> SECTIONS =
            Set.of(MODELS, "litellm_settings", "router_settings", "general_settings");
    private static final String MASTER_KEY = "LITELLM_MASTER_KEY";
    private static final String PORT = "4000";
    private static final String OF_FILES = "files, batches and fine-tuning go to the upstreams of the forward";
    private static final String OF_DATABASE =
            "what that database holds is not read; `config import` and `keys import` bring configuration and keys into a store";
    private static final String OF_LOGS = "`log`, `otel`, `langfuse`, `capture` and /metrics tell what happens";

    private static final Map<String, String> AT_THE_TOP = Map.of(
            "files_settings", OF_FILES,
            "finetune_settings", OF_FILES,
            "callback_settings", OF_LOGS);

    private static final Map<String, String> OF_SETTINGS = Map.ofEntries(
            Map.entry("success_callback", OF_LOGS),
            Map.entry("failure_callback", OF_LOGS),
            Map.entry("callbacks", OF_LOGS),
            Map.entry("service_callbacks", OF_LOGS),
            Map.entry("default_team_settings", OF_LOGS),
            Map.entry("redact_user_api_key_info", OF_LOGS),
            Map.entry("turn_off_message_logging", "bodies are written by `capture` only, where it is on"),
            Map.entry("cache", "answers are not kept"),
            Map.entry("cache_params", "answers are not kept"),
            Map.entry("drop_params", "what an API cannot say is left out and named; `conversion.lossy` decides"),
            Map.entry("modify_params", "what an API cannot say is left out and named; `conversion.lossy` decides"),
            Map.entry("telemetry", "nothing is sent to its makers"),
            Map.entry("set_verbose", "`log.level` says how much is logged"));

    private static final Map<String, String> OF_GENERAL = Map.ofEntries(
            Map.entry("database_url", OF_DATABASE),
            Map.entry("store_model_in_db", OF_DATABASE),
            Map.entry("database_connection_pool_limit", OF_DATABASE),
            Map.entry("database_connection_timeout", OF_DATABASE),
            Map.entry("disable_master_key_return", OF_DATABASE),
            Map.entry("disable_adding_master_key_hash_to_db", OF_DATABASE),
            Map.entry("store_prompts_in_spend_logs", OF_LOGS),
            Map.entry("disable_spend_logs", OF_LOGS),
            Map.entry("alerting", "`webhook` takes warnings"),
            Map.entry("alerting_threshold", "`webhook` takes warnings"),
            Map.entry("alert_types", "`webhook` takes warnings"),
            Map.entry("background_health_checks", "`health_check` of an upstream looks after it"),
            Map.entry("health_check_interval", "`health_check` of an upstream looks after it"),
            Map.entry("max_parallel_requests", "`max_concurrent` of each upstream says it"),
            Map.entry("completion_model", "a client names its model"));

    /** What keeps something or somebody out, without a word that tells so. */
    private static final List<String> RESTRICTING_SETTINGS = List.of(
            "max_budget", "budget_duration", "max_end_user_budget", "guardrails", "upperbound_key_generate_params");

    private static final List<String> RESTRICTING_GENERAL = List.of(
            "custom_auth",
            "enforce_user_param",
            "max_request_size_mb",
            "max_response_size_mb",
            "public_routes",
            "admin_only_routes",
            "ui_access_mode",
            "global_max_budget");

    private final ForeignSection root;
    private final Map<String, String> variables;
    private final Interpolation interpolation;
    private final Problems problems;

    private LiteLlmFile(
            ForeignSection root, Map<String, String> variables, Interpolation interpolation, Problems problems) {
        this.root = root;
        this.variables = variables;
        this.interpolation = interpolation;
        this.problems = problems;
    }

    /** Whether a file is one of these. */
    public static boolean hasShapeOf(Mapping root) {
        return root.entries().get(MODELS) instanceof Sequence
                || root.entries().keySet().stream().anyMatch(key -> !key.equals(MODELS) && SECTIONS.contains(key));
    }

    /**
     * Says the same in our words.
     *
     * @param variables the environment and the {@code .env}
     * @param interpolation knows what values refer to
     */
    public static Mapping translate(
            Mapping root, Map<String, String> variables, Interpolation interpolation, Problems problems) {
        Mapping spelled = LiteLlmText.respelled(root);
        return new LiteLlmFile(new ForeignSection(spelled, "", problems), variables, interpolation, problems)
                .translate();
    }

    private Mapping translate() {
        ForeignSection settings = root.section("litellm_settings");
        ForeignSection general = root.section("general_settings");
        LiteLlmRouter router = new LiteLlmRouter(root.section("router_settings"), settings, problems);
        LiteLlmModels models = new LiteLlmModels(interpolation, variables, credentials(), router);
        List<LiteLlmDeployment> deployments = models.read(root.sections(MODELS));
        if (deployments.isEmpty()) {
            problems.error(root.origin(), MODELS, "no deployment that can be carried over (expected: at least one)");
        }
        LiteLlmGroups all = new LiteLlmGroups(root.origin(), router, deployments);
        List<Mapping> rules = new ArrayList<>();
        List<Mapping> groups = all.groups(rules);
        Scalar master = master(general);
        Mapping ours = new TreeBuilder(root.origin())
                .put("keys", keys(master))
                .put("http_server", server(general, rules, master))
                .put("upstreams", all.upstreams())
                .put("upstream_groups", groups)
                .put("redis", router.redis())
                .put("log", log(settings))
                .put("langfuse", langfuse(settings))
                .build();
        leaveOut(settings, general, router);
        return ours;
    }

    private Map<String, ForeignSection> credentials() {
        Map<String, ForeignSection> credentials = new HashMap<>();
        for (ForeignSection credential : root.sections("credential_list")) {
            Scalar name = credential.required("credential_name");
            ForeignSection values = credential.section("credential_values");
            if (values != null) {
                credentials.put(name.text(), values);
            }
            credential.dropAll(Map.of("credential_info", "it only describes the credential"));
            credential.dropRest();
        }
        return credentials;
    }

    /** With it, that system is called as a client and as its operator. */
    private @Nullable Scalar master(@Nullable ForeignSection general) {
        Scalar written = general == null ? null : general.value("master_key");
        if (written != null) {
            return written;
        }
        if (!variables.getOrDefault(MASTER_KEY, "").isBlank()) {
            return TreeBuilder.text(root.origin(), "${" + MASTER_KEY + "}");
        }
        problems.warn(
                root.origin(),
                "general_settings.master_key",
                "there is none, so every client may use this gateway, as there (expected: `keys`, to require a key)");
        return null;
    }

    private static List<Mapping> keys(@Nullable Scalar master) {
        return master == null
                ? List.of()
                : List.of(new TreeBuilder(master.origin())
                        .put("name", "master")
                        .put("key", master)
                        .build());
    }

    private Mapping server(@Nullable ForeignSection general, List<Mapping> rules, @Nullable Scalar master) {
        boolean moved = !variables.getOrDefault("PORT", "").isBlank();
        Mapping forward = new TreeBuilder(root.origin())
                .put("name", LiteLlmGroups.ALL)
                .put("port", moved ? "${PORT}" : PORT)
                .put("upstream_group", LiteLlmGroups.ALL)
                .put("routing", rules)
                .put("max_concurrent", general == null ? null : general.value("global_max_parallel_requests"))
                .build();
        TreeBuilder server = new TreeBuilder(root.origin()).put("forwards", List.of(forward));
        if (master != null) {
            server.put(
                    "admin",
                    new TreeBuilder(master.origin()).put("token", master).build());
        }
        return server.build();
    }

    private @Nullable Mapping log(@Nullable ForeignSection settings) {
        boolean json = settings != null && LiteLlmText.isTrue(settings.value("json_logs"));
        return json ? new TreeBuilder(root.origin()).put("format", "json").build() : null;
    }

    /** Its keys are in the environment. */
    private @Nullable Mapping langfuse(@Nullable ForeignSection settings) {
        boolean known = isSet("LANGFUSE_PUBLIC_KEY") && isSet("LANGFUSE_SECRET_KEY");
        if (settings == null || !known || !asksForLangfuse(settings)) {
            return null;
        }
        return new TreeBuilder(root.origin())
                .put("host", isSet("LANGFUSE_HOST") ? TreeBuilder.text(root.origin(), "${LANGFUSE_HOST}") : null)
                .put("public_key", "${LANGFUSE_PUBLIC_KEY}")
                .put("secret_key", "${LANGFUSE_SECRET_KEY}")
                .build();
    }

    /** Says of all others that they have no counterpart. */
    private boolean asksForLangfuse(ForeignSection settings) {
        boolean asks = false;
        for (String key : List.of("success_callback", "callbacks")) {
            for (Scalar callback : settings.isList(key) ? settings.values(key) : List.<Scalar>of()) {
                boolean langfuse = callback.text().startsWith("langfuse");
                asks |= langfuse;
                if (!langfuse) {
                    problems.warn(
                            callback.origin(),
                            "litellm_settings." + key,
                            callback.text() + ": not carried over: " + OF_LOGS);
                }
            }
        }
        return asks;
    }

    private boolean isSet(String variable) {
        return !variables.getOrDefault(variable, "").isBlank();
    }

    /** What they say may keep callers out. */
    private void includes() {
        List<Scalar> files = root.values("include");
        if (!files.isEmpty()) {
            problems.error(
                    files.get(0).origin(),
                    "include",
                    "other files are not read (expected: all in one file, because they may restrict access)");
        }
        // What stands there has been put in the place of what refers to it.
        var unused = root.section("environment_variables");
    }

    private void leaveOut(@Nullable ForeignSection settings, @Nullable ForeignSection general, LiteLlmRouter router) {
        if (settings != null) {
            RESTRICTING_SETTINGS.forEach(settings::forbid);
            settings.dropAll(OF_SETTINGS);
            settings.dropRest();
        }
        if (general != null) {
            RESTRICTING_GENERAL.forEach(general::forbid);
            general.dropAll(OF_GENERAL);
            general.dropRest();
        }
        router.leaveOut();
        root.forbid("guardrails");
        root.dropAll(AT_THE_TOP);
        includes();
        root.dropRest();
    }
}
