package io.llmproxy.protocol;

import io.llmproxy.protocol.JsonScanner.Token;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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

    /** With another value they name something that is no upstream's: a page, a file of the client's. */
    private static final Set<String> GOOGLES = Set.of("fileUri", "file_uri", "fileName", "file_name");

    private static final String GOOGLES_FILES = "files/";

    /** Most bodies have none of them. */
    private static final NameFilter FILTER = new NameFilter(NAMES);

    private final JsonScanner json = new JsonScanner(DEEP);
    private final Capture text = new Capture(LONGEST);
    private final List<String> found = new ArrayList<>();
    private boolean wanted;
    private boolean googles;
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
     * @return null if it has such names but is not JSON, or is not in UTF-8, so that it is not known what an upstream reads in it
     */
    public static @Nullable List<String> of(List<ByteBuffer> body) {
        if (isWide(body)) {
            return null;
        }
        if (!FILTER.mayFind(body)) {
            return List.of();
        }
        ResourceReferences references = new ResourceReferences();
        for (int piece = 0; piece < body.size() && !references.broken; piece++) {
            references.read(body.get(piece));
        }
        return references.broken ? null : List.copyOf(references.found);
    }

    /** Some servers read JSON in UTF-16 and UTF-32, too, which begins with a zero or a mark. */
    private static boolean isWide(List<ByteBuffer> body) {
        if (body.isEmpty() || body.get(0).remaining() < 2) {
            return false;
        }
        ByteBuffer start = body.get(0);
        int first = start.get(start.position()) & 0xff;
        int second = start.get(start.position() + 1) & 0xff;
        return first == 0 || second == 0 || (first == 0xfe && second == 0xff) || (first == 0xff && second == 0xfe);
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
            case NAME -> {
                String name = name();
                wanted = name != null || (json.depth() == object && json.isNamed("id"));
                googles = name != null && GOOGLES.contains(name);
            }
            case STRING -> begin();
            case STRING_END -> end(bytes);
            case ARRAY -> list = wanted ? json.depth() : list;
            // A conversation may be an object with an identifier, and a container one with files.
            case OBJECT -> object = wanted ? json.depth() : object;
            case END -> close();
            case NOT_JSON, NOT_UTF8, TOO_DEEP -> broken = true;
            default -> {}
        }
        if (token != Token.NAME) {
            wanted = false;
        }
    }

    private @Nullable String name() {
        byte first = json.firstOfName();
        if (first != '\\'
                && first != 'p'
                && first != 'c'
                && first != 'f'
                && first != 'i'
                && first != 'v'
                && first != 't') {
            return null;
        }
        for (String name : NAMES) {
            if (json.isNamed(name)) {
                return name;
            }
        }
        return null;
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
        String named = text.isOver() ? null : text.asJson();
        String id = named == null ? null : ResourceId.of(named);
        if (googles) {
            if (id != null && id.startsWith(GOOGLES_FILES)) {
                found.add(id);
            }
        } else if (id != null) {
            found.add(id);
        } else if (named == null || ResourceId.isTooLong(named)) {
            found.add(ResourcePath.TOO_LONG);
        }
    }

    private void close() {
        list = list > json.depth() ? 0 : list;
        object = object > json.depth() ? 0 : object;
    }
}
