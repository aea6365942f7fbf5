package io.llmproxy.config.load;

import io.llmproxy.config.Key;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.Section;
import io.llmproxy.config.Setting;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Renders the JSON schema of the configuration off its records. */
final class SchemaDocument {
    /** Strings are let through wherever a variable may stand, whatever the key takes. */
    private static final String OR_REFERENCE = "|\\$\\{";

    private static final String STORE = "store";
    private static final String SERVER = "http_server";
    private static final Map<String, Object> EXTENSIONS = Map.of("^x-", true);

    private SchemaDocument() {}

    static String render() {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("title", "Configuration of LLMProxy");
        schema.put("type", "object");
        schema.put("if", hasStore());
        schema.put("then", node());
        Map<String, Object> whole = object(Section.of(ProxyConfig.class), "object");
        whole.put("patternProperties", EXTENSIONS);
        schema.put("else", whole);
        JsonMapper json =
                JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
        return json.writeValueAsString(schema).replace("\r\n", "\n") + "\n";
    }

    private static Map<String, Object> hasStore() {
        Map<String, Object> store = ordered("type", "object", "not", switchedOff());
        return ordered("properties", Map.of(STORE, store), "required", List.of(STORE));
    }

    /** The file of a node whose configuration is in a store. */
    private static Map<String, Object> node() {
        Section whole = Section.of(ProxyConfig.class);
        Map<String, Object> server = new LinkedHashMap<>();
        server.put("description", key(whole, SERVER).setting().value());
        server.put("type", List.of("object", "null"));
        server.put("additionalProperties", false);
        server.put("properties", Map.of("admin", property(key(key(whole, SERVER).section(), "admin"))));
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put(STORE, property(key(whole, STORE)));
        properties.put("log", property(key(whole, "log")));
        properties.put(SERVER, server);
        Map<String, Object> node = ordered("type", "object", "additionalProperties", false);
        node.put("properties", properties);
        node.put("patternProperties", EXTENSIONS);
        return node;
    }

    private static Key key(Section section, String name) {
        return section.keys().stream()
                .filter(key -> key.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Map<String, Object> object(Section section, Object type) {
        Map<String, Object> names = new LinkedHashMap<>();
        Map<String, Object> values = new LinkedHashMap<>();
        for (Key key : section.keys()) {
            for (String spelling : key.spellings()) {
                names.put(spelling, Map.of("description", key.setting().value()));
                values.put(spelling, property(key));
            }
        }
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("type", type);
        object.put("additionalProperties", false);
        if (section.isSwitchable()) {
            names.put(Section.SWITCH.name(), property(Section.SWITCH));
            object.put("properties", names);
            object.put("if", switchedOff());
            object.put("else", constraints(section, values));
        } else {
            section.obsolete().forEach(key -> values.put(key, Map.of("deprecated", true)));
            object.putAll(constraints(section, values));
        }
        return object;
    }

    private static Map<String, Object> switchedOff() {
        String name = Section.SWITCH.name();
        return ordered("properties", Map.of(name, Map.of("enum", List.of(false, "false"))), "required", List.of(name));
    }

    private static Map<String, Object> constraints(Section section, Map<String, Object> properties) {
        List<String> required = new ArrayList<>();
        List<Object> spelledOnce = new ArrayList<>();
        for (Key key : section.keys()) {
            if (key.spellings().size() == 1 && key.setting().required()) {
                required.add(key.name());
            } else if (key.spellings().size() > 1) {
                spelledOnce.add(spelledOnce(key));
            }
        }
        Map<String, Object> constraints = new LinkedHashMap<>();
        constraints.put("properties", properties);
        if (!required.isEmpty()) {
            constraints.put("required", required);
        }
        if (!spelledOnce.isEmpty()) {
            constraints.put("allOf", spelledOnce);
        }
        return constraints;
    }

    private static Map<String, Object> spelledOnce(Key key) {
        if (!key.setting().required()) {
            return Map.of("not", Map.of("required", key.spellings()));
        }
        return Map.of(
                "oneOf",
                key.spellings().stream()
                        .map(spelling -> Map.of("required", List.of(spelling)))
                        .toList());
    }

    private static Map<String, Object> property(Key key) {
        Map<String, Object> property = new LinkedHashMap<>();
        property.put("description", key.setting().value());
        boolean required = key.setting().required();
        if (key.isModels()) {
            List<Object> name = List.of(Map.of("type", List.of("string", "number", "null")));
            property.put("type", List.of("object", "array", "null"));
            property.put("additionalProperties", name.get(0));
            property.put("items", name.get(0));
        } else if (key.isList()) {
            property.put("type", required ? "array" : List.of("array", "null"));
            property.put(
                    "items", key.isSection() ? object(key.section(), "object") : Map.of("anyOf", alternatives(key)));
            if (required) {
                property.put("minItems", 1);
            }
        } else if (key.isSection()) {
            property.putAll(object(key.section(), required ? "object" : List.of("object", "null")));
        } else {
            List<Object> alternatives = new ArrayList<>(alternatives(key));
            if (!required) {
                alternatives.add(Map.of("type", "null"));
            }
            property.put("anyOf", alternatives);
            if (!key.setting().byDefault().isEmpty()) {
                property.put("default", byDefault(key));
            }
        }
        return property;
    }

    private static List<Object> alternatives(Key key) {
        Class<?> type = key.type();
        if (type.isEnum()) {
            List<String> names = List.of(expectation(key).split(", "));
            return List.of(Map.of("enum", names), text("\\$\\{"));
        }
        if (type == boolean.class || type == Boolean.class) {
            return List.of(Map.of("type", "boolean"), text("^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$" + OR_REFERENCE));
        }
        if (type == Duration.class) {
            return List.of(number("integer", key), text("^[+-]?[0-9]+$|^[0-9]+\\s*(ms|s|m|h)$" + OR_REFERENCE));
        }
        if (type == int.class || type == Integer.class) {
            return List.of(number("integer", key), text("^[+-]?[0-9]+$" + OR_REFERENCE));
        }
        if (type == long.class) {
            return List.of(number("integer", key), text("^[0-9]+\\s*([KMGkmg]([Ii][Bb])?)?$" + OR_REFERENCE));
        }
        if (type == double.class || type == Double.class) {
            return List.of(number("number", key), text("^[+-]?[0-9]+(\\.[0-9]+)?$" + OR_REFERENCE));
        }
        if (type == URI.class) {
            return List.of(text("^https?://[^/@?#]+([/?][^#]*)?$" + OR_REFERENCE));
        }
        return List.of(Map.of("type", List.of("string", "number")));
    }

    private static Map<String, Object> number(String type, Key key) {
        Setting setting = key.setting();
        Map<String, Object> number = new LinkedHashMap<>();
        number.put("type", type);
        number.put("minimum", plain(type.equals("integer") ? Math.ceil(setting.min()) : setting.min()));
        number.put("maximum", plain(setting.max()));
        return number;
    }

    private static Object plain(double number) {
        return number == Math.rint(number) ? (Object) (long) number : (Object) number;
    }

    private static Map<String, Object> text(String pattern) {
        return ordered("type", "string", "pattern", pattern);
    }

    private static Object byDefault(Key key) {
        String text = key.setting().byDefault();
        if (key.type() == boolean.class || key.type() == Boolean.class) {
            return Boolean.valueOf(text);
        }
        boolean number = key.type() == int.class || key.type() == double.class;
        return number ? plain(Double.parseDouble(text)) : text;
    }

    private static String expectation(Key key) {
        return ValueType.of(key, Path.of("")).expectation();
    }

    private static Map<String, Object> ordered(String firstKey, Object first, String secondKey, Object second) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put(firstKey, first);
        map.put(secondKey, second);
        return map;
    }
}
