package io.llmproxy.admin.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.ScopeConfig;
import io.llmproxy.config.document.YamlEdit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A scope as it is written in JSON, in the words of the configuration. What is left out, or null, is as it is by default. */
record ScopeBody(
        @Nullable String name,
        @Nullable String kind,
        @Nullable String parent,
        @Nullable Boolean enabled,
        @Nullable List<@Nullable String> models,
        @Nullable List<@Nullable LimitBody> limits) {
    static ScopeBody of(ScopeConfig scope) {
        return new ScopeBody(
                scope.name(),
                scope.kind().label(),
                scope.parent(),
                scope.enabled(),
                List.copyOf(scope.models().stream().map(ModelPattern::text).toList()),
                List.copyOf(LimitBody.of(scope.limits())));
    }

    /** The same with what a patch says of it. */
    ScopeBody with(ObjectNode patch) {
        ObjectNode merged = Json.MAPPER.valueToTree(this);
        patch.properties().forEach(member -> merged.set(member.getKey(), member.getValue()));
        try {
            return Json.MAPPER.treeToValue(merged, ScopeBody.class);
        } catch (JsonProcessingException e) {
            throw JsonBodies.unreadable(e);
        }
    }

    /** Refuses what cannot be written into a document; what stands there is checked with the whole. */
    ScopeBody checked() {
        if (name == null
                || name.isBlank()
                || name.length() > ScopeConfig.LONGEST_BOUND
                || name.chars().anyMatch(Character::isISOControl)) {
            throw Refused.invalid("name", "missing or not a name (expected: 1 to 200 characters on one line)");
        }
        LimitsResource.check(limits == null ? List.of() : limits);
        return this;
    }

    /** As it stands in a configuration, with what is set only. */
    Map<String, Object> document() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("name", Objects.requireNonNull(name, "checked"));
        put(document, "kind", kind);
        put(document, "parent", parent);
        put(document, "enabled", Boolean.FALSE.equals(enabled) ? false : null);
        List<String> allowed = models == null
                ? List.of()
                : models.stream()
                        .map(model -> Objects.requireNonNullElse(model, ""))
                        .toList();
        put(document, "models", allowed.isEmpty() ? null : allowed);
        List<Map<String, Object>> bounds = LimitsResource.documents(limits == null ? List.of() : limits);
        put(document, "limits", bounds.isEmpty() ? null : bounds);
        return document;
    }

    private static void put(Map<String, Object> document, String key, @Nullable Object value) {
        if (value != null) {
            document.put(key, value);
        }
    }

    /** Writes into a document what is not as it was. */
    void write(YamlEdit.Section section, ScopeBody before) {
        Map<String, Object> was = before.document();
        Map<String, Object> is = document();
        for (String key : List.of("kind", "parent", "enabled", "models", "limits")) {
            Object value = is.get(key);
            if (Objects.equals(value, was.get(key))) {
                continue;
            }
            if (value == null) {
                section.drop(key);
            } else {
                section.set(key, value);
            }
        }
    }
}
