package io.llmproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmproxy.auth.Credential;
import io.llmproxy.resource.ResourceHomes.Kept;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a node writes down of what an upstream keeps, and what another reads. */
final class HomeTextTest {
    private static final String OWNER = "owner-owner_owner-1234";
    private static final String KEYED =
            "{name: u, url: 'http://u', auth: {type: bearer, keys: [{key: upstream-key-a}, {key: upstream-key-b}]}}";
    private static final String OPEN = "{name: o o, url: 'http://o'}";

    private final Snapshots one = new Snapshots();
    private final Snapshots other = new Snapshots();

    @AfterEach
    void stop() {
        one.close();
        other.close();
    }

    private static Credential key(Snapshots of, String upstream, int place) {
        return of.upstream(upstream).keys().credentials().toList().get(place);
    }

    private static Kept<ResourceHome> kept(Snapshots of, String upstream, int place) {
        return new Kept<>(new ResourceHome(upstream, key(of, upstream, place)), OWNER);
    }

    @Test
    void anotherNodeReadsWhatANodeWrites() {
        one.group(KEYED + "," + OPEN, "{name: u}, {name: o o}");
        other.group(OPEN + "," + KEYED, "{name: o o}, {name: u}");
        for (int place : List.of(0, 1)) {
            String text = HomeText.of(kept(one, "u", place));
            assertThat(text).doesNotContain("upstream-key").endsWith(" " + OWNER + " u");
            assertThat(HomeText.read(text, other.current())).isEqualTo(kept(other, "u", place));
        }
        Kept<ResourceHome> open = new Kept<>(new ResourceHome("o o", key(one, "o o", 0)), null);
        assertThat(HomeText.of(open)).isEqualTo("- - o o");
        assertThat(HomeText.read("- - o o", other.current())).isEqualTo(open);
    }

    @Test
    void aNodeWithoutTheUpstreamKnowsTheOwnerAndOneWithoutTheKeyShowsAnother() {
        one.group(KEYED + "," + OPEN, "{name: u}, {name: o o}");
        other.group(KEYED.replace("key-a", "key-c"), "{name: u}");

        Kept<ResourceHome> elsewhere = HomeText.read("- " + OWNER + " o o", other.current());
        assertThat(elsewhere).isEqualTo(new Kept<>(new ResourceHome("o o", new Credential.None()), OWNER));
        assertThat(HomeText.isComplete(elsewhere, other.current())).isFalse();
        Kept<ResourceHome> read = HomeText.read(HomeText.of(kept(one, "u", 0)), other.current());
        assertThat(read).isEqualTo(new Kept<>(new ResourceHome("u", new Credential.None()), OWNER));
        assertThat(other.upstream("u").keysWithout(new Credential.None())).isEmpty();
        Kept<ResourceHome> same = HomeText.read(HomeText.of(kept(one, "u", 1)), other.current());
        assertThat(same).isEqualTo(kept(other, "u", 1));
        assertThat(HomeText.isComplete(read, other.current())).isFalse();
        assertThat(HomeText.isComplete(same, other.current())).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "u",
                "- - ",
                "- u",
                "key owner u",
                "0123456789a - u",
                "0123456789AB - u",
                "- owner u",
                "0123456789ab 0123456789012345678901! u",
                "- - u\nv"
            })
    void whatNoNodeWritesIsRefused(String text) {
        one.group(OPEN, "{name: o o}");

        assertThatIllegalArgumentException().isThrownBy(() -> HomeText.read(text, one.current()));
    }
}
