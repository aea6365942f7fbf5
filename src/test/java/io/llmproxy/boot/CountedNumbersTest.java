package io.llmproxy.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.admin.Numbers.Kind;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CountedNumbersTest {
    @Test
    void aNameKeepsItsNumber() {
        CountedNumbers numbers = new CountedNumbers();

        assertThat(numbers.of(Kind.PROVIDER, List.of("b", "a"))).isEqualTo(Map.of("b", 1L, "a", 2L));
        assertThat(numbers.of(Kind.PROVIDER, List.of("c", "a"))).isEqualTo(Map.of("c", 3L, "a", 2L));
        assertThat(numbers.of(Kind.CREDENTIAL, List.of("a"))).isEqualTo(Map.of("a", 1L));
        assertThat(numbers.name(Kind.PROVIDER, 3)).contains("c");
        assertThat(numbers.name(Kind.PROVIDER, 4)).isEmpty();
        assertThat(numbers.name(Kind.PROVIDER, 0)).isEmpty();
    }
}
