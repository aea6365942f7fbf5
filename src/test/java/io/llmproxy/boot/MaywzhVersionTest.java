package io.llmproxy.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.StoreConfig;
import io.llmproxy.store.ConfigStore;
import io.llmproxy.store.ConfigVersion.Origin;
import io.llmproxy.store.Draft;
import io.llmproxy.store.HeadMovedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which version of another database is in a store. */
final class MaywzhVersionTest {
    @TempDir
    private Path directory;

    private static void commit(ConfigStore versions, String author, String message, String content)
            throws HeadMovedException {
        Draft draft = Draft.plain(content, author, message, Origin.IMPORT, "1", null, null);
        var unused = versions.commit(draft, versions.head().version());
    }

    private static MaywzhVersion last(ConfigStore versions) {
        return MaywzhVersion.last(versions, versions.head().version()).orElseThrow();
    }

    @Test
    void theLastThatWasCarriedOverIsFoundBehindWhatPeopleHaveMade() throws IOException, HeadMovedException {
        Path file = Files.writeString(directory.resolve("node.yaml"), "store: {}\n");
        StoreConfig config =
                Objects.requireNonNull(ConfigSource.find(file).load().config().store());
        try (OpenStore store = OpenStore.open(config, directory)) {
            ConfigStore versions = store.versions();
            assertThat(MaywzhVersion.last(versions, 0)).isEmpty();
            commit(versions, "ann", MaywzhVersion.message(9), "a: 0");
            assertThat(MaywzhVersion.last(versions, 1)).isEmpty();

            commit(versions, "maywzh", MaywzhVersion.message(7), "a: 1");
            assertThat(last(versions).number()).isEqualTo(7);
            assertThat(last(versions).says("a: 1")).isTrue();
            assertThat(last(versions).says("a: 2")).isFalse();
            for (int i = 0; i < 150; i++) {
                commit(versions, "ann", "an emergency", "b: " + i);
            }
            assertThat(last(versions).number()).isEqualTo(7);
            assertThat(last(versions).says("a: 1")).isTrue();

            // What was enabled again is to be carried over although it says what it said before.
            commit(versions, "maywzh", MaywzhVersion.revoked(8), "a: 2");
            assertThat(last(versions).number()).isEqualTo(7);
            assertThat(last(versions).says("a: 1")).isFalse();
            commit(versions, "maywzh", MaywzhVersion.message(9), "a: 1");
            assertThat(last(versions).number()).isEqualTo(9);
            assertThat(last(versions).says("a: 1")).isTrue();
        }
    }
}
