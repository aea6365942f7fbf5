package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.config.document.ConfigException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What changes from one document to another. Elements of lists that have names are told apart by these. That a secret has changed is told,
 * the secret is not: what was written is compared, what is shown is told.
 */
final class DocumentDiff {
    private static final int MOST = 1000;
    private static final JsonNode NOTHING = MissingNode.getInstance();

    private final List<Change> changes = new ArrayList<>();

    private DocumentDiff() {}

    record Change(
            String op,
            String path,
            @Nullable JsonNode from,
            @Nullable JsonNode to) {}

    record Diff(@Nullable Long from, @Nullable Long to, List<Change> changes) {}

    /** A value as it was written, and as it may be shown. */
    private record Value(JsonNode written, JsonNode shown) {
        static final Value NONE = new Value(NOTHING, NOTHING);

        Value at(String member) {
            return new Value(written.path(member), shown.path(member));
        }

        Value at(int index) {
            return new Value(written.path(index), shown.path(index));
        }

        boolean isNothing() {
            return written.isMissingNode();
        }
    }

    /** Compares two documents; a version of 0 is none. */
    static Diff of(ConfigText.Shown before, ConfigText.Shown after) {
        DocumentDiff diff = new DocumentDiff();
        diff.compare("", value(before), value(after));
        return new Diff(number(before), number(after), List.copyOf(diff.changes));
    }

    private static @Nullable Long number(ConfigText.Shown shown) {
        return shown.version() > 0 ? shown.version() : null;
    }

    /** A document in the words of another system is shown in ours: then that is what is compared. */
    private static Value value(ConfigText.Shown document) {
        ObjectNode shown = document.json();
        try {
            ObjectNode written = document.content().isBlank() ? shown : DocumentJson.of(document.content());
            return new Value(names(written).equals(names(shown)) ? written : shown, shown);
        } catch (ConfigException e) {
            return new Value(shown, shown);
        }
    }

    private static Set<String> names(JsonNode node) {
        Set<String> names = new LinkedHashSet<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private void compare(String path, Value before, Value after) {
        if (changes.size() >= MOST || before.written().equals(after.written())) {
            return;
        }
        if (before.written().isObject() && after.written().isObject()) {
            Set<String> names = names(before.written());
            names.addAll(names(after.written()));
            for (String name : names) {
                compare(path.isEmpty() ? name : path + '.' + name, before.at(name), after.at(name));
            }
            return;
        }
        Map<String, Value> old = named(before);
        Map<String, Value> young = named(after);
        if (!old.isEmpty() && !young.isEmpty()) {
            Set<String> names = new LinkedHashSet<>(old.keySet());
            names.addAll(young.keySet());
            for (String name : names) {
                compare(
                        path + '[' + name + ']',
                        old.getOrDefault(name, Value.NONE),
                        young.getOrDefault(name, Value.NONE));
            }
            order(path, old, young);
            return;
        }
        String op = before.isNothing() ? "add" : after.isNothing() ? "remove" : "replace";
        changes.add(new Change(op, path, told(before), told(after)));
    }

    /** Another order of a list may mean something. */
    private void order(String path, Map<String, Value> old, Map<String, Value> young) {
        List<String> before = new ArrayList<>(old.keySet());
        before.retainAll(young.keySet());
        List<String> after = new ArrayList<>(young.keySet());
        after.retainAll(old.keySet());
        if (!before.equals(after)) {
            changes.add(new Change("replace", path, names(before), names(after)));
        }
    }

    private static ArrayNode names(List<String> names) {
        ArrayNode array = Json.MAPPER.createArrayNode();
        names.forEach(array::add);
        return array;
    }

    /** The elements of a list by name; empty unless each has a name of its own. */
    private static Map<String, Value> named(Value list) {
        Map<String, Value> named = new LinkedHashMap<>();
        if (!list.written().isArray()) {
            return named;
        }
        for (int i = 0; i < list.written().size(); i++) {
            JsonNode name = list.written().path(i).path("name");
            if (!name.isTextual() || named.put(name.asText(), list.at(i)) != null) {
                return Map.of();
            }
        }
        return named;
    }

    private static @Nullable JsonNode told(Value value) {
        return value.isNothing() || value.shown().isMissingNode() ? null : value.shown();
    }
}
