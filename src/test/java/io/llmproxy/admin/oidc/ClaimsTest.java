package io.llmproxy.admin.oidc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClaimsTest {
    @Test
    void dotsLeadIntoObjectsUnlessTheNameHasThem() {
        Claims claims = new Claims(
                Map.of("realm_access", Map.of("roles", List.of("a", "b")), "https://x.test/g", List.of("c")));
        assertThat(claims.groups("realm_access.roles")).containsExactly("a", "b");
        assertThat(claims.groups("https://x.test/g")).containsExactly("c");
        assertThat(claims.has("realm_access.nothing")).isFalse();
        assertThat(claims.has("realm_access.roles.more")).isFalse();
        assertThat(claims.groups("nothing")).isEmpty();
    }

    @Test
    void whatIsNoTextIsNoGroup() {
        assertThat(new Claims(Map.of("g", List.of("a", 1, true, List.of("b")))).groups("g"))
                .containsExactly("a");
        assertThat(new Claims(Map.of("g", "a b")).groups("g")).containsExactly("a b");
        assertThat(new Claims(Map.of("g", 7)).groups("g")).isEmpty();
    }

    @Test
    void nobodyIsInTheGroupOfEveryone() {
        assertThat(new Claims(Map.of("g", List.of("*", "a"))).groups("g")).containsExactly("a");
        assertThat(new Claims(Map.of("g", "*")).groups("g")).isEmpty();
    }

    @Test
    void aNameIsShortAndOneLine() {
        assertThat(new Claims(Map.of("n", "Ann Lee")).name("n")).isEqualTo("Ann Lee");
        assertThat(new Claims(Map.of("n", "ann\nroot")).name("n")).isNull();
        assertThat(new Claims(Map.of("n", "")).name("n")).isNull();
        assertThat(new Claims(Map.of("n", "x".repeat(191))).name("n")).isNull();
        assertThat(new Claims(Map.of("n", 1)).name("n")).isNull();
    }
}
