package io.llmproxy.config.foreign;

import io.llmproxy.config.document.Origin;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.YamlPath;
import io.llmproxy.config.document.YamlTree;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import io.llmproxy.config.document.YamlTree.Sequence;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A section of another system's file. It knows what was read of it, so that what was not can be told. */
final class ForeignSection {
    private final Mapping mapping;
    private final String path;
    private final Problems problems;
    private final Set<String> read = new HashSet<>();

    ForeignSection(Mapping mapping, String path, Problems problems) {
        this.mapping = mapping;
        this.path = path;
        this.problems = problems;
    }

    Origin origin() {
        return mapping.origin();
    }

    /** Returns the value of a key, or null if there is none. */
    @Nullable Scalar value(String key) {
        YamlTree tree = take(key);
        if (tree instanceof Scalar scalar) {
            return scalar;
        }
        if (tree != null) {
            refuse(key, tree, "a single value");
        }
        return null;
    }

    /** Returns a value that has to be there; nothing stands in for it. */
    Scalar required(String key) {
        Scalar value = value(key);
        if (value == null) {
            problems.error(origin(), YamlPath.key(path, key), "missing (expected: a value)");
            return new Scalar(origin(), "", Scalar.Style.PLAIN);
        }
        return value;
    }

    /** Returns the section that a key holds, or null if there is none. */
    @Nullable ForeignSection section(String key) {
        YamlTree tree = take(key);
        if (tree instanceof Mapping section) {
            return new ForeignSection(section, YamlPath.key(path, key), problems);
        }
        if (tree != null) {
            refuse(key, tree, "a section");
        }
        return null;
    }

    /** Whether a key holds a section, which is not taken for read by asking. */
    boolean isSection(String key) {
        return mapping.entries().get(key) instanceof Mapping;
    }

    /** Whether a key holds a list, with or without items. */
    boolean isList(String key) {
        return mapping.entries().get(key) instanceof Sequence;
    }

    /** Returns the sections of a list. */
    List<ForeignSection> sections(String key) {
        List<ForeignSection> sections = new ArrayList<>();
        YamlPath.forEach(YamlPath.key(path, key), items(key), (at, item) -> {
            if (item instanceof Mapping section) {
                sections.add(new ForeignSection(section, at, problems));
            } else {
                problems.error(item.origin(), at, item.kind() + " (expected: a section)");
            }
        });
        return sections;
    }

    /** Returns the values of a list; a single value is a list of one. */
    List<Scalar> values(String key) {
        if (mapping.entries().get(key) instanceof Scalar one && !one.isAbsent()) {
            read.add(key);
            return List.of(one);
        }
        List<Scalar> values = new ArrayList<>();
        YamlPath.forEach(YamlPath.key(path, key), items(key), (at, item) -> {
            if (item instanceof Scalar scalar) {
                values.add(scalar);
            } else {
                problems.error(item.origin(), at, item.kind() + " (expected: a single value)");
            }
        });
        return values;
    }

    private List<YamlTree> items(String key) {
        YamlTree tree = take(key);
        if (tree instanceof Sequence sequence) {
            return sequence.items();
        }
        if (tree != null) {
            refuse(key, tree, "a list");
        }
        return List.of();
    }

    /** Returns what the section holds, key by key. */
    Map<String, YamlTree> entries() {
        read.addAll(mapping.entries().keySet());
        return mapping.entries();
    }

    /** Whether the key is there, with or without a value. */
    boolean has(String key) {
        return mapping.entries().containsKey(key);
    }

    /** Says that a key has no counterpart. */
    void drop(String key, String why) {
        read.add(key);
        YamlTree tree = mapping.entries().get(key);
        problems.warn(tree == null ? origin() : tree.origin(), YamlPath.key(path, key), "not carried over: " + why);
    }

    /**
     * Says of each key that was not read that it has no counterpart. One that is about who may call is an error: without it
     * the gateway would be open to callers that the file keeps out.
     */
    void dropRest() {
        mapping.entries().forEach((key, tree) -> {
            if (read.contains(key)) {
                return;
            }
            if (!tree.isAbsent() && (AccessWords.in(key) || AccessWords.within(tree))) {
                refuseAccess(key, tree);
            } else {
                drop(key, "no equivalent in LLMProxy");
            }
        });
    }

    /**
     * Refuses each key that was not read. For sections that say what a caller may do, where each unknown key may be a
     * restriction.
     *
     * @param harmless keys that are skipped with a note
     */
    void refuseRest(Set<String> harmless) {
        mapping.entries().forEach((key, tree) -> {
            if (read.contains(key)) {
                return;
            }
            if (tree.isAbsent() || harmless.contains(key)) {
                drop(key, "it does not restrict access");
            } else {
                refuseAccess(key, tree);
            }
        });
    }

    /** Refuses a key that restricts who may call, if it is there. */
    void forbid(String key) {
        YamlTree tree = mapping.entries().get(key);
        if (tree != null && !tree.isAbsent()) {
            refuseAccess(key, tree);
        }
    }

    /** Says of all keys that were not read, at once, that they only describe something; what speaks of access is refused. */
    void dropDescription(String why) {
        List<String> rest = new ArrayList<>();
        mapping.entries().forEach((key, tree) -> {
            if (read.contains(key)) {
                return;
            }
            if (!tree.isAbsent() && (AccessWords.in(key) || AccessWords.within(tree))) {
                refuseAccess(key, tree);
            } else {
                read.add(key);
                rest.add(key);
            }
        });
        if (!rest.isEmpty()) {
            problems.warn(origin(), path, String.join(", ", rest) + ": not carried over: " + why);
        }
    }

    /** Says of each of these keys that is there that it has no counterpart, and what to do instead. */
    void dropAll(Map<String, String> whys) {
        mapping.entries().forEach((key, tree) -> {
            String why = whys.get(key);
            if (why != null && !read.contains(key)) {
                drop(key, why);
            }
        });
    }

    private void refuseAccess(String key, YamlTree tree) {
        read.add(key);
        problems.error(
                tree.origin(),
                YamlPath.key(path, key),
                "looks like access control that LLMProxy does not apply (expected: no such key; "
                        + "`keys` in LLMProxy's own format say who may call)");
    }

    /** Says that a value is not one of those that can be carried over. */
    void refuse(String key, Scalar value, String expected) {
        problems.error(value.origin(), YamlPath.key(path, key), value.text() + " (expected: " + expected + ")");
    }

    private @Nullable YamlTree take(String key) {
        read.add(key);
        YamlTree tree = mapping.entries().get(key);
        return tree == null || tree.isAbsent() ? null : tree;
    }

    private void refuse(String key, YamlTree tree, String expectation) {
        problems.error(tree.origin(), YamlPath.key(path, key), tree.kind() + " (expected: " + expectation + ")");
    }
}
