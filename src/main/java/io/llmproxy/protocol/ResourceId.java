package io.llmproxy.protocol;

import org.jspecify.annotations.Nullable;

/**
 * Identifiers of what upstreams keep. OpenAI's and Anthropic's are one word, such as {@code file-x}. Google's are names with a
 * collection, such as {@code files/x}, and may stand at the end of a longer name or of a URL.
 */
final class ResourceId {
    private static final int LONGEST = 512;

    private ResourceId() {}

    /** Whether a text is longer than identifiers are. */
    static boolean isTooLong(String text) {
        return text.length() > LONGEST;
    }

    /** Returns the identifier in a text that names a resource; null if it names none. */
    static @Nullable String of(String text) {
        int last = text.lastIndexOf('/');
        int before = text.lastIndexOf('/', last - 1);
        String id = before < 0 ? text : text.substring(before + 1);
        return id.isEmpty() || id.length() > LONGEST || id.startsWith("/") || id.endsWith("/") ? null : id;
    }

    /** Whether it is a name of Google's. */
    static boolean isName(String id) {
        return id.indexOf('/') >= 0;
    }
}
