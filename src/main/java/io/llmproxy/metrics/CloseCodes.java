package io.llmproxy.metrics;

/** Names the codes with which sessions of WebSocket are closed. Sides may choose theirs freely; a label has few values. */
final class CloseCodes {
    private static final int FIRST = 1000;
    private static final int LAST = 1015;
    private static final int FIRST_OF_LIBRARIES = 3000;
    private static final int FIRST_OF_APPLICATIONS = 4000;
    private static final int END = 5000;

    private CloseCodes() {}

    /** Returns the code itself if RFC 6455 or its registry names it, else the range that it is from. */
    static String label(int code) {
        if (code >= FIRST && code <= LAST) {
            return Integer.toString(code);
        }
        if (code >= FIRST_OF_APPLICATIONS && code < END) {
            return "4xxx";
        }
        return code >= FIRST_OF_LIBRARIES && code < FIRST_OF_APPLICATIONS ? "3xxx" : "other";
    }
}
