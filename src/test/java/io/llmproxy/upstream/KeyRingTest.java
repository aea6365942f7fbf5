package io.llmproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.auth.Credential;
import io.llmproxy.auth.GoogleTokens;
import io.llmproxy.config.AuthConfig;
import io.llmproxy.config.AuthKeyConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.testing.ServiceAccount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyRingTest {
    private static final long NOW = 1_000_000_000L;
    private static final long SECOND = 1_000_000_000L;

    private static AuthKeyConfig key(String value, double weight) {
        return new AuthKeyConfig(new Secret(value), weight, 0, 0);
    }

    private static KeyRing ring(@Nullable KeyRing before, AuthKeyConfig... keys) {
        AuthConfig auth = new AuthConfig(AuthConfig.Type.BEARER, null, List.of(keys), null, null, null, null, 0, 0);
        return KeyRing.of(UpstreamConfigs.of(auth), Runnable::run, before, NOW);
    }

    private static KeyRing google(Path file, @Nullable KeyRing before) {
        AuthConfig auth = new AuthConfig(AuthConfig.Type.GOOGLE, null, List.of(), null, null, null, file, 0, 0);
        return KeyRing.of(UpstreamConfigs.of(auth), Runnable::run, before, NOW);
    }

    private static UpstreamKey pick(KeyRing ring, long now) {
        return Objects.requireNonNull(ring.pick(Set.of(), now));
    }

    private static String picks(KeyRing ring, int count) {
        List<String> places = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            places.add(Integer.toString(pick(ring, NOW).place()));
        }
        return String.join("", places);
    }

    @Test
    void keysTakeTurnsByTheirWeights() {
        assertThat(picks(ring(null, key("a", 2), key("b", 1)), 9)).isEqualTo("010010010");
        assertThat(picks(ring(null, key("a", 0.5), key("b", 0.25)), 6)).isEqualTo("010010");
    }

    @Test
    void aKeyThatIsRefusedIsLeftOutAndTheOthersGoOn() {
        KeyRing ring = ring(null, key("a", 1), key("b", 1), key("c", 1));
        pick(ring, NOW).standing().refused(NOW, NOW);

        assertThat(picks(ring, 4)).doesNotContain("0").contains("1", "2");
        assertThat(ring.isCoolingDown(NOW)).isFalse();
        assertThat(ring.remainingNanos(NOW)).isZero();
        assertThat(ring.lastResort(Set.of(), NOW)).isNull();
    }

    @Test
    void itCoolsDownWhenAllKeysDoAndUntilTheFirstIsBack() {
        KeyRing ring = ring(null, key("a", 1), key("b", 1));
        UpstreamKey first = pick(ring, NOW);
        UpstreamKey second = pick(ring, NOW);
        first.standing().cooldown().until(NOW + 7 * SECOND);

        assertThat(ring.isCoolingDown(NOW)).isFalse();
        assertThat(pick(ring, NOW)).isSameAs(second);

        second.standing().cooldown().until(NOW + 3 * SECOND);

        assertThat(ring.pick(Set.of(), NOW)).isNull();
        assertThat(ring.hasGood(Set.of(), NOW)).isFalse();
        assertThat(ring.isCoolingDown(NOW)).isTrue();
        assertThat(ring.remainingNanos(NOW)).isEqualTo(3 * SECOND);
        assertThat(pick(ring, NOW + 3 * SECOND)).isSameAs(second);
        assertThat(ring.isCoolingDown(NOW + 3 * SECOND)).isFalse();
    }

    @Test
    void whileGoodKeysCoolDownThoseSetAsideAreNotTried() {
        KeyRing ring = ring(null, key("a", 1), key("b", 1));
        pick(ring, NOW).standing().refused(NOW, NOW);
        pick(ring, NOW).standing().cooldown().until(NOW + 3 * SECOND);

        assertThat(ring.lastResort(Set.of(), NOW)).isNull();
        assertThat(ring.isCoolingDown(NOW)).isTrue();
        assertThat(ring.remainingNanos(NOW)).isEqualTo(3 * SECOND);
    }

    @Test
    void ofKeysThatAreAllSetAsideTheOneWhoseTimeEndsFirstIsTheLastResort() {
        KeyRing ring = ring(null, key("a", 1), key("b", 1));
        UpstreamKey first = pick(ring, NOW);
        UpstreamKey second = pick(ring, NOW);
        first.standing().refused(NOW, NOW);
        second.standing().refused(NOW, NOW + 1);

        assertThat(ring.pick(Set.of(), NOW + 1)).isNull();
        assertThat(ring.isCoolingDown(NOW + 1)).isFalse();
        assertThat(ring.lastResort(Set.of(), NOW + 1)).isSameAs(first);
        assertThat(ring.lastResort(Set.of(first), NOW + 1)).isSameAs(second);
        assertThat(ring.lastResort(Set.of(first, second), NOW + 1)).isNull();
        assertThat(ring.forProbe(NOW + 1)).isSameAs(first);
    }

    @Test
    void aSpentKeyIsNotChosenAgain() {
        KeyRing ring = ring(null, key("a", 1), key("b", 1));
        UpstreamKey first = pick(ring, NOW);

        assertThat(Objects.requireNonNull(ring.pick(Set.of(first), NOW))).isNotSameAs(first);
        assertThat(ring(null, key("a", 1)).pick(Set.of(first), NOW)).isNotNull();
    }

    @Test
    void keysThatStayKeepTheirStanding() {
        KeyRing before = ring(null, key("a", 1), key("b", 1));
        UpstreamKey refused = pick(before, NOW);
        refused.standing().refused(NOW, NOW);

        KeyRing after = ring(before, key("c", 1), key("a", 1));

        assertThat(picks(after, 3)).isEqualTo("000");
        assertThat(picks(ring(before, key("a", 1), key("b", 1)), 3)).isEqualTo("111");
    }

    @Test
    void theRingGoesOnWhereItStoodIfNothingHasChanged() {
        KeyRing before = ring(null, key("a", 1), key("b", 1));
        picks(before, 1);

        assertThat(picks(ring(before, key("a", 1), key("b", 1)), 1)).isEqualTo("1");
    }

    @Test
    void aProbeAsksWithAKeyThatIsGood() {
        KeyRing ring = ring(null, key("a", 1), key("b", 1));
        pick(ring, NOW).standing().refused(NOW, NOW);

        assertThat(ring.forProbe(NOW).place()).isEqualTo(1);

        pick(ring, NOW).standing().cooldown().until(NOW + SECOND);
        assertThat(ring.forProbe(NOW).place()).isZero();
    }

    @Test
    void aKeyIsNamedByItsPlaceOnly() {
        assertThat(pick(ring(null, key("a", 1), key("b", 1)), NOW)).hasToString("auth.keys[0]");
        assertThat(pick(ring(null, key("a", 1)), NOW)).hasToString("auth");
    }

    @Test
    void withoutKeysTheClientsCredentialPasses() {
        AuthConfig none = new AuthConfig(AuthConfig.Type.NONE, null, List.of(), null, null, null, null, 0, 0);
        KeyRing ring = KeyRing.of(UpstreamConfigs.of(none), Runnable::run, null, NOW);

        assertThat(pick(ring, NOW).credential()).isEqualTo(new Credential.None());
        pick(ring, NOW).standing().cooldown().until(NOW + SECOND);
        assertThat(ring.isCoolingDown(NOW)).isTrue();
    }

    @Test
    void theTokensOfAServiceAccountGoOnUntilItsFileChanges(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("sa.json"), ServiceAccount.json("http://127.0.0.1:1/token"));
        KeyRing first = google(file, null);
        KeyRing second = google(file, first);
        Files.writeString(file, ServiceAccount.json("http://127.0.0.1:2/token"));
        KeyRing third = google(file, second);

        assertThat(pick(first, NOW).credential()).isInstanceOf(GoogleTokens.class);
        assertThat(pick(second, NOW).credential()).isSameAs(pick(first, NOW).credential());
        assertThat(pick(third, NOW).credential()).isNotSameAs(pick(first, NOW).credential());
    }

    @Test
    void aFileThatIsNoServiceAccountIsNotQuoted(@TempDir Path directory) throws IOException {
        for (String text :
                new String[] {"", "{}", "secret", "[1]", "{\"type\":\"service_account\",\"private_key\":7}"}) {
            Path file = Files.writeString(directory.resolve("sa.json"), text);

            assertThatThrownBy(() -> google(file, null))
                    .as(text)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("upstream u: auth.service_account_file holds no key of a service account");
        }
    }
}
