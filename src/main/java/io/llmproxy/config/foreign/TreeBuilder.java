package io.llmproxy.config.foreign;

import io.llmproxy.config.document.Origin;
import io.llmproxy.config.document.YamlTree;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import io.llmproxy.config.document.YamlTree.Sequence;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Builds a section in our own words. What comes from a file keeps its place there, so that its problems are found. */
final class TreeBuilder {
    private final Origin origin;
    private final Map<String, YamlTree> entries = new LinkedHashMap<>();

    TreeBuilder(Origin origin) {
        this.origin = origin;
    }

    /** Sets a key; nothing sets nothing. */
    TreeBuilder put(String key, @Nullable YamlTree value) {
        if (value != null && !value.isAbsent()) {
            entries.put(key, value);
        }
        return this;
    }

    /** Sets a key to a text. */
    TreeBuilder put(String key, String text) {
        return put(key, text(origin, text));
    }

    /** Sets a key to a list; an empty one sets nothing. */
    TreeBuilder put(String key, List<? extends YamlTree> items) {
        return items.isEmpty() ? this : put(key, new Sequence(origin, List.copyOf(items)));
    }

    Mapping build() {
        return new Mapping(origin, entries);
    }

    static Scalar text(Origin origin, String text) {
        return new Scalar(origin, text, Scalar.Style.QUOTED);
    }
}
