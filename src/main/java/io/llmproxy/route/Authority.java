package io.llmproxy.route;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a client calls the host that it asks.
 *
 * @param name a name in lower case, or an address
 * @param port the port as it is written, also if it is the scheme's own; 0 if none is
 */
record Authority(String name, int port) {
    private static final int LONGEST_NAME = 253;

    /** Returns null if the text is missing, or cannot be a host. */
    static @Nullable Authority of(@Nullable String text) {
        if (text == null) {
            return null;
        }
        int colon = text.lastIndexOf(':');
        boolean hasPort = colon > text.lastIndexOf(']');
        int port = hasPort ? port(text, colon + 1) : 0;
        String name = hasPort ? text.substring(0, colon) : text;
        // The dot at the end of a name that is relative to no domain.
        int length = name.endsWith(".") ? name.length() - 1 : name.length();
        return port < 0 || length == 0 || length > LONGEST_NAME
                ? null
                : new Authority(name.substring(0, length).toLowerCase(Locale.ROOT), port);
    }

    /** Returns 0 for no digits at all, which mean no port (RFC 3986, section 3.2.3), and -1 for what is no port. */
    private static int port(String text, int from) {
        int port = 0;
        for (int index = from; index < text.length(); index++) {
            int digit = text.charAt(index) - '0';
            port = port * 10 + digit;
            if (digit < 0 || digit > 9 || port > 65535) {
                return -1;
            }
        }
        return port == 0 && from < text.length() ? -1 : port;
    }
}
