package io.llmproxy.config.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.ProxyConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** The configurations inside of the files for Compose and Kubernetes. */
final class DeploymentSamplesTest {
    private static final Map<String, String> VARIABLES =
            Map.of("OPENAI_API_KEY", "sk-openai", "GATEWAY_KEY", "sk-gateway-of-clients");

    @Test
    void nodesOfComposeHaveAStoreAndShareLimits() throws IOException {
        Object content = at(Path.of("server/compose-nodes.yaml"), "configs", "node", "content");
        // Compose itself puts the default in.
        String text = content.toString().replace("${DB_PASSWORD:-llmproxy}", "llmproxy");

        ProxyConfig config = load(text);

        assertThat(Objects.requireNonNull(config.store()).url()).isEqualTo("jdbc:postgresql://postgres/llmproxy");
        assertThat(Objects.requireNonNull(config.redis()).url()).isEqualTo("redis://valkey:6379");
        assertThat(config.httpServer().admin().port()).isEqualTo(9000);
    }

    @Test
    void manifestsForKubernetesServeOneForward() throws IOException {
        ProxyConfig config = load(at(Path.of("server/kubernetes/configmap.yaml"), "data", "config.yaml")
                .toString());

        assertThat(config.httpServer().forwards())
                .singleElement()
                .satisfies(forward -> assertThat(forward.port()).isEqualTo(3000));
    }

    private static Object at(Path file, String... path) throws IOException {
        Object value = new Yaml().load(Files.readString(file));
        for (String name : path) {
            value = Objects.requireNonNull(((Map<?, ?>) value).get(name), name);
        }
        return value;
    }

    private static ProxyConfig load(String text) {
        return ConfigLoader.parse(text, "config.yaml", Path.of("."), VARIABLES).config();
    }
}
