package io.llmproxy.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.config.Secret;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.config.StoreConfig.Migrate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NodeKeysTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private static StoreConfig config(@Nullable String key, String... old) {
        return new StoreConfig(
                null,
                null,
                null,
                null,
                null,
                Duration.ofSeconds(2),
                Duration.ofSeconds(3),
                Migrate.AUTO,
                key == null ? null : new Secret(key),
                List.of(old).stream().map(Secret::new).toList(),
                null,
                Duration.ofSeconds(60),
                Duration.ofDays(400),
                null);
    }

    private static String id(String key) {
        return new SealingKey(new Secret(key)).id();
    }

    @Test
    void theKeysOfTheFileCountInTheirOrder() {
        NodeKeys keys =
                new NodeKeys(config("a key of some length", "an older key, too", "a key of some length"), directory);

        assertThat(keys.get().ids()).isEqualTo(id("a key of some length") + ", " + id("an older key, too"));
        assertThat(keys.toSeal(true, null, false)).isEqualTo(keys.get());
        assertThat(keys.get().find(id("another key"))).isEmpty();
        assertThat(directory).isEmptyDirectory();

        keys.read(config("the next key of it"));
        assertThat(keys.get().ids()).isEqualTo(id("the next key of it"));
    }

    @Test
    void aStoreOfOneNodeGetsAKeyWhenItNeedsOne() throws IOException {
        NodeKeys keys = new NodeKeys(config(null), directory);
        assertThat(keys.get()).isEqualTo(KeyRing.EMPTY);

        assertThat(keys.toSeal(false, null, false)).isEqualTo(KeyRing.EMPTY);
        assertThat(keys.toSeal(true, "0123", false))
                .as("the key of the store is another one")
                .isEqualTo(KeyRing.EMPTY);
        assertThat(keys.toSeal(true, null, true).keys()).hasSize(1);
        assertThat(directory).isEmptyDirectory();

        KeyRing made = keys.toSeal(true, null, false);
        assertThat(made.keys()).hasSize(1);
        assertThat(keys.get()).isEqualTo(made);
        Path file = directory.resolve(NodeKeys.FILE);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(new NodeKeys(config(null), directory).get()).isEqualTo(made);
        assertThat(new NodeKeys(config("a key of some length"), directory).get().ids())
                .isEqualTo(id("a key of some length") + ", " + made.ids());
    }

    @Test
    void aKeyThatCannotBeMadeIsTold() throws IOException {
        NodeKeys keys = new NodeKeys(config(null), directory);
        Files.writeString(directory.resolve(NodeKeys.FILE), "made by another process");
        assertThatThrownBy(() -> keys.toSeal(true, null, false))
                .isInstanceOf(SealException.class)
                .hasMessageContaining("it exists already (expected: one in store.key)");

        Path unreadable = Files.createDirectory(directory.resolve("other"));
        Files.createDirectory(unreadable.resolve(NodeKeys.FILE));
        assertThat(new NodeKeys(config(null), unreadable).get()).isEqualTo(KeyRing.EMPTY);
    }

    @Test
    void aKeySaysNothingOfItself() {
        SealingKey key = new SealingKey(new Secret("a key of some length"));

        assertThat(key).hasToString(key.id()).isEqualTo(new SealingKey(new Secret("a key of some length")));
        assertThat(key)
                .isNotEqualTo(new SealingKey(new Secret("another key, also long")))
                .isNotEqualTo("a key");
        assertThat(key.fingerprint(new Secret("x"))).hasSize(8).isNotEqualTo(key.fingerprint(new Secret("y")));
        assertThat(key.id()).matches("[0-9a-f]{12}");
    }
}
