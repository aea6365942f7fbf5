package io.llmproxy.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;

/**
 * Reads a JSON document without keeping it: of each string, number and boolean that is not empty it tells the path, such
 * as {@code choices[].delta.role}. What is empty or null is passed over.
 */
final class JsonLeaves {
    private static final int DEEPEST = 64;
    private static final int LONGEST_PATH = 256;

    private static final JsonFactory JSON = new JsonFactory();

    private final BiConsumer<String, String> leaf;
    private final StringBuilder path = new StringBuilder();
    /** For each object and array that is open, the length of the path that leads to it. */
    private final int[] starts = new int[DEEPEST];

    private int depth;

    private JsonLeaves(BiConsumer<String, String> leaf) {
        this.leaf = leaf;
    }

    /**
     * Reads a document.
     *
     * @param leaf is told path and value of each leaf, and of those before an error too
     * @return whether the document is a JSON object, neither too deep nor with names that are too long
     */
    static boolean read(byte[] json, BiConsumer<String, String> leaf) {
        if (json.length == 0) {
            return false;
        }
        // A text, as bytes that are no UTF-8 are to be passed over, not refused.
        try (JsonParser parser = JSON.createParser(new String(json, StandardCharsets.UTF_8))) {
            return parser.nextToken() == JsonToken.START_OBJECT && new JsonLeaves(leaf).readMembers(parser);
        } catch (IOException e) {
            return false;
        }
    }

    /** Returns whether the object ends, and nothing follows. */
    private boolean readMembers(JsonParser parser) throws IOException {
        JsonToken token = parser.nextToken();
        while (token != null && depth >= 0 && take(token, parser) && path.length() <= LONGEST_PATH) {
            token = parser.nextToken();
        }
        return token == null;
    }

    /** Returns whether the document is not too deep. */
    private boolean take(JsonToken token, JsonParser parser) throws IOException {
        switch (token) {
            case START_OBJECT -> {
                return begin("");
            }
            case START_ARRAY -> {
                return begin("[]");
            }
            case END_OBJECT, END_ARRAY -> end();
            case FIELD_NAME -> name(parser.getText());
            case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_TRUE, VALUE_FALSE -> value(parser.getText());
            default -> {}
        }
        return true;
    }

    private void name(String name) {
        path.setLength(starts[depth]);
        path.append(path.isEmpty() ? "" : ".").append(name);
    }

    private boolean begin(String mark) {
        if (++depth == DEEPEST) {
            return false;
        }
        starts[depth] = path.length();
        path.append(mark);
        return true;
    }

    private void end() {
        path.setLength(starts[depth--]);
    }

    private void value(String text) {
        if (!text.isEmpty()) {
            leaf.accept(path.toString(), text);
        }
    }
}
