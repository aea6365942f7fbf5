package io.llmproxy.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * App servers beside those that each test runs on, started as {@code docs/containers.md} shows. The web application is at the root
 * of their one port, and a forward below it, at its name. Their distributions are where the profile {@code servers} has unpacked
 * them.
 */
public enum AppServer {
    TOO_OLD_TOMCAT_9("apache-tomcat-9.", new TomcatOperator()),
    TOO_OLD_TOMCAT_10_0("apache-tomcat-10.0", new TomcatOperator()),
    TOMCAT_11("apache-tomcat-11", new TomcatOperator()),
    JETTY_12_0("jetty-home-12.0", new JettyOperator()) {
        @Override
        public boolean writesWholeChunks() {
            return false;
        }
    },
    WILDFLY("wildfly-39", new WildFlyOperator()) {
        @Override
        public int remembers() {
            return WildFlyOperator.REMEMBERS;
        }
    },
    WILDFLY_BEFORE("wildfly-38", new WildFlyOperator()) {
        @Override
        public int remembers() {
            return WildFlyOperator.REMEMBERS;
        }
    },
    OPEN_LIBERTY("wlp", new LibertyOperator()) {
        /** It writes a page of its own into the answer. */
        @Override
        public boolean breaksOff() {
            return false;
        }

        /** One that a connection or a logger of Liberty's still knows: neither lasts, and they do not add up. */
        @Override
        public int remembers() {
            return 1;
        }

        /** Its standard output has what is at least of level AUDIT. */
        @Override
        public String log(Deployment deployment) {
            return LibertyOperator.log(deployment.directory());
        }
    };

    private final String distribution;

    @SuppressWarnings("ImmutableEnumChecker") // None has a state.
    private final ServerOperator operator;

    AppServer(String distribution, ServerOperator operator) {
        this.distribution = distribution;
        this.operator = operator;
    }

    /** How a configuration refers to the key {@code sk-upstream}, which is where this server keeps secrets. */
    public String upstreamKey() {
        return operator.upstreamKey();
    }

    /** What its own log has. */
    public String log(Deployment deployment) {
        return deployment.log();
    }

    /** Whether it closes a client's connection when an answer that has begun cannot go on. */
    public boolean breaksOff() {
        return true;
    }

    /** Whether the line end of a chunk leaves with it, and not with the next one. */
    public boolean writesWholeChunks() {
        return true;
    }

    /** How many applications that have gone it may still hold once it has served the next. */
    public int remembers() {
        return 0;
    }

    /** Takes the application away as its operators do. Most servers do that in the background, while this returns. */
    public void undeploy(Deployment deployment) {
        try {
            operator.undeploy(deployment);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Brings the application back once it is gone, and waits until it is ready. */
    public void deploy(Deployment deployment) {
        try {
            operator.deploy(deployment);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        deployment.awaitReady();
    }

    ServerProcess start(Deployment.Container container) throws IOException {
        try (Stream<Path> all = Files.list(Artefacts.servers())) {
            Path home = all.filter(path -> path.getFileName().toString().startsWith(distribution))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no " + distribution + " in " + Artefacts.servers()));
            return operator.start(container, home);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
