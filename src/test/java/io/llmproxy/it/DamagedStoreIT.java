package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.CommandRun;
import io.llmproxy.testing.FakeUpstream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** H2's file is damaged while its node is down ({@code corrupt_h2_rebuilt_from_export}, case 26). */
class DamagedStoreIT {
    private static final String KEY = "key: the-key-of-this-store";
    private static final int BLOCK = 4096;

    /** What may become of a file. */
    enum Damage {
        CUT_TO_A_BLOCK {
            @Override
            void to(RandomAccessFile file) throws IOException {
                file.setLength(BLOCK);
            }
        },
        NO_HEADER {
            @Override
            void to(RandomAccessFile file) throws IOException {
                file.write(new byte[2 * BLOCK]);
            }
        },
        SOMETHING_ELSE {
            @Override
            void to(RandomAccessFile file) throws IOException {
                byte[] noise = new byte[(int) file.length()];
                new java.util.Random(7).nextBytes(noise);
                file.write(noise);
            }
        },
        /** H2 may have written it all once more before it. */
        CUT {
            @Override
            void to(RandomAccessFile file) throws IOException {
                file.setLength(file.length() / 2);
            }
        },
        ZEROS_IN_THE_MIDDLE {
            @Override
            void to(RandomAccessFile file) throws IOException {
                file.seek(file.length() / 3);
                file.write(new byte[(int) file.length() / 3]);
            }
        },
        /** H2 takes it for a new database. */
        ZEROS_BEHIND_THE_HEADER {
            @Override
            void to(RandomAccessFile file) throws IOException {
                file.seek(2 * BLOCK);
                file.write(new byte[(int) file.length() - 2 * BLOCK]);
            }
        },
        EMPTY {
            @Override
            void to(RandomAccessFile file) throws IOException {
                file.setLength(0);
            }
        };

        abstract void to(RandomAccessFile file) throws IOException;
    }

    private static String document(FakeUpstream upstream, String note) {
        return """
                # %s
                http_server: {forwards: [{name: main, address: 127.0.0.1, upstream_group: g}]}
                upstreams: [{name: u, url: "%s", auth: {type: bearer, token: sk-canary}}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """.formatted(note, upstream.url());
    }

    private static Path database(StoreNode node) {
        return node.directory.resolve("state").resolve("llmproxy.mv.db");
    }

    /** A node with two versions and a key has stopped; a backup of its store is there. */
    private static String prepared(StoreNode node, FakeUpstream upstream) {
        node.awaitUp();
        assertThat(node.commit(0, document(upstream, "one")).status()).isEqualTo(201);
        assertThat(node.commit(1, document(upstream, "two")).status()).isEqualTo(201);
        node.awaitVersion(2, StoreNode.SOON);
        Answer issued = node.call("POST", "/keys", "", Map.of("name", "app"));
        String key = json(issued).at("/secret").asText();
        Awaitility.await().atMost(StoreNode.SOON).until(() -> node.ask(key).status() == 200);
        node.process().terminate();
        assertThat(node.process().exitCode(StoreNode.SOON)).isNotNegative();
        CommandRun backup = CommandRun.in(node.directory, "db", "backup", "a.backup", "--config", "node.yaml");
        assertThat(backup.code()).as(backup.output()).isZero();
        return key;
    }

    private static JsonNode json(Answer answer) {
        try {
            return new JsonMapper().readTree(answer.text());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void damage(StoreNode node, Damage damage) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(database(node).toFile(), "rw")) {
            damage.to(file);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"CUT_TO_A_BLOCK", "NO_HEADER", "SOMETHING_ELSE"})
    void theLastGoodConfigurationIsServedUntilABackupIsRestored(Damage damage) throws IOException {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                StoreNode node = StoreNode.start(KEY)) {
            String key = prepared(node, upstream);
            damage(node, damage);

            node.again();
            node.awaitReady();

            assertThat(node.ask(key).status()).isEqualTo(200);
            assertThat(node.ask("another").status()).isIn(401, 503);
            assertThat(node.process().log())
                    .contains("the H2 database is damaged: ", "(expected: `db restore BACKUP --replace`")
                    .contains("this node serves v2, the last good configuration");
            assertThat(node.standing().at("/state").asText()).isEqualTo("away");
            assertThat(node.standing().at("/active").asLong()).isEqualTo(2);
            Answer refused = node.commit(2, document(upstream, "three"));
            assertThat(refused.status()).as(refused.toString()).isEqualTo(503);

            CommandRun kept = CommandRun.in(node.directory, "db", "restore", "a.backup", "--config", "node.yaml");
            assertThat(kept.code()).isEqualTo(1);
            assertThat(kept.output()).contains("the H2 database is damaged: ");
            CommandRun restored =
                    CommandRun.in(node.directory, "db", "restore", "a.backup", "--replace", "--config", "node.yaml");
            assertThat(restored.code()).as(restored.output()).isZero();
            assertThat(restored.output()).contains("the damaged file is ", "a.backup is restored: the head v2,");
            try (Stream<Path> files = Files.list(node.directory.resolve("state"))) {
                assertThat(files.map(file -> file.getFileName().toString()))
                        .anyMatch(name -> name.startsWith("llmproxy.mv.db.damaged-"));
            }
            node.awaitState("current");
            Awaitility.await()
                    .atMost(StoreNode.SOON)
                    .until(() -> node.commit(2, document(upstream, "three")).status() == 201);
            node.awaitVersion(3, StoreNode.SOON);
            assertThat(node.ask(key).status()).isEqualTo(200);
        }
    }

    /** Clients keep what they have, and no other is let in, although there are no keys any more. */
    @ParameterizedTest
    @EnumSource(names = {"ZEROS_BEHIND_THE_HEADER", "EMPTY"})
    void aStoreThatHasLostEverythingIsFilledAgain(Damage damage) throws IOException {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                StoreNode node = StoreNode.start(KEY)) {
            String key = prepared(node, upstream);
            damage(node, damage);

            node.again();
            node.awaitReady();

            Awaitility.await()
                    .atMost(StoreNode.SOON)
                    .until(() -> node.process().log().contains("the database has lost versions"));
            assertThat(node.ask(key).status()).isEqualTo(200);
            assertThat(node.ask("another").status()).isIn(401, 503);
            assertThat(node.process().log()).contains("this node serves v2, the last good configuration");
            assertThat(node.standing().at("/active").asLong()).isEqualTo(2);
            node.process().terminate();
            assertThat(node.process().exitCode(StoreNode.SOON)).isNotNegative();
            CommandRun restored = CommandRun.in(node.directory, "db", "restore", "a.backup", "--config", "node.yaml");
            assertThat(restored.code()).as(restored.output()).isZero();
            node.again();
            node.awaitReady();
            node.awaitVersion(2, StoreNode.SOON);
            node.awaitState("current");
            assertThat(node.ask(key).status()).isEqualTo(200);
            assertThat(node.ask("another").status()).isEqualTo(401);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"CUT", "ZEROS_IN_THE_MIDDLE"})
    void whatH2DoesNotRecoverIsServedFromTheLastGoodConfiguration(Damage damage) throws IOException {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                StoreNode node = StoreNode.start(KEY)) {
            String key = prepared(node, upstream);
            damage(node, damage);

            node.again();
            node.awaitReady();

            assertThat(node.standing().at("/active").asLong()).isEqualTo(2);
            assertThat(node.ask(key).status()).isEqualTo(200);
            assertThat(node.ask("another").status()).isIn(401, 503);
            if (!node.standing().at("/state").asText().equals("current")) {
                assertThat(node.process().log()).contains("the H2 database is damaged: ");
            }
        }
    }

    /** There is nothing that it could serve: it says so, and does not start. */
    @Test
    void withoutALastGoodConfigurationTheStartSaysWhatIsWrong() throws IOException {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                StoreNode node = StoreNode.start(KEY)) {
            prepared(node, upstream);
            Files.delete(node.directory.resolve("state").resolve("last-good.bin"));
            Files.writeString(database(node), "no database");

            node.again();

            assertThat(node.process().exitCode(StoreNode.SOON)).isNotZero();
            assertThat(node.process().log()).contains("the H2 database is damaged: ", "`db restore BACKUP --replace`");
        }
    }
}
