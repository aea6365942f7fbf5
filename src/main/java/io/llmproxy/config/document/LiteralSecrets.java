package io.llmproxy.config.document;

import io.llmproxy.config.Key;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.SecretSource;
import io.llmproxy.config.Section;
import java.io.StringReader;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * The secrets that stand in a document as they are. A reference, or a mask, can take the place of each; nothing else of the text changes
 * then. What a document says in the words of another product is not found. Below {@code x-}, what nothing uses is one if its key sounds
 * like it.
 */
public final class LiteralSecrets {
    static final Pattern DIGEST = Pattern.compile("sha256:[0-9A-Fa-f]{64}");
    private static final Pattern UNUSUAL = Pattern.compile("[^A-Za-z0-9._-]");
    private static final Pattern TELLING = Pattern.compile("(?i).*(token|key|secret|passw|credential|auth).*");
    private static final String EXTENSION = "x-";
    private static final int LONGEST_NAME = 200;
    private static final Interpolation ESCAPES = new Interpolation(Map.of(), Path.of(""), SecretSource.NONE);

    private final String text;
    /** Whether defaults of variables and users in URLs are looked for too: these cannot be moved, only hidden. */
    private final boolean hiding;

    private final List<Place> places = new ArrayList<>();
    private final Set<Node> seen = Collections.newSetFromMap(new IdentityHashMap<>());

    /**
     * A secret in a document.
     *
     * @param name made of where it stands, such as {@code upstreams/main/auth/token}
     * @param line in the document, from 1
     * @param path where it stands
     * @param value what it is
     */
    public record Literal(String name, int line, String path, Secret value) {}

    /**
     * Where it is written.
     *
     * @param start index of its first character
     * @param end index after its last character
     * @param before what of the value stays
     * @param shown the value as it may be shown
     * @param anchor what other places call it; null if none does
     */
    private record Place(
            int start,
            int end,
            String before,
            String shown,
            @Nullable String anchor,
            Literal literal) {}

    /** Where something stands: as problems tell it, and as names are made of it. */
    private record Where(String path, String name) {
        Where key(String key) {
            return new Where(YamlPath.key(path, key), name.isEmpty() ? usual(key) : name + '/' + usual(key));
        }

        Where item(int index, String called) {
            return new Where(YamlPath.item(path, index), name + '/' + usual(called));
        }

        private static String usual(String text) {
            return UNUSUAL.matcher(text).replaceAll("_");
        }
    }

    private LiteralSecrets(String text, boolean hiding) {
        this.text = text;
        this.hiding = hiding;
    }

    /** Finds them in a document that is known to be good. */
    public static LiteralSecrets in(String text) {
        return in(text, false);
    }

    /** Returns a document that is known to be good as it may be shown, with its comments. */
    public static String hidden(String text) {
        return in(text, true).with(Place::shown);
    }

    private static LiteralSecrets in(String text, boolean hiding) {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(YamlParser.MAX_LENGTH);
        LiteralSecrets found = new LiteralSecrets(text, hiding);
        if (new Yaml(options).compose(new StringReader(text)) instanceof MappingNode root) {
            found.mapping(root, Section.of(ProxyConfig.class), new Where("", ""));
            // Last, as what is used is known by where it is used.
            found.extensions(root);
        }
        found.places.sort(Comparator.comparingInt(Place::start));
        return found;
    }

    private void mapping(MappingNode mapping, @Nullable Section section, Where where) {
        for (NodeTuple entry : mapping.getValue()) {
            if (entry.getKeyNode() instanceof ScalarNode name) {
                if (name.getTag().equals(Tag.MERGE)) {
                    merged(entry.getValueNode(), section, where);
                } else {
                    value(entry.getValueNode(), key(section, name.getValue()), where.key(name.getValue()));
                }
            }
        }
    }

    private void extensions(MappingNode root) {
        for (NodeTuple entry : root.getValue()) {
            if (entry.getKeyNode() instanceof ScalarNode name && name.getValue().startsWith(EXTENSION)) {
                unused(entry.getValueNode(), name.getValue(), new Where("", "").key(name.getValue()));
            }
        }
    }

    private void unused(Node value, String key, Where where) {
        if (value instanceof MappingNode mapping) {
            if (seen.add(mapping)) {
                for (NodeTuple entry : mapping.getValue()) {
                    if (entry.getKeyNode() instanceof ScalarNode name) {
                        unused(entry.getValueNode(), name.getValue(), where.key(name.getValue()));
                    }
                }
            }
        } else if (value instanceof SequenceNode sequence) {
            if (seen.add(sequence)) {
                List<Node> items = sequence.getValue();
                for (int i = 0; i < items.size(); i++) {
                    unused(items.get(i), key, where.item(i, name(items.get(i), i)));
                }
            }
        } else if (value instanceof ScalarNode scalar && TELLING.matcher(key).matches() && seen.add(scalar)) {
            scalar(scalar, Secret.class, where);
        }
    }

    private void merged(Node value, @Nullable Section section, Where where) {
        if (value instanceof MappingNode defaults) {
            mapping(defaults, section, where);
        } else if (value instanceof SequenceNode several) {
            several.getValue().forEach(one -> merged(one, section, where));
        }
    }

    private static @Nullable Key key(@Nullable Section section, String name) {
        return section == null ? null : section.find(name).orElse(null);
    }

    private void value(Node value, @Nullable Key key, Where where) {
        if (value instanceof MappingNode mapping) {
            mapping(mapping, key != null && key.isSection() ? key.section() : null, where);
        } else if (value instanceof SequenceNode sequence) {
            List<Node> items = sequence.getValue();
            for (int i = 0; i < items.size(); i++) {
                value(items.get(i), key, where.item(i, name(items.get(i), i)));
            }
        } else if (value instanceof ScalarNode scalar && key != null && seen.add(scalar)) {
            scalar(scalar, key.type(), where);
        }
    }

    private static String name(Node item, int index) {
        if (item instanceof MappingNode mapping) {
            for (NodeTuple entry : mapping.getValue()) {
                if (entry.getKeyNode() instanceof ScalarNode key
                        && key.getValue().equals("name")
                        && entry.getValueNode() instanceof ScalarNode name
                        && !name.getValue().isEmpty()) {
                    return name.getValue();
                }
            }
        }
        return Integer.toString(index);
    }

    private void scalar(ScalarNode scalar, Class<?> type, Where where) {
        String written = scalar.getValue();
        if (type == Secret.class) {
            add(scalar, "", written, ConfigPrinter.secret(written), where);
        } else if (type == URI.class && (hiding || written.indexOf('?') >= 0)) {
            int query = written.indexOf('?') + 1;
            add(scalar, written.substring(0, query), written.substring(query), ConfigPrinter.url(written), where);
        }
    }

    private void add(ScalarNode scalar, String before, String written, String shown, Where where) {
        boolean absent =
                written.isEmpty() || (scalar.isPlain() && scalar.getTag().equals(Tag.NULL));
        boolean movable = !absent && !DIGEST.matcher(written).matches() && !Interpolation.refers(written);
        if (hiding ? shown.equals(scalar.getValue()) || scalar.getTag().equals(Tag.NULL) : !movable) {
            return;
        }
        Secret value = new Secret(ESCAPES.resolve(written).text());
        String name = where.name.length() > LONGEST_NAME ? where.name.substring(0, LONGEST_NAME) : where.name;
        places.add(new Place(
                text.offsetByCodePoints(0, scalar.getStartMark().getIndex()),
                text.offsetByCodePoints(0, scalar.getEndMark().getIndex()),
                before,
                shown,
                scalar.getAnchor(),
                new Literal(name, scalar.getStartMark().getLine() + 1, where.path, value)));
    }

    /** Returns them, in the order of the document. */
    public List<Literal> all() {
        return places.stream().map(Place::literal).toList();
    }

    /**
     * Returns the document with references in their places.
     *
     * @param reference names the secret that takes the place of one
     */
    public String replaced(Function<Literal, String> reference) {
        return with(place -> place.before + Interpolation.toSecret(reference.apply(place.literal)));
    }

    private String with(Function<Place, String> value) {
        StringBuilder replaced = new StringBuilder();
        int at = 0;
        for (Place place : places) {
            String old = text.substring(place.start, place.end);
            replaced.append(text, at, place.start);
            if (place.anchor != null) {
                replaced.append('&').append(place.anchor).append(' ');
            }
            replaced.append('"')
                    .append(value.apply(place).replace("\\", "\\\\").replace("\"", "\\\""))
                    .append('"')
                    // A block's end is the beginning of the next line.
                    .append(old.substring(old.stripTrailing().length()));
            at = place.end;
        }
        return replaced.append(text, at, text.length()).toString();
    }
}
