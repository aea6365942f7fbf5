package io.llmproxy.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.KeyRateLimitConfig;
import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.LimitConfig.Mode;
import io.llmproxy.config.LimitConfig.OnStoreLoss;
import io.llmproxy.config.LimitConfig.Period;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LastGoodKeysTest {
    private static final Instant THEN = Instant.parse("2030-01-01T00:00:00.123456789Z");
    private static final KeyPosition POSITION = new KeyPosition("epoch", 42);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private Path file() {
        return directory.resolve("last-good-keys.bin");
    }

    private LastGoodKeys lastGood(@Nullable String key) {
        return new LastGoodKeys(directory, () -> KeyRing.of(key == null ? null : new Secret(key)));
    }

    private static IssuedKey plain() {
        ClientKeyConfig config = new ClientKeyConfig(
                "plain", KeyDigest.of("one").configured(), true, null, List.of(), null, 0, false, null, List.of());
        return new IssuedKey("1", config, null, List.of(), null, "", Instant.EPOCH, 7);
    }

    private static IssuedKey full() {
        ClientKeyConfig config = new ClientKeyConfig(
                "canary-ü",
                KeyDigest.of("two").configured(),
                false,
                THEN,
                List.of(ModelPattern.parse("gpt-*").orElseThrow()),
                new KeyRateLimitConfig(5, 7),
                3,
                true,
                "search",
                List.of(new LimitConfig(
                        Metric.COST,
                        Period.MONTH,
                        2.5,
                        List.of(ModelPattern.parse("gpt-*").orElseThrow()),
                        ZoneId.of("Europe/Berlin"),
                        Mode.SHADOW,
                        OnStoreLoss.OPEN,
                        List.of(0.8, 1.0))));
        IssuedKey.Previous previous = new IssuedKey.Previous(KeyDigest.of("old"), THEN);
        return new IssuedKey("2", config, null, List.of("main"), previous, "", Instant.EPOCH, 8);
    }

    private static IssuedKey slow() {
        ClientKeyConfig config = new ClientKeyConfig(
                "slow",
                KeyDigest.of("three").configured(),
                true,
                null,
                List.of(),
                new KeyRateLimitConfig(5, null),
                0,
                false,
                null,
                List.of());
        return new IssuedKey("3", config, null, List.of(), null, "", Instant.EPOCH, 9);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = "a key of some length")
    void whatWasKeptLastIsReadAgain(@Nullable String key) throws IOException {
        assertThat(lastGood(key).read()).isEmpty();

        lastGood(key).keep(KeyPosition.START, List.of());
        lastGood(key).keep(POSITION, List.of(plain(), full(), slow()));

        assertThat(lastGood(key).read())
                .contains(new LastGoodKeys.Snapshot(POSITION, List.of(plain(), full(), slow())));
        assertThat(Files.readString(file(), StandardCharsets.ISO_8859_1)).doesNotContain("canary");
        assertThat(key != null && lastGood("another key of some length").read().isPresent())
                .isFalse();
    }

    @Test
    void whatIsDamagedIsNotUsed() throws IOException, GeneralSecurityException {
        lastGood(null).keep(POSITION, List.of(plain(), full()));
        byte[] whole = Files.readAllBytes(file());
        for (int at = 0; at < whole.length; at++) {
            byte[] changed = whole.clone();
            changed[at] ^= 1;
            Files.write(file(), changed);
            assertThat(lastGood(null).read()).as("byte %s", at).isEmpty();
        }
        new SealedFile(file(), () -> KeyRing.EMPTY).write(new byte[] {1, 2, 3});
        assertThat(lastGood(null).read()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 99})
    void whatAnotherReleaseHasWrittenIsNotUsed(int form) throws IOException, GeneralSecurityException {
        java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
        try (var out = new java.util.zip.DeflaterOutputStream(bytes)) {
            out.write(form);
        }
        new SealedFile(file(), () -> KeyRing.EMPTY).write(bytes.toByteArray());

        assertThat(lastGood(null).read()).isEmpty();
    }

    @Test
    void aDirectoryThatTakesNothingStopsNothing() {
        LastGoodKeys nowhere = new LastGoodKeys(directory.resolve("none"), () -> KeyRing.EMPTY);

        nowhere.keep(POSITION, List.of(plain()));

        assertThat(nowhere.read()).isEmpty();
    }
}
