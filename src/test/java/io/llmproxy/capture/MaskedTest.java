package io.llmproxy.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class MaskedTest {
    @Test
    void eachSecretIsReplacedWhereverItStands() {
        Masked masked = new Masked(List.of("sk-secret-1", "another-key"));

        assertThat(masked.in("sk-secret-1")).isEqualTo("***");
        assertThat(masked.in("a sk-secret-1, sk-secret-1another-key b")).isEqualTo("a ***, ****** b");
        assertThat(masked.in("ends with another-key")).isEqualTo("ends with ***");
        assertThat(masked.in("sk-secret-2 and another-ke")).isEqualTo("sk-secret-2 and another-ke");
    }

    @Test
    void theLongerOfTwoSecretsIsReplaced() {
        Masked masked = new Masked(List.of("sk-secret", "sk-secret-long"));

        assertThat(masked.in("x sk-secret-long y sk-secret z")).isEqualTo("x *** y *** z");
    }

    @Test
    void shortSecretsAndTextsStay() {
        assertThat(new Masked(List.of("a", "1234567")).in("a 1234567 a 1234567"))
                .isEqualTo("a 1234567 a 1234567");
        assertThat(new Masked(List.of("12345678")).in("1234567")).isEqualTo("1234567");
        assertThat(new Masked(List.of("12345678")).in("")).isEmpty();
        assertThat(new Masked(List.of("12345678")).in("12345678")).isEqualTo("***");
        assertThat(new Masked(List.of("12345678")).in("12345678x")).isEqualTo("***x");
    }

    @RepeatedTest(20)
    void whatIsReplacedIsWhatASearchFinds() {
        Random random = new Random();
        List<String> secrets = IntStream.range(0, 200)
                .mapToObj(n -> text(random, 8 + random.nextInt(4)))
                .toList();
        String text = IntStream.range(0, 50)
                .mapToObj(n -> random.nextBoolean() ? text(random, 20) : secrets.get(random.nextInt(200)) + "_")
                .collect(Collectors.joining("_"));

        String masked = new Masked(secrets).in(text);

        assertThat(secrets).noneMatch(masked::contains);
        assertThat(masked).contains("***");
    }

    private static String text(Random random, int length) {
        return random.ints(length, 'a', 'f').mapToObj(Character::toString).collect(Collectors.joining());
    }
}
