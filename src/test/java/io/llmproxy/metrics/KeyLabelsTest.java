package io.llmproxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.MetricsConfig;
import io.llmproxy.config.Secret;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What keys are called in labels. */
final class KeyLabelsTest {
    private final KeyLabels labels = new KeyLabels();

    private static ClientKeyConfig config(String name) {
        return new ClientKeyConfig(
                name, new Secret("sk-" + name), true, null, List.of(), null, 0, false, null, List.of());
    }

    private static ClientKey configured(String name) {
        return ClientKey.of("", config(name));
    }

    private static ClientKey issued(String name) {
        return new ClientKey("store", config(name)) {
            @Override
            public boolean isFor(String forward) {
                return true;
            }

            @Override
            public boolean opens(String upstream) {
                return true;
            }
        };
    }

    @Test
    void keysOfTheConfigurationAndSoManyIssuedOnesHaveTheirNames() {
        labels.follow(new MetricsConfig(List.of(), true, 2));

        assertThat(labels.asked(null)).isEqualTo("-");
        assertThat(labels.asked(issued("a"))).isEqualTo("a");
        assertThat(labels.asked(issued("a"))).isEqualTo("a");
        assertThat(labels.asked(issued("b"))).isEqualTo("b");
        assertThat(labels.asked(issued("c"))).isEqualTo("other");
        assertThat(labels.asked(configured("d"))).isEqualTo("d");
        assertThat(labels.asked(issued("b"))).isEqualTo("b");
    }

    @Test
    void nothingIsToldByKeyUnlessThatIsAskedFor() {
        assertThat(labels.asked(configured("a"))).isEmpty();
        labels.follow(new MetricsConfig(List.of(), true, 0));
        assertThat(labels.asked(configured("a"))).isEqualTo("a");
        assertThat(labels.asked(issued("b"))).isEqualTo("other");
        labels.follow(new MetricsConfig(List.of(), false, 5));
        assertThat(labels.asked(configured("a"))).isEmpty();
        assertThat(labels.of(issued("b"))).isEqualTo("b");
    }
}
