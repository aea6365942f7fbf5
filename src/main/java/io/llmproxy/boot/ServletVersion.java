package io.llmproxy.boot;

import jakarta.servlet.ServletContext;

/** The version of the servlet interfaces that the gateway needs. */
final class ServletVersion {
    private static final int NEEDED = 6;

    private ServletVersion() {}

    /**
     * Looks at what a container has.
     *
     * @throws IllegalStateException if that is too old
     */
    static void check(ServletContext context) {
        if (context.getMajorVersion() < NEEDED) {
            throw new IllegalStateException(refusal(
                    context.getServerInfo(), "jakarta.servlet", context.getMajorVersion(), context.getMinorVersion()));
        }
    }

    /** Says what is needed and what is there. */
    static String refusal(String server, String api, int major, int minor) {
        return "LLMProxy cannot run here: %s has %s %d.%d (expected: jakarta.servlet %d.0 or newer, as in Tomcat 10.1, Jetty 12 with ee10, WildFly 27, Open Liberty 23 with servlet-6.0)"
                .formatted(server, api, major, minor, NEEDED);
    }
}
