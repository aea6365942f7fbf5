package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The model in a request's path, as Google's, Azure's, and all that tell of one model have it. Paths are as they were
 * sent, with their escapes.
 */
public final class ModelPath {
    private static final String AZURE = "/openai/deployments/";
    private static final String PUBLISHERS = "/publishers/";
    private static final String MODELS = "/models/";
    private static final String TUNED = "/tunedModels/";
    /** All that RFC 3986 does not reserve, and what is common in names and harmless in a segment. */
    private static final String PLAIN = "-._~:@";

    private static final String SLASH = "/";

    private static final String ESCAPED = "%2F";

    private static final String HEX = "0123456789ABCDEF";

    private ModelPath() {}

    /** Where a request says which model it is for. */
    public enum Place {
        /** In the body, which has to name one. */
        BODY,
        /** In the body, if anywhere: there is a default, or the path is not known. */
        BODY_OPTIONAL,
        /** In the path. */
        PATH,
        /** In the body, as a {@link GoogleResource} has it. */
        RESOURCE,
        /** In what is not looked into: a list or a file of requests. */
        ELSEWHERE,
        /** Nowhere. */
        NONE
    }

    /**
     * Tells where a request says which model it is for: in its path if there is one, and else where its endpoint has it.
     *
     * @param path the request's path, with or without the version or a base before it
     */
    public static Place place(String path, Endpoint endpoint) {
        if (find(path) != null) {
            return Place.PATH;
        }
        return endpoint.place() == Place.PATH ? Place.NONE : endpoint.place();
    }

    /**
     * Returns the name of the model in a path, without escapes, or null if there is none. A name of several segments,
     * such as {@code org/model}, is one name; a tuned model of Gemini's has its collection in its name, as in
     * {@code tunedModels/x}.
     */
    public static @Nullable String model(String path) {
        Span span = find(path);
        return span == null ? null : decode(path.substring(span.nameStart, span.end));
    }

    /**
     * Returns a path with another name for the model in it. The name stays within one segment: a slash in it is
     * escaped, except that {@code tunedModels/x} takes the place of {@code models/y} with its collection.
     *
     * @throws IllegalArgumentException if there is no model in the path, or if the name is empty or would lead to
     *     another directory
     */
    public static String withModel(String path, String model) {
        Span span = find(path);
        if (span == null) {
            throw new IllegalArgumentException("there is no model in the path");
        }
        String collection = span.collection;
        String id = model;
        if (!collection.isEmpty()) {
            boolean tuned = model.startsWith(TUNED.substring(1));
            collection = (tuned ? TUNED : MODELS).substring(1);
            id = tuned ? model.substring(collection.length()) : model;
        }
        if (id.isEmpty() || id.equals(".") || id.equals("..")) {
            throw new IllegalArgumentException("not the name of a model");
        }
        return path.substring(0, span.start) + collection + encode(id) + path.substring(span.end);
    }

    /**
     * Returns a path with the slashes of its model's name escaped, whether they were or not; the path itself if there is no
     * such name.
     */
    public static String inOneSegment(String path) {
        Span span = path.indexOf('/', 1) < 0 ? null : find(path);
        int start = span == null ? -1 : span.idStart();
        return span == null || path.indexOf('/', start) < 0 || path.indexOf('/', start) >= span.end
                ? path
                : path.substring(0, start)
                        + path.substring(start, span.end).replace(SLASH, ESCAPED)
                        + path.substring(span.end);
    }

    /**
     * Returns a path with each part of its model's name in a segment of its own, whether its slashes were escaped or not; the
     * path itself if there is no such name.
     *
     * @param path with escapes in upper case
     */
    public static String inSegments(String path) {
        Span span = path.contains(ESCAPED) ? find(path) : null;
        return span == null
                ? path
                : path.substring(0, span.idStart())
                        + path.substring(span.idStart(), span.end).replace(ESCAPED, SLASH)
                        + path.substring(span.end);
    }

    /**
     * Returns whether a path has no escaped slash but in a model's name. Deployments of Azure's have names without any.
     *
     * @param path with escapes in upper case
     */
    public static boolean hasSlashesInModelOnly(String path) {
        int first = path.indexOf(ESCAPED);
        if (first < 0) {
            return true;
        }
        Span span = find(path);
        return span != null && !span.azure && first >= span.idStart() && path.lastIndexOf(ESCAPED) < span.end;
    }

    /** Servers that do not tell upper from lower case are asked for the same. */
    private static @Nullable Span find(String written) {
        String path = written.toLowerCase(Locale.ROOT);
        int azure = path.indexOf(AZURE);
        if (azure >= 0) {
            int start = azure + AZURE.length();
            Span deployment = Span.of(start, start, segmentEnd(path, start), "");
            return deployment == null ? null : deployment.ofAzure();
        }
        int publisher = path.lastIndexOf(PUBLISHERS);
        int published = publisher < 0 ? -1 : segmentEnd(path, publisher + PUBLISHERS.length());
        if (published >= 0 && path.startsWith(MODELS, published)) {
            int start = published + MODELS.length();
            return Span.of(start, start, verbStart(written, start), "");
        }
        Span model = inCollection(written, path, MODELS);
        return model != null ? model : inCollection(written, path, TUNED.toLowerCase(Locale.ROOT));
    }

    private static @Nullable Span inCollection(String written, String path, String collection) {
        int at = path.indexOf(collection);
        if (at < 0) {
            return null;
        }
        int start = at + collection.length();
        int end = verbStart(written, start);
        boolean known = ApiPath.baseLength(path.substring(0, at + 1)) == at || end < path.length();
        return known ? Span.of(at + 1, isTuned(collection) ? at + 1 : start, end, collection.substring(1)) : null;
    }

    private static boolean isTuned(String collection) {
        return collection.equalsIgnoreCase(TUNED);
    }

    /** The index of the colon before what is to be done with the model, or the path's length. */
    private static int verbStart(String path, int start) {
        int colon = path.lastIndexOf(':');
        // Other names than Google's may have colons in them.
        return colon >= start && hasVerbs(ApiPath.of(path).dialect()) ? colon : path.length();
    }

    private static boolean hasVerbs(ApiDialect dialect) {
        return dialect == ApiDialect.GEMINI || dialect == ApiDialect.ANTHROPIC;
    }

    private static int segmentEnd(String path, int start) {
        int slash = path.indexOf('/', start);
        return slash < 0 ? path.length() : slash;
    }

    private static String encode(String id) {
        StringBuilder encoded = new StringBuilder(id.length());
        for (byte next : id.getBytes(UTF_8)) {
            if (isPlain(next)) {
                encoded.append((char) next);
            } else {
                encoded.append('%').append(HEX.charAt(next >> 4 & 0xf)).append(HEX.charAt(next & 0xf));
            }
        }
        return encoded.toString();
    }

    private static boolean isPlain(byte next) {
        return (next >= '0' && next <= '9')
                || (next >= 'a' && next <= 'z')
                || (next >= 'A' && next <= 'Z')
                || PLAIN.indexOf(next) >= 0;
    }

    /** What is no escape stays as it is, and what is no UTF-8 becomes U+FFFD. */
    private static String decode(String name) {
        if (name.indexOf('%') < 0) {
            return name;
        }
        ByteArrayOutputStream decoded = new ByteArrayOutputStream(name.length());
        byte[] bytes = name.getBytes(UTF_8);
        for (int at = 0; at < bytes.length; at++) {
            int high = at + 2 < bytes.length ? Character.digit(bytes[at + 1], 16) : -1;
            int low = at + 2 < bytes.length ? Character.digit(bytes[at + 2], 16) : -1;
            boolean escape = bytes[at] == '%' && high >= 0 && low >= 0;
            decoded.write(escape ? high << 4 | low : bytes[at]);
            at += escape ? 2 : 0;
        }
        return decoded.toString(UTF_8);
    }

    /**
     * Where the model stands.
     *
     * @param start where what is replaced begins
     * @param nameStart where the name begins
     * @param end where both end
     * @param collection what stands before the model if it is replaced too, with a slash at its end
     * @param azure whether it is a deployment of Azure's
     */
    private record Span(int start, int nameStart, int end, String collection, boolean azure) {
        static @Nullable Span of(int start, int nameStart, int end, String collection) {
            return end > start + collection.length() ? new Span(start, nameStart, end, collection, false) : null;
        }

        Span ofAzure() {
            return new Span(start, nameStart, end, collection, true);
        }

        /** Where the name begins that stands behind the collection. */
        int idStart() {
            return start + collection.length();
        }
    }
}
