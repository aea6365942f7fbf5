package io.llmproxy.config.document;

import java.io.StringReader;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;

/**
 * A document that is changed in place. What is not changed stays as it was written, with its comments and references to variables; only
 * indentation and line ends may become others, and a comment before an item of a list comes to stand behind the item's dash. Not for
 * several threads.
 */
public final class YamlEdit {
    private static final int LINE_WIDTH = 132;

    private final Yaml yaml;
    private final MappingNode root;

    private YamlEdit(Yaml yaml, MappingNode root) {
        this.yaml = yaml;
        this.root = root;
    }

    /**
     * Reads a document that is known to be good; an empty text is an empty document.
     *
     * @throws IllegalArgumentException if it is no mapping
     */
    public static YamlEdit of(String text) {
        return of(text, true);
    }

    /**
     * Returns a document that is known to be good without its comments.
     *
     * @throws IllegalArgumentException if it is no mapping
     */
    public static String uncommented(String text) {
        return text.isBlank() ? text : of(text, false).text();
    }

    private static YamlEdit of(String text, boolean comments) {
        LoaderOptions reading = new LoaderOptions();
        reading.setProcessComments(comments);
        reading.setCodePointLimit(YamlParser.MAX_LENGTH);
        DumperOptions writing = new DumperOptions();
        writing.setProcessComments(comments);
        writing.setDefaultFlowStyle(FlowStyle.BLOCK);
        writing.setIndicatorIndent(2);
        writing.setIndentWithIndicator(true);
        writing.setWidth(LINE_WIDTH);
        Yaml yaml = new Yaml(new SafeConstructor(reading), new Representer(writing), writing, reading);
        Node read = text.isBlank() ? null : yaml.compose(new StringReader(text));
        if (read == null) {
            read = new MappingNode(Tag.MAP, new ArrayList<>(), FlowStyle.BLOCK);
        }
        if (!(read instanceof MappingNode root)) {
            throw new IllegalArgumentException("the document is no mapping");
        }
        return new YamlEdit(yaml, root);
    }

    /** The whole document. */
    public Section root() {
        return new Section(root);
    }

    /** As it is to be stored. */
    public String text() {
        StringWriter text = new StringWriter();
        yaml.serialize(root, text);
        return text.toString();
    }

    /** Nothing of a copy is the same node: a node that is in two places is written as an anchor. */
    private static Node copy(Node from) {
        if (from instanceof MappingNode mapping) {
            List<NodeTuple> entries = new ArrayList<>();
            mapping.getValue()
                    .forEach(entry -> entries.add(new NodeTuple(copy(entry.getKeyNode()), copy(entry.getValueNode()))));
            return new MappingNode(mapping.getTag(), entries, mapping.getFlowStyle());
        }
        if (from instanceof SequenceNode list) {
            List<Node> items = new ArrayList<>();
            list.getValue().forEach(item -> items.add(copy(item)));
            return new SequenceNode(list.getTag(), items, list.getFlowStyle());
        }
        ScalarNode scalar = (ScalarNode) from;
        return new ScalarNode(
                scalar.getTag(),
                scalar.getValue(),
                scalar.getStartMark(),
                scalar.getEndMark(),
                scalar.getScalarStyle());
    }

    /** In how many places of a tree a node is: the node itself, not one that says the same. */
    @SuppressWarnings("ReferenceEquality")
    private static int places(Node tree, Node wanted) {
        int count = tree == wanted ? 1 : 0;
        if (tree instanceof MappingNode mapping) {
            for (NodeTuple entry : mapping.getValue()) {
                count += places(entry.getValueNode(), wanted);
            }
        } else if (tree instanceof SequenceNode list) {
            for (Node item : list.getValue()) {
                count += places(item, wanted);
            }
        }
        return count;
    }

    /** A mapping in the document. */
    public final class Section {
        private final MappingNode node;

        private Section(MappingNode node) {
            this.node = node;
        }

        private @Nullable Node find(String key) {
            return node.getValue().stream()
                    .filter(entry -> isKey(entry, key))
                    .map(NodeTuple::getValueNode)
                    .findFirst()
                    .orElse(null);
        }

        private static boolean isKey(NodeTuple entry, String key) {
            return entry.getKeyNode() instanceof ScalarNode scalar
                    && scalar.getValue().equals(key);
        }

        /** Whether it has a key. */
        public boolean has(String key) {
            return find(key) != null;
        }

        /** The text of a single value; nothing if there is none. */
        public Optional<String> text(String key) {
            return find(key) instanceof ScalarNode scalar ? Optional.of(scalar.getValue()) : Optional.empty();
        }

        /** The mapping below a key; it is made if there is none. */
        public Section section(String key) {
            if (find(key) instanceof MappingNode found) {
                return new Section(found);
            }
            MappingNode made = new MappingNode(Tag.MAP, new ArrayList<>(), FlowStyle.BLOCK);
            put(key, made);
            return new Section(made);
        }

        /**
         * The mapping below a key, as this section's own: if other places of the document have the same one, by an anchor, this gets a
         * copy.
         */
        public Section own(String key) {
            if (find(key) instanceof MappingNode found && places(root, found) > 1) {
                put(key, copy(found));
            }
            return section(key);
        }

        /** Whether other places of the document have the same section, by an anchor. */
        public boolean isShared() {
            return places(root, node) > 1;
        }

        /** Becomes what is said. */
        public void become(Object value) {
            node.setValue(new ArrayList<>(((MappingNode) yaml.represent(value)).getValue()));
        }

        /** The mappings in the list below a key. */
        public List<Section> list(String key) {
            if (!(find(key) instanceof SequenceNode list)) {
                return List.of();
            }
            return list.getValue().stream()
                    .filter(MappingNode.class::isInstance)
                    .map(item -> new Section((MappingNode) item))
                    .toList();
        }

        /** The mapping with this name in the list below a key. */
        public Optional<Section> named(String key, String name) {
            return list(key).stream()
                    .filter(item -> item.text("name").filter(name::equals).isPresent())
                    .findFirst();
        }

        /**
         * Sets what is below a key.
         *
         * @param value maps, lists, texts, numbers and booleans
         */
        public void set(String key, Object value) {
            put(key, yaml.represent(value));
        }

        private void put(String key, Node value) {
            List<NodeTuple> entries = node.getValue();
            for (int i = 0; i < entries.size(); i++) {
                if (isKey(entries.get(i), key)) {
                    entries.set(i, new NodeTuple(entries.get(i).getKeyNode(), value));
                    return;
                }
            }
            entries.add(new NodeTuple(yaml.represent(key), value));
        }

        /** Takes over what another section says; what only this one says stays if it is named. */
        public void replace(Object value, List<String> kept) {
            MappingNode next = (MappingNode) yaml.represent(value);
            List<NodeTuple> entries = new ArrayList<>(next.getValue());
            for (NodeTuple old : node.getValue()) {
                boolean stays = kept.stream().anyMatch(key -> isKey(old, key))
                        && entries.stream().noneMatch(entry -> sameKey(entry, old));
                if (stays) {
                    entries.add(old);
                }
            }
            node.setValue(entries);
        }

        private static boolean sameKey(NodeTuple one, NodeTuple other) {
            return other.getKeyNode() instanceof ScalarNode scalar && isKey(one, scalar.getValue());
        }

        /** Adds to the list below a key; it is made if there is none. */
        public void add(String key, Object value) {
            if (!(find(key) instanceof SequenceNode)) {
                put(key, new SequenceNode(Tag.SEQ, new ArrayList<>(), FlowStyle.BLOCK));
            }
            if (find(key) instanceof SequenceNode list) {
                list.getValue().add(yaml.represent(value));
            }
        }

        /** Takes out what is below a key, if there is anything. */
        public void drop(String key) {
            node.getValue().removeIf(entry -> isKey(entry, key));
        }

        /** Takes a mapping out of the list below a key. */
        public void remove(String key, Section item) {
            if (find(key) instanceof SequenceNode list) {
                list.getValue().remove(item.node);
            }
        }
    }
}
