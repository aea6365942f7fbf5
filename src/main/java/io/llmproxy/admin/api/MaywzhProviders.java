package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.admin.Numbers;
import io.llmproxy.config.document.YamlEdit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The providers of maywzh's llm-proxy: the upstreams of the newest version. New ones become members of one group, as all are members of
 * one there.
 */
final class MaywzhProviders {
    private static final String UPSTREAMS = "upstreams";
    private static final String GROUPS = "upstream_groups";
    private static final String MAIN = "main";
    private static final String NAME = "name";
    private static final String KEY = "provider_key";
    private static final String TYPE = "provider_type";
    private static final String BASE = "api_base";
    private static final String SECRET = "api_key";
    private static final String MODELS = "model_mapping";
    private static final String WEIGHT = "weight";
    private static final String ENABLED = "is_enabled";
    private static final String PARAMS = "provider_params";
    private static final int LARGEST_WEIGHT = 65535;

    private static final List<String> CHANGEABLE = List.of(TYPE, BASE, SECRET, MODELS, WEIGHT, ENABLED, PARAMS);

    /** What is told, and may be sent back. */
    private static final List<String> TOLD = List.of("id", KEY, "created_at", "updated_at", "version");

    private final ConfigDocuments documents;
    private final Numbers numbers;
    private final ConfigText text;
    private final NewestEdit newest;

    MaywzhProviders(Gateway gateway) {
        this.documents = gateway.documents();
        this.numbers = gateway.numbers();
        this.text = new ConfigText(documents);
        this.newest = new NewestEdit(documents, text);
    }

    /**
     * A provider.
     *
     * @param id its number
     * @param upstream what the document says, without secrets
     * @param told what is answered
     */
    record Provider(long id, JsonNode upstream, ObjectNode told) {
        String key() {
            return upstream.path(NAME).asText();
        }

        boolean isEnabled() {
            return told.path(ENABLED).asBoolean();
        }

        /** The names that clients use, with those of the provider. */
        Map<String, String> models() {
            Map<String, String> models = new LinkedHashMap<>();
            told.path(MODELS)
                    .properties()
                    .forEach(
                            model -> models.put(model.getKey(), model.getValue().asText()));
            return models;
        }
    }

    /** All, by number. */
    List<Provider> list() {
        ObjectNode document = text.head().json();
        List<JsonNode> upstreams = StreamSupport.stream(document.path(UPSTREAMS).spliterator(), false)
                .toList();
        Map<String, Long> ids = numbers.of(
                Numbers.Kind.PROVIDER,
                upstreams.stream().map(upstream -> upstream.path(NAME).asText()).toList());
        String at = Times.told(documents.head().createdAt());
        return upstreams.stream()
                .map(upstream -> {
                    long id = Objects.requireNonNull(ids.get(upstream.path(NAME).asText()));
                    return new Provider(
                            id, upstream, told(id, upstream, document).put("updated_at", at));
                })
                .sorted((one, other) -> Long.compare(one.id(), other.id()))
                .toList();
    }

    private static ObjectNode told(long id, JsonNode upstream, ObjectNode document) {
        MaywzhAddress address = MaywzhAddress.of(upstream);
        ObjectNode told = Json.MAPPER.createObjectNode();
        told.put("id", id)
                .put(KEY, upstream.path(NAME).asText())
                .put(TYPE, MaywzhType.word(upstream))
                .put(BASE, address.base());
        told.set(MODELS, models(upstream.path("models")));
        return told.put(WEIGHT, weight(upstream, document))
                .put(ENABLED, upstream.path("enabled").asBoolean(true))
                .<ObjectNode>set(PARAMS, address.params())
                .putNull("created_at");
    }

    /** A list says that the names are the same. */
    private static ObjectNode models(JsonNode models) {
        ObjectNode told = Json.MAPPER.createObjectNode();
        if (models.isArray()) {
            models.forEach(model -> told.put(model.asText(), model.asText()));
        } else {
            models.properties()
                    .forEach(model -> told.put(model.getKey(), model.getValue().asText()));
        }
        return told;
    }

    private static int weight(JsonNode upstream, ObjectNode document) {
        JsonNode own = upstream.path(WEIGHT);
        return group(document)
                .map(group ->
                        member(document, group, upstream.path(NAME).asText()).path(WEIGHT))
                .filter(JsonNode::isInt)
                .orElse(own)
                .asInt(1);
    }

    private static JsonNode member(ObjectNode document, String group, String name) {
        for (JsonNode member : DocumentJson.named(document, "/" + GROUPS, group).path(UPSTREAMS)) {
            if (member.path(NAME).asText().equals(name)) {
                return member;
            }
        }
        return Json.MAPPER.createObjectNode();
    }

    /** The group of the providers: that of this name, or the only one, or the one that the first forward uses. */
    private static Optional<String> group(ObjectNode document) {
        List<String> names = new ArrayList<>();
        document.path(GROUPS).forEach(group -> names.add(group.path(NAME).asText()));
        if (names.contains(MAIN)) {
            return Optional.of(MAIN);
        }
        if (names.size() == 1) {
            return Optional.of(names.get(0));
        }
        JsonNode forward = document.at("/http_server/forwards/0");
        String used = forward.path("upstream_group")
                .asText(forward.path("default_group").asText(""));
        return names.contains(used) ? Optional.of(used) : Optional.empty();
    }

    /** The one that an id stands for. */
    Provider find(String id) {
        List<Provider> all = list();
        String name = MaywzhBody.named(numbers, Numbers.Kind.PROVIDER, id);
        return keyed(all, String.valueOf(name))
                .orElseThrow(() -> new Refused(404, "not_found", "Provider with ID " + id + " not found"));
    }

    private static Optional<Provider> keyed(List<Provider> all, String key) {
        return all.stream().filter(provider -> provider.key().equals(key)).findFirst();
    }

    /** A key may look like a number. */
    private ObjectNode answerFor(String key) {
        return answer(keyed(list(), key)
                .orElseThrow(() -> new Refused(404, "not_found", "Provider with key " + key + " not found")));
    }

    /** How many may be asked. */
    int enabled() {
        return (int) list().stream().filter(Provider::isEnabled).count();
    }

    ObjectNode all() {
        ObjectNode whole = version();
        ArrayNode list = whole.putArray("providers");
        list().forEach(provider -> list.add(provider.told()));
        return whole;
    }

    private ObjectNode version() {
        return Json.MAPPER.createObjectNode().put("version", documents.head().id());
    }

    ObjectNode one(String id) {
        return answer(find(id));
    }

    /** As one of that system's servers tells it, and as the other one does. */
    private ObjectNode answer(Provider provider) {
        ObjectNode whole = version();
        whole.set("provider", provider.told().deepCopy());
        return whole.setAll(provider.told());
    }

    ObjectNode create(Act act, ObjectNode body) {
        MaywzhBody.only(body, all(CHANGEABLE, TOLD));
        // Older releases of that system have it as the id.
        String key = MaywzhBody.text(body, body.has(KEY) ? KEY : "id", "Provider key is required");
        MaywzhType type = type(body, MaywzhType.OPENAI);
        ObjectNode params = params(body);
        Map<String, Object> upstream = new LinkedHashMap<>();
        upstream.put(NAME, key);
        upstream.put("url", new MaywzhAddress(MaywzhBody.text(body, BASE, "API base is required"), params).url(type));
        upstream.put("provider", type.provider());
        upstream.put("dialect", type.dialect());
        upstream.put(WEIGHT, Objects.requireNonNullElse(weight(body), 1));
        String secret = MaywzhBody.text(body, SECRET, "API key is required");
        upstream.put("auth", new LinkedHashMap<>(Map.of("type", type.credential(), "token", secret)));
        Map<String, String> models = mapping(body);
        if (!models.isEmpty()) {
            upstream.put("models", models);
        }
        // A provider that maps no model serves none there; an upstream without models serves each.
        upstream.put("enabled", MaywzhBody.flag(body, ENABLED, true) && !models.isEmpty());
        act.to(act.object() + " " + key);
        newest.commit(act, edit -> add(edit, key, upstream));
        return answerFor(key);
    }

    private void add(YamlEdit edit, String key, Map<String, Object> upstream) {
        if (edit.root().named(UPSTREAMS, key).isPresent()) {
            throw new Refused(409, "conflict", "Provider with key '" + key + "' already exists");
        }
        String group = group(text.head().json())
                .orElseThrow(() -> new Refused(
                        409,
                        "conflict",
                        "There is no group for it (expected: a configuration with a forward and a group named " + MAIN
                                + ", or only one group)"));
        edit.root().add(UPSTREAMS, upstream);
        edit.root()
                .named(GROUPS, group)
                .orElseThrow(() -> new Refused(409, "conflict", "Group " + group + " is gone; try again."))
                .add(UPSTREAMS, new LinkedHashMap<>(Map.of(NAME, key)));
    }

    ObjectNode change(Act act, String id, ObjectNode body) {
        MaywzhBody.only(body, all(CHANGEABLE, TOLD));
        Provider before = find(id);
        if (!before.key().equals(body.path(KEY).asText(before.key()))) {
            throw Refused.invalid(KEY, "cannot be changed (expected: " + before.key() + ")");
        }
        if (CHANGEABLE.stream().noneMatch(body::has)) {
            throw new Refused(400, "invalid_request", "No fields to update");
        }
        newest.commit(act, edit -> apply(edit, find(id), body));
        return answerFor(before.key()).put("status", "updated");
    }

    private void apply(YamlEdit edit, Provider provider, ObjectNode body) {
        YamlEdit.Section upstream = edit.root()
                .named(UPSTREAMS, provider.key())
                .orElseThrow(() -> new Refused(404, "not_found", "Provider " + provider.key() + " not found"));
        MaywzhType old = MaywzhType.of(provider.told().path(TYPE).asText());
        boolean otherType = body.has(TYPE)
                && !body.path(TYPE).asText().equals(provider.told().path(TYPE).asText());
        MaywzhType type = otherType ? type(body, MaywzhType.OPENAI) : old;
        if (otherType) {
            upstream.set("provider", type.provider());
            upstream.set("dialect", type.dialect());
        }
        move(upstream, provider, type, body);
        if (body.has(SECRET)) {
            YamlEdit.Section auth = upstream.section("auth");
            auth.set("token", MaywzhBody.text(body, SECRET, "API key is required"));
            if (!auth.has("type")) {
                auth.set("type", type.credential());
            }
        }
        if (otherType && upstream.has("auth")) {
            upstream.section("auth").set("type", type.credential());
        }
        map(upstream, provider, body);
        if (body.has(WEIGHT)) {
            weigh(edit, upstream, Objects.requireNonNullElse(weight(body), 1));
        }
    }

    private static void move(YamlEdit.Section upstream, Provider provider, MaywzhType type, ObjectNode body) {
        if (!body.has(BASE) && !body.has(PARAMS) && !body.has(TYPE)) {
            return;
        }
        MaywzhAddress before = MaywzhAddress.of(provider.upstream());
        String base = body.has(BASE) ? MaywzhBody.text(body, BASE, "API base is required") : before.base();
        MaywzhAddress next = new MaywzhAddress(base, body.has(PARAMS) ? params(body) : before.params());
        // What the document refers to by a variable stays as it is written.
        if (!next.url(type).equals(provider.upstream().path("url").asText())) {
            upstream.set("url", next.url(type));
        }
    }

    private static void map(YamlEdit.Section upstream, Provider provider, ObjectNode body) {
        Map<String, String> before = provider.models();
        Map<String, String> models = body.has(MODELS) ? mapping(body) : before;
        if (!models.equals(before)) {
            upstream.drop("models");
            if (!models.isEmpty()) {
                upstream.set("models", models);
            }
        }
        boolean servesNothing = models.isEmpty() && !before.isEmpty();
        boolean mapsAtLast = before.isEmpty() && !models.isEmpty() && !body.has(ENABLED);
        if (servesNothing) {
            upstream.set("enabled", false);
        } else if (mapsAtLast) {
            upstream.set("enabled", true);
        } else if (body.has(ENABLED)) {
            upstream.set("enabled", MaywzhBody.flag(body, ENABLED, true));
        }
    }

    private void weigh(YamlEdit edit, YamlEdit.Section upstream, int weight) {
        Optional<YamlEdit.Section> member = group(text.head().json())
                .flatMap(group -> edit.root().named(GROUPS, group))
                .flatMap(group -> group.named(UPSTREAMS, upstream.text(NAME).orElse("")))
                .filter(found -> found.has(WEIGHT));
        member.orElse(upstream).set(WEIGHT, weight);
    }

    ObjectNode enable(Act act, String id, boolean enabled) {
        String key = find(id).key();
        ConfigDocuments.Version made = newest.commit(
                act,
                edit -> edit.root()
                        .named(UPSTREAMS, key)
                        .orElseThrow(() -> new Refused(404, "not_found", "Provider " + key + " not found"))
                        .set("enabled", enabled));
        return Json.MAPPER.createObjectNode().put("version", made.id()).put(ENABLED, enabled);
    }

    void remove(Act act, String id) {
        String key = find(id).key();
        newest.commit(act, edit -> {
            for (YamlEdit.Section group : edit.root().list(GROUPS)) {
                Optional<YamlEdit.Section> member = group.named(UPSTREAMS, key);
                if (member.isPresent() && group.list(UPSTREAMS).size() == 1) {
                    throw new Refused(
                            409,
                            "conflict",
                            "Provider '" + key + "' is the last one of group "
                                    + group.text(NAME).orElse("") + ", which forwards need");
                }
                member.ifPresent(found -> group.remove(UPSTREAMS, found));
            }
            YamlEdit.Section upstream = edit.root()
                    .named(UPSTREAMS, key)
                    .orElseThrow(() -> new Refused(404, "not_found", "Provider " + key + " not found"));
            edit.root().remove(UPSTREAMS, upstream);
        });
    }

    private static MaywzhType type(ObjectNode body, MaywzhType otherwise) {
        String word = MaywzhBody.optional(body, TYPE);
        return word == null ? otherwise : MaywzhType.of(word);
    }

    private static @Nullable Integer weight(ObjectNode body) {
        return MaywzhBody.number(body, WEIGHT, 1, LARGEST_WEIGHT);
    }

    private static ObjectNode params(ObjectNode body) {
        JsonNode params = body.path(PARAMS);
        if (params.isMissingNode() || params.isNull()) {
            return Json.MAPPER.createObjectNode();
        }
        if (params instanceof ObjectNode object) {
            return object;
        }
        throw Refused.invalid(PARAMS, "not valid (expected: an object)");
    }

    /** What else is said of a model is not needed here: prices are in a list of their own. */
    private static Map<String, String> mapping(ObjectNode body) {
        JsonNode models = body.path(MODELS);
        Map<String, String> mapping = new LinkedHashMap<>();
        if (models.isMissingNode() || models.isNull()) {
            return mapping;
        }
        models.properties().forEach(model -> {
            JsonNode target = model.getValue();
            JsonNode name = target.isObject() ? target.path("mapped_model") : target;
            if (!name.isTextual() || name.asText().isBlank()) {
                throw Refused.invalid(
                        MODELS + "." + model.getKey(), "not valid (expected: a name, or an object with mapped_model)");
            }
            mapping.put(model.getKey(), name.asText());
        });
        if (!models.isObject()) {
            throw Refused.invalid(MODELS, "not valid (expected: an object)");
        }
        return mapping;
    }

    private static List<String> all(List<String> some, List<String> others) {
        List<String> all = new ArrayList<>(some);
        all.addAll(others);
        return all;
    }
}
