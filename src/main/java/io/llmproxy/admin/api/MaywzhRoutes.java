package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.access.Role;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.admin.ConfigReload;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Which call of {@link MaywzhApi} comes to what, and who may make it. */
final class MaywzhRoutes {
    private static final String STATUS = "status";

    private final Gateway gateway;
    private final MaywzhProviders providers;
    private final MaywzhCredentials credentials;
    private final MaywzhHealth health;
    private final MaywzhLogs logs;

    MaywzhRoutes(Gateway gateway) {
        this.gateway = gateway;
        this.providers = new MaywzhProviders(gateway);
        this.credentials = new MaywzhCredentials(gateway);
        this.health = new MaywzhHealth(gateway, providers);
        this.logs = new MaywzhLogs(gateway);
    }

    /**
     * A call.
     *
     * @param act as the audit is to tell it
     * @param body what was sent; empty for nothing
     * @param query tells a parameter of the query, or null
     */
    record Question(Act act, ObjectNode body, UnaryOperator<@Nullable String> query) {}

    /**
     * What is answered.
     *
     * @param told null for nothing
     */
    record Done(int status, @Nullable JsonNode told) {
        static Done of(JsonNode told) {
            return new Done(200, told);
        }

        static Done gone() {
            return new Done(204, null);
        }
    }

    interface Handler {
        Done handle(Question question);
    }

    /**
     * What a call comes to.
     *
     * @param action what the audit calls it; empty if it is not told
     */
    record Route(Role needs, String action, Handler handler) {}

    /**
     * Finds what a call comes to.
     *
     * @throws Refused if there is nothing at the path, or the method is another one
     */
    Route find(String method, List<String> path) {
        Map<String, Route> methods = new TreeMap<>();
        // As the API was called before.
        String first = path.isEmpty() ? "" : path.get(0).equals("master-keys") ? "credentials" : path.get(0);
        List<String> rest = path.isEmpty() ? List.of() : path.subList(1, path.size());
        switch (first) {
            case "auth" -> validation(rest, methods);
            case "providers" -> providers(rest, methods);
            case "credentials" -> credentials(rest, methods);
            case "config" -> config(rest, methods);
            case "health" -> health(rest, methods);
            case "logs" -> logs(rest, false, methods);
            case "error-logs" -> logs(rest, true, methods);
            default -> {
                // There is nothing.
            }
        }
        Route found = methods.get(method);
        if (found == null && methods.isEmpty()) {
            throw new Refused(404, "not_found", "Not Found");
        }
        if (found == null) {
            throw new Refused(405, "method_not_allowed", "Method Not Allowed")
                    .with("Allow", String.join(", ", methods.keySet()));
        }
        return found;
    }

    private static Route look(Handler handler) {
        return new Route(Role.VIEWER, "", handler);
    }

    private static Route commit(Handler handler) {
        return new Route(Role.EDITOR, "config.commit", handler);
    }

    /** It costs tokens. */
    private static Route test(Handler handler) {
        return new Route(Role.EDITOR, "upstream.test", handler);
    }

    private static Route key(String what, Handler handler) {
        return new Route(Role.EDITOR, "key." + what, handler);
    }

    private static void validation(List<String> path, Map<String, Route> methods) {
        if (path.equals(List.of("validate"))) {
            methods.put(
                    "POST",
                    look(asked -> Done.of(
                            Json.MAPPER.createObjectNode().put("valid", true).put("message", "Admin key is valid"))));
        }
    }

    private void providers(List<String> path, Map<String, Route> methods) {
        if (path.isEmpty()) {
            methods.put("GET", look(asked -> Done.of(providers.all())));
            methods.put("POST", commit(asked -> new Done(201, providers.create(asked.act(), asked.body()))));
            return;
        }
        String id = path.get(0);
        if (path.size() == 1) {
            methods.put("GET", look(asked -> Done.of(providers.one(id))));
            methods.put("PUT", commit(asked -> Done.of(providers.change(asked.act(), id, asked.body()))));
            methods.put("DELETE", commit(asked -> {
                providers.remove(asked.act(), id);
                return Done.gone();
            }));
        } else if (path.size() == 2 && path.get(1).equals(STATUS)) {
            methods.put("PATCH", commit(asked -> Done.of(providers.enable(asked.act(), id, enabled(asked)))));
        } else if (path.size() == 2 && path.get(1).equals("health")) {
            methods.put("POST", test(asked -> Done.of(health.one(id, asked.body()))));
        }
    }

    private void credentials(List<String> path, Map<String, Route> methods) {
        if (path.isEmpty()) {
            methods.put("GET", look(asked -> Done.of(credentials.all())));
            methods.put("POST", key("issue", asked -> new Done(201, credentials.create(asked.act(), asked.body()))));
            return;
        }
        String id = path.get(0);
        if (path.size() == 1) {
            methods.put("GET", look(asked -> Done.of(credentials.one(id))));
            methods.put("PUT", key("change", asked -> Done.of(credentials.change(asked.act(), id, asked.body()))));
            methods.put("DELETE", key("delete", asked -> {
                credentials.remove(asked.act(), id);
                return Done.gone();
            }));
        } else if (path.size() == 2 && path.get(1).equals(STATUS)) {
            methods.put("PATCH", key("change", asked -> Done.of(credentials.enable(asked.act(), id, enabled(asked)))));
        } else if (path.size() == 2 && path.get(1).equals("rotate")) {
            methods.put("POST", key("rotate", asked -> Done.of(credentials.rotate(asked.act(), id))));
        }
    }

    private static boolean enabled(Question asked) {
        MaywzhBody.only(asked.body(), List.of("enabled"));
        JsonNode enabled = asked.body().path("enabled");
        if (!enabled.isBoolean()) {
            throw Refused.invalid("enabled", "missing (expected: true or false)");
        }
        return enabled.asBoolean();
    }

    private void config(List<String> path, Map<String, Route> methods) {
        if (path.equals(List.of("version"))) {
            methods.put("GET", look(asked -> Done.of(version())));
        } else if (path.equals(List.of("reload"))) {
            methods.put("POST", new Route(Role.EDITOR, "config.reload", asked -> Done.of(reloaded())));
        }
    }

    private ObjectNode version() {
        ConfigDocuments.Version head = gateway.documents().head();
        return Json.MAPPER.createObjectNode().put("version", head.id()).put("timestamp", Times.told(head.createdAt()));
    }

    /** All nodes follow by themselves: this one only looks sooner. */
    private ObjectNode reloaded() {
        ConfigReload.Outcome outcome = gateway.reload().reload();
        if (!outcome.loaded()) {
            throw new Refused(400, "invalid_config", "The configuration cannot be served; the one before stays in use.")
                    .with(outcome.problems().stream().map(Finding::of).toList());
        }
        return version()
                .put("providers_count", providers.enabled())
                .put("credentials_count", gateway.keys().count());
    }

    private void health(List<String> path, Map<String, Route> methods) {
        if (path.equals(List.of("check"))) {
            methods.put("POST", test(asked -> Done.of(health.all(asked.body()))));
        } else if (path.size() == 2 && path.get(0).equals("providers")) {
            methods.put("GET", test(asked -> Done.of(health.look(path.get(1), asked.query()))));
        }
    }

    private void logs(List<String> path, boolean errors, Map<String, Route> methods) {
        if (path.isEmpty()) {
            methods.put("GET", look(asked -> Done.of(logs.page(errors, asked.query()))));
        } else if (path.equals(List.of("stats")) && !errors) {
            methods.put("GET", look(asked -> Done.of(logs.stats(asked.query()))));
        } else if (path.equals(List.of("batch-delete"))) {
            methods.put(
                    "POST",
                    new Route(
                            Role.ADMIN,
                            "requests.forget",
                            asked -> Done.of(logs.forget(asked.act(), errors, asked.body()))));
        } else if (path.size() == 1) {
            methods.put("GET", look(asked -> Done.of(logs.one(errors, path.get(0)))));
            methods.put("DELETE", new Route(Role.ADMIN, "requests.forget", asked -> {
                logs.forget(asked.act(), errors, path.get(0));
                return Done.gone();
            }));
        }
    }
}
