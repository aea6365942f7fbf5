package io.llmproxy.config;

import java.util.Locale;
import java.util.Set;

/** What may stand in the head of a message of HTTP (RFC 9110, section 5). */
public final class HeaderSyntax {
    private static final String MARKS = "!#$%&'*+-.^_`|~";
    private static final boolean[] OF_TOKEN = ofToken();
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

    private static boolean[] ofToken() {
        boolean[] allowed = new boolean[0x80];
        for (int c = 0; c < allowed.length; c++) {
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            allowed[c] = letter || (c >= '0' && c <= '9') || MARKS.indexOf(c) >= 0;
        }
        return allowed;
    }

    /** Whether a text is a token: a header's name, or a method. */
    public static boolean isName(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= OF_TOKEN.length || !OF_TOKEN[c]) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /** Whether a text may be a header's value: it has no control character but tabs, and each character is one byte. */
    public static boolean isValue(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < ' ' && c != '\t') || c == 0x7f || c > 0xff) {
                return false;
            }
        }
        return true;
    }

    /** Whether a header belongs to the connection or the framing of a message, which the proxy sees to. */
    public static boolean isOfConnection(String name) {
        return CONNECTION.contains(name.toLowerCase(Locale.ROOT));
    }
}
