package io.llmproxy.config.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.llmproxy.config.document.ConfigException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Whatever a file holds, the answer is a configuration or a {@link ConfigException}, and comes soon. */
final class ConfigRobustnessTest {
    private static final String SPECIAL = "{}[]:,-?&*!|>'\"%@`#$~<=\n\t \u0000\u0085\u2028\uFEFF\uD83D\uDE00019.aZ_/\\";
    private static final int ROUNDS = 500;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @FieldSource("io.llmproxy.config.load.ConfigFixtures#SAMPLES")
    void mutatedSamplesNeverFailInAnotherWay(String sample) {
        String text = ConfigFixtures.text(sample);
        long seed = new Random().nextLong();
        Random random = new Random(seed);

        assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
            for (int i = 0; i < ROUNDS; i++) {
                assertOutcome(mutate(text, random), seed);
            }
        });
    }

    private void assertOutcome(String yaml, long seed) {
        try {
            ConfigLoader.parse(yaml, "config.yaml", directory, Map.of());
        } catch (ConfigException e) {
            assertThat(e.problems()).isNotEmpty();
        } catch (RuntimeException | StackOverflowError e) {
            throw new AssertionError("seed " + seed + ":\n" + yaml, e);
        }
    }

    private static String mutate(String text, Random random) {
        StringBuilder mutated = new StringBuilder(text);
        for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
            int from = random.nextInt(mutated.length());
            int to = Math.min(mutated.length(), from + random.nextInt(12));
            switch (random.nextInt(4)) {
                case 0 -> mutated.insert(from, special(random));
                case 1 -> mutated.setCharAt(from, special(random));
                case 2 -> mutated.delete(from, to);
                default -> mutated.insert(random.nextInt(mutated.length()), mutated.substring(from, to));
            }
        }
        return mutated.toString();
    }

    private static char special(Random random) {
        return SPECIAL.charAt(random.nextInt(SPECIAL.length()));
    }
}
