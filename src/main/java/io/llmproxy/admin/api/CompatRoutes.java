package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.config.document.YamlEdit;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What {@link CompatApi} answers: the parts of the configuration as LLMProxy's API names them, without secrets. */
final class CompatRoutes {
    private static final String FORWARDS = "forwards";
    private static final String GROUPS = "upstream-groups";
    private static final String UPSTREAMS = "upstreams";
    private static final String ROUTES = "routes";
    private static final String PATH = "path";
    private static final String TARGET = "target_group";
    private static final String NAME = "name";
    private static final String WEIGHT = "weight";
    private static final String ROUTING = "routing";
    private static final String GROUP_LIST = "upstream_groups";
    private static final int LARGEST_WEIGHT = 65535;

    private final ConfigText text;
    private final NewestEdit newest;

    CompatRoutes(Gateway gateway) {
        this.text = new ConfigText(gateway.documents());
        this.newest = new NewestEdit(gateway.documents(), text);
    }

    /** What a call comes to. */
    interface Route {
        /**
         * Does it.
         *
         * @param body what was sent; null for a look and for a removal
         */
        CompatApi.Done act(Act act, @Nullable ObjectNode body);
    }

    /**
     * Finds what a call comes to.
     *
     * @throws Refused if there is nothing at the path, or the method is another one
     */
    Route find(String method, List<String> path) {
        Map<String, Route> methods = methods(path);
        Route found = methods.get(method);
        if (found == null) {
            if (methods.isEmpty()) {
                throw new Refused(404, "not_found", "There is nothing at this path.");
            }
            throw new Refused(405, "method_not_allowed", "The method is not allowed here; Allow lists those that are.")
                    .with("Allow", String.join(", ", methods.keySet()));
        }
        return found;
    }

    private Map<String, Route> methods(List<String> path) {
        Map<String, Route> methods = new TreeMap<>();
        String first = path.isEmpty() ? "" : path.get(0);
        if (path.size() == 1) {
            collection(first, methods);
        } else if (path.size() == 2) {
            element(first, path.get(1), methods);
        } else if (first.equals(FORWARDS) && path.get(2).equals(ROUTES) && path.size() <= 4) {
            routes(path.get(1), path.size() == 3 ? null : path.get(3), methods);
        }
        return methods;
    }

    private void collection(String kind, Map<String, Route> methods) {
        switch (kind) {
            case FORWARDS -> methods.put("GET", (act, body) -> all(forwards()));
            case GROUPS -> methods.put("GET", (act, body) -> all(groups()));
            case UPSTREAMS -> {
                methods.put("GET", (act, body) -> all(upstreams()));
                methods.put("POST", (act, body) -> createUpstream(act, Objects.requireNonNull(body)));
            }
            default -> {
                // There is nothing.
            }
        }
    }

    private void element(String kind, String name, Map<String, Route> methods) {
        switch (kind) {
            case FORWARDS -> methods.put("GET", (act, body) -> found(one("Forward", forwards(), name)));
            case GROUPS -> {
                methods.put("GET", (act, body) -> found(one("Upstream group", groups(), name)));
                methods.put("PATCH", (act, body) -> changeGroup(act, name, Objects.requireNonNull(body)));
            }
            case UPSTREAMS -> {
                methods.put("GET", (act, body) -> found(one("Upstream", upstreams(), name)));
                methods.put("PUT", (act, body) -> changeUpstream(act, name, Objects.requireNonNull(body)));
                methods.put("DELETE", (act, body) -> removeUpstream(act, name));
            }
            default -> {
                // There is nothing.
            }
        }
    }

    private void routes(String forward, @Nullable String encoded, Map<String, Route> methods) {
        if (encoded == null) {
            methods.put("GET", (act, body) -> found(rules(one("Forward", forwards(), forward))));
            methods.put("POST", (act, body) -> createRoute(act, forward, Objects.requireNonNull(body)));
        } else {
            methods.put("GET", (act, body) -> found(rule(forward, pattern(encoded))));
            methods.put("PUT", (act, body) -> changeRoute(act, forward, encoded, Objects.requireNonNull(body)));
            methods.put("DELETE", (act, body) -> removeRoute(act, forward, pattern(encoded)));
        }
    }

    private static CompatApi.Done all(Map<String, ObjectNode> items) {
        ArrayNode list = Json.MAPPER.createArrayNode();
        items.values().forEach(list::add);
        return found(list);
    }

    private static CompatApi.Done found(JsonNode data) {
        return new CompatApi.Done(200, data, null);
    }

    private static CompatApi.Done gone() {
        return new CompatApi.Done(204, null, null);
    }

    private static ObjectNode one(String kind, Map<String, ObjectNode> items, String name) {
        ObjectNode item = items.get(name);
        if (item == null) {
            throw missing(kind, name);
        }
        return item;
    }

    private static Refused missing(String kind, String name) {
        return new Refused(404, "not_found", kind + " '" + name + "' not found");
    }

    private static Refused bad(String message) {
        return new Refused(400, "invalid_request", message);
    }

    private static Refused taken(String kind, String name) {
        return new Refused(409, "conflict", kind + " '" + name + "' already exists");
    }

    private Map<String, ObjectNode> named(String pointer) {
        Map<String, ObjectNode> named = new LinkedHashMap<>();
        for (JsonNode item : text.head().json().at(pointer)) {
            if (item instanceof ObjectNode object) {
                named.put(object.path(NAME).asText(), object.deepCopy());
            }
        }
        return named;
    }

    private Map<String, ObjectNode> forwards() {
        Map<String, ObjectNode> forwards = named("/http_server/forwards");
        // As LLMProxy calls it.
        forwards.values().stream()
                .filter(forward -> forward.has("upstream_group"))
                .forEach(forward -> forward.set("default_group", forward.get("upstream_group")));
        return forwards;
    }

    private Map<String, ObjectNode> upstreams() {
        return named("/" + UPSTREAMS);
    }

    /** Members are told whole; the weight is that of the member, as it counts. */
    private Map<String, ObjectNode> groups() {
        Map<String, ObjectNode> upstreams = upstreams();
        Map<String, ObjectNode> groups = named("/" + GROUP_LIST);
        groups.values().forEach(group -> {
            ArrayNode members = Json.MAPPER.createArrayNode();
            for (JsonNode member : group.path(UPSTREAMS)) {
                ObjectNode upstream = upstreams.get(member.path(NAME).asText());
                ObjectNode told = upstream == null ? Json.MAPPER.createObjectNode() : upstream.deepCopy();
                told.put(NAME, member.path(NAME).asText());
                if (member.has(WEIGHT)) {
                    told.set(WEIGHT, member.get(WEIGHT));
                }
                members.add(told);
            }
            group.set(UPSTREAMS, members);
        });
        return groups;
    }

    private static ArrayNode rules(ObjectNode forward) {
        ArrayNode rules = Json.MAPPER.createArrayNode();
        for (JsonNode rule : forward.path(ROUTING)) {
            ObjectNode told = rule.deepCopy();
            if (!told.has(PATH)) {
                told.putNull(PATH);
            }
            rules.add(told);
        }
        return rules;
    }

    private JsonNode rule(String forward, String path) {
        for (JsonNode rule : rules(one("Forward", forwards(), forward))) {
            if (rule.path(PATH).asText("").equals(path)) {
                return rule;
            }
        }
        throw missing("Route", path);
    }

    /** Paths stand in base64 for URLs, with padding or without. */
    private static String pattern(String encoded) {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(encoded);
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (IllegalArgumentException | CharacterCodingException e) {
            throw bad("Invalid base64 path: expected base64 for URLs of a path in UTF-8");
        }
    }

    private static String encoded(String path) {
        return Base64.getUrlEncoder().encodeToString(path.getBytes(StandardCharsets.UTF_8));
    }

    private CompatApi.Done createRoute(Act act, String forward, ObjectNode body) {
        only(body, Set.of(PATH, TARGET));
        one("Forward", forwards(), forward);
        String path = text(body, PATH, "Path");
        String target = target(body);
        newest.commit(act, edit -> {
            YamlEdit.Section section = forward(edit, forward);
            if (section.list(ROUTING).stream().anyMatch(rule -> has(rule, path))) {
                throw taken("Route", path);
            }
            Map<String, Object> rule = new LinkedHashMap<>();
            rule.put(PATH, path);
            rule.put(TARGET, target);
            section.add(ROUTING, rule);
        });
        return new CompatApi.Done(201, rule(forward, path), ROUTES + "/" + encoded(path));
    }

    private CompatApi.Done changeRoute(Act act, String forward, String encoded, ObjectNode body) {
        only(body, Set.of(TARGET));
        String path = pattern(encoded);
        rule(forward, path);
        String target = target(body);
        newest.commit(act, edit -> route(edit, forward, path).set(TARGET, target));
        return found(rule(forward, path));
    }

    private CompatApi.Done removeRoute(Act act, String forward, String path) {
        rule(forward, path);
        newest.commit(act, edit -> forward(edit, forward).remove(ROUTING, route(edit, forward, path)));
        return gone();
    }

    private static YamlEdit.Section forward(YamlEdit edit, String name) {
        return edit.root().section("http_server").named(FORWARDS, name).orElseThrow(() -> missing("Forward", name));
    }

    private static YamlEdit.Section route(YamlEdit edit, String forward, String path) {
        return forward(edit, forward).list(ROUTING).stream()
                .filter(rule -> has(rule, path))
                .findFirst()
                .orElseThrow(() -> missing("Route", path));
    }

    private static boolean has(YamlEdit.Section rule, String path) {
        return rule.text(PATH).filter(path::equals).isPresent();
    }

    private String target(ObjectNode body) {
        String target = text(body, TARGET, "Target group");
        if (!groups().containsKey(target)) {
            throw bad("Target upstream group '" + target + "' does not exist");
        }
        return target;
    }

    private static String text(ObjectNode body, String member, String called) {
        JsonNode value = body.path(member);
        if (!value.isTextual() || value.asText().isBlank()) {
            throw bad(called + " cannot be empty (" + member + ", expected: a text)");
        }
        return value.asText();
    }

    private static void only(ObjectNode body, Set<String> members) {
        body.fieldNames().forEachRemaining(name -> {
            if (!members.contains(name)) {
                throw bad(name + ": unknown (expected: "
                        + String.join(", ", members.stream().sorted().toList()) + ")");
            }
        });
    }

    private CompatApi.Done changeGroup(Act act, String name, ObjectNode body) {
        only(body, Set.of(UPSTREAMS));
        one("Upstream group", groups(), name);
        List<Map<String, Object>> members = members(body.path(UPSTREAMS));
        newest.commit(
                act,
                edit -> edit.root()
                        .named(GROUP_LIST, name)
                        .orElseThrow(() -> missing("Upstream group", name))
                        .set(UPSTREAMS, members));
        return found(one("Upstream group", groups(), name));
    }

    private List<Map<String, Object>> members(JsonNode wanted) {
        if (!wanted.isArray() || wanted.isEmpty()) {
            throw bad("Upstreams cannot be empty (upstreams, expected: a list of at least one)");
        }
        Set<String> known = upstreams().keySet();
        Set<String> seen = new HashSet<>();
        List<Map<String, Object>> members = new ArrayList<>();
        for (JsonNode item : wanted) {
            String name = item.path(NAME).asText("");
            if (!known.contains(name)) {
                throw bad("Upstream '" + name + "' not found");
            }
            if (!seen.add(name)) {
                throw bad("Duplicate upstream '" + name + "'");
            }
            Map<String, Object> member = new LinkedHashMap<>();
            member.put(NAME, name);
            JsonNode weight = item.path(WEIGHT);
            if (!weight.isMissingNode() && !weight.isNull()) {
                if (!weight.isInt() || weight.asInt() < 1 || weight.asInt() > LARGEST_WEIGHT) {
                    throw bad("Weight of upstream '" + name + "' is not valid (expected: 1 to " + LARGEST_WEIGHT + ")");
                }
                member.put(WEIGHT, weight.asInt());
            }
            members.add(member);
        }
        return members;
    }

    private CompatApi.Done createUpstream(Act act, ObjectNode body) {
        String name = text(body, NAME, "Name");
        if (upstreams().containsKey(name)) {
            throw taken("Upstream", name);
        }
        newest.commit(act, edit -> edit.root().add(UPSTREAMS, Json.MAPPER.convertValue(body, Object.class)));
        return new CompatApi.Done(
                201,
                one("Upstream", upstreams(), name),
                UPSTREAMS + "/"
                        + URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20"));
    }

    /** What is secret and not sent stays as it is. */
    private CompatApi.Done changeUpstream(Act act, String name, ObjectNode body) {
        one("Upstream", upstreams(), name);
        newest.commit(act, edit -> {
            YamlEdit.Section upstream = edit.root().named(UPSTREAMS, name).orElseThrow(() -> missing("Upstream", name));
            ObjectNode next = body.deepCopy();
            next.put(NAME, name);
            if (next.path("auth") instanceof ObjectNode auth && upstream.has("auth")) {
                YamlEdit.Section old = upstream.section("auth");
                for (String secret : List.of("token", "password")) {
                    if (!auth.has(secret)) {
                        old.text(secret).ifPresent(kept -> auth.put(secret, kept));
                    }
                }
            }
            upstream.replace(Json.MAPPER.convertValue(next, Object.class), List.of("auth"));
        });
        return found(one("Upstream", upstreams(), name));
    }

    private CompatApi.Done removeUpstream(Act act, String name) {
        one("Upstream", upstreams(), name);
        List<String> users = groups().values().stream()
                .filter(group -> {
                    for (JsonNode member : group.path(UPSTREAMS)) {
                        if (member.path(NAME).asText().equals(name)) {
                            return true;
                        }
                    }
                    return false;
                })
                .map(group -> group.path(NAME).asText())
                .toList();
        if (!users.isEmpty()) {
            throw new Refused(
                    409,
                    "conflict",
                    "Upstream '" + name + "' is in use by upstream groups: " + String.join(", ", users));
        }
        newest.commit(
                act,
                edit -> edit.root()
                        .remove(
                                UPSTREAMS,
                                edit.root().named(UPSTREAMS, name).orElseThrow(() -> missing("Upstream", name))));
        return gone();
    }
}
