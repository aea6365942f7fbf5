package io.llmproxy.admin.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.admin.ConfigDocuments.Checked;
import io.llmproxy.admin.ConfigDocuments.Version;
import jakarta.ws.rs.core.Response;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.Test;

final class ViewsResourceTest {
    private int looks;

    /** At each look there is another version. */
    private ConfigDocuments restless() {
        return (ConfigDocuments) Proxy.newProxyInstance(
                ConfigDocuments.class.getClassLoader(),
                new Class<?>[] {ConfigDocuments.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "head" -> version(++looks);
                    case "check" ->
                        new Checked(List.of(), List.of(), (String) arguments[0], (String) arguments[0], null);
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    private static Version version(int number) {
        return new Version(number, number - 1, Instant.EPOCH, "", "", "api", "", text(number));
    }

    private static String text(int number) {
        return """
                http_server: {forwards: [{name: main, port: %1$d}]}
                upstreams: [{name: u, weight: %1$d}]
                upstream_groups: [{name: g, balance: {strategy: "s%1$d"}}]
                """.formatted(number);
    }

    @Test
    void aPartAndItsTagAreOfTheSameVersion() {
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        clock.shutdown();
        ConfigDocuments documents = restless();
        ViewsResource views = new ViewsResource(GatewayFixture.of(documents, clock), new ConfigText(documents));

        Response upstream = views.upstream("u");
        Response forward = views.forward("main");

        assertThat(((ViewsResource.Backend) upstream.getEntity())
                        .config()
                        .at("/weight")
                        .asInt())
                .isEqualTo(1);
        assertThat(upstream.getHeaderString("ETag")).isEqualTo(tag(EntityChanges.Kind.UPSTREAM, "u", 1));
        assertThat(((ViewsResource.Forward) forward.getEntity())
                        .config()
                        .at("/port")
                        .asInt())
                .isEqualTo(2);
        assertThat(forward.getHeaderString("ETag")).isEqualTo(tag(EntityChanges.Kind.FORWARD, "main", 2));
        assertThat(looks).isEqualTo(2);
    }

    private static String tag(EntityChanges.Kind kind, String name, int version) {
        return EntityChanges.tag(kind, name, ConfigText.shown(version, text(version), text(version)));
    }
}
