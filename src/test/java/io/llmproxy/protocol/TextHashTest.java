package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class TextHashTest {
    private static final byte[] TEXT = "The quick brown fox jumps over the lazy dog".getBytes(UTF_8);

    private static long of(byte[] bytes, int... cuts) {
        TextHash hash = new TextHash();
        int from = 0;
        for (int cut : cuts) {
            hash.add(bytes, from, cut);
            from = cut;
        }
        hash.add(bytes, from, bytes.length);
        hash.end();
        return hash.value();
    }

    @Test
    void itDoesNotMatterWhereATextIsCut() {
        long whole = of(TEXT);
        for (int one = 0; one <= TEXT.length; one++) {
            for (int two = one; two <= TEXT.length; two++) {
                assertThat(of(TEXT, one, two)).isEqualTo(whole);
            }
        }
    }

    @Test
    void eachByteCounts() {
        Set<Long> hashes = new HashSet<>();
        hashes.add(of(TEXT));
        for (int at = 0; at < TEXT.length; at++) {
            byte[] other = TEXT.clone();
            other[at] ^= 1;
            hashes.add(of(other));
        }
        assertThat(hashes).hasSize(TEXT.length + 1);
    }

    @Test
    void whereOneTextEndsAndTheNextBeginsCounts() {
        TextHash one = new TextHash();
        one.add(TEXT, 0, 3);
        one.end();
        one.add(TEXT, 3, TEXT.length);
        one.end();

        assertThat(one.value()).isNotEqualTo(of(TEXT));
    }

    @Test
    void shortTextsDiffer() {
        Set<Long> hashes = new HashSet<>();
        for (int number = 0; number < 10_000; number++) {
            hashes.add(TextHash.of("user-" + number));
        }
        assertThat(hashes).hasSize(10_000).doesNotContain(0L);
        assertThat(TextHash.of("")).isNotZero();
        assertThat(TextHash.both(1, 2)).isNotEqualTo(TextHash.both(2, 1)).isNotZero();
    }
}
