package io.llmproxy.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.Secret;
import io.llmproxy.store.LastGood.Snapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LastGoodTest {
    private static final String CONTENT = "token: canary-ü\n";

    private static final SealedSecret SECRET =
            new SealedSecret("u", 3, new byte[] {1, 2}, new byte[] {3}, "0123", "ann", null);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private LastGood lastGood(@Nullable String key) {
        return new LastGood(directory, () -> KeyRing.of(key == null ? null : new Secret(key)));
    }

    private static Snapshot snapshot(long version, String content) {
        return new Snapshot(version, content, List.of(SECRET));
    }

    private Path file() {
        return directory.resolve("last-good.bin");
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = "a key of some length")
    void whatWasKeptLastIsReadAgain(@Nullable String key) throws IOException {
        assertThat(lastGood(key).read()).isEmpty();

        lastGood(key).keep(snapshot(1, "a: 1"));
        lastGood(key).keep(snapshot(2, CONTENT));

        assertThat(lastGood(key).read()).contains(snapshot(2, CONTENT));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(file());
        }
        String stored = Files.readString(file(), StandardCharsets.ISO_8859_1);
        assertThat(stored.contains("canary")).isEqualTo(key == null);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = "a key of some length")
    void whatIsCutShortOrChangedIsNotUsed(@Nullable String key) throws IOException {
        lastGood(key).keep(snapshot(2, CONTENT));
        byte[] whole = Files.readAllBytes(file());

        for (int length = 0; length < whole.length; length++) {
            Files.write(file(), Arrays.copyOf(whole, length));
            assertThat(lastGood(key).read()).as("%s bytes", length).isEmpty();
        }
        for (int at = 0; at < whole.length; at++) {
            byte[] changed = whole.clone();
            changed[at] ^= 1;
            Files.write(file(), changed);
            assertThat(lastGood(key).read()).as("byte %s", at).isEmpty();
        }
    }

    @Test
    void aFormerKeyOpensIt() {
        lastGood("a key of some length").keep(snapshot(2, CONTENT));
        KeyRing ring = new KeyRing(List.of(
                new SealingKey(new Secret("another key, also long")),
                new SealingKey(new Secret("a key of some length"))));

        assertThat(new LastGood(directory, () -> ring).read()).contains(snapshot(2, CONTENT));
    }

    @Test
    void anotherKeyOrNoneDoesNotOpenIt() {
        lastGood("a key of some length").keep(snapshot(2, CONTENT));

        assertThat(lastGood("another key, also long").read()).isEmpty();
        assertThat(lastGood(null).read()).isEmpty();
    }

    @Test
    void aDirectoryThatTakesNothingStopsNothing() {
        LastGood nowhere = new LastGood(directory.resolve("none"), () -> KeyRing.EMPTY);

        nowhere.keep(snapshot(1, CONTENT));

        assertThat(nowhere.read()).isEmpty();
    }
}
