package io.llmproxy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class SecretsTest {
    /** A section. */
    public record Outer(@Nullable Secret one, List<Inner> more, Map<String, Secret> named, String plain) {}

    /** A section within it. */
    public record Inner(@Nullable Secret secret, int number) {}

    @Test
    void secretsAreFoundWhereverTheyStand() {
        Outer section = new Outer(
                new Secret("a"),
                List.of(new Inner(new Secret("b"), 1), new Inner(null, 2), new Inner(new Secret("a"), 3)),
                Map.of("x", new Secret("c")),
                "d");

        assertThat(Secrets.of(section)).extracting(Secret::reveal).containsExactly("a", "b", "c");
        assertThat(Secrets.of(new Outer(null, List.of(), Map.of(), "d"))).isEmpty();
    }
}
