package io.llmproxy.testing;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.json.JsonMapper;

/** The document of the admin API, which answers are held to: also a member that it does not name is an error. */
public final class ApiDocument {
    private static final List<String> METHODS = List.of("get", "put", "post", "delete", "patch");
    private static final ApiDocument SHARED = new ApiDocument();

    private final Map<String, Object> root;
    private final Object components;
    private final Map<Object, Schema> schemas = new ConcurrentHashMap<>();

    private ApiDocument() {
        try (InputStream in = Objects.requireNonNull(
                ApiDocument.class.getResourceAsStream("/io/llmproxy/admin/openapi.yaml"), "in the build")) {
            root = map(new Yaml(new SafeConstructor(new LoaderOptions())).load(in));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        components = transformed(map(root.get("components")));
    }

    /** The one that is served. */
    public static ApiDocument shared() {
        return SHARED;
    }

    /** The least role of each operation, by method and path, such as {@code GET /forwards/{name}}. */
    public Map<String, String> roles() {
        Map<String, String> roles = new TreeMap<>();
        paths().forEach((path, operations) -> map(operations).forEach((method, operation) -> {
            if (METHODS.contains(method)) {
                roles.put(method.toUpperCase(Locale.ROOT) + " " + path, (String)
                        map(operation).get("x-role"));
            }
        }));
        return roles;
    }

    /** The operations for which a role is enough that is bound to a scope. */
    public Set<String> scoped() {
        Set<String> scoped = new TreeSet<>();
        paths().forEach((path, operations) -> map(operations).forEach((method, operation) -> {
            if (METHODS.contains(method) && Boolean.TRUE.equals(map(operation).get("x-scoped"))) {
                scoped.add(method.toUpperCase(Locale.ROOT) + " " + path);
            }
        }));
        return scoped;
    }

    private Map<String, Object> paths() {
        return map(root.get("paths"));
    }

    /**
     * Tells what is wrong with an answer.
     *
     * @param path of the call below {@code /admin/api/v1}, without query
     */
    public List<String> problems(String method, String path, Answer answer) {
        Map<String, Object> operation = operation(method, path);
        Map<String, Object> responses = map(operation.get("responses"));
        boolean everywhere = List.of(401, 403, 405, 413, 429).contains(answer.status());
        Object response = responses.getOrDefault(
                Integer.toString(answer.status()), everywhere ? responses.getOrDefault("400", problem()) : null);
        if (response == null) {
            return List.of("status " + answer.status() + " is not documented: " + answer);
        }
        Map<String, Object> content = map(resolved(response).getOrDefault("content", Map.of()));
        String type = answer.header("Content-Type").split(";", 2)[0];
        if (content.isEmpty() && answer.body().length == 0) {
            return List.of();
        }
        if (answer.status() >= 400 && !content.containsKey(type)) {
            content = map(resolved(problem()).get("content"));
        }
        if (!content.containsKey(type)) {
            return List.of("content type " + type + " is not documented: " + answer);
        }
        Object schema = Objects.requireNonNull(map(content.get(type)).get("schema"), type);
        if (!type.endsWith("json")) {
            return List.of();
        }
        return schema(schema).validate(answer.text(), InputFormat.JSON).stream()
                .map(error -> method + " " + path + ": " + error)
                .toList();
    }

    private static Object problem() {
        return Map.of("$ref", "#/components/responses/Problem");
    }

    private Schema schema(Object schema) {
        return schemas.computeIfAbsent(schema, plain -> {
            Map<String, Object> whole = new LinkedHashMap<>(map(strict(plain)));
            whole.put("components", components);
            return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                    .getSchema(new JsonMapper().writeValueAsString(whole), InputFormat.JSON);
        });
    }

    private Map<String, Object> operation(String method, String path) {
        return paths().entrySet().stream()
                .filter(entry ->
                        path.matches("\\Q" + entry.getKey().replaceAll("\\{[^}]*}", "\\\\E[^/]+?\\\\Q") + "\\E"))
                .min(Comparator.comparingInt((Map.Entry<String, Object> entry) ->
                                entry.getKey().split("\\{", -1).length)
                        .thenComparing(entry -> -entry.getKey().length()))
                .map(entry -> map(entry.getValue()).get(method.toLowerCase(Locale.ROOT)))
                .map(ApiDocument::map)
                .orElseThrow(() -> new AssertionError(method + " " + path + " is not documented"));
    }

    private Map<String, Object> resolved(Object node) {
        Map<String, Object> found = map(node);
        while (found.get("$ref") instanceof String reference) {
            @Nullable Object at = root;
            for (String step : List.of(reference.substring(2).split("/", -1))) {
                at = map(at).get(step);
            }
            found = map(at);
        }
        return found;
    }

    /** The schema where it stands for a whole value: nothing else may be in that. */
    private Object strict(Object schema) {
        Map<String, Object> found = resolved(schema);
        boolean closed = found.containsKey("properties") || found.containsKey("allOf");
        Object transformed = transformed(schema);
        return closed ? Map.of("allOf", List.of(transformed), "unevaluatedProperties", false) : transformed;
    }

    private Object transformed(Object node) {
        if (node instanceof List<?> list) {
            return list.stream().map(this::transformed).toList();
        }
        if (!(node instanceof Map<?, ?>)) {
            return node;
        }
        Map<String, Object> transformed = new LinkedHashMap<>();
        map(node).forEach((name, value) -> {
            if (name.equals("properties")) {
                Map<String, Object> properties = new LinkedHashMap<>();
                map(value).forEach((property, schema) -> properties.put(property, strict(schema)));
                transformed.put(name, properties);
            } else if (name.equals("items")) {
                transformed.put(name, strict(value));
            } else if (name.equals("anyOf")) {
                List<Object> choices = new ArrayList<>();
                ((List<?>) value).forEach(choice -> choices.add(strict(choice)));
                transformed.put(name, choices);
            } else if (!name.equals("example") && !name.equals("examples")) {
                transformed.put(name, transformed(value));
            }
        });
        return transformed;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(@Nullable Object node) {
        return (Map<String, Object>) Objects.requireNonNull(node, "documented");
    }
}
