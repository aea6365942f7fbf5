package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.Json;
import java.util.Map;
import java.util.Set;

/** Brings schemas into the form that Anthropic takes where it holds a model to them. */
public final class StrictSchemas {
    private static final Set<String> FORMATS =
            Set.of("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid");
    private static final Set<String> LIMITS = Set.of(
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "minLength",
            "maxLength",
            "maxItems",
            "uniqueItems",
            "minProperties",
            "maxProperties");

    private StrictSchemas() {}

    /** Returns a copy of a schema; limits that cannot be enforced go into the descriptions. */
    public static Json.Obj of(Json.Obj schema) {
        Json.Obj strict = new Json.Obj();
        StringBuilder lost = new StringBuilder();
        for (Map.Entry<String, Json> member : schema.members().entrySet()) {
            String word = member.getKey();
            Json value = member.getValue();
            if (isLost(word, value)) {
                lost.append(lost.isEmpty() ? "" : ", ")
                        .append(word)
                        .append(": ")
                        .append(value.text());
            } else if (word.equals("properties") || word.equals("$defs") || word.equals("definitions")) {
                strict.put(word, each(value));
            } else if (word.equals("oneOf")) {
                strict.put("anyOf", inner(value));
            } else if (!word.equals("additionalProperties")) {
                strict.put(word, word.equals("enum") || word.equals("const") ? value : inner(value));
            }
        }
        if ("object".equals(schema.string("type")) || schema.get("properties") != null) {
            strict.put("additionalProperties", false);
        }
        if (!lost.isEmpty()) {
            String before = strict.string("description");
            strict.put("description", (before == null ? "" : before + " ") + "{" + lost + "}");
        }
        return strict;
    }

    private static boolean isLost(String word, Json value) {
        return LIMITS.contains(word)
                || (word.equals("minItems")
                        && value instanceof Json.Num number
                        && !number.literal().equals("0")
                        && !number.literal().equals("1"))
                || (word.equals("format") && value instanceof Json.Str format && !FORMATS.contains(format.value()));
    }

    private static Json each(Json value) {
        Json.Obj strict = new Json.Obj();
        if (value instanceof Json.Obj object) {
            object.members().forEach((name, schema) -> strict.put(name, inner(schema)));
        }
        return strict;
    }

    private static Json inner(Json value) {
        if (value instanceof Json.Obj object) {
            return of(object);
        }
        if (value instanceof Json.Arr array) {
            Json.Arr strict = new Json.Arr();
            array.items().forEach(item -> strict.add(inner(item)));
            return strict;
        }
        return value;
    }
}
