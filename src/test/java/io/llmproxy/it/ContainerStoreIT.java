package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.postgresql.Driver;

/**
 * The WAR keeps its store in the container's DataSource, with the descriptors that {@code server/datasource} shows and a key that is an
 * entry beside it, and serves the admin API of maywzh's llm-proxy from there.
 */
class ContainerStoreIT {
    private static final String BEARER = "Connection: close\r\nAuthorization: Bearer operators-token\r\n";
    private static final String ENVIRONMENT =
            "<Environment name=\"llmproxy/store-key\" type=\"java.lang.String\" value=\"a-key-of-this-store\"/>";
    private static final String ENTRY = "<New class=\"org.eclipse.jetty.plus.jndi.EnvEntry\">"
            + "<Arg>llmproxy/store-key</Arg><Arg type=\"java.lang.String\">a-key-of-this-store</Arg></New>";
    private static final String ADMIN = "token: operators-token, compat: [maywzh]";

    private static PostgresServer postgres;
    private static FakeUpstream upstream;

    @BeforeAll
    static void start() {
        postgres = PostgresServer.start();
        upstream = FakeUpstream.start().otherwise(Behaviour.json("{\"from\":\"upstream\"}"));
    }

    @AfterAll
    static void stop() {
        upstream.close();
        postgres.close();
    }

    private static Path driver() throws URISyntaxException {
        return Path.of(
                Driver.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    private static void prepare(Kind kind, Path base, String database) {
        try {
            Files.move(base.resolve("gateway.yaml"), base.resolve("seed.yaml"));
            Files.writeString(
                    base.resolve("gateway.yaml"),
                    "store: {seed: seed.yaml, poll: 200ms, key: '${jndi:llmproxy/store-key}'}\nhttp_server: {admin: {"
                            + ADMIN + "}}\n");
            String url = database.substring(0, database.indexOf('?'));
            Path samples = Artefacts.server().resolve("datasource");
            boolean tomcat = kind == Kind.TOMCAT;
            String sample = Files.readString(samples.resolve(tomcat ? "tomcat-context.xml" : "jetty-context.xml"))
                    .replace("jdbc:postgresql://db.example.com/llmproxy", url)
                    .replace("username=\"llmproxy\"", "username=\"gateway\"")
                    .replace("<Set name=\"user\">llmproxy<", "<Set name=\"user\">gateway<")
                    .replace("</Context>", ENVIRONMENT + "</Context>")
                    .replace("</Configure>", ENTRY + "</Configure>");
            Path descriptor = base.resolve(tomcat ? "conf/Catalina/localhost/ROOT.xml" : "webapps/root.xml");
            Files.createDirectories(descriptor.resolveSibling(""));
            Files.writeString(descriptor, sample);
            Path library = Files.createDirectories(base.resolve(tomcat ? "lib" : "lib/ext"));
            Files.copy(driver(), library.resolve("postgresql.jar"));
            if (!tomcat) {
                Files.writeString(base.resolve("start.d/datasource.ini"), "--module=ext\n--module=ee10-plus\n");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Answer call(Deployment deployment, String method, String path, String body) {
        String type = body.isEmpty() ? "" : "Content-Type: application/json\r\n";
        return RawClient.exchange(deployment.admin(path), method, BEARER + type, body.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource({Kind.TOMCAT, Kind.JETTY})
    void theContainersDataSourceIsTheStore(Kind kind) throws IOException {
        Gateway gateway = new Gateway()
                .admin(ADMIN)
                .single(
                        "main",
                        upstream.url(),
                        "provider: openai, dialect: openai, auth: {type: bearer, token: CANARY-first}, models: {m: m-2024,"
                                + " \"any-*\": m-any}",
                        "",
                        "");
        String database = postgres.database();
        try (Deployment deployment = Deployment.startPrepared(kind, gateway, base -> prepare(kind, base, database))) {
            assertThat(ask(deployment, "m").text()).as(deployment.log()).contains("upstream");
            assertThat(call(deployment, "GET", "/health", "").text()).contains("\"state\":\"current\"");
            Path base = deployment.config().resolveSibling("");
            assertThat(base.resolve("state/llmproxy.mv.db")).doesNotExist();
            assertThat(base.resolve("state")).isDirectory();

            for (MaywzhExamples.Row row : MaywzhExamples.all()) {
                String[] parts = row.call().split(" ", 2);
                Answer answer = call(deployment, parts[0], "/admin/v1" + parts[1], row.body());
                assertThat(answer.status()).as(row + ": " + answer).isEqualTo(row.status());
                assertThat(answer.text())
                        .as(row.toString())
                        .contains(row.contains())
                        .doesNotContain("CANARY");
            }

            // A key was made, so that callers need one from then on; what was changed is served.
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> ask(deployment, "m").status() == 401);
            String head = new JsonMapper()
                    .readTree(call(deployment, "GET", "/admin/v1/config/version", "")
                            .text())
                    .at("/version")
                    .asText();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> call(deployment, "GET", "/health", "").text().contains("\"active\":" + head));
            assertThat(deployment.log()).doesNotContain("CANARY");
        }
    }

    private static Answer ask(Deployment deployment, String model) {
        URI chat = deployment.forward("main", "/v1/chat/completions");
        return RawClient.exchange(
                chat,
                "POST",
                "Connection: close\r\n",
                ("{\"model\":\"" + model + "\",\"messages\":[]}").getBytes(StandardCharsets.UTF_8));
    }
}
