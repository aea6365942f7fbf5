package io.llmproxy.boot;

import jakarta.servlet.ServletContext;

/** What tells web applications of one container apart. */
final class ContextName {
    /** Tomcat runs several versions of an application at one path, and tells each its own by this attribute. */
    private static final String TOMCAT_VERSION = "org.apache.catalina.webappVersion";

    private ContextName() {}

    /** The path of the application, and its version where there may be several. */
    static String of(ServletContext context) {
        return context.getAttribute(TOMCAT_VERSION) instanceof String version && !version.isEmpty()
                ? context.getContextPath() + "##" + version
                : context.getContextPath();
    }
}
