package io.llmproxy.config.load;

import io.llmproxy.config.Key;
import io.llmproxy.config.ModelMap;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.YamlPath;
import io.llmproxy.config.document.YamlTree;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import io.llmproxy.config.document.YamlTree.Sequence;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the models of an upstream: a section from their names to the upstream's, or a list where both are the same. */
final class ModelMapReader {
    private final ValueReader values;
    private final Problems problems;

    ModelMapReader(ValueReader values, Problems problems) {
        this.values = values;
        this.problems = problems;
    }

    ModelMap read(Key key, Optional<YamlTree> written, String path) {
        List<ModelMap.Entry> entries = new ArrayList<>();
        YamlTree tree = written.orElse(null);
        if (tree instanceof Mapping mapping) {
            mapping.entries().forEach((model, name) -> {
                String at = YamlPath.key(path, model);
                problems.locate(at, name.origin(), at);
                add(entries, pattern(key, model, at), name(key, name, at));
            });
        } else if (tree instanceof Sequence sequence) {
            Set<Object> seen = new HashSet<>();
            YamlPath.forEach(path, sequence.items(), (at, item) -> {
                problems.locate(at, item.origin(), at);
                Object model = single(key.of(ModelPattern.class), item, at);
                if (model != null && !seen.add(model)) {
                    problems.error(at, problems.shown(at, model.toString()) + " (expected: each model once)");
                }
                add(entries, (ModelPattern) model, "");
            });
        } else if (tree != null) {
            problems.error(path, tree.kind() + " (expected: a section of models, or a list of them)");
        }
        return entries.isEmpty() ? ModelMap.ALL : new ModelMap(entries);
    }

    private static void add(List<ModelMap.Entry> entries, @Nullable ModelPattern model, @Nullable String name) {
        if (model != null && name != null) {
            entries.add(new ModelMap.Entry(model, name));
        }
    }

    private @Nullable ModelPattern pattern(Key key, String text, String path) {
        ValueType type = ValueType.of(key.of(ModelPattern.class), Path.of(""));
        Optional<?> pattern = type.parse(text);
        if (pattern.isEmpty()) {
            problems.error(path, problems.shown(path, text) + " (expected: " + type.expectation() + ")");
        }
        return (ModelPattern) pattern.orElse(null);
    }

    private @Nullable String name(Key key, YamlTree written, String path) {
        return written.isAbsent() ? "" : (String) single(key.of(String.class), written, path);
    }

    private @Nullable Object single(Key key, YamlTree written, String path) {
        if (written instanceof Scalar scalar) {
            return values.read(key, scalar, path, problems);
        }
        problems.error(path, written.kind() + " (expected: a single value)");
        return null;
    }
}
