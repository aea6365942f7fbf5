package io.llmproxy.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class PasswordHashTest {
    @Test
    void onlyThePasswordMatches() {
        PasswordHash hash = PasswordHash.of("correct horse ü");

        assertThat(hash.matches("correct horse ü")).isTrue();
        assertThat(hash.matches("correct horse u")).isFalse();
        assertThat(PasswordHash.parse(hash.text()).matches("correct horse ü")).isTrue();
        assertThat(hash.text()).startsWith("pbkdf2-sha512$210000$").doesNotContain("horse");
        assertThat(hash).hasToString("pbkdf2-sha512");
        assertThat(PasswordHash.of("correct horse ü").text()).isNotEqualTo(hash.text());
        assertThat(PasswordHash.none().matches("")).isFalse();
    }

    @Test
    void whatIsNoHashIsRefused() {
        for (String text : List.of("", "a$1$b$c", "pbkdf2-sha512$1$b", "pbkdf2-sha512$x$AAAA$AAAA")) {
            assertThatThrownBy(() -> PasswordHash.parse(text)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void rolesCoverThoseBelow() {
        assertThat(Role.ADMIN.covers(Role.EDITOR)).isTrue();
        assertThat(Role.VIEWER.covers(Role.EDITOR)).isFalse();
        assertThat(Role.of("editor")).contains(Role.EDITOR);
        assertThat(Role.of("EDITOR")).isEmpty();
    }
}
