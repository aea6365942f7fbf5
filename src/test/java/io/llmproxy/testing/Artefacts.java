package io.llmproxy.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Where the build has put what the integration tests run. */
public final class Artefacts {
    private Artefacts() {}

    /** The launcher. */
    public static Path launcher() {
        return existing(target().resolve("llmproxy.jar"));
    }

    /** The web application. */
    public static Path war() {
        return existing(target().resolve("llmproxy.war"));
    }

    public static Path tomcat() {
        return existing(Path.of(System.getProperty("llmproxy.tomcat", "target/containers/apache-tomcat-10.1.60")));
    }

    static Path jetty() {
        return existing(Path.of(System.getProperty("llmproxy.jetty", "target/containers/jetty-home-12.1.12")));
    }

    /** OpenTelemetry's agent for Java. */
    public static Path telemetryAgent() {
        return existing(target().resolve("agents/opentelemetry-javaagent.jar"));
    }

    /** The directory with the app servers of the profile {@code servers}. */
    static Path servers() {
        return existing(target().resolve("servers"));
    }

    /** The archive with h2spec for Linux. */
    public static Path h2spec() {
        return existing(target().resolve("containers/h2spec/2.2.0/h2spec_linux_amd64.tar.gz"));
    }

    /** The directory with what runs the web application: the files that its set-up pages show. */
    public static Path server() {
        return existing(target().resolveSibling("server"));
    }

    /** The directory of the project's pages. */
    public static Path docs() {
        return existing(target().resolveSibling("docs"));
    }

    /** A file beside the build's other results. */
    public static Path report(String name) {
        return target().resolve(name);
    }

    /** What tells this build from others in the same place. */
    public static String build() {
        return System.getProperty("llmproxy.build", "unnamed").replaceAll("[^A-Za-z0-9]", "");
    }

    /** The JVM that runs the tests. */
    public static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** A new directory for one run of something; what it leaves there is kept until the build is cleaned. */
    public static Path workDirectory(String prefix) {
        try {
            Path parent = Files.createDirectories(target().resolve("it"));
            return Files.createTempDirectory(parent, prefix.toLowerCase(Locale.ROOT) + "-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path target() {
        return Path.of(System.getProperty("llmproxy.target", "target")).toAbsolutePath();
    }

    private static Path existing(Path path) {
        if (!Files.exists(path)) {
            throw new IllegalStateException(path + " is missing; 'mvn verify' builds it");
        }
        return path.toAbsolutePath();
    }
}
