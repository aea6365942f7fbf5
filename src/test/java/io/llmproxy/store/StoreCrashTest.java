package io.llmproxy.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.store.ConfigVersion.Origin;
import io.llmproxy.testing.PostgresServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was acknowledged is stored, whatever is killed; what was not is there whole or not at all. */
final class StoreCrashTest {
    private static final int KILLS = Integer.getInteger("llmproxy.store.kills", 5);
    private static final int COMMITS = 20;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @Test
    void aProcessThatIsKilledInACommitHasLostNothing() throws IOException, InterruptedException {
        long before = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            long acknowledged = killedAfter(COMMITS + kill);
            assertThat(acknowledged).isGreaterThan(before);
            try (StoreWorld world = new StoreWorld(directory)) {
                before = whole(new ConfigStore(world.again()), acknowledged);
            }
        }
    }

    /** Lets a process commit, kills it, and returns the last version that it told of. */
    private long killedAfter(int commits) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CommitLoop.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<String> told = new ArrayList<>();
        try (BufferedReader lines = process.inputReader()) {
            String line;
            while ((line = lines.readLine()) != null) {
                told.add(line);
                if (told.size() == commits) {
                    // By its handle: what it has told already can still be read then.
                    process.toHandle().destroyForcibly();
                }
            }
        }
        process.waitFor();
        assertThat(told).hasSizeGreaterThanOrEqualTo(commits);
        return Long.parseLong(told.get(told.size() - 1));
    }

    private static long whole(ConfigStore store, long acknowledged) {
        long head = store.head().version();
        assertThat(head).isBetween(acknowledged, acknowledged + 1);
        assertThat(LongStream.rangeClosed(1, head))
                .allSatisfy(id -> assertThat(store.version(id)).hasValueSatisfying(version -> {
                    assertThat(version.content()).isEqualTo(CommitLoop.content(id));
                    assertThat(version.sha256()).isEqualTo(ConfigStore.sha256(version.content()));
                }));
        assertThat(store.version(head + 1)).isEmpty();
        return head;
    }

    @Test
    void aPostgresThatIsKilledInACommitHasLostNothing() throws InterruptedException {
        try (PostgresServer server = PostgresServer.start();
                Database database = Databases.open(StoreWorld.config(server.database()), directory)) {
            new Schema(database).migrate();
            ConfigStore store = new ConfigStore(database);
            AtomicLong acknowledged = new AtomicLong();
            Thread editor = new Thread(() -> commitUntilItFails(store, acknowledged), "editor");
            editor.start();
            Awaitility.await().until(() -> acknowledged.get() >= COMMITS);

            server.kill();
            editor.join();
            server.again();

            Awaitility.await().ignoreExceptions().until(() -> store.head().version() > 0);
            long head = whole(store, acknowledged.get());
            assertThat(again(store, acknowledged.get() + 1, head)).isEqualTo(acknowledged.get() + 1);
        }
    }

    private static void commitUntilItFails(ConfigStore store, AtomicLong acknowledged) {
        try {
            while (true) {
                again(store, acknowledged.get() + 1, acknowledged.get());
                acknowledged.incrementAndGet();
            }
        } catch (StoreException e) {
            // The server is gone.
        }
    }

    /** Commits under a key that names the version: the second attempt finds what the first has done. */
    private static long again(ConfigStore store, long version, long base) {
        Draft draft = Draft.plain(
                CommitLoop.content(version), "ann", "a test", Origin.API, "1.0", "request-" + version, null);
        try {
            return store.commit(draft, base).id();
        } catch (HeadMovedException e) {
            throw new AssertionError(e);
        }
    }
}
