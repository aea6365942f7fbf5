package io.llmproxy.protocol;

import jakarta.json.JsonException;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParserFactory;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.BiConsumer;

/**
 * Reads a JSON document without keeping it: of each string, number and boolean that is not empty it tells the path, such
 * as {@code choices[].delta.role}. What is empty or null is passed over.
 */
final class JsonLeaves {
    private static final int DEEPEST = 64;
    private static final int LONGEST_PATH = 256;

    /** Found once: to look for a provider takes longer than to read an event. */
    private static final JsonParserFactory PARSERS = JsonProvider.provider().createParserFactory(Map.of());

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
        // Of bytes the parser would make a reader with a buffer of 8 KiB.
        try (JsonParser parser = PARSERS.createParser(new StringReader(new String(json, StandardCharsets.UTF_8)))) {
            return parser.next() == JsonParser.Event.START_OBJECT && new JsonLeaves(leaf).readMembers(parser);
        } catch (JsonException | NoSuchElementException e) {
            return false;
        }
    }

    private boolean readMembers(JsonParser parser) {
        boolean within = true;
        while (within && parser.hasNext()) {
            within = take(parser.next(), parser) && path.length() <= LONGEST_PATH;
        }
        return within;
    }

    /** Returns whether the document is not too deep. */
    private boolean take(JsonParser.Event event, JsonParser parser) {
        switch (event) {
            case START_OBJECT -> {
                return begin("");
            }
            case START_ARRAY -> {
                return begin("[]");
            }
            case END_OBJECT, END_ARRAY -> end();
            case KEY_NAME -> name(parser.getString());
            case VALUE_STRING, VALUE_NUMBER -> value(parser.getString());
            case VALUE_TRUE -> value("true");
            case VALUE_FALSE -> value("false");
            case VALUE_NULL -> {}
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
