package io.llmproxy.convert.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads JSON documents in UTF-8 into trees. */
public final class JsonReader {
    private static final int DEEPEST = 256;
    /** How much of a place that is too deep is told. */
    private static final int NAMED_LEVELS = 4;

    private static final int LONGEST_NUMBER = 1000;
    private static final int LONGEST_NAME = 10_000;
    /** A string of this many bytes may be an image; it is taken from the document at once, without a copy in between. */
    private static final int LONG_STRING = 2048;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            // JSON between systems is in UTF-8. Of other encodings, the parser does not know where a token begins.
            .disable(JsonFactory.Feature.CHARSET_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST)
                    .maxNumberLength(LONGEST_NUMBER)
                    .maxNameLength(LONGEST_NAME)
                    // Who collects the bytes bounds them.
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private final byte[] bytes;
    private final int start;
    private final int end;
    private final JsonParser parser;
    private boolean twice;

    private JsonReader(byte[] bytes, int start, int end, JsonParser parser) {
        this.bytes = bytes;
        this.start = start;
        this.end = end;
        this.parser = parser;
    }

    /**
     * Reads one document.
     *
     * @throws JsonException if it is none
     */
    public static Json read(byte[] bytes) {
        return read(bytes, 0, bytes.length);
    }

    /**
     * Reads one document.
     *
     * @throws JsonException if it is none
     */
    public static Json read(byte[] bytes, int offset, int length) {
        return read(bytes, offset, length, false);
    }

    /** Returns the object that a text is, or null if it is none, or one of its objects has a name twice. */
    public static Json.@Nullable Obj object(String text) {
        try {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return read(bytes, 0, bytes.length, true) instanceof Json.Obj object ? object : null;
        } catch (JsonException e) {
            return null;
        }
    }

    static JsonParser parser(byte[] document) throws IOException {
        return FACTORY.createParser(document);
    }

    /** Returns the length of the mark that some editors write before UTF-8. */
    static int mark(byte[] bytes, int offset, int length) {
        boolean marked = length >= 3
                && bytes[offset] == (byte) 0xEF
                && bytes[offset + 1] == (byte) 0xBB
                && bytes[offset + 2] == (byte) 0xBF;
        return marked ? 3 : 0;
    }

    private static Json read(byte[] bytes, int from, int size, boolean namesOnce) {
        Objects.checkFromIndexSize(from, size, bytes.length);
        int mark = mark(bytes, from, size);
        int offset = from + mark;
        int length = size - mark;
        try (JsonParser parser = FACTORY.createParser(bytes, offset, length)) {
            JsonReader reader = new JsonReader(bytes, offset, offset + length, parser);
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw new JsonException("the document is empty");
            }
            Json json = reader.document(first);
            if (parser.nextToken() != null) {
                throw new JsonException("unexpected data after the JSON");
            }
            if (namesOnce && reader.twice) {
                throw new JsonException("duplicate member name");
            }
            return json;
        } catch (JsonProcessingException e) {
            throw new JsonException("invalid JSON at " + place(e.getLocation()));
        } catch (IOException e) {
            throw new JsonException("invalid JSON");
        }
    }

    private static String place(@Nullable JsonLocation location) {
        return location == null
                ? "an unknown place"
                : "line " + location.getLineNr() + ", column " + location.getColumnNr();
    }

    private Json document(JsonToken first) throws IOException {
        try {
            return value(first);
        } catch (StreamConstraintsException e) {
            JsonStreamContext context = parser.getParsingContext();
            if (context.getNestingDepth() > DEEPEST) {
                throw new JsonException(outermost(context), "is nested deeper than " + DEEPEST + " levels");
            }
            throw new JsonException("a name or a number is too long at " + place(parser.currentLocation()));
        }
    }

    /** Returns where a place is, in the few names that the client knows it by. */
    private static String outermost(JsonStreamContext inner) {
        Deque<JsonStreamContext> outer = new ArrayDeque<>();
        for (JsonStreamContext one = inner; one != null && !one.inRoot(); one = one.getParent()) {
            outer.push(one);
        }
        StringBuilder path = new StringBuilder();
        outer.stream().limit(NAMED_LEVELS).forEach(one -> {
            if (one.inArray()) {
                path.append('[').append(one.getCurrentIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(one.getCurrentName());
            }
        });
        return path.toString();
    }

    private Json value(JsonToken token) throws IOException {
        return switch (token) {
            case START_OBJECT -> object();
            case START_ARRAY -> array();
            case VALUE_STRING -> string();
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Json.Num(parser.getText());
            case VALUE_TRUE -> Json.Bool.TRUE;
            case VALUE_FALSE -> Json.Bool.FALSE;
            default -> Json.Null.NULL;
        };
    }

    private Json.Obj object() throws IOException {
        Json.Obj object = new Json.Obj();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            if (object.members().put(name, value(parser.nextToken())) != null) {
                twice = true;
            }
        }
        return object;
    }

    private Json.Arr array() throws IOException {
        Json.Arr array = new Json.Arr();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            array.add(value(token));
        }
        return array;
    }

    private Json.Str string() throws IOException {
        if (end - start < LONG_STRING) {
            return new Json.Str(parser.getText());
        }
        int from = start + (int) parser.currentTokenLocation().getByteOffset() + 1;
        int stop = from;
        int most = Math.min(end, from + LONG_STRING);
        while (stop < most && bytes[stop] != '"' && bytes[stop] != '\\') {
            stop++;
        }
        if (stop - from < LONG_STRING) {
            return new Json.Str(parser.getText());
        }
        return new Json.Str(longString(from, stop));
    }

    private String longString(int from, int searched) throws IOException {
        int stop = searched;
        while (stop < end && bytes[stop] >= ' ' && bytes[stop] != '"' && bytes[stop] != '\\') {
            stop++;
        }
        // Anything but plain ASCII takes the parser's way, which checks it.
        return stop < end && bytes[stop] == '"'
                ? new String(bytes, from, stop - from, StandardCharsets.ISO_8859_1)
                : parser.getText();
    }
}
