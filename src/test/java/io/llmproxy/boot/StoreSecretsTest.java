package io.llmproxy.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.audit.AuditNote;
import io.llmproxy.boot.StoreSecrets.Told;
import io.llmproxy.config.Secret;
import io.llmproxy.config.Secrets;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.store.ConfigVersion.Origin;
import io.llmproxy.store.Draft;
import io.llmproxy.store.HeadMovedException;
import io.llmproxy.store.NodeKeys;
import io.llmproxy.store.SealedSecret;
import io.llmproxy.store.SecretRefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The secrets of a store in H2, as the commands and the API use them. */
final class StoreSecretsTest {
    private static final AuditNote NOTE = AuditNote.plain("ann", "command", "secret.test");
    private static final String FIRST = "the first key of a node";
    private static final String SECOND = "the second key of a node";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    private @Nullable OpenStore store;

    private static String document(String token) {
        return """
                # by hand
                http_server: {forwards: [{name: main, port: 3000, upstream_group: g}]}
                upstreams: [{name: u, url: "http://u?key=canary-query", auth: {type: bearer, token: %s}}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """.formatted(token);
    }

    private ConfigSource source(String more) throws IOException {
        return ConfigSource.find(Files.writeString(directory.resolve("node.yaml"), "store: {" + more + "}\n"));
    }

    private StoreSecrets open(String more) throws IOException {
        close();
        ConfigSource source = source(more);
        StoreConfig config = Objects.requireNonNull(source.load().config().store());
        OpenStore opened = OpenStore.open(config, source.directory(config));
        store = opened;
        return opened.secrets();
    }

    private static Draft draft(String content) {
        return Draft.plain(content, "ann", "a test", Origin.IMPORT, "1.0", null, null);
    }

    private Draft sealed(StoreSecrets secrets, String content) throws IOException {
        return secrets.sealed(source(""), draft(content), "one.yaml", false).draft();
    }

    private void commit(Draft draft) throws HeadMovedException {
        OpenStore opened = Objects.requireNonNull(store);
        opened.versions().commit(draft, opened.versions().head().version());
    }

    private Stream<String> files() throws IOException {
        try (Stream<Path> files = Files.walk(directory.resolve("state"))) {
            return files.filter(Files::isRegularFile).toList().stream().map(file -> {
                try {
                    return new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1);
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
        }
    }

    @AfterEach
    void close() {
        OpenStore opened = store;
        if (opened != null) {
            opened.close();
            store = null;
        }
    }

    /** Case 32: the file of the database is what a dump has. */
    @Test
    void whatStandsInADocumentIsMovedOutOfIt() throws Exception {
        StoreSecrets secrets = open("key: " + FIRST);

        Draft first = sealed(secrets, document("sk-canary"));
        commit(first);

        assertThat(first.content())
                .isEqualTo(document("\"${secret:upstreams/u/auth/token@1}\"")
                        .replace("key=canary-query", "${secret:upstreams/u/url@1}"));
        assertThat(Secrets.of(source("")
                        .document(first.content(), "head", secrets.source(first.content()))
                        .config()))
                .containsExactly(new Secret("sk-canary"));
        assertThat(sealed(secrets, document("sk-canary")))
                .as("the same value at the same place is the same secret")
                .isEqualTo(draft(first.content()));
        Draft other = sealed(secrets, document("sk-canary-2"));
        assertThat(other.content()).contains("${secret:upstreams/u/auth/token@2}", "${secret:upstreams/u/url@1}");
        assertThat(other.secrets()).extracting(SealedSecret::name).containsExactly("upstreams/u/auth/token@2");
        commit(other);
        assertThat(sealed(secrets, document("sk-canary")).content()).isEqualTo(first.content());
        assertThat(sealed(secrets, first.content())).isEqualTo(draft(first.content()));
        close();
        assertThat(files()).noneMatch(file -> file.contains("canary"));
    }

    @Test
    void theWordsOfAnotherProductBecomeOurs() throws Exception {
        StoreSecrets secrets = open("key: " + FIRST);
        String theirs = """
                providers:
                  - {name: b, api_base: "https://b", api_key: sk-canary, model_mapping: {m: n}}
                """;

        Draft draft = sealed(secrets, theirs);

        assertThat(draft.content()).contains("upstreams:", "${secret:").doesNotContain("canary");
        assertThat(draft.secrets()).hasSize(1);
    }

    @Test
    void aNodeWithoutAKeyStoresNoSecretAsItIs() throws Exception {
        StoreSecrets secrets = open("key: " + FIRST);
        commit(sealed(secrets, document("sk-canary")));
        StoreSecrets other = open("key: " + SECOND);

        List<Problem> problems = catchThrowableOfType(ConfigException.class, () -> sealed(other, document("sk-other")))
                .problems();

        assertThat(problems).extracting(Problem::path).containsExactly("upstreams[0].url", "upstreams[0].auth.token");
        assertThat(problems.get(1).toString())
                .startsWith("one.yaml:3: upstreams[0].auth.token: a secret that cannot be encrypted: encrypted with")
                .contains("store.old_keys", "${NAME}")
                .doesNotContain("sk-other");
        assertThat(sealed(other, document("\"${PATH}\"").replace("?key=canary-query", ""))
                        .secrets())
                .isEmpty();
        assertThat(catchThrowableOfType(ConfigException.class, () -> sealed(other, "upstreams: 1"))
                        .problems())
                .extracting(Problem::source)
                .containsOnly("one.yaml");
        assertThat(other.all()).hasSize(2).allSatisfy(told -> {
            assertThat(told.fingerprint()).isNull();
            assertThat(told.problem()).contains("which this node does not have");
        });
        assertThatThrownBy(() -> other.rotate(false, NOTE))
                .isInstanceOf(SecretRefusedException.class)
                .hasMessageStartingWith("secret upstreams/u/auth/token@1: encrypted with the key");
    }

    @Test
    void aStoreOfOneNodeNeedsNoSetUp() throws Exception {
        StoreSecrets secrets = open("");
        Path key = directory.resolve("state").resolve(NodeKeys.FILE);
        Draft dry = secrets.sealed(source(""), draft(document("sk-canary")), "one.yaml", true)
                .draft();
        assertThat(dry.content()).doesNotContain("canary");
        assertThat(key).doesNotExist();

        commit(sealed(secrets, document("sk-canary")));
        assertThat(key).exists();

        StoreSecrets named = open("key: " + FIRST);
        assertThat(named.all()).allMatch(told -> told.problem() == null);
        assertThat(named.rotate(false, NOTE).to())
                .isEqualTo(named.keys().first().orElseThrow().id());
        Files.delete(key);
        assertThat(open("key: " + FIRST).all()).allMatch(told -> told.problem() == null);
    }

    @Test
    void anOperatorStoresAndRemovesOne() throws Exception {
        StoreSecrets secrets = open("key: " + FIRST);
        String head = document("\"${secret:openai}\"").replace("?key=canary-query", "");
        assertThat(catchThrowableOfType(ConfigException.class, () -> sealed(secrets, head))
                        .problems())
                .singleElement()
                .extracting(Problem::message)
                .asString()
                .startsWith("${secret:openai}: no such secret (expected: ");

        assertThat(secrets.put("openai", new Secret("sk-canary"), "", source(""), true, NOTE))
                .isEmpty();
        assertThat(secrets.all()).isEmpty();
        Told told = secrets.put("openai", new Secret("sk-canary"), "", source(""), false, NOTE)
                .orElseThrow();
        assertThat(told.secret().revision()).isEqualTo(1);
        assertThat(told.fingerprint()).hasSize(8);
        commit(sealed(secrets, head));
        Told next = secrets.put("openai", new Secret("sk-canary-2"), head, source(""), false, NOTE)
                .orElseThrow();
        assertThat(next.secret().revision()).isEqualTo(2);
        assertThat(next.fingerprint()).isNotEqualTo(told.fingerprint());

        assertThatThrownBy(() -> secrets.put("openai", new Secret("two\nlines"), head, source(""), false, NOTE))
                .isInstanceOf(ConfigException.class);
        assertRefused(secrets, "openai", "***", "*** is a placeholder");
        assertRefused(secrets, "openai", "", "empty or too long");
        assertRefused(secrets, "openai", "x".repeat(70_000), "empty or too long");
        assertRefused(secrets, "a b", "sk-canary", "not a valid secret name");
        assertThat(secrets.all()).containsExactly(next);
        assertThatThrownBy(() -> secrets.delete("openai", false, NOTE))
                .hasMessageContaining("the newest version refers to it");
        String without = document("\"${TOKEN:-none}\"").replace("?key=canary-query", "");
        commit(Draft.plain(without, "ann", "", Origin.API, "1.0", null, Duration.ofMinutes(5)));
        // The head goes back to what needs it, unless it is confirmed.
        for (boolean dry : new boolean[] {true, false}) {
            assertThatThrownBy(() -> secrets.delete("openai", dry, NOTE)).hasMessageContaining("not confirmed");
        }
        assertThat(Objects.requireNonNull(store).versions().confirm(2, NOTE)).isTrue();
        assertThat(secrets.delete("openai", true, NOTE)).isTrue();
        assertThat(secrets.delete("openai", false, NOTE)).isTrue();
        assertThat(secrets.delete("openai", false, NOTE)).isFalse();
        assertThat(secrets.delete("openai", true, NOTE)).isFalse();
    }

    @Test
    void aKeyThatCouldBeGuessedIsRefused() throws IOException {
        ConfigSource source = source("key: secret, old_keys: [another one]");

        assertThat(catchThrowableOfType(ConfigException.class, source::load).problems())
                .extracting(Problem::toString)
                .allMatch(problem -> problem.endsWith("too short (expected: at least 16 characters)"))
                .anyMatch(problem -> problem.contains("store.key: "))
                .anyMatch(problem -> problem.contains("store.old_keys[0]: "))
                .hasSize(2);
    }

    @Test
    void whatAVersionReliesOnNeverChanges() throws Exception {
        StoreSecrets secrets = open("key: " + FIRST);
        assertThat(secrets.put("upstreams/u/auth/token@3", new Secret("sk-canary"), "", source(""), false, NOTE))
                .isPresent();

        assertRefused(secrets, "upstreams/u/auth/token@3", "sk-other", "so it cannot change");
        assertThat(sealed(secrets, document("sk-canary")).content()).contains("upstreams/u/auth/token@3}");
        assertThat(sealed(secrets, document("sk-another")).content()).contains("upstreams/u/auth/token@4}");
    }

    private void assertRefused(StoreSecrets secrets, String name, String value, String why) throws IOException {
        ConfigSource source = source("");
        SecretRefusedException refused = catchThrowableOfType(
                SecretRefusedException.class, () -> secrets.put(name, new Secret(value), "", source, false, NOTE));
        assertThat(refused).hasMessageContaining(why).hasMessageContaining("(expected: ");
    }

    @Test
    void aSecretIsOnlyWhereNoneIsShown() throws Exception {
        StoreSecrets secrets = open("key: " + FIRST);
        Optional<Told> stored = secrets.put("openai", new Secret("canary"), "", source(""), false, NOTE);
        assertThat(stored).isPresent();
        for (String shown : List.of("name: u,|name: '${secret:openai}',", "http://u?|http://${secret:openai}?")) {
            String[] parts = shown.split("\\|", 2);
            String content = document("sk").replace(parts[0], parts[1]);
            assertThat(catchThrowableOfType(ConfigException.class, () -> sealed(secrets, content))
                            .problems())
                    .extracting(Problem::message)
                    .anyMatch(message -> message.startsWith("${secret:…} is not allowed here"))
                    .noneMatch(message -> message.contains("canary"));
        }
        assertThat(catchThrowableOfType(
                                ConfigException.class,
                                () -> source("key: '${secret:openai}'").load())
                        .problems())
                .extracting(Problem::message)
                .containsExactly("${secret:openai}: only a configuration in a store has secrets"
                        + " (expected: ${NAME} or ${file:…})");
    }
}
