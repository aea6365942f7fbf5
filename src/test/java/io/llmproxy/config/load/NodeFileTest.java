package io.llmproxy.config.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.config.FollowConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.SecretSource;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The file of a node whose configuration is in a store, and that configuration. */
final class NodeFileTest {
    private static final Path DIRECTORY = Path.of("/etc/llmproxy");
    private static final String DOCUMENT = """
            http_server:
              forwards: [{name: main, port: 3000, upstream_group: g}]
              admin: {port: 9000, token: of-the-document}
            log: {level: warn}
            upstreams: [{name: u, url: "http://u"}]
            upstream_groups: [{name: g, upstreams: [{name: u}]}]
            """;

    private static ProxyConfig node(String yaml, Map<String, String> environment) {
        return ConfigLoader.parse(yaml, "node.yaml", DIRECTORY, environment).config();
    }

    private static ProxyConfig stored(String document, String node, Map<String, String> environment) {
        return ConfigLoader.parseStored(document, "v1", node, "node.yaml", DIRECTORY, environment, SecretSource.NONE)
                .config();
    }

    private static List<String> problems(Runnable load) {
        return catchThrowableOfType(ConfigException.class, load::run).problems().stream()
                .map(Problem::toString)
                .toList();
    }

    @Test
    void hasAStoreAndNoForwards() {
        ProxyConfig config = node("store: {url: 'jdbc:postgresql://db/x', seed: first.yaml, node: a}", Map.of());

        StoreConfig store = Objects.requireNonNull(config.store());
        assertThat(store.url()).isEqualTo("jdbc:postgresql://db/x");
        assertThat(store.seed()).isEqualTo(DIRECTORY.resolve("first.yaml"));
        assertThat(store.poll()).hasSeconds(2);
        assertThat(config.httpServer().forwards()).isEmpty();
        assertThat(config.upstreams()).isEmpty();
    }

    @Test
    void whatBelongsIntoTheStoreIsRefusedWithTheCommandThatPutsItThere() {
        assertThat(problems(() -> node("store: {}\n" + DOCUMENT + "jmx: off\nx-mine: 1\n", Map.of())))
                .hasSize(4)
                .allSatisfy(problem -> assertThat(problem)
                        .contains("not read beside a store (expected: store, redis, log and http_server.admin;"
                                + " `config import FILE` puts the rest into the store)"))
                .first()
                .asString()
                .startsWith("node.yaml:3: http_server.forwards: ");
    }

    @Test
    void aStoreThatIsSwitchedOffIsNone() {
        assertThat(node("store: {enabled: false}\n" + DOCUMENT, Map.of()).store())
                .isNull();
    }

    @Test
    void theSharedCountsOfANodeStandInThePlaceOfWhatTheDocumentSays() {
        ProxyConfig alone = stored(DOCUMENT, "store: {}\nredis: {url: 'redis://of-the-node:6379'}", Map.of());
        ProxyConfig both = stored(
                DOCUMENT + "redis: {url: 'redis://of-the-document:6379'}\n",
                "store: {}\nredis: {url: 'redis://of-the-node:6379'}",
                Map.of());

        for (ProxyConfig config : List.of(alone, both)) {
            assertThat(Objects.requireNonNull(config.redis()).url()).isEqualTo("redis://of-the-node:6379");
        }
    }

    @Test
    void whatANodeSaysStandsInThePlaceOfWhatTheDocumentSays() {
        ProxyConfig config =
                stored(DOCUMENT, "store: {}\nhttp_server: {admin: {port: 9001}}\nlog: {level: debug}", Map.of());

        assertThat(config.store()).isNull();
        assertThat(config.httpServer().admin().port()).isEqualTo(9001);
        assertThat(config.httpServer().admin().token()).isNull();
        assertThat(config.log().level()).hasToString("DEBUG");
        assertThat(config.httpServer().forwards()).hasSize(1);
        assertThat(stored(DOCUMENT, "store: {}", Map.of()).log().level()).hasToString("WARN");
    }

    @Test
    void aVariableStandsInThePlaceOfBoth() {
        Map<String, String> environment = Map.of(
                "LLMPROXY_ADMIN_TOKEN", "of-the-variable",
                "LLMPROXY_UPSTREAMS__0__URL", "http://other",
                "LLMPROXY_STORE__PASSWORD", "secret");

        ProxyConfig config = stored(DOCUMENT, "store: {}\nhttp_server: {admin: {token: of-the-node}}", environment);

        assertThat(Objects.requireNonNull(config.httpServer().admin().token()).reveal())
                .isEqualTo("of-the-variable");
        assertThat(config.upstreams().get(0).url()).hasToString("http://other");
        assertThat(config.store()).isNull();
        StoreConfig store = node("store: {user: u}", environment).store();
        assertThat(Objects.requireNonNull(Objects.requireNonNull(store).password())
                        .reveal())
                .isEqualTo("secret");
    }

    @Test
    void anotherSystemIsFollowedFromItsDatabaseAlone() {
        String url = "url: 'jdbc:postgresql://db/x?password=canary'";
        FollowConfig follow = Objects.requireNonNull(
                Objects.requireNonNull(node("store: {follow: {" + url + ", user: u, password: p}}", Map.of())
                                .store())
                        .follow());
        assertThat(follow.system()).isEqualTo(FollowConfig.Origin.MAYWZH);
        assertThat(follow.user()).isEqualTo("u");
        assertThat(problems(() -> node("store: {seed: a.yaml, follow: {" + url + "}}", Map.of())))
                .singleElement()
                .asString()
                .contains("store.seed: not allowed beside store.follow (expected: only one of them)");
        assertThat(problems(() -> node("store: {follow: {url: 'postgresql://u:canary@db/x'}}", Map.of())))
                .singleElement()
                .asString()
                .contains("store.follow.url: not the URL of a database (expected: jdbc:postgresql://host/database)")
                .doesNotContain("canary");
        assertThat(problems(() -> node("store: {follow: {user: u}}", Map.of())))
                .singleElement()
                .asString()
                .contains("store.follow.url: missing");
    }

    @Test
    void aDocumentCannotNameAStore() {
        assertThat(problems(() -> stored(DOCUMENT + "store: {}\n", "store: {}", Map.of())))
                .singleElement()
                .asString()
                .startsWith("v1:7: store: a node's own section");
    }

    @Test
    void whatIsWrongWithTheNodesFileIsToldWithItsName() {
        assertThat(problems(() -> stored(DOCUMENT, "log: {levl: debug}", Map.of())))
                .singleElement()
                .asString()
                .startsWith("node.yaml:1: log.levl: unknown key");
    }
}
