package io.llmproxy.config.load;

import io.llmproxy.config.document.Origin;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.YamlPath;
import io.llmproxy.config.document.YamlTree;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import io.llmproxy.config.document.YamlTree.Sequence;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Puts a single value over the tree: {@code LLMPROXY_UPSTREAMS__0__AUTH__TOKEN} sets {@code upstreams[0].auth.token}.
 * Whether there is such a key is for the reader of the tree to say, as of any other key.
 */
record EnvironmentOverride(List<String> keys, Scalar value) {
    private static final String PREFIX = "LLMPROXY_";
    private static final String SEPARATOR = "__";
    /** The one variable whose name is no path: scripts that call the admin API read it too. */
    private static final Map<String, String> SHORT = Map.of("LLMPROXY_ADMIN_TOKEN", "http_server__admin__token");

    private static final int INDEX_DIGITS = 5;
    private static final Pattern INDEX = Pattern.compile("\\d{1," + INDEX_DIGITS + "}");

    /** Returns the tree with the values of all variables in it whose names are such paths. */
    static Mapping applyAll(Mapping root, Map<String, String> variables, Problems problems) {
        List<EnvironmentOverride> overrides = variables.keySet().stream()
                .filter(EnvironmentOverride::isPath)
                .sorted()
                .map(name -> of(name, variables.getOrDefault(name, "")))
                .sorted(Comparator.comparing(EnvironmentOverride::order))
                .toList();
        Mapping tree = root;
        for (EnvironmentOverride each : overrides) {
            tree = each.entry(tree, 0, problems);
        }
        return tree;
    }

    private static boolean isPath(String name) {
        return SHORT.containsKey(name) || (name.startsWith(PREFIX) && name.indexOf(SEPARATOR, PREFIX.length()) > 0);
    }

    private static EnvironmentOverride of(String name, String value) {
        String path = SHORT.getOrDefault(name, name.substring(PREFIX.length()).toLowerCase(Locale.ROOT));
        Origin origin = new Origin("environment " + name, 0);
        return new EnvironmentOverride(
                List.of(path.split(SEPARATOR, -1)), new Scalar(origin, value, Scalar.Style.ENVIRONMENT));
    }

    /** Item 2 comes before item 10, so that a list can be appended to item by item. */
    private String order() {
        return keys.stream()
                .map(key -> isIndex(key) ? "0".repeat(INDEX_DIGITS - key.length()) + key : key)
                .collect(Collectors.joining(SEPARATOR));
    }

    private YamlTree set(@Nullable YamlTree tree, int depth, Problems problems) {
        if (depth == keys.size()) {
            return value;
        }
        if (tree instanceof Mapping mapping) {
            return entry(mapping, depth, problems);
        }
        if (tree instanceof Sequence sequence && isIndex(keys.get(depth))) {
            return item(sequence, depth, problems);
        }
        return isIndex(keys.get(depth))
                ? item(new Sequence(value.origin(), List.of()), depth, problems)
                : entry(new Mapping(value.origin(), Map.of()), depth, problems);
    }

    private Mapping entry(Mapping mapping, int depth, Problems problems) {
        Map<String, YamlTree> entries = new LinkedHashMap<>(mapping.entries());
        String key = keys.get(depth);
        entries.put(key, set(entries.get(key), depth + 1, problems));
        return new Mapping(mapping.origin(), entries);
    }

    private Sequence item(Sequence sequence, int depth, Problems problems) {
        List<YamlTree> items = new ArrayList<>(sequence.items());
        int index = Integer.parseInt(keys.get(depth));
        if (index > items.size()) {
            String message = "item " + index + " (expected: 0 to " + items.size() + ")";
            problems.error(value.origin(), path(depth), message);
        } else if (index == items.size()) {
            items.add(set(null, depth + 1, problems));
        } else {
            items.set(index, set(items.get(index), depth + 1, problems));
        }
        return new Sequence(sequence.origin(), items);
    }

    private String path(int depth) {
        String path = "";
        for (String key : keys.subList(0, depth)) {
            path = isIndex(key) ? YamlPath.item(path, Integer.parseInt(key)) : YamlPath.key(path, key);
        }
        return path;
    }

    private static boolean isIndex(String key) {
        return INDEX.matcher(key).matches();
    }
}
