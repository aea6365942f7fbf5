package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.YamlParser;
import io.llmproxy.config.document.YamlTree;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import io.llmproxy.config.document.YamlTree.Sequence;
import java.math.BigDecimal;
import java.util.regex.Pattern;

/** Documents that are written in YAML, as JSON. */
final class DocumentJson {
    private static final Pattern WHOLE = Pattern.compile("-?(0|[1-9][0-9]{0,17})");
    private static final Pattern DECIMAL = Pattern.compile("-?(0|[1-9][0-9]*)\\.[0-9]+");
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private DocumentJson() {}

    /** Reads a document that is known to be good. */
    static ObjectNode of(String yaml) {
        return (ObjectNode) node(YamlParser.parse(yaml, "document", new Problems()));
    }

    private static JsonNode node(YamlTree tree) {
        if (tree instanceof Mapping mapping) {
            ObjectNode object = NODES.objectNode();
            mapping.entries().forEach((name, value) -> object.set(name, node(value)));
            return object;
        }
        if (tree instanceof Sequence sequence) {
            ArrayNode array = NODES.arrayNode();
            sequence.items().forEach(item -> array.add(node(item)));
            return array;
        }
        return node((Scalar) tree);
    }

    private static JsonNode node(Scalar scalar) {
        String text = scalar.text();
        if (scalar.style() != Scalar.Style.PLAIN) {
            return NODES.textNode(text);
        }
        if (scalar.isAbsent()) {
            return NODES.nullNode();
        }
        if (text.equals("true") || text.equals("false")) {
            return NODES.booleanNode(text.equals("true"));
        }
        if (WHOLE.matcher(text).matches()) {
            return NODES.numberNode(Long.parseLong(text));
        }
        return DECIMAL.matcher(text).matches() ? NODES.numberNode(new BigDecimal(text)) : NODES.textNode(text);
    }

    /**
     * Finds what a list has under a name.
     *
     * @param list a JSON pointer
     * @return an empty object if there is nothing
     */
    static JsonNode named(ObjectNode document, String list, String name) {
        for (JsonNode item : document.at(list)) {
            if (item.path("name").asText("").equals(name)) {
                return item;
            }
        }
        return NODES.objectNode();
    }
}
