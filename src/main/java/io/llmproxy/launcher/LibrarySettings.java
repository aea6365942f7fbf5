package io.llmproxy.launcher;

import java.util.Map;

/**
 * What libraries read from system properties when their classes are loaded. Each spares the start something that nobody here
 * needs, a quarter of a second together. Only the launcher sets them: a container's properties are not ours.
 */
final class LibrarySettings {
    private static final Map<String, String> SETTINGS = Map.of(
            // Jetty asks the JVM's management for it, and so has it describe all that it can do. It only spaces fields
            // apart.
            "org.eclipse.jetty.util.referencesPerCacheLine",
            "16",
            // Weld checks each library's beans.xml, and compiles the schemas for that.
            "org.jboss.weld.xml.disableValidating",
            "true",
            // The JDK generates code for each constructor that is called by reflection, which is as often as a
            // configuration is read.
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
