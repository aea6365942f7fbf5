package io.llmproxy.convert.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/** Takes members away from the top of a document, or puts one there; every other byte stays as it is. */
public final class MemberEdit {
    private MemberEdit() {}

    /**
     * Returns the document without some members.
     *
     * @throws JsonException if it is no object
     */
    public static byte[] without(byte[] document, Set<String> names) {
        try (JsonParser parser = JsonReader.parser(document)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new JsonException("the document is no object");
            }
            JsonBuffer edited = new JsonBuffer(document.length);
            int kept = end(parser);
            edited.raw(document, 0, kept);
            boolean first = true;
            boolean gone = false;
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                int begin = (int) parser.currentTokenLocation().getByteOffset();
                parser.nextToken();
                parser.skipChildren();
                parser.finishToken();
                int end = end(parser);
                if (!names.contains(name)) {
                    // The comma before a member goes with it; the first one that stays needs none.
                    int from = first && gone ? begin : kept;
                    edited.raw(document, from, end - from);
                    first = false;
                } else {
                    gone = true;
                }
                kept = end;
            }
            return edited.raw(document, kept, document.length - kept).toBytes();
        } catch (IOException e) {
            throw new JsonException("no JSON");
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
