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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LastGoodTest {
    private static final String CONTENT = "token: canary-ü\n";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private LastGood lastGood(@Nullable String key) {
        return new LastGood(directory, key == null ? null : new Secret(key));
    }

    private Path file() {
        return directory.resolve("last-good.bin");
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = "a key of some length")
    void whatWasKeptLastIsReadAgain(@Nullable String key) throws IOException {
        assertThat(lastGood(key).read()).isEmpty();

        lastGood(key).keep(1, "a: 1");
        lastGood(key).keep(2, CONTENT);

        assertThat(lastGood(key).read()).contains(new Snapshot(2, CONTENT));
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
        lastGood(key).keep(2, CONTENT);
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
    void anotherKeyOrNoneDoesNotOpenIt() {
        lastGood("a key of some length").keep(2, CONTENT);

        assertThat(lastGood("another key, also long").read()).isEmpty();
        assertThat(lastGood(null).read()).isEmpty();
    }

    @Test
    void aDirectoryThatTakesNothingStopsNothing() {
        LastGood nowhere = new LastGood(directory.resolve("none"), null);

        nowhere.keep(1, CONTENT);

        assertThat(nowhere.read()).isEmpty();
    }
}
