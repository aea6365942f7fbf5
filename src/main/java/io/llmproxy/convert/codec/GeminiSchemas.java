package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Brings schemas into the forms that Google takes, and back. One word that it does not know fails the whole request, so
 * such words go into the description, where the model still reads them.
 */
public final class GeminiSchemas {
    private static final Set<String> JSON_SCHEMA_WORDS = Set.of(
            "$id",
            "$defs",
            "$ref",
            "$anchor",
            "type",
            "format",
            "title",
            "description",
            "enum",
            "items",
            "prefixItems",
            "minItems",
            "maxItems",
            "minimum",
            "maximum",
            "anyOf",
            "oneOf",
            "properties",
            "additionalProperties",
            "required",
            "propertyOrdering");
    /** Each is taken for its own type only. */
    private static final Map<String, Set<String>> FORMATS = Map.of(
            "string", Set.of("date-time", "enum"),
            "integer", Set.of("int32", "int64"),
            "number", Set.of("float", "double"));

    private static final Set<String> COUNTS =
            Set.of("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties");
    private static final Set<String> SILENT =
            Set.of("$schema", "$id", "$defs", "definitions", "$anchor", "$comment", "examples", "default", "readOnly");
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,63}");
    private static final int DEEPEST = 64;
    private static final int CYCLES = 2;

    /** What references become in all, in characters: definitions that name each other would fill any memory. */
    private static final long MOST_INLINED = 4L << 20;

    /** What stands around a schema. */
    private static final int SHORTEST = 32;

    /** Their schemas are counted when they are written; those of the last are not. */
    private static final Set<String> COUNTED_LATER =
            Set.of("properties", "items", "anyOf", "oneOf", "allOf", "additionalProperties");

    private final Json.Obj root;
    private final List<String> open = new ArrayList<>();
    private long inlined;

    private GeminiSchemas(Json.Obj root) {
        this.root = root;
    }

    /** Returns a schema in the words of Google's own form, which is a part of OpenAPI's. */
    public static Json.Obj own(Json.Obj schema) {
        return new GeminiSchemas(schema).own(schema, 0);
    }

    /** Returns whether Google's own form takes the names of all properties of a schema that is in it. */
    public static boolean hasPlainNames(Json.Obj own) {
        Json.Obj properties = own.object("properties");
        if (properties != null) {
            for (Map.Entry<String, Json> property : properties.members().entrySet()) {
                if (!NAME.matcher(property.getKey()).matches() || !isPlain(property.getValue())) {
                    return false;
                }
            }
        }
        return isPlain(own.get("items")) && own.array("anyOf").stream().allMatch(GeminiSchemas::isPlain);
    }

    private static boolean isPlain(@Nullable Json inner) {
        return !(inner instanceof Json.Obj schema) || hasPlainNames(schema);
    }

    /** Returns a schema in the part of JSON Schema that Google takes. */
    public static Json.Obj jsonSchema(Json.Obj schema) {
        return SchemaCycles.loosened(known(schema));
    }

    /** The same but for what the schema says as a whole. */
    private static Json.Obj known(Json.Obj schema) {
        Json.Obj clean = new Json.Obj();
        StringBuilder lost = new StringBuilder();
        boolean isReference = schema.get("$ref") != null;
        for (Map.Entry<String, Json> member : schema.members().entrySet()) {
            String word = member.getKey();
            Json value = member.getValue();
            switch (word) {
                case "properties", "$defs" -> clean.put(word, each(value));
                case "definitions" -> clean.put("$defs", each(value));
                case "anyOf", "oneOf", "prefixItems" -> clean.put(word, all(value));
                case "allOf" -> merge(clean, value);
                case "items", "additionalProperties" ->
                    clean.put(word, value instanceof Json.Obj object ? known(object) : value);
                case "const" -> clean.put("enum", new Json.Arr().add(value));
                case "exclusiveMinimum", "exclusiveMaximum" -> exclusive(clean, schema, word, value, lost);
                case "$ref" -> clean.put(word, reference(value));
                default -> {
                    if (JSON_SCHEMA_WORDS.contains(word) && !isReference) {
                        clean.put(word, value);
                    } else if (!SILENT.contains(word) && !isReference) {
                        describe(lost, word, value);
                    }
                }
            }
        }
        return referring(described(clean, lost));
    }

    /** A reference stands alone; what is said beside it, such as a description, needs a schema around it. */
    private static Json.Obj referring(Json.Obj clean) {
        Json reference = clean.get("$ref");
        if (reference == null || clean.members().keySet().stream().allMatch(word -> word.startsWith("$"))) {
            return clean;
        }
        Json.Obj alone = new Json.Obj().put("$ref", reference);
        if (clean.get("anyOf") != null) {
            return alone;
        }
        clean.members().remove("$ref");
        return clean.put("anyOf", new Json.Arr().add(alone));
    }

    /** Returns a schema of Google's own form in the words of JSON Schema. */
    public static Json.Obj toJsonSchema(Json.Obj schema) {
        Json.Obj plain = new Json.Obj();
        boolean nullable = schema.isTrue("nullable");
        for (Map.Entry<String, Json> member : schema.members().entrySet()) {
            String word = member.getKey();
            Json value = member.getValue();
            if (word.equals("type") && value instanceof Json.Str type) {
                String lower = type.value().toLowerCase(Locale.ROOT);
                plain.put("type", nullable ? new Json.Arr().add(lower).add("null") : new Json.Str(lower));
            } else if (value instanceof Json.Obj object && word.equals("properties")) {
                Json.Obj properties = new Json.Obj();
                object.members().forEach((name, inner) -> properties.put(name, toJsonSchemaValue(inner)));
                plain.put(word, properties);
            } else if (value instanceof Json.Obj || word.equals("anyOf")) {
                plain.put(word, toJsonSchemaValue(value));
            } else if (COUNTS.contains(word) && value instanceof Json.Str text) {
                plain.put(word, new Json.Num(text.value().matches("\\d{1,18}") ? text.value() : "0"));
            } else if (!word.equals("nullable") && !word.equals("propertyOrdering")) {
                plain.put(word, value);
            }
        }
        return plain;
    }

    private static Json toJsonSchemaValue(Json value) {
        if (value instanceof Json.Obj object) {
            return toJsonSchema(object);
        }
        if (value instanceof Json.Arr array) {
            Json.Arr plain = new Json.Arr();
            array.items().forEach(item -> plain.add(toJsonSchemaValue(item)));
            return plain;
        }
        return value;
    }

    private Json.Obj raw(Json.Obj schema, int depth) {
        Json.Obj target = resolve(schema);
        String reference = schema.string("$ref");
        String said = reference == null ? null : schema.string("description");
        inlined += said == null ? 0 : said.length();
        boolean inline = reference != null || !open.isEmpty();
        if (target == null || depth > DEEPEST || (inline && isTooMuch(target))) {
            inlined += SHORTEST;
            return new Json.Obj().put("type", "object");
        }
        if (reference != null) {
            open.add(reference);
        }
        Json.Obj clean = new Json.Obj();
        StringBuilder lost = new StringBuilder();
        for (Map.Entry<String, Json> member : target.members().entrySet()) {
            ownMember(clean, target, member.getKey(), member.getValue(), lost, depth);
        }
        if (reference != null) {
            open.remove(open.size() - 1);
            clean.put("description", said);
        }
        return described(clean, lost);
    }

    /** As {@link #raw}, without what says something of what is not there. */
    private Json.Obj own(Json.Obj schema, int depth) {
        Json.Obj clean = raw(schema, depth);
        tidy(clean);
        return clean;
    }

    private void ownMember(Json.Obj clean, Json.Obj schema, String word, Json value, StringBuilder lost, int depth) {
        switch (word) {
            case "type" -> type(clean, value);
            case "properties" -> clean.put(word, eachOwn(value, depth));
            case "items" -> clean.put(word, value instanceof Json.Obj object ? own(object, depth + 1) : new Json.Obj());
            case "anyOf", "oneOf" -> alternatives(clean, value, depth);
            case "allOf" -> mergeOwn(clean, value, depth);
            case "const" -> strings(clean, schema, new Json.Arr().add(value), lost);
            case "enum" -> strings(clean, schema, value, lost);
            case "exclusiveMinimum", "exclusiveMaximum" -> exclusive(clean, schema, word, value, lost);
            case "format" -> {
                if (value instanceof Json.Str format && takes(schema.get("type"), format.value())) {
                    clean.put(word, value);
                } else {
                    describe(lost, word, value);
                }
            }
            case "title",
                    "description",
                    "nullable",
                    "required",
                    "propertyOrdering",
                    "minItems",
                    "maxItems",
                    "minLength",
                    "maxLength",
                    "minProperties",
                    "maxProperties",
                    "minimum",
                    "maximum",
                    "pattern",
                    "example" -> clean.put(word, value);
            default -> {
                if (!SILENT.contains(word) && !word.equals("$ref") && !word.equals("additionalProperties")) {
                    describe(lost, word, value);
                }
            }
        }
    }

    private static boolean takes(@Nullable Json type, String format) {
        if (type == null) {
            return FORMATS.values().stream().anyMatch(formats -> formats.contains(format));
        }
        return type instanceof Json.Arr types
                ? types.items().stream().anyMatch(one -> takes(one, format))
                : type instanceof Json.Str word
                        && FORMATS.getOrDefault(word.value().toLowerCase(Locale.ROOT), Set.of())
                                .contains(format);
    }

    private static void type(Json.Obj clean, Json value) {
        if (!(value instanceof Json.Arr types)) {
            clean.put("type", value);
            return;
        }
        Json.Arr others = new Json.Arr();
        for (Json type : types.items()) {
            if (type instanceof Json.Str word && word.value().equals("null")) {
                clean.put("nullable", true);
            } else {
                others.add(type);
            }
        }
        if (others.items().size() == 1) {
            clean.put("type", others.items().get(0));
        } else if (!others.isEmpty()) {
            Json.Arr alternatives = new Json.Arr();
            others.items().forEach(type -> alternatives.add(new Json.Obj().put("type", type)));
            clean.put("anyOf", alternatives);
        }
    }

    private void alternatives(Json.Obj clean, Json value, int depth) {
        Json.Arr kept = new Json.Arr();
        if (value instanceof Json.Arr array) {
            for (Json item : array.items()) {
                if (item instanceof Json.Obj object && "null".equals(object.string("type"))) {
                    clean.put("nullable", true);
                } else if (item instanceof Json.Obj object) {
                    kept.add(own(object, depth + 1));
                }
            }
        }
        if (kept.items().size() == 1 && kept.items().get(0) instanceof Json.Obj only) {
            only.members().forEach(clean::put);
        } else if (!kept.isEmpty()) {
            clean.put("anyOf", kept);
        }
    }

    private void mergeOwn(Json.Obj clean, Json value, int depth) {
        if (value instanceof Json.Arr array) {
            for (Json item : array.items()) {
                if (item instanceof Json.Obj object) {
                    merge(clean, raw(object, depth + 1));
                }
            }
        }
    }

    private static void merge(Json.Obj clean, Json value) {
        if (value instanceof Json.Arr array) {
            array.items().forEach(item -> merge(clean, item instanceof Json.Obj object ? known(object) : item));
        } else if (value instanceof Json.Obj object) {
            merge(clean, object);
        }
    }

    private static void merge(Json.Obj clean, Json.Obj more) {
        for (Map.Entry<String, Json> member : more.members().entrySet()) {
            Json before = clean.get(member.getKey());
            if (before instanceof Json.Obj old && member.getValue() instanceof Json.Obj added) {
                Json.Obj both = new Json.Obj();
                old.members().forEach(both::put);
                added.members().forEach(both::put);
                clean.put(member.getKey(), both);
            } else if (before instanceof Json.Arr old && member.getValue() instanceof Json.Arr added) {
                Json.Arr both = new Json.Arr();
                old.items().forEach(both::add);
                added.items().stream()
                        .filter(item -> !old.items().contains(item))
                        .forEach(both::add);
                clean.put(member.getKey(), both);
            } else {
                clean.put(member.getKey(), member.getValue());
            }
        }
    }

    /** Counts a schema without the schemas in it. */
    private boolean isTooMuch(Json.Obj target) {
        inlined += SHORTEST;
        for (Map.Entry<String, Json> member : target.members().entrySet()) {
            if (inlined > MOST_INLINED) {
                return true;
            }
            String word = member.getKey();
            boolean later = COUNTED_LATER.contains(word) || SILENT.contains(word);
            inlined += word.length();
            inlined += later ? Long.BYTES : member.getValue().text().length();
        }
        return inlined > MOST_INLINED;
    }

    private Json.@Nullable Obj resolve(Json.Obj schema) {
        String reference = schema.string("$ref");
        if (reference == null) {
            return schema;
        }
        long times = open.stream().filter(reference::equals).count();
        Json.Obj target = times >= CYCLES ? null : find(reference);
        for (int steps = 0; target != null; steps++) {
            String next = target.string("$ref");
            if (next == null) {
                return target;
            }
            target = steps == DEEPEST ? null : find(next);
        }
        return null;
    }

    private Json.@Nullable Obj find(String reference) {
        Json.Obj at = root;
        if (!reference.startsWith("#")) {
            return null;
        }
        for (String step : reference.substring(1).split("/", -1)) {
            String name = step.replace("~1", "/").replace("~0", "~");
            if (!name.isEmpty()) {
                at = at.object(name);
            }
            if (at == null) {
                return null;
            }
        }
        return at;
    }

    private static void strings(Json.Obj clean, Json.Obj schema, Json value, StringBuilder lost) {
        boolean allStrings =
                value instanceof Json.Arr array && array.items().stream().allMatch(Json.Str.class::isInstance);
        if (allStrings) {
            clean.put("enum", value);
            if (schema.get("type") == null) {
                clean.put("type", "string");
            }
        } else {
            describe(lost, "enum", value);
        }
    }

    private static void exclusive(Json.Obj clean, Json.Obj schema, String word, Json value, StringBuilder lost) {
        String inclusive = word.equals("exclusiveMinimum") ? "minimum" : "maximum";
        boolean whole = value instanceof Json.Num number && number.literal().matches("-?\\d{1,17}");
        if (whole && "integer".equals(schema.string("type"))) {
            long bound = Long.parseLong(((Json.Num) value).literal());
            clean.put(inclusive, word.equals("exclusiveMinimum") ? bound + 1 : bound - 1);
        } else if (value instanceof Json.Num) {
            clean.put(inclusive, value);
        } else {
            describe(lost, word, value);
        }
    }

    private static void tidy(Json.Obj clean) {
        Json.Obj properties = clean.object("properties");
        if (clean.get("required") instanceof Json.Arr required) {
            required = new Json.Arr(new ArrayList<>(required.items()));
            required.items()
                    .removeIf(name -> properties == null
                            || !(name instanceof Json.Str text)
                            || properties.get(text.value()) == null);
            clean.members().remove("required");
            clean.put("required", required.isEmpty() ? null : required);
        }
        if ("array".equals(clean.string("type")) && clean.get("items") == null) {
            clean.put("items", new Json.Obj());
        }
    }

    private Json eachOwn(Json value, int depth) {
        Json.Obj clean = new Json.Obj();
        if (value instanceof Json.Obj object) {
            object.members().forEach((name, inner) -> {
                inlined += open.isEmpty() ? 0 : SHORTEST + name.length();
                clean.put(name, inner instanceof Json.Obj schema ? own(schema, depth + 1) : new Json.Obj());
            });
        }
        return clean;
    }

    private static Json each(Json value) {
        Json.Obj clean = new Json.Obj();
        if (value instanceof Json.Obj object) {
            object.members()
                    .forEach((name, inner) ->
                            clean.put(name, inner instanceof Json.Obj schema ? known(schema) : new Json.Obj()));
        }
        return clean;
    }

    private static Json all(Json value) {
        Json.Arr clean = new Json.Arr();
        if (value instanceof Json.Arr array) {
            array.items().forEach(item -> clean.add(item instanceof Json.Obj schema ? known(schema) : item));
        }
        return clean;
    }

    private static Json reference(Json value) {
        return value instanceof Json.Str text
                ? new Json.Str(text.value().replace("#/definitions/", "#/$defs/"))
                : value;
    }

    private static void describe(StringBuilder lost, String word, Json value) {
        lost.append(lost.isEmpty() ? "" : ", ").append(word).append(": ").append(value.text());
    }

    private static Json.Obj described(Json.Obj clean, StringBuilder lost) {
        if (!lost.isEmpty()) {
            String before = clean.string("description");
            clean.put("description", (before == null ? "" : before + " ") + "{" + lost + "}");
        }
        return clean;
    }
}
