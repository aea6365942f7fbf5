package io.llmproxy.config.document;

import io.llmproxy.config.Key;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.Section;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import io.llmproxy.config.document.YamlTree.Sequence;
import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The single values of a document, each with where it stands, so that two documents can be compared: keys have one spelling, and items
 * of a list go by their names, whatever their order.
 */
public final class Places {
    private static final String NAME = "name";
    private static final String URL = "url";
    private static final String NAMED = "=";

    private final List<Place> found = new ArrayList<>();

    /**
     * A single value, or a section or list with nothing in it.
     *
     * @param path as problems tell it
     * @param line in the document
     * @param where the same in both documents, from the top
     * @param sections types of the sections that it is in, from the top; then its own type
     * @param text as it is written
     * @param destination the host that values of its section are sent to; where it stands if no section around it has a URL
     */
    public record Place(
            String path, int line, List<String> where, List<Class<?>> sections, String text, String destination) {
        /** Copies the lists. */
        public Place {
            where = List.copyOf(where);
            sections = List.copyOf(sections);
        }

        /** Whether it is below these keys. */
        public boolean isBelow(String... keys) {
            return where.size() >= keys.length && where.subList(0, keys.length).equals(List.of(keys));
        }

        /** Whether it is of this very type. */
        public boolean isOf(Class<?> type) {
            return !sections.isEmpty() && sections.get(sections.size() - 1) == type;
        }

        /** Where it stands whatever the items of lists are called, and whichever of them it is in. */
        public List<String> anywhere() {
            return where.stream()
                    .map(step -> step.startsWith(NAMED) ? NAMED : step.startsWith("[") ? "[]" : step)
                    .toList();
        }

        /** Whether it is of this type, or in a section of it. */
        public boolean isIn(Class<?> type) {
            return sections.contains(type);
        }
    }

    /** Where the walk is. */
    private record At(
            String path,
            List<String> where,
            List<Class<?>> sections,
            @Nullable String destination) {
        At into(String nextPath, String step, @Nullable Key key) {
            List<Class<?>> types = key == null ? sections : append(sections, key.type());
            return new At(nextPath, append(where, step), types, destination);
        }

        At towards(@Nullable String host) {
            return host == null ? this : new At(path, where, sections, host);
        }

        private static <T> List<T> append(List<T> list, T last) {
            return Stream.concat(list.stream(), Stream.of(last)).toList();
        }
    }

    private Places() {}

    /** Finds them; a text that is no document has none. */
    public static List<Place> of(String text) {
        Places places = new Places();
        try {
            YamlTree tree = YamlParser.parse(text, "document", new Problems());
            places.walk(tree, Section.of(ProxyConfig.class), null, new At("", List.of(), List.of(), null));
        } catch (ConfigException e) {
            return List.of();
        }
        return places.found;
    }

    private void walk(YamlTree tree, @Nullable Section section, @Nullable Key key, At at) {
        if (tree instanceof Mapping mapping && !mapping.entries().isEmpty()) {
            At inside = at.towards(destination(mapping, section));
            mapping.entries().forEach((name, value) -> {
                Optional<Key> known = section == null ? Optional.empty() : section.find(name);
                Key next = known.orElse(null);
                String step = known.map(Key::name).orElse(name);
                At below = inside.into(YamlPath.key(at.path, name), step, next);
                walk(value, next != null && next.isSection() ? next.section() : null, next, below);
            });
        } else if (tree instanceof Sequence list && !list.items().isEmpty()) {
            for (int i = 0; i < list.items().size(); i++) {
                YamlTree item = list.items().get(i);
                At below = at.into(YamlPath.item(at.path, i), name(item).orElse("[" + i + ']'), null);
                walk(item, section, key, below);
            }
        } else {
            String text = tree instanceof Scalar scalar ? scalar.text() : "";
            String destination = at.destination == null ? String.join("\n", at.where) : at.destination;
            found.add(new Place(at.path, tree.origin().line(), at.where, at.sections, text, destination));
        }
    }

    private static Optional<String> name(YamlTree item) {
        return item instanceof Mapping mapping && mapping.entries().get(NAME) instanceof Scalar name
                ? Optional.of(NAMED + name.text())
                : Optional.empty();
    }

    /** Every host that the section names: who changes one of them sends its values elsewhere. */
    private static @Nullable String destination(Mapping mapping, @Nullable Section section) {
        if (section == null) {
            return null;
        }
        List<String> hosts = mapping.entries().entrySet().stream()
                .filter(entry -> section.find(entry.getKey())
                        .filter(key -> key.type() == URI.class || key.name().equals(URL))
                        .isPresent())
                .map(Map.Entry::getValue)
                .filter(Scalar.class::isInstance)
                .map(value -> host(((Scalar) value).text()))
                .sorted(Comparator.naturalOrder())
                .toList();
        return hosts.isEmpty() ? null : "to " + String.join(" ", hosts);
    }

    /** Scheme and authority. A reference may stand for anything, so that the whole URL counts. */
    private static String host(String url) {
        int scheme = url.indexOf("://");
        int query = url.indexOf('?');
        String before = query < 0 ? url : url.substring(0, query);
        if (scheme < 0 || before.contains("${")) {
            return url;
        }
        int path = before.indexOf('/', scheme + 3);
        return path < 0 ? before : before.substring(0, path);
    }
}
