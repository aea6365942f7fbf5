package io.llmproxy.usage;

import io.llmproxy.config.document.Origin;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.document.YamlTree;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import io.llmproxy.config.document.YamlTree.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A place in a file of prices. What is wrong with it becomes a problem, and reading goes on, so that all problems are told
 * at once.
 */
final class PriceNode {
    private static final int LONGEST_SHOWN = 80;

    private final YamlTree tree;
    private final String path;
    private final List<Problem> problems;

    PriceNode(YamlTree tree, String path, List<Problem> problems) {
        this.tree = tree;
        this.path = path;
        this.problems = problems;
    }

    String path() {
        return path;
    }

    /** Reports what is wrong here. */
    void error(String message) {
        problems.add(problem(message));
    }

    /** Reports a value that cannot be used. */
    void bad(String expected) {
        error(shown() + " (expected: " + expected + ")");
    }

    Problem problem(String message) {
        Origin origin = tree.origin();
        return new Problem(origin.source(), origin.line(), path, message);
    }

    private String shown() {
        if (!(tree instanceof Scalar scalar)) {
            return tree.kind();
        }
        String text = scalar.text();
        return text.isBlank() ? "\"\"" : text.length() > LONGEST_SHOWN ? text.substring(0, LONGEST_SHOWN) + "…" : text;
    }

    /** Refuses members with other names. Returns whether there are none. */
    boolean only(Set<String> names) {
        List<String> others = members().keySet().stream()
                .filter(name -> !names.contains(name))
                .toList();
        others.forEach(name -> child(name).error("unknown key (expected: " + String.join(", ", names) + ")"));
        return others.isEmpty();
    }

    /** Returns a member, or null if nothing is written there. */
    @Nullable PriceNode get(String name) {
        YamlTree member = members().get(name);
        return member == null || member.isAbsent() ? null : child(name);
    }

    /** Tells all members. */
    void forEach(BiConsumer<String, PriceNode> consumer) {
        if (tree instanceof Mapping) {
            members().keySet().forEach(name -> consumer.accept(name, child(name)));
        } else {
            bad("a section");
        }
    }

    /** Returns the items of a list. */
    List<PriceNode> items() {
        if (!(tree instanceof Sequence sequence)) {
            bad("a list");
            return List.of();
        }
        List<PriceNode> items = new ArrayList<>();
        for (YamlTree item : sequence.items()) {
            items.add(new PriceNode(item, path + '[' + items.size() + ']', problems));
        }
        return items;
    }

    boolean isSection() {
        return tree instanceof Mapping;
    }

    /** Returns the text of a single value, or null after saying that there is none. */
    @Nullable String text(String expected) {
        if (tree instanceof Scalar scalar
                && !scalar.isAbsent()
                && !scalar.text().isBlank()) {
            return scalar.text().strip();
        }
        bad(expected);
        return null;
    }

    private Map<String, YamlTree> members() {
        return tree instanceof Mapping mapping ? mapping.entries() : Map.of();
    }

    private PriceNode child(String name) {
        YamlTree member = members().get(name);
        return new PriceNode(member == null ? tree : member, path.isEmpty() ? name : path + '.' + name, problems);
    }
}
