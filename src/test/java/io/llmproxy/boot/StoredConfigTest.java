package io.llmproxy.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import io.llmproxy.access.Mandate;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.admin.ConfigDocuments.Change;
import io.llmproxy.admin.ConfigDocuments.MovedException;
import io.llmproxy.admin.ConfigDocuments.Unavailable;
import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import io.llmproxy.admin.ConfigDocuments.Version;
import io.llmproxy.admin.ConfigDocuments.Way;
import io.llmproxy.admin.ConfigReload.Outcome;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.health.StoreStanding;
import io.llmproxy.ledger.LedgerFiles;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.h2.jdbcx.JdbcDataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that follows a store in H2. */
final class StoredConfigTest {
    private static final NodePresence PRESENCE = new NodePresence() {
        @Override
        public Optional<LedgerFiles> ledger() {
            return Optional.empty();
        }

        @Override
        public String state() {
            return "ready";
        }

        @Override
        public int inFlight() {
            return 0;
        }

        @Override
        public void drain(boolean on) {}
    };

    private static final AuditNote NOTE = AuditNote.plain("bob", "command", "test");
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    private Path directory;

    private final List<String> served = new CopyOnWriteArrayList<>();
    private volatile boolean portTaken;
    private @Nullable StoredConfig node;

    private static String document(String upstream) {
        return """
                http_server: {forwards: [{name: main, port: 3000, upstream_group: g}]}
                upstreams: [{name: %s, url: "http://u", auth: {type: bearer, token: sk-canary}}]
                upstream_groups: [{name: g, upstreams: [{name: %s}]}]
                """.formatted(upstream, upstream);
    }

    /** The same as it is stored. */
    private static String stored(String upstream) {
        return document(upstream).replace("sk-canary", "\"${secret:upstreams/" + upstream + "/auth/token@1}\"");
    }

    private static String name(ProxyConfig config) {
        return config.upstreams().isEmpty()
                ? "nothing"
                : config.upstreams().get(0).name();
    }

    private StoredConfig node(String more) throws IOException {
        Path file = Files.writeString(directory.resolve("node.yaml"), "store: {poll: 50ms, " + more + "}\n");
        ConfigSource source = ConfigSource.find(file);
        StoredConfig made = StoredConfig.of(
                source, Objects.requireNonNull(source.load().config().store()), false);
        node = made;
        return made;
    }

    /** What it starts with, and then follows. */
    private StoredConfig started(String more) throws IOException {
        StoredConfig made = node(more);
        served.add(name(made.first().config()));
        made.follow(this::serve, shared -> true, PRESENCE);
        return made;
    }

    private Outcome serve(Supplier<ConfigLoader.Loaded> next) {
        try {
            String name = name(next.get().config());
            if (portTaken) {
                return new Outcome(false, 1, List.of(new Problem("LLMProxy", 0, "", "port 3000 is taken")));
            }
            served.add(name);
            return new Outcome(true, 1, List.of());
        } catch (ConfigException e) {
            return new Outcome(false, 1, e.problems());
        }
    }

    private String seed(String upstream) throws IOException {
        Files.writeString(directory.resolve("first.yaml"), document(upstream));
        return "timeout: 30s, seed: first.yaml";
    }

    private static Change change(String content, @Nullable Duration confirmWithin) {
        return new Change(content, "ann", "a test", Way.API, null, confirmWithin, Mandate.PERSON, NOTE);
    }

    private void awaitServed(String... upstreams) {
        Awaitility.await().atMost(SOON).untilAsserted(() -> assertThat(served).containsExactly(upstreams));
    }

    @AfterEach
    void close() {
        if (node != null) {
            node.close();
        }
    }

    @Test
    void beginsWithTheSeedAndFollowsWhatIsCommitted() throws Exception {
        StoredConfig node = started(seed("one"));
        ConfigDocuments documents = node.documents();

        assertThat(documents.isWritable()).isTrue();
        assertThat(documents.head().id()).isEqualTo(1);
        assertThat(documents.head().origin()).isEqualTo("seed");
        Version made = documents.commit(change(document("two"), null), 1);

        assertThat(made.id()).isEqualTo(2);
        assertThat(made.author()).isEqualTo("ann");
        awaitServed("one", "two");
        Awaitility.await()
                .atMost(SOON)
                .until(() -> node.standing().state() == StoreStanding.State.CURRENT
                        && documents.nodes().stream().anyMatch(each -> each.active() == 2));
        assertThat(documents.history(Long.MAX_VALUE, 10))
                .extracting(Version::id)
                .containsExactly(2L, 1L);
        assertThat(documents.history(2, 10)).extracting(Version::id).containsExactly(1L);
        assertThat(documents.version(1).orElseThrow().content()).isEqualTo(stored("one"));
        assertThat(documents.version(9)).isEmpty();
        assertThat(documents.standing()).get().extracting(StoreStanding::active).isEqualTo(2L);
    }

    @Test
    void aDocumentThatIsNotValidIsNotStored() throws Exception {
        ConfigDocuments documents = started(seed("one")).documents();

        List<Problem> problems = catchThrowableOfType(
                        ConfigException.class, () -> documents.commit(change("upstreams: 1", null), 1))
                .problems();

        assertThat(problems.get(0).source()).isEqualTo("document");
        assertThat(documents.check("upstreams: 1").problems()).isEqualTo(problems);
        assertThat(documents.check(document("two")).masked()).contains("two").doesNotContain("sk-canary");
        assertThat(documents.head().id()).isEqualTo(1);
        assertThat(served).containsExactly("one");
    }

    @Test
    void aChangeOfAnotherVersionThanTheHeadIsRefused() throws Exception {
        ConfigDocuments documents = started(seed("one")).documents();
        documents.commit(change(document("two"), null), 1);

        MovedException moved =
                catchThrowableOfType(MovedException.class, () -> documents.commit(change(document("three"), null), 1));

        assertThat(moved).hasMessage("the head is v2 (expected: v1)");
        assertThat(moved.expected()).isEqualTo(1);
        assertThat(moved.actual()).isEqualTo(2);
        assertThatThrownBy(() -> documents.rollBack(1, 1, Mandate.PERSON, NOTE)).isInstanceOf(MovedException.class);
    }

    @Test
    void goingBackIsANewVersion() throws Exception {
        ConfigDocuments documents = started(seed("one")).documents();
        documents.commit(change(document("two"), null), 1);

        Version back = documents.rollBack(1, 2, Mandate.PERSON, NOTE).orElseThrow();

        assertThat(back.id()).isEqualTo(3);
        assertThat(back.origin()).isEqualTo("rollback");
        assertThat(back.message()).isEqualTo("back to v1");
        assertThat(back.content()).isEqualTo(stored("one"));
        assertThat(documents.rollBack(9, 3, Mandate.PERSON, NOTE)).isEmpty();
        Awaitility.await()
                .atMost(SOON)
                .until(() -> served.get(served.size() - 1).equals("one"));
    }

    @Test
    void whatCannotBeServedIsToldAndTriedAgainWhenAsked() throws Exception {
        StoredConfig node = started(seed("one"));
        portTaken = true;
        node.documents().commit(change(document("two"), null), 1);

        Awaitility.await().atMost(SOON).until(() -> node.standing().state() == StoreStanding.State.REFUSED);
        assertThat(node.standing().nack()).containsExactly("LLMProxy: port 3000 is taken");
        assertThat(node.standing().active()).isEqualTo(1);
        assertThat(node.reload().problems().toString()).contains("port 3000 is taken");

        portTaken = false;

        assertThat(node.reload()).isEqualTo(new Outcome(true, 2, List.of()));
        assertThat(node.standing().nack()).isEmpty();
        assertThat(served).containsExactly("one", "two");
    }

    @Test
    void aReloadServesTheHeadAgain() throws Exception {
        StoredConfig node = started(seed("one"));

        assertThat(node.reload()).isEqualTo(new Outcome(true, 1, List.of()));

        assertThat(served).containsExactly("one", "one");
    }

    @Test
    void whatIsNotConfirmedGoesBack() throws Exception {
        StoredConfig node = started(seed("one"));
        ConfigDocuments documents = node.documents();

        documents.commit(change(document("two"), Duration.ofSeconds(2)), 1);
        awaitServed("one", "two", "one");
        assertThat(documents.confirm(2, NOTE)).isFalse();
        assertThat(documents.head().origin()).isEqualTo("auto-rollback");

        documents.commit(change(document("three"), Duration.ofMinutes(5)), 3);
        Awaitility.await().atMost(SOON).until(() -> node.standing().state() == StoreStanding.State.UNCONFIRMED);
        assertThat(documents.confirm(4, NOTE)).isTrue();
        Awaitility.await().atMost(SOON).until(() -> node.standing().state() == StoreStanding.State.CURRENT);
        assertThat(documents.confirm(4, NOTE)).isTrue();
    }

    @Test
    void aStoreThatIsAwayIsNoReasonNotToStart() throws Exception {
        started(seed("one"));
        Awaitility.await().atMost(SOON).until(() -> Files.exists(directory.resolve("state/last-good.bin")));
        close();

        StoredConfig again = started("timeout: 100ms, url: 'jdbc:postgresql://127.0.0.1:" + unused() + "/none'");

        assertThat(served).containsExactly("one", "one");
        Awaitility.await().atMost(SOON).until(() -> again.standing().active() == 1);
        assertThat(again.standing().state()).isEqualTo(StoreStanding.State.AWAY);
        assertThat(again.reload().loaded()).isFalse();
        ConfigDocuments documents = again.documents();
        assertAway(documents::head);
        assertAway(() -> documents.version(1));
        assertAway(() -> documents.history(9, 9));
        assertAway(documents::nodes);
        assertAway(() -> documents.confirm(1, NOTE));
        assertAway(() -> documents.commit(change(document("two"), null), 1));
    }

    private static int unused() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static void assertAway(ThrowingCallable call) {
        assertThat(catchThrowableOfType(UnavailableException.class, call).reason())
                .isEqualTo(Unavailable.AWAY);
    }

    @Test
    void anotherContentUnderTheNumberOfALostVersionIsServed() throws Exception {
        StoredConfig node = started(seed("one"));
        ConfigDocuments documents = node.documents();
        documents.commit(change(document("lost"), null), 1);
        awaitServed("one", "lost");

        // As after the failover to a database that had not got version 2 yet.
        change(
                "delete from llmproxy.config_version where id = 2",
                "update llmproxy.config_head set version_id = 1, fallback_id = 1");
        Awaitility.await().atMost(SOON).until(() -> node.standing().head() == 1);
        assertThat(served).containsExactly("one", "lost");
        documents.commit(change(document("two"), null), 1);

        awaitServed("one", "lost", "two");
        Awaitility.await().atMost(SOON).until(() -> node.standing().state() == StoreStanding.State.CURRENT);
        assertThat(node.standing().active()).isEqualTo(2);
    }

    /** Changes the database behind the node's back. */
    private void change(String... statements) throws SQLException {
        JdbcDataSource database = new JdbcDataSource();
        database.setURL("jdbc:h2:file:" + directory.resolve("state/llmproxy").toAbsolutePath()
                + ";DB_CLOSE_ON_EXIT=FALSE;DB_CLOSE_DELAY=-1;DATABASE_TO_LOWER=TRUE;LOCK_TIMEOUT=5000");
        database.setUser("llmproxy");
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            for (String one : statements) {
                statement.execute(one);
            }
        }
    }

    /** As a database that was made again: without versions, and without its counter of keys. */
    private void lose() throws SQLException {
        change(
                "update llmproxy.config_head set version_id = 0, fallback_id = 0",
                "delete from llmproxy.config_version",
                "delete from llmproxy.client_key",
                "update llmproxy.change_counter set n = 0, purged = 0, epoch = '' where name = 'keys'");
    }

    /** A client key was issued once, and deleted long ago: every client has to show one. */
    private void issueKey(StoredConfig node) throws SQLException {
        assertThat(node.keys().isRequired()).isFalse();
        change("update llmproxy.change_counter set n = 1, epoch = 'first' where name = 'keys'");
        Awaitility.await().atMost(SOON).until(node.keys()::isRequired);
    }

    /** As by another node, which had no last good configuration. */
    private void seedByAnother() throws SQLException {
        change(
                "insert into llmproxy.config_version (id, parent_id, author, message, origin, content, sha256, app_version)"
                        + " values (1, 0, 'llmproxy', 'seed', 'seed', '"
                        + document("other").replace("'", "''")
                        + "', 'of another seed', '1')",
                "update llmproxy.config_head set version_id = 1, fallback_id = 1");
    }

    @Test
    void aStoreThatIsLostAndSeededAgainLetsNoClientInWithoutAKey() throws Exception {
        StoredConfig node = started(seed("one"));
        node.documents().commit(change(document("two"), null), 1);
        awaitServed("one", "two");
        issueKey(node);

        lose();
        Awaitility.await().atMost(SOON).until(() -> node.standing().head() == 0);
        assertThat(node.reload().version()).isEqualTo(2);
        assertThat(node.standing().head()).as("not seeded").isZero();
        assertThat(node.keys().isRequired()).isTrue();
        seedByAnother();
        Awaitility.await().atMost(SOON).until(() -> node.standing().head() == 1);
        Awaitility.await().pollDelay(Duration.ofMillis(300)).until(() -> true);
        assertThat(node.keys().isRequired()).isTrue();
        assertThat(node.reload().version()).isEqualTo(2);
        assertThat(served).doesNotContain("other");
        close();

        // Nor does a start forget it.
        StoredConfig again = started(seed("one"));
        assertThat(served).last().isEqualTo("two");
        assertThat(again.keys().isRequired()).isTrue();
        Awaitility.await().atMost(SOON).until(() -> again.standing().head() == 1);
        Awaitility.await().pollDelay(Duration.ofMillis(300)).until(() -> true);
        assertThat(again.keys().isRequired()).isTrue();
        assertThat(served).doesNotContain("other");

        again.documents().commit(change(document("three"), null), 1);
        Awaitility.await().atMost(SOON).until(() -> served.contains("three"));
        Awaitility.await().atMost(SOON).until(() -> !again.keys().isRequired());
    }

    @Test
    void aNodeThatHasServedBeforeDoesNotSeedAnEmptyStore() throws Exception {
        StoredConfig node = started(seed("one"));
        issueKey(node);
        Awaitility.await().atMost(SOON).until(() -> Files.exists(directory.resolve("state/last-good-keys.bin")));
        Awaitility.await().atMost(SOON).until(() -> Files.exists(directory.resolve("state/last-good.bin")));
        lose();
        close();
        served.clear();

        StoredConfig again = started(seed("another"));

        assertThat(served).containsExactly("one");
        assertThat(again.documents().head().id()).isZero();
        Awaitility.await().pollDelay(Duration.ofMillis(300)).until(() -> true);
        assertThat(again.keys().isRequired()).isTrue();
        assertThat(again.documents().head().id()).isZero();
    }

    /** A backup from before the first key. */
    @Test
    void aStoreWithoutItsKeysGoesOnAskingForThem() throws Exception {
        StoredConfig node = started(seed("one"));
        issueKey(node);
        change("update llmproxy.change_counter set n = 0, epoch = '' where name = 'keys'");
        Awaitility.await().pollDelay(Duration.ofMillis(300)).until(() -> true);
        assertThat(node.keys().isRequired()).isTrue();
        close();

        StoredConfig again = started(seed("one"));

        Awaitility.await().pollDelay(Duration.ofMillis(300)).until(() -> true);
        assertThat(again.keys().isRequired()).isTrue();
        again.documents().commit(change(document("two"), null), 1);
        Awaitility.await().atMost(SOON).until(() -> !again.keys().isRequired());
    }

    @Test
    void aNodeThatStopsLetsTheDatabaseGoAtOnceAndForGood() throws Exception {
        Files.writeString(directory.resolve("first.yaml"), document("one"));
        Path file = Files.writeString(
                directory.resolve("node.yaml"), "store: {poll: 60s, timeout: 30s, seed: first.yaml}\n");
        ConfigSource source = ConfigSource.find(file);
        StoreConfig config = Objects.requireNonNull(source.load().config().store());
        Set<Thread> others = Thread.getAllStackTraces().keySet();
        for (int i = 0; i < 3; i++) {
            StoredConfig each = StoredConfig.of(source, config, false);
            node = each;
            each.first();
            each.follow(this::serve, shared -> true, PRESENCE);
            Awaitility.await().atMost(SOON).until(() -> each.standing().active() == 1);
            assertTimeout(Duration.ofSeconds(25), each::close);

            assertThat(Thread.getAllStackTraces().keySet())
                    .filteredOn(thread -> thread.isAlive() && !others.contains(thread))
                    .extracting(Thread::getName)
                    .noneMatch(name -> name.equals("llmproxy-store") || name.startsWith("MVStore"));
            assertAway(each.documents()::head);
        }
    }

    /** However long the database takes to say so: else the second would serve the last good configuration of the first. */
    @Test
    void aSecondNodeOfTheSameFilesIsRefusedAtOnce() throws Exception {
        StoredConfig first = started(seed("one"));
        try {
            assertThatThrownBy(() -> node("timeout: 100ms").first())
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("another process uses this store (expected: stop it first");
        } finally {
            close();
            node = first;
        }
        assertThat(first.reload().loaded()).isTrue();
    }

    @Test
    void anEmptyStoreIsWaitedFor() throws Exception {
        StoredConfig node = started("timeout: 30s, node: a");
        ConfigDocuments documents = node.documents();

        assertThat(served).containsExactly("nothing");
        assertThat(node.standing().state()).isEqualTo(StoreStanding.State.WAITING);
        assertThat(node.standing().node()).isEqualTo("a");
        assertThat(documents.head().id()).isZero();
        documents.commit(change(document("one"), null), 0);

        awaitServed("nothing", "one");
    }

    @Test
    void whatItStartsWithMayBeRefusedByThePorts() throws Exception {
        StoredConfig first = started(seed("one"));
        first.documents().commit(change(document("two"), null), 1);
        awaitServed("one", "two");
        portTaken = true;
        first.documents().commit(change(document("three"), null), 2);
        Awaitility.await().atMost(SOON).until(() -> first.standing().state() == StoreStanding.State.REFUSED);
        close();

        StoredConfig again = node("timeout: 30s, node: a");
        assertThat(name(again.first().config())).isEqualTo("three");
        Optional<ConfigLoader.Loaded> instead = again.instead("port 3000 is taken");
        assertThat(name(instead.orElseThrow().config())).isEqualTo("two");
        assertThat(again.instead("port 3001 is taken")).isEmpty();
        again.follow(this::serve, shared -> true, PRESENCE);

        Awaitility.await().atMost(SOON).until(() -> again.standing().active() == 2);
        assertThat(again.standing().state()).isEqualTo(StoreStanding.State.REFUSED);
    }

    @Test
    void aSeedThatIsNotValidEndsTheStart() throws Exception {
        Files.writeString(directory.resolve("first.yaml"), "upstreams: 1");
        assertThatThrownBy(() -> node("timeout: 30s, seed: first.yaml").first())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("first.yaml:1: upstreams: ");
        assertThatThrownBy(() -> node("timeout: 30s, seed: nosuch.yaml").first())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("nosuch.yaml: no such file");
    }
}
