package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.Json;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Definitions of a schema that lead back to themselves, such as that of a tree. Google takes a way back only in a property that is not
 * required, whatever arrays and alternatives are on that way; else it refuses the request. So such a property is required no more, and the
 * description says that it was.
 */
final class SchemaCycles {
    private static final String ROOT = "#";
    private static final String DEFINITION = "#/$defs/";
    private static final String DEFINITIONS = "$defs";
    private static final String REQUIRED = "required";

    /** The definitions, and the schema itself, by how references name them. */
    private final Map<String, Json> parts = new LinkedHashMap<>();

    /** Of each, one of those from which a way leads there and back. */
    private final Map<String, String> circles = new HashMap<>();

    private SchemaCycles(Json.Obj root) {
        parts.put(ROOT, root);
        Json.Obj definitions = root.object(DEFINITIONS);
        if (definitions != null) {
            definitions.members().forEach((name, schema) -> parts.put(DEFINITION + name, schema));
        }
        findCircles();
    }

    /** Changes a schema in the part of JSON Schema that Google takes. It must belong to the caller alone. */
    static Json.Obj loosened(Json.Obj root) {
        SchemaCycles cycles = new SchemaCycles(root);
        cycles.parts.forEach((name, schema) -> cycles.loosen(schema, name));
        return root;
    }

    /** Kosaraju's way: backwards from those that the others lead to, the last first. */
    private void findCircles() {
        Map<String, Set<String>> to = new LinkedHashMap<>();
        Map<String, Set<String>> from = new HashMap<>();
        parts.forEach((name, schema) -> {
            Set<String> references = new LinkedHashSet<>();
            collect(schema, references);
            references.retainAll(parts.keySet());
            to.put(name, references);
            references.forEach(reference -> from.computeIfAbsent(reference, missing -> new LinkedHashSet<>())
                    .add(name));
        });
        Set<String> seen = new HashSet<>();
        List<String> ended = new ArrayList<>();
        parts.keySet().forEach(name -> walk(name, to, seen, ended));
        Collections.reverse(ended);
        seen.clear();
        for (String name : ended) {
            List<String> circle = new ArrayList<>();
            walk(name, from, seen, circle);
            circle.forEach(one -> circles.put(one, name));
        }
    }

    /** Adds all that was not seen, each after those that it leads to. Nothing calls itself: definitions may be many. */
    private static void walk(String start, Map<String, Set<String>> ways, Set<String> seen, List<String> ended) {
        if (!seen.add(start)) {
            return;
        }
        Deque<String> open = new ArrayDeque<>(List.of(start));
        Deque<Iterator<String>> left =
                new ArrayDeque<>(List.of(ways.getOrDefault(start, Set.of()).iterator()));
        while (!open.isEmpty()) {
            Iterator<String> next = left.element();
            if (!next.hasNext()) {
                ended.add(open.pop());
                left.pop();
                continue;
            }
            String name = next.next();
            if (seen.add(name)) {
                open.push(name);
                left.push(ways.getOrDefault(name, Set.of()).iterator());
            }
        }
    }

    /** @param part what the schema is in, as references name it */
    private void loosen(Json json, String part) {
        if (json instanceof Json.Arr array) {
            array.items().forEach(item -> loosen(item, part));
        } else if (json instanceof Json.Obj schema) {
            schema.members().forEach((word, inner) -> {
                if (!word.equals(DEFINITIONS)) {
                    loosen(inner, part);
                }
            });
            Json.Obj properties = schema.object("properties");
            if (properties != null && schema.get(REQUIRED) instanceof Json.Arr required) {
                loosen(schema, properties, required, part);
            }
        }
    }

    private void loosen(Json.Obj schema, Json.Obj properties, Json.Arr required, String part) {
        Json.Arr kept = new Json.Arr();
        Json.Arr gone = new Json.Arr();
        for (Json name : required.items()) {
            Json property = name instanceof Json.Str text ? properties.get(text.value()) : null;
            (property != null && leadsBack(property, part) ? gone : kept).add(name);
        }
        if (gone.isEmpty()) {
            return;
        }
        // What is the caller's own is not changed.
        schema.put(REQUIRED, kept);
        if (kept.isEmpty()) {
            schema.members().remove(REQUIRED);
        }
        String before = schema.string("description");
        schema.put("description", (before == null ? "" : before + " ") + "{required: " + gone.text() + "}");
    }

    /** What is in a part leads to all that it names: only whether there is a way back is to be found out. */
    private boolean leadsBack(Json property, String part) {
        Set<String> references = new LinkedHashSet<>();
        collect(property, references);
        String circle = circles.get(part);
        return circle != null && references.stream().anyMatch(reference -> circle.equals(circles.get(reference)));
    }

    private static void collect(Json json, Set<String> references) {
        if (json instanceof Json.Arr array) {
            array.items().forEach(item -> collect(item, references));
        } else if (json instanceof Json.Obj schema) {
            schema.members().forEach((word, inner) -> {
                if (word.equals("$ref") && inner instanceof Json.Str text) {
                    references.add(text.value());
                } else if (!word.equals(DEFINITIONS)) {
                    collect(inner, references);
                }
            });
        }
    }
}
