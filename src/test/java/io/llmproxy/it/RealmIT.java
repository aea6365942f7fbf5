package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;

/** Users of the container's realm sign in, with the descriptors that {@code server/realm} shows. */
class RealmIT {
    private static final String OURS =
            "Sec-Fetch-Site: same-origin\r\nX-LLMProxy-UI: 1\r\nContent-Type: application/json\r\n";

    private static Gateway gateway() {
        return new Gateway()
                .top("scopes: [{name: search}]")
                .admin("realm: true")
                .single("main", "http://127.0.0.1:9", "", "", "");
    }

    private static Deployment start(Deployment.Kind kind) {
        return Deployment.startPrepared(kind, gateway(), base -> {
            try {
                prepare(kind, base);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static void prepare(Deployment.Kind kind, Path base) throws IOException {
        Path samples = Artefacts.server().resolve("realm");
        if (kind == Deployment.Kind.TOMCAT) {
            Path descriptors = Files.createDirectories(base.resolve("conf/Catalina/localhost"));
            Files.copy(samples.resolve("tomcat-context.xml"), descriptors.resolve("ROOT.xml"));
            Files.writeString(base.resolve("conf/llmproxy-users.xml"), """
                    <tomcat-users>
                      <user username="Ann" password="secret of ann" roles="other,llmproxy-editor"/>
                      <user username="lee" password="secret of lee" roles="llmproxy-viewer@search,llmproxy-editor@search"/>
                      <user username="eve" password="secret of eve" roles="other"/>
                    </tomcat-users>
                    """);
        } else {
            Files.copy(samples.resolve("jetty-context.xml"), base.resolve("webapps/root.xml"));
            Files.createDirectories(base.resolve("etc"));
            Files.writeString(base.resolve("etc/llmproxy-users.properties"), """
                    Ann: secret of ann,other,llmproxy-editor
                    lee: secret of lee,llmproxy-viewer@search,llmproxy-editor@search
                    eve: secret of eve,other
                    """);
        }
    }

    private static Answer call(Deployment deployment, String method, String path, String headers, String body) {
        return RawClient.exchange(
                deployment.admin("/admin/api/v1" + path), method, headers, body.getBytes(StandardCharsets.UTF_8));
    }

    private static Answer signIn(Deployment deployment, String name, String password) {
        return call(
                deployment,
                "POST",
                "/session",
                OURS,
                "{\"name\": \"" + name + "\", \"password\": \"" + password + "\"}");
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource({Deployment.Kind.TOMCAT, Deployment.Kind.JETTY})
    void aUserOfTheRealmHasTheRoleThatTheRealmGives(Deployment.Kind kind) throws IOException {
        try (Deployment deployment = start(kind)) {
            assertThat(call(deployment, "GET", "/session/ways", "", "").text())
                    .isEqualTo("{\"token\":false,\"password\":true,\"provider\":null,\"signed_in\":false}");
            Answer opened = signIn(deployment, "Ann", "secret of ann");
            assertThat(opened.status()).as(opened + deployment.log()).isEqualTo(200);
            var told = new ObjectMapper().readTree(opened.text());
            assertThat(told.at("/name").asText()).isEqualTo("realm:Ann");
            assertThat(told.at("/role").asText()).isEqualTo("editor");
            assertThat(told.at("/authentication").asText()).isEqualTo("realm");
            assertThat(opened.toString()).doesNotContain("JSESSIONID");
            String cookie = "Cookie: " + opened.header("Set-Cookie").split(";", 2)[0] + "\r\n";
            assertThat(call(deployment, "GET", "/overview", cookie, "").status())
                    .isEqualTo(200);
            assertThat(call(deployment, "GET", "/audit", cookie, "").status()).isEqualTo(403);

            var lee = new ObjectMapper()
                    .readTree(signIn(deployment, "lee", "secret of lee").text());
            assertThat(lee.at("/role").asText() + " " + lee.at("/scope").asText())
                    .isEqualTo("editor search");
            assertThat(signIn(deployment, "Ann", "wrong").status()).isEqualTo(401);
            assertThat(signIn(deployment, "nobody", "wrong").status()).isEqualTo(401);
            assertThat(signIn(deployment, "eve", "secret of eve").status()).isEqualTo(403);
            // The application's own users are the only ones: the realm guards nothing else.
            assertThat(call(deployment, "GET", "/overview", "Authorization: Basic QW5uOnNlY3JldCBvZiBhbm4=\r\n", "")
                            .status())
                    .isEqualTo(401);
            assertThat(deployment.log()).doesNotContain("secret of");
        }
    }
}
