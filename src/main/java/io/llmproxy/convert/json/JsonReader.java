package io.llmproxy.convert.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads JSON documents in UTF-8 into trees. */
public final class JsonReader {
    private static final int DEEPEST = 256;
    private static final int LONGEST_NUMBER = 1000;
    private static final int LONGEST_NAME = 10_000;
    /** A string of this many bytes may be an image; it is taken from the document at once, without a copy in between. */
    private static final int LONG_STRING = 2048;

    private static final JsonFactory FACTORY = JsonFactory.builder()
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

    private static Json read(byte[] bytes, int offset, int length, boolean namesOnce) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        try (JsonParser parser = FACTORY.createParser(bytes, offset, length)) {
            JsonReader reader = new JsonReader(bytes, offset, offset + length, parser);
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw new JsonException("the document is empty");
            }
            Json json = reader.value(first);
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
