package io.llmproxy.launcher;

import java.util.Map;

/**
 * What libraries read from system properties when their classes are loaded. One keeps the spelling of header values. Each of the
 * others spares the start something that is not needed here, a quarter of a second together. Only the launcher sets them: a
 * container's properties are not ours.
 */
final class LibrarySettings {
    private static final Map<String, String> SETTINGS = Map.of(
            // Else Jetty writes what it knows in its own spelling: "application/json; charset=utf-8" would lose its
            // space.
            "org.eclipse.jetty.http.HttpGenerator.STRICT",
            "true",
            // Else Jetty asks the JVM's management, which describes all that it can do. It only spaces fields apart.
            "org.eclipse.jetty.util.referencesPerCacheLine",
            "16",
            // Else Weld makes ready to check beans.xml files against XML schemas, and there are none.
            "org.jboss.weld.xml.disableValidating",
            "true",
            // Else the JDK generates code for the constructor of each section, to read a configuration once.
            "jdk.reflect.useNativeAccessorOnly",
            "true");

    private LibrarySettings() {}

    /** Sets those that the user has not set. To be called before anything else. */
    static void apply() {
        SETTINGS.forEach((name, value) -> {
            if (System.getProperty(name) == null) {
                System.setProperty(name, value);
            }
        });
    }
}
