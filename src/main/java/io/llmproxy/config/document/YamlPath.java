package io.llmproxy.config.document;

import java.util.List;
import java.util.function.BiConsumer;

/** Paths as problems show them: {@code http_server.forwards[0].port}. */
public final class YamlPath {
    private YamlPath() {}

    public static String key(String section, String key) {
        return section.isEmpty() ? key : section + "." + key;
    }

    public static String item(String list, int index) {
        return list + "[" + index + "]";
    }

    /** Hands each item of a list on with its path. */
    public static <T> void forEach(String list, List<T> items, BiConsumer<String, T> action) {
        for (int i = 0; i < items.size(); i++) {
            action.accept(item(list, i), items.get(i));
        }
    }
}
