package io.llmproxy.config.load;

import io.llmproxy.config.Key;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.Section;
import io.llmproxy.config.Setting;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.Suggestion;
import io.llmproxy.config.document.YamlPath;
import io.llmproxy.config.document.YamlTree;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import io.llmproxy.config.document.YamlTree.Sequence;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes records of the tree. A key is a component's name in snake case; what it takes is said by {@link Setting}. After
 * a problem a default or a blank stands in, so that everything else is looked at too.
 */
final class RecordReader {
    private static final String EXTENSION = "x-";

    private record Spelled(String path, YamlTree tree) {
        static final Comparator<Spelled> VARIABLES_FIRST = Comparator.comparing(
                        (Spelled spelled) -> !spelled.tree().isVariable())
                .thenComparing(spelled -> spelled.tree().isAbsent());
    }

    private final ValueReader values;
    private final ModelMapReader models;
    private final Problems problems;
    private final boolean whole;

    /**
     * @param values reads single values
     * @param problems told of what is wrong
     * @param whole whether lists that have to be there are missed; a node's own file has none
     */
    RecordReader(ValueReader values, Problems problems, boolean whole) {
        this.whole = whole;
        this.values = values;
        this.models = new ModelMapReader(values, problems);
        this.problems = problems;
    }

    /** Reads the whole tree. */
    ProxyConfig read(Mapping root) {
        problems.locate("", root.origin(), "");
        return (ProxyConfig) read(Section.of(ProxyConfig.class), root, "");
    }

    private Record read(Section section, Mapping mapping, String path) {
        checkKeys(section, mapping, path);
        return section.create(
                section.keys().stream().map(key -> value(key, mapping, path)).toArray());
    }

    /** Reads the list that a key of the root holds. */
    List<?> list(Key key, Mapping root) {
        return list(key, written(key, root, ""), key.name());
    }

    private @Nullable Object value(Key key, Mapping parent, String parentPath) {
        String path = YamlPath.key(parentPath, key.name());
        Optional<YamlTree> written = written(key, parent, parentPath);
        if (key.isModels()) {
            return models.read(key, written, path);
        }
        if (key.isList()) {
            return list(key, written, path);
        }
        if (key.isSection()) {
            return section(key.section(), written.orElse(null), parent, path);
        }
        if (written.isEmpty()) {
            return values.absent(key, path, problems);
        }
        return single(key, written.get(), path);
    }

    private @Nullable Object single(Key key, YamlTree written, String path) {
        if (written instanceof Scalar scalar) {
            return values.read(key, scalar, path, problems);
        }
        problems.error(path, written.kind() + " (expected: a single value)");
        return values.standIn(key);
    }

    private List<?> list(Key key, Optional<YamlTree> written, String path) {
        if (written.isPresent() && !(written.get() instanceof Sequence)) {
            problems.error(path, written.get().kind() + " (expected: a list)");
            return List.of();
        }
        List<YamlTree> items =
                written.map(Sequence.class::cast).map(Sequence::items).orElse(List.of());
        return key.isSection() ? sections(key, written.isPresent(), items, path) : singleValues(key, items, path);
    }

    private List<Object> singleValues(Key key, List<YamlTree> items, String path) {
        List<Object> list = new ArrayList<>();
        YamlPath.forEach(path, items, (itemPath, item) -> {
            problems.locate(itemPath, item.origin(), itemPath);
            Object value = single(key, item, itemPath);
            if (value != null) {
                list.add(value);
            }
        });
        return list;
    }

    private List<Record> sections(Key key, boolean present, List<YamlTree> items, String path) {
        if (whole && items.isEmpty() && key.setting().required()) {
            problems.error(path, (present ? "empty" : "missing") + " (expected: a list of at least one)");
        }
        List<Record> records = new ArrayList<>();
        for (YamlTree item : items) {
            String itemPath = YamlPath.item(path, records.size());
            problems.locate(itemPath, item.origin(), itemPath);
            records.add(required(key.section(), item, itemPath));
        }
        return records;
    }

    private @Nullable Record section(Section section, @Nullable YamlTree written, Mapping parent, String path) {
        if (written == null) {
            return section.isSwitchable() ? null : read(section, new Mapping(parent.origin(), Map.of()), path);
        }
        if (section.isSwitchable() && written instanceof Mapping mapping && !isOn(mapping, path)) {
            checkKeys(section, mapping, path);
            return null;
        }
        return required(section, written, path);
    }

    private Record required(Section section, YamlTree written, String path) {
        if (written instanceof Mapping mapping) {
            return read(section, mapping, path);
        }
        problems.error(path, written.kind() + " (expected: a section)");
        return read(section, new Mapping(written.origin(), Map.of()), path);
    }

    private boolean isOn(Mapping section, String path) {
        return !Boolean.FALSE.equals(value(Section.SWITCH, section, path));
    }

    /** Finds what a key holds. A variable goes over the file, whichever spelling either uses. */
    private Optional<YamlTree> written(Key key, Mapping parent, String parentPath) {
        List<Spelled> found = key.spellings().stream()
                .flatMap(spelling -> Stream.ofNullable(parent.entries().get(spelling))
                        .map(tree -> new Spelled(YamlPath.key(parentPath, spelling), tree)))
                .sorted(Spelled.VARIABLES_FIRST)
                .toList();
        if (found.isEmpty()) {
            return Optional.empty();
        }
        Spelled first = found.get(0);
        problems.locate(YamlPath.key(parentPath, key.name()), first.tree().origin(), first.path());
        if (!first.tree().isVariable()) {
            found.stream().skip(1).filter(other -> !other.tree().isAbsent()).forEach(this::refuse);
        }
        return Optional.of(first.tree()).filter(tree -> !tree.isAbsent());
    }

    private void refuse(Spelled second) {
        String message = "key given twice, in two spellings (expected: one)";
        problems.error(second.tree().origin(), second.path(), message);
    }

    private void checkKeys(Section section, Mapping mapping, String path) {
        List<String> known = section.spellings();
        mapping.entries().forEach((key, value) -> {
            String at = YamlPath.key(path, key);
            if (section.obsolete().contains(key)) {
                problems.locate(at, value.origin(), at);
                problems.warn(at, "has no effect");
            } else if (!known.contains(key) && !(path.isEmpty() && key.startsWith(EXTENSION))) {
                problems.error(value.origin(), at, "unknown key " + Suggestion.hint(key, known));
            }
        });
    }
}
