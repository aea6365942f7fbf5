package io.llmproxy.config;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** What may stand in a header of HTTP (RFC 9110, section 5). */
final class HeaderSyntax {
    private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    private static final Pattern VALUE = Pattern.compile("[\\t\\x20-\\x7E\\x80-\\xFF]*");
    private static final Set<String> CONNECTION = Set.of(
            "connection",
            "content-length",
            "expect",
            "host",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    private HeaderSyntax() {}

    static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    static boolean isValue(String text) {
        return VALUE.matcher(text).matches();
    }

    /** Whether a header belongs to the connection or the framing of a message, which the proxy sees to. */
    static boolean isOfConnection(String name) {
        return CONNECTION.contains(name.toLowerCase(Locale.ROOT));
    }
}
