package io.llmproxy.convert.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/** Takes members away from a document, or puts one at its top; every other byte stays as it is. */
public final class MemberEdit {
    private MemberEdit() {}

    /**
     * Returns the document without some members.
     *
     * @param marked the document, which a byte order mark may stand before
     * @param places such as {@code labels} or {@code safetySettings[].method}
     * @throws JsonException if it is no object
     */
    public static byte[] without(byte[] marked, Set<String> places) {
        int mark = JsonReader.mark(marked, 0, marked.length);
        byte[] document = mark == 0 ? marked : Arrays.copyOfRange(marked, mark, marked.length);
        try (JsonParser parser = JsonReader.parser(document)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new JsonException("the document is no object");
            }
            return new Removal(parser, document, places).edited();
        } catch (IOException e) {
            throw new JsonException("invalid JSON");
        }
    }

    /** Goes through a document, and copies what stays. */
    private static final class Removal {
        private final JsonParser parser;
        private final byte[] document;
        private final Set<String> places;
        private final JsonBuffer edited;
        private int kept;

        Removal(JsonParser parser, byte[] document, Set<String> places) {
            this.parser = parser;
            this.document = document;
            this.places = places;
            this.edited = new JsonBuffer(document.length);
        }

        byte[] edited() throws IOException {
            object("");
            copyTo(document.length);
            return edited.toBytes();
        }

        private void object(String place) throws IOException {
            copyTo(end(parser));
            boolean first = true;
            boolean gone = false;
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                int begin = (int) parser.currentTokenLocation().getByteOffset();
                String member = place.isEmpty() ? name : place + '.' + name;
                parser.nextToken();
                if (places.contains(member)) {
                    skip();
                    kept = end(parser);
                    gone = true;
                } else {
                    // The comma before a member goes with it; the first one that stays needs none.
                    kept = first && gone ? begin : kept;
                    first = false;
                    value(member);
                }
            }
            copyTo(end(parser));
        }

        private void value(String place) throws IOException {
            boolean leads = places.stream().anyMatch(longer -> longer.startsWith(place));
            if (leads && parser.currentToken() == JsonToken.START_OBJECT) {
                object(place);
            } else if (leads && parser.currentToken() == JsonToken.START_ARRAY) {
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    value(place + "[]");
                }
                copyTo(end(parser));
            } else {
                skip();
                copyTo(end(parser));
            }
        }

        private void skip() throws IOException {
            parser.skipChildren();
            parser.finishToken();
        }

        private void copyTo(int end) {
            edited.raw(document, kept, end - kept);
            kept = end;
        }
    }

    /** Returns an object with a member at its beginning, unless it has one of that name. */
    public static byte[] with(byte[] document, String name, String value) {
        Json json = JsonReader.read(document);
        if (!(json instanceof Json.Obj object)) {
            throw new JsonException("the document is no object");
        }
        if (object.get(name) != null) {
            return document;
        }
        byte[] cleared = object.members().containsKey(name) ? without(document, Set.of(name)) : document;
        boolean empty = object.members().keySet().stream().allMatch(name::equals);
        int brace = new String(cleared, StandardCharsets.ISO_8859_1).indexOf('{') + 1;
        JsonBuffer edited = new JsonBuffer(cleared.length + 64).raw(Arrays.copyOf(cleared, brace));
        edited.string(name).raw(':').string(value).raw(empty ? "" : ",");
        return edited.raw(cleared, brace, cleared.length - brace).toBytes();
    }

    private static int end(JsonParser parser) {
        return (int) parser.currentLocation().getByteOffset();
    }
}
