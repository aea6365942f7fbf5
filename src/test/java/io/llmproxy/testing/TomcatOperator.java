package io.llmproxy.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** By Tomcat's own manager application, on the port of operators. */
public final class TomcatOperator implements ServerOperator {
    /** The value is from a property source of Tomcat's: here of the one that asks the environment. */
    private static final String ENTRY =
            "<Context><Environment name=\"llmproxy/upstream-key\" type=\"java.lang.String\" value=\"${UPSTREAM_KEY}\"/></Context>";

    private static final Duration LONG = Duration.ofSeconds(60);

    @Override
    public ServerProcess start(Deployment.Container container, Path home) throws IOException {
        List<String> options = new ArrayList<>(OPTIONS);
        options.add("-Dorg.apache.tomcat.util.digester.PROPERTY_SOURCE="
                + "org.apache.tomcat.util.digester.EnvironmentPropertySource");
        return Containers.tomcat(
                container.with(TomcatOperator::prepare), home, options, Map.of("UPSTREAM_KEY", UPSTREAM_KEY));
    }

    private static void prepare(Path base) {
        addManager(base);
        try {
            Files.writeString(base.resolve("conf/context.xml"), ENTRY);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void undeploy(Deployment deployment) {
        ask(deployment, "undeploy?path=/");
    }

    @Override
    public void deploy(Deployment deployment) throws IOException {
        Files.writeString(
                deployment.directory().resolve("conf/Catalina/localhost/ROOT.xml"),
                "<Context unloadDelay=\"1000\" containerSciFilter=\"org[.]apache[.]jasper[.].*\"/>");
        ask(deployment, "deploy?path=/&war=" + Artefacts.war().toUri());
    }

    /** Has the manager do something, and waits until it is done. */
    public static void ask(Deployment deployment, String command) {
        try {
            URLConnection asked =
                    deployment.admin("/manager/text/" + command).toURL().openConnection();
            asked.setRequestProperty("Authorization", "Basic YWRtaW46YWRtaW4=");
            asked.setReadTimeout((int) LONG.toMillis());
            String answer = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!answer.startsWith("OK")) {
                throw new AssertionError(command + ": " + answer + deployment.log());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Adds the manager to a Tomcat that is to be started, with a user for scripts. */
    public static void addManager(Path base) {
        Path conf = base.resolve("conf");
        try {
            Path contexts = Files.createDirectories(conf.resolve("Catalina").resolve("localhost"));
            Files.writeString(
                    contexts.resolve("manager.xml"),
                    "<Context privileged=\"true\" docBase=\"${catalina.home}/webapps/manager\"/>");
            Files.writeString(
                    conf.resolve("tomcat-users.xml"),
                    "<tomcat-users><user username=\"admin\" password=\"admin\" roles=\"manager-script\"/></tomcat-users>");
            Path server = conf.resolve("server.xml");
            Files.writeString(
                    server,
                    Files.readString(server)
                            .replace(
                                    "<Host ",
                                    "<Realm className=\"org.apache.catalina.realm.MemoryRealm\"/>\n      <Host "));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
