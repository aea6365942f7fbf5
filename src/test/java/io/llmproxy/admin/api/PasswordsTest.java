package io.llmproxy.admin.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.access.NoPeople;
import io.llmproxy.access.PasswordHash;
import io.llmproxy.access.Role;
import io.llmproxy.access.User;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PasswordsTest {
    private static final String PASSWORD = "a long password";
    private static final Instant NOW = Instant.parse("2026-11-29T00:00:00Z");
    private static final User ANN = new User("ann", Role.EDITOR, null, true, NOW, "root", NOW, null);
    private static final String HASH = PasswordHash.of(PASSWORD).text();

    private static final Passwords.Others NONE = (name, password) -> null;

    private long nanos;
    private boolean enabled = true;
    private final Passwords passwords = new Passwords(
            new FakePeople() {
                @Override
                public Optional<User.Account> account(String name) {
                    User user = new User("ann", Role.EDITOR, null, enabled, NOW, "root", NOW, null);
                    return name.equals(ANN.name()) ? Optional.of(new User.Account(user, HASH)) : Optional.empty();
                }
            },
            () -> NOW,
            () -> nanos);

    private String refusal(String address, String name, String password) {
        try {
            return passwords.check(address, name, password, NONE).name();
        } catch (Refused refused) {
            return refused.status() + " " + refused.detail();
        }
    }

    @Test
    void onlyNameAndPasswordOfAUserAreRight() {
        String wrong = "401 The name or the password is wrong.";
        assertThat(passwords.check("10.0.0.1", "Ann", PASSWORD, NONE))
                .isEqualTo(new Caller("ann", Role.EDITOR, null, "password"));
        assertThat(refusal("10.0.0.1", "ann", "another password")).isEqualTo(wrong);
        assertThat(refusal("10.0.0.1", "eve", PASSWORD)).isEqualTo(wrong);
        assertThat(refusal("10.0.0.1", "\u0000", PASSWORD)).isEqualTo(wrong);
        assertThat(refusal("10.0.0.1", "ann", "x".repeat(201))).isEqualTo(wrong);
        enabled = false;
        assertThat(refusal("10.0.0.2", "ann", PASSWORD)).isEqualTo(wrong);
        assertThatThrownBy(() ->
                        new Passwords(new NoPeople(), () -> NOW, () -> 0).check("10.0.0.1", "ann", PASSWORD, NONE))
                .isInstanceOf(Refused.class);
        assertThat(passwords.isRight("10.0.0.1", "ann", PASSWORD)).isTrue();
    }

    @Test
    void whoGuessesIsSlowedAndNobodyElse() {
        for (int i = 0; i < 5; i++) {
            assertThat(refusal("10.0.0.1", "ann", "guess " + i)).startsWith("401");
        }
        assertThat(refusal("10.0.0.1", "ann", PASSWORD)).startsWith("429");
        assertThat(refusal("10.0.0.2", "ann", PASSWORD)).isEqualTo("ann");
        nanos += Duration.ofSeconds(12).toNanos();
        assertThat(refusal("10.0.0.1", "ann", PASSWORD)).isEqualTo("ann");

        for (int i = 0; i < 20; i++) {
            assertThat(refusal("10.0.0.3", "name-" + i, PASSWORD)).startsWith("401");
        }
        assertThat(refusal("10.0.0.3", "ann", PASSWORD)).startsWith("429");
        nanos += Duration.ofSeconds(3).toNanos();
        assertThat(refusal("10.0.0.3", "ann", PASSWORD)).isEqualTo("ann");
    }

    @Test
    void othersAreAskedForNamesThatAreNotOurs() {
        Caller eve = new Caller("realm:Eve", Role.VIEWER, null, "realm");
        Passwords.Others others = (name, password) -> name.equals("Eve") && password.equals("p") ? eve : null;

        assertThat(passwords.check("10.0.0.1", "Eve", "p", others)).isEqualTo(eve);
        assertThatThrownBy(() -> passwords.check("10.0.0.1", "Eve", "q", others))
                .isInstanceOf(Refused.class);
        assertThatThrownBy(() -> passwords.check("10.0.0.1", "ann", "p", (name, password) -> eve))
                .isInstanceOf(Refused.class);
    }

    @Test
    void aPasswordIsLongAndNotTheName() {
        for (String bad : List.of("short", "x".repeat(201), "This-is-ANN-at-home")) {
            assertThatThrownBy(() -> Passwords.hash("ann", bad)).hasMessageStartingWith("password: not good enough");
        }
        assertThat(PasswordHash.parse(Passwords.hash("ann", PASSWORD)).matches(PASSWORD))
                .isTrue();
    }
}
