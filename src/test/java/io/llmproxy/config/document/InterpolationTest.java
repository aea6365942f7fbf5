package io.llmproxy.config.document;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InterpolationTest {
    @Test
    void whatBelongsToTheProcessIsNamed() {
        assertThat(Interpolation.ofProcess("${A} and ${B:-b}${A:-}, ${file:/etc/x} ${secret:s@1}"))
                .containsExactly("A", "B", "file:/etc/x");
        assertThat(Interpolation.ofProcess("${system:a.b:-c} ${jndi:x/y} ${jndi:java:global/z:-c}"))
                .containsExactly("jndi:java:global/z", "jndi:x/y", "system:a.b");
        assertThat(Interpolation.ofProcess("$${A} $A A ${secret:s}")).isEmpty();
    }

    @Test
    void whatIsNoReferenceYetIsNamedAsItIsWritten() {
        assertThat(Interpolation.ofProcess("${A B} ${C")).containsExactly("A B", "C");
    }
}
