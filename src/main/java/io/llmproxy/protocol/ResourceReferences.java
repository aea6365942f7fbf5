package io.llmproxy.protocol;

import io.llmproxy.protocol.JsonScanner.Token;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Finds what a request's body names that an upstream keeps. No tree is built. */
public final class ResourceReferences {
    private static final int DEEP = 12;
    private static final int LONGEST = 1024;

    /** Their values, or each value in a list of them, name something that is kept. */
    private static final Set<String> NAMES = Set.of(
            "previous_response_id",
            "conversation",
            "file_id",
            "file_ids",
            "input_file_id",
            "vector_store_id",
            "vector_store_ids",
            "training_file",
            "validation_file",
            "container",
            "container_id",
            "cachedContent",
            "cached_content",
            "fileUri",
            "file_uri",
            "fileName",
            "file_name");

    /** Most bodies have none of them. */
    private static final NameFilter FILTER = new NameFilter(NAMES);

    private final JsonScanner json = new JsonScanner(DEEP);
    private final Capture text = new Capture(LONGEST);
    private final List<String> found = new ArrayList<>();
    private boolean wanted;
    private int list;
    private int object;
    private boolean capturing;
    private int from;
    private boolean broken;

    private ResourceReferences() {}

    /**
     * Returns the identifiers that a body names, in its order.
     *
     * @param body the pieces of the body, whose positions stay as they are
     * @return nothing if it is not JSON
     */
    public static List<String> of(List<ByteBuffer> body) {
        if (!FILTER.mayFind(body)) {
            return List.of();
        }
        ResourceReferences references = new ResourceReferences();
        for (int piece = 0; piece < body.size() && !references.broken; piece++) {
            references.read(body.get(piece));
        }
        return references.broken ? List.of() : List.copyOf(references.found);
    }

    private void read(ByteBuffer piece) {
        if (piece.hasArray()) {
            int start = piece.arrayOffset() + piece.position();
            read(piece.array(), start, start + piece.remaining());
        } else {
            byte[] copy = new byte[piece.remaining()];
            piece.duplicate().get(copy);
            read(copy, 0, copy.length);
        }
    }

    private void read(byte[] bytes, int start, int end) {
        json.input(bytes, start, end);
        from = start;
        Token token = json.next();
        while (token != Token.MORE && !broken) {
            take(token, bytes);
            token = json.next();
        }
        if (capturing) {
            text.add(bytes, from, end);
        }
    }

    private void take(Token token, byte[] bytes) {
        switch (token) {
            case NAME -> wanted = json.depth() == object ? json.isNamed("id") : isNamed();
            case STRING -> begin();
            case STRING_END -> end(bytes);
            case ARRAY -> list = wanted ? json.depth() : list;
            // A conversation may be an object with an identifier.
            case OBJECT -> object = wanted ? json.depth() : object;
            case END -> close();
            case NOT_JSON, NOT_UTF8, TOO_DEEP -> broken = true;
            default -> {}
        }
        if (token != Token.NAME) {
            wanted = false;
        }
    }

    private boolean isNamed() {
        byte first = json.firstOfName();
        if (first != '\\'
                && first != 'p'
                && first != 'c'
                && first != 'f'
                && first != 'i'
                && first != 'v'
                && first != 't') {
            return false;
        }
        for (String name : NAMES) {
            if (json.isNamed(name)) {
                return true;
            }
        }
        return false;
    }

    private void begin() {
        capturing = wanted || (list != 0 && json.depth() == list);
        from = json.position();
        text.clear();
    }

    private void end(byte[] bytes) {
        if (!capturing) {
            return;
        }
        capturing = false;
        text.add(bytes, from, json.position() - 1);
        String id = text.isOver() ? null : ResourceId.of(text.asJson());
        if (id != null) {
            found.add(id);
        }
    }

    private void close() {
        list = list > json.depth() ? 0 : list;
        object = object > json.depth() ? 0 : object;
    }
}
