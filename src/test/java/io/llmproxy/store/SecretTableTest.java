package io.llmproxy.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.Secret;
import io.llmproxy.store.SecretTable.Rotation;
import io.llmproxy.store.StoreWorld.Kind;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class SecretTableTest {
    private static final AuditNote NOTE = AuditNote.plain("ann", "command", "secret.test");
    private static final Secret ONE = new Secret("canary-one");
    private static final Secret TWO = new Secret("canary-two-ü");
    private static final KeyRing FIRST = KeyRing.of(new Secret("the first key of a store"));
    private static final KeyRing SECOND = KeyRing.of(new Secret("the second key of a store"));
    private static final KeyRing BOTH =
            new KeyRing(List.of(SECOND.first().orElseThrow(), FIRST.first().orElseThrow()));

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @SuppressWarnings("NullAway.Init")
    private StoreWorld world;

    @SuppressWarnings("NullAway.Init")
    private Database database;

    @BeforeEach
    void make() {
        world = new StoreWorld(directory);
    }

    @AfterEach
    void close() {
        world.close();
    }

    private SecretTable table(Kind kind) {
        database = world.migrated(kind);
        return new SecretTable(database);
    }

    private static String id(KeyRing ring) {
        return ring.first().orElseThrow().id();
    }

    private void change(String sql) {
        database.write(connection -> {
            try (Statement statement = connection.createStatement()) {
                return statement.executeUpdate(sql);
            }
        });
    }

    /** Everything that is in a table, as a dump would have it. */
    private String dump(String table) {
        return database.read(connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("select * from llmproxy." + table)) {
                StringBuilder text = new StringBuilder();
                while (row.next()) {
                    for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                        Object value = row.getObject(i);
                        text.append(
                                value instanceof byte[] bytes
                                        ? new String(bytes, StandardCharsets.ISO_8859_1)
                                        : String.valueOf(value));
                        text.append('|');
                    }
                }
                return text.toString();
            }
        });
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aValueIsSealedAndReplaced(Kind kind) throws SecretRefusedException {
        SecretTable table = table(kind);
        assertThat(table.state()).isEqualTo(new SecretState(null, 0));

        SealedSecret first = table.put("openai", ONE, FIRST, NOTE);
        assertThat(FIRST.open(first)).isEqualTo(ONE);
        assertThat(table.state()).isEqualTo(new SecretState(id(FIRST), 1));
        SealedSecret second = table.put("openai", TWO, BOTH, NOTE);

        assertThat(second.revision()).isEqualTo(2);
        assertThat(second.author()).isEqualTo("ann");
        assertThat(second.changedAt()).isNotNull();
        assertThat(second.keyId())
                .as("the key of the store, not the node's first one")
                .isEqualTo(id(FIRST));
        assertThat(FIRST.open(second)).isEqualTo(TWO);
        assertThat(table.find(List.of("openai", "nosuch"))).containsExactly(second);
        assertThat(table.find(List.of())).isEmpty();
        assertThat(table.state().revision()).isEqualTo(2);
        assertThat(dump("secret") + dump("audit") + dump("secret_state")).doesNotContain("canary");

        assertThat(table.delete("openai", document -> false, false, NOTE)).isTrue();
        assertThat(table.delete("openai", document -> false, false, NOTE)).isFalse();
        assertThat(table.all()).isEmpty();
        assertThat(table.state().revision()).isEqualTo(3);
        assertThat(new AuditTable(database).verify(Map.of()).entries()).isEqualTo(3);
    }

    /** Case 34. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void aNodeWithAnotherKeyNeitherReadsNorWrites(Kind kind) {
        SecretTable table = table(kind);
        SealedSecret stored = table.put("openai", ONE, FIRST, NOTE);

        String message = "encrypted with the key " + id(FIRST) + ", which this node does not have (it has: "
                + id(SECOND) + "; expected: that key in store.key or store.old_keys)";
        assertThatThrownBy(() -> SECOND.open(stored))
                .isInstanceOf(SealException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> table.put("openai", TWO, SECOND, NOTE)).hasMessage(message);
        assertThatThrownBy(() -> table.put("openai", TWO, KeyRing.EMPTY, NOTE)).hasMessageContaining("it has: none");
        assertThat(table.find(List.of("openai"))).containsExactly(stored);
        assertThat(table.state().revision()).isEqualTo(1);
    }

    /** Case 35. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void allGoUnderAnotherKeyOrNone(Kind kind) {
        SecretTable table = table(kind);
        table.put("a", ONE, FIRST, NOTE);
        table.put("b", TWO, FIRST, NOTE);
        List<SealedSecret> before = table.all();

        assertThatThrownBy(() -> table.rotate(SECOND, false, NOTE)).hasMessageStartingWith("secret a: encrypted with");
        assertThatThrownBy(() -> table.rotate(KeyRing.EMPTY, false, NOTE)).hasMessageContaining("no key");
        assertThat(table.rotate(BOTH, true, NOTE)).isEqualTo(new Rotation(id(FIRST), id(SECOND), 2));
        assertThat(table.all()).isEqualTo(before);

        // The last one cannot be opened: the first one stays as it is, too.
        change("update llmproxy.secret set wrapped_key = (select wrapped_key from llmproxy.secret where name = 'a')"
                + " where name = 'b'");
        List<SealedSecret> damaged = table.all();
        assertThatThrownBy(() -> table.rotate(BOTH, false, NOTE)).hasMessageStartingWith("secret b: damaged");
        assertThat(table.all()).isEqualTo(damaged);
        assertThat(table.state()).isEqualTo(new SecretState(id(FIRST), 2));

        table.put("b", TWO, FIRST, NOTE);
        assertThat(table.rotate(BOTH, false, NOTE)).isEqualTo(new Rotation(id(FIRST), id(SECOND), 2));
        assertThat(table.state()).isEqualTo(new SecretState(id(SECOND), 4));
        assertThat(table.all()).extracting(SECOND::open).containsExactly(ONE, TWO);
        assertThat(table.all().get(0).ciphertext())
                .as("only the data key is sealed anew")
                .isEqualTo(before.get(0).ciphertext());
        assertThat(table.all().get(0).revision()).isEqualTo(1);
        assertThat(table.rotate(BOTH, false, NOTE)).isEqualTo(new Rotation(id(SECOND), id(SECOND), 2));
        assertThat(table.state().revision()).isEqualTo(4);
    }

    /** Case 36. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void rowsThatWereSwappedAreNotOpened(Kind kind) {
        SecretTable table = table(kind);
        table.put("a", ONE, FIRST, NOTE);
        table.put("b", TWO, FIRST, NOTE);

        change("update llmproxy.secret set name = case name when 'a' then 'c' else 'a' end");
        change("update llmproxy.secret set name = 'b' where name = 'c'");
        assertThat(table.all()).hasSize(2).allSatisfy(SecretTableTest::assertDamaged);

        table.put("a", ONE, FIRST, NOTE);
        table.put("b", TWO, FIRST, NOTE);
        change("update llmproxy.secret set ciphertext = (select ciphertext from llmproxy.secret where name = 'a')"
                + " where name = 'b'");
        assertDamaged(table.find(List.of("b")).get(0));
        change("update llmproxy.secret set revision = 1 where name = 'a'");
        assertDamaged(table.find(List.of("a")).get(0));
    }

    private static void assertDamaged(SealedSecret secret) {
        assertThatThrownBy(() -> FIRST.open(secret))
                .isInstanceOf(SealException.class)
                .hasMessageStartingWith("damaged, or swapped with another one (expected: ")
                .hasMessageNotContaining("canary");
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aVersionBringsItsSecretsOrNothing(Kind kind) throws HeadMovedException {
        SecretTable table = table(kind);
        ConfigStore versions = new ConfigStore(database);
        SealingKey key = FIRST.first().orElseThrow();
        SealedSecret secret = KeyRing.seal(key, "u/token@1", 1, ONE, "ann");
        Draft draft = StoreWorld.draft("a: ***").sealed("a: ${secret:u/token@1}", List.of(secret));

        assertThatThrownBy(() -> versions.commit(draft, 7)).isInstanceOf(HeadMovedException.class);
        assertThat(table.all()).isEmpty();
        versions.commit(draft, 0);
        assertThat(table.all()).containsExactly(secret);
        assertThat(table.state()).isEqualTo(new SecretState(key.id(), 1));
        assertThat(dump("config_version") + dump("secret")).doesNotContain("canary");

        SealedSecret other = KeyRing.seal(SECOND.first().orElseThrow(), "u/token@2", 1, TWO, "ann");
        assertThatThrownBy(() -> versions.commit(draft.sealed("b", List.of(other)), 1))
                .hasMessageContaining("the key of the secrets was changed in the meantime");
        assertThat(versions.head().version()).isEqualTo(1);
    }
}
