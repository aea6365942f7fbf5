package io.llmproxy.store;

import static io.llmproxy.store.StoreWorld.draft;
import static io.llmproxy.store.StoreWorld.unconfirmed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.access.Mandate;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.store.ConfigVersion.Origin;
import io.llmproxy.store.StoreWorld.Kind;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ConfigStoreTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @SuppressWarnings("NullAway.Init")
    private StoreWorld world;

    @BeforeEach
    void open() {
        world = new StoreWorld(directory);
    }

    @AfterEach
    void close() {
        world.close();
    }

    private ConfigStore store(Kind kind) {
        return new ConfigStore(world.migrated(kind));
    }

    @ParameterizedTest
    @EnumSource
    void versionsFollowEachOtherAndStayAsTheyAre(Kind kind) throws HeadMovedException {
        ConfigStore store = store(kind);
        assertThat(store.head().version()).isZero();
        assertThat(store.history(Long.MAX_VALUE, 10)).isEmpty();
        String large = "# ü €\n" + "x".repeat(2_000_000);

        ConfigVersion first = store.commit(draft("a: 1"), 0);
        ConfigVersion second = store.commit(draft(large), 1);

        assertThat(first.id()).isEqualTo(1);
        assertThat(second.parent()).isEqualTo(1);
        assertThat(store.head().version()).isEqualTo(2);
        assertThat(store.head().isUnconfirmed()).isFalse();
        assertThat(store.version(1)).hasValueSatisfying(version -> {
            assertThat(version.content()).isEqualTo("a: 1");
            assertThat(version.author()).isEqualTo("ann");
            assertThat(version.origin()).isEqualTo(Origin.IMPORT);
            assertThat(version.sha256()).isEqualTo(ConfigStore.sha256("a: 1"));
        });
        assertThat(store.version(2))
                .hasValueSatisfying(version -> assertThat(version.content()).isEqualTo(large));
        assertThat(store.version(3)).isEmpty();
        assertThat(store.history(Long.MAX_VALUE, 1)).singleElement().satisfies(version -> {
            assertThat(version.id()).isEqualTo(2);
            assertThat(version.content()).isEmpty();
        });
    }

    @ParameterizedTest
    @EnumSource
    void aCommitOnAnOldBaseChangesNothing(Kind kind) throws HeadMovedException {
        ConfigStore store = store(kind);
        store.commit(draft("a: 1"), 0);

        assertThatThrownBy(() -> store.commit(draft("a: 2"), 0))
                .isInstanceOfSatisfying(HeadMovedException.class, moved -> {
                    assertThat(moved.expected()).isZero();
                    assertThat(moved.actual()).isEqualTo(1);
                })
                .hasMessage("the store is at v1 (expected: v0)");

        assertThat(store.history(Long.MAX_VALUE, 10)).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void ofCommitsAtOnceOneWins(Kind kind) throws Exception {
        ConfigStore store = store(kind);
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            int won = 0;
            for (int round = 0; round < 10; round++) {
                long base = store.head().version();
                List<Callable<Boolean>> attempts = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    String content = "a: " + round + "." + i;
                    attempts.add(() -> committed(store, content, base));
                }
                for (Future<Boolean> attempt : threads.invokeAll(attempts)) {
                    won += attempt.get() ? 1 : 0;
                }
            }

            assertThat(won).isEqualTo(10);
            assertThat(store.head().version()).isEqualTo(10);
            assertThat(store.history(Long.MAX_VALUE, 100)).hasSize(10);
        } finally {
            threads.shutdownNow();
        }
    }

    private static boolean committed(ConfigStore store, String content, long base) {
        try {
            store.commit(draft(content), base);
            return true;
        } catch (HeadMovedException e) {
            return false;
        }
    }

    private static Draft by(String manager, boolean override, String content) {
        return draft(content).under(new Mandate(manager, override));
    }

    @ParameterizedTest
    @EnumSource
    void whatIsManagedIsLeftAlone(Kind kind) throws HeadMovedException {
        ConfigStore store = store(kind);
        AuditNote note = AuditNote.plain("ann", "command", "config.release");
        assertThat(store.head().managedBy()).isNull();
        store.commit(by("git", false, "a: 1"), 0);
        assertThat(store.head().managedBy()).isEqualTo("git");

        for (Draft refused : List.of(draft("a: 2"), by("argocd", false, "a: 2"))) {
            // Also of an old base: who may not change it is told so first.
            for (long base : List.of(0L, 1L)) {
                assertThatThrownBy(() -> store.commit(refused, base))
                        .isInstanceOfSatisfying(
                                StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.MANAGED))
                        .hasMessage("the configuration is managed by git; nothing was changed");
            }
            assertThatThrownBy(() -> store.refuseManaged(refused)).isInstanceOf(StoreException.class);
        }
        assertThat(store.commit(by("git", false, "a: 2"), 1).id()).isEqualTo(2);
        assertThat(store.commit(draft("a: 3").under(new Mandate(null, true)), 2).id())
                .isEqualTo(3);
        assertThat(store.head().managedBy()).isEqualTo("git");
        store.commit(by("argocd", true, "a: 4"), 3);
        assertThat(store.head().managedBy()).isEqualTo("argocd");
        assertThat(store.manage("argocd", note)).isEqualTo("argocd");
        assertThat(store.manage(null, note)).isEqualTo("argocd");
        assertThat(store.manage(null, note)).isNull();
        assertThat(store.commit(draft("a: 5"), 4).id()).isEqualTo(5);
    }

    /** The answer to the first attempt was lost, and a tool has come between. */
    @ParameterizedTest
    @EnumSource
    void whatWasStoredIsToldAgainAlsoOfAManagedHead(Kind kind) throws HeadMovedException {
        ConfigStore store = store(kind);
        Draft ours = Draft.plain("a: 1", "ann", "", ConfigVersion.Origin.API, "1", "a request", null);
        assertThat(store.commit(ours, 0).id()).isEqualTo(1);
        store.commit(by("git", false, "a: 2"), 1);

        store.refuseManaged(ours);

        assertThat(store.commit(ours, 0).id()).isEqualTo(1);
        assertThat(store.head().version()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void aManagedHeadThatIsNotConfirmedMayBeTakenBack(Kind kind) throws HeadMovedException {
        ConfigStore store = store(kind);
        Mandate git = new Mandate("git", false);
        store.commit(draft("a: 1").under(git), 0);
        store.commit(unconfirmed("a: 2", Duration.ofHours(1)).under(git), 1);

        assertThatThrownBy(() -> store.commit(draft("a: 3"), 2)).isInstanceOf(StoreException.class);
        assertThat(store.commit(draft("a: 1"), 2).id()).isEqualTo(3);
        assertThatThrownBy(() -> store.commit(draft("a: 1"), 3)).isInstanceOf(StoreException.class);
        assertThat(store.head().managedBy()).isEqualTo("git");
    }

    @ParameterizedTest
    @EnumSource
    void theSameRequestCommitsOnce(Kind kind) throws HeadMovedException {
        ConfigStore store = store(kind);
        Draft draft = Draft.plain("a: 1", "ann", "", Origin.API, "1.0", "request-1", null);

        ConfigVersion first = store.commit(draft, 0);

        assertThat(store.commit(draft, 0)).isEqualTo(first);
        assertThat(store.history(Long.MAX_VALUE, 10)).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void whatIsNotConfirmedGoesBackToWhatWasConfirmedLast(Kind kind) throws HeadMovedException {
        ConfigStore store = store(kind);
        store.commit(draft("a: 1"), 0);
        store.commit(unconfirmed("a: 2", Duration.ofHours(1)), 1);
        assertThat(store.head().isUnconfirmed()).isTrue();
        assertThat(store.head().isOverdue()).isFalse();
        store.commit(unconfirmed("a: 3", Duration.ZERO.minusSeconds(1)), 2);
        Head head = store.head();
        assertThat(head.fallback()).isEqualTo(1);
        assertThat(head.isOverdue()).isTrue();

        assertThat(store.goBack(head, "not confirmed", "1.0")).hasValueSatisfying(back -> {
            assertThat(back.id()).isEqualTo(4);
            assertThat(back.content()).isEqualTo("a: 1");
            assertThat(back.origin()).isEqualTo(Origin.AUTO_ROLLBACK);
        });
        assertThat(store.goBack(head, "not confirmed", "1.0")).isEmpty();
        assertThat(store.head().version()).isEqualTo(4);
        assertThat(store.head().isUnconfirmed()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void whatIsConfirmedStays(Kind kind) throws HeadMovedException {
        ConfigStore store = store(kind);
        store.commit(draft("a: 1"), 0);
        store.commit(unconfirmed("a: 2", Duration.ZERO.minusSeconds(1)), 1);
        Head overdue = store.head();

        assertThat(store.confirm(1, AuditNote.plain("ann", "command", "config.confirm")))
                .isFalse();
        assertThat(store.confirm(2, AuditNote.plain("ann", "command", "config.confirm")))
                .isTrue();

        assertThat(store.goBack(overdue, "not confirmed", "1.0")).isEmpty();
        assertThat(store.head().version()).isEqualTo(2);
        assertThat(store.head().isOverdue()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void nodesTellWhatTheyServe(Kind kind) {
        Nodes nodes = new Nodes(world.migrated(kind));
        NodeReport one =
                new NodeReport("id-1", "boot-1", "one", "1.0", 3, 4, List.of("first problem", "second"), "ready", 7);
        nodes.report(one);
        nodes.report(new NodeReport("id-2", "boot-1", "two", "1.0", 4, 4, List.of(), null, null));

        assertThat(nodes.live()).hasSize(2).first().isEqualTo(one);
        assertThat(one.refused(4)).isTrue();
        assertThat(one.refused(3)).isFalse();

        NodeReport mended = new NodeReport("id-1", "boot-2", "one", "1.0", 4, 4, List.of(), "draining", 0);
        nodes.report(mended);
        assertThat(nodes.live()).hasSize(2).first().isEqualTo(mended);
    }

    @ParameterizedTest
    @EnumSource
    void thatANodeIsDrainedEndsWithItsNextStart(Kind kind) {
        Nodes nodes = new Nodes(world.migrated(kind));
        assertThat(nodes.drain("id-1", true, "ann")).isFalse();
        nodes.report(new NodeReport("id-1", "boot-1", "one", "1.0", 1, 1, List.of(), "ready", 7));
        nodes.report(new NodeReport("id-2", "boot-1", "two", "1.0", 1, 1, List.of(), "ready", 0));
        assertThat(nodes.drain("id-1", true, "ann")).isTrue();

        assertThat(isDrained(nodes, "id-1", "boot-1")).isTrue();
        assertThat(isDrained(nodes, "id-2", "boot-1")).isFalse();
        assertThat(nodes.seen(Nodes.SILENCE)).extracting(Nodes.Seen::drainedBy).containsExactly("ann", null);
        nodes.report(new NodeReport("id-1", "boot-1", "one", "1.0", 1, 1, List.of(), "draining", 3));
        assertThat(isDrained(nodes, "id-1", "boot-1")).isTrue();

        nodes.report(new NodeReport("id-1", "boot-2", "one", "1.0", 1, 1, List.of(), "ready", 0));
        assertThat(isDrained(nodes, "id-1", "boot-2")).isFalse();
        assertThat(nodes.seen(Nodes.SILENCE)).extracting(Nodes.Seen::drainedBy).containsOnlyNulls();

        nodes.drain("id-1", true, "ann");
        Nodes.Said before = nodes.said("id-1", "boot-2").orElseThrow();
        nodes.drain("id-1", false, "bob");
        assertThat(isDrained(nodes, "id-1", "boot-2")).isFalse();
        // When it was taken back is known, so that a database that has lost that can be told.
        Nodes.Said after = nodes.said("id-1", "boot-2").orElseThrow();
        assertThat(before.at()).isNotNull();
        assertThat(after.at()).isNotNull().isNotEqualTo(before.at());
        assertThat(nodes.said("id-3", "boot-1")).isEmpty();
        assertThat(nodes.seen(Nodes.SILENCE)).extracting(Nodes.Seen::drainedBy).containsOnlyNulls();
    }

    private static boolean isDrained(Nodes nodes, String id, String boot) {
        return nodes.said(id, boot).orElseThrow().drained();
    }

    @ParameterizedTest
    @EnumSource
    void tablesAreMadeOnceAndFoundAgain(Kind kind) throws HeadMovedException {
        Database database = world.empty(kind);
        Schema schema = new Schema(database);
        assertThat(schema.version()).isZero();
        assertThatThrownBy(schema::check)
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("are of version 0")
                .hasMessageContaining("db migrate");

        assertThat(schema.migrate()).isEqualTo(Schema.WANTED);
        assertThat(schema.migrate()).isEqualTo(Schema.WANTED);
        schema.check();
        new ConfigStore(database).commit(draft("a: 1"), 0);
        database.close();

        Database again = world.again();
        assertThat(new Schema(again).version()).isEqualTo(Schema.WANTED);
        assertThat(new ConfigStore(again).head().version()).isEqualTo(1);
    }

    /** Nodes are replaced one after the other. */
    @ParameterizedTest
    @EnumSource
    void tablesOfTheNextReleaseAreUsedThoseOfTheOneAfterAreNot(Kind kind) throws HeadMovedException {
        Database database = world.migrated(kind);
        Schema schema = new Schema(database);
        migrated(database, Schema.WANTED + 1);

        schema.check();
        assertThat(schema.migrate()).isEqualTo(Schema.WANTED + 1);
        assertThat(new ConfigStore(database).commit(draft("a: 1"), 0).id()).isEqualTo(1);

        migrated(database, Schema.WANTED + 2);
        assertThatThrownBy(schema::check)
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("are of version " + (Schema.WANTED + 2))
                .hasMessageEndingWith("; run a newer release of LLMProxy)");
    }

    private static void migrated(Database database, int version) {
        var unused = database.write(connection -> {
            try (PreparedStatement insert = connection.prepareStatement("insert into llmproxy.schema_history"
                    + " (installed_rank, version, description, type, script, installed_by, execution_time, success)"
                    + " values (?, ?, 'later', 'SQL', 'later', 'a test', 1, true)")) {
                insert.setInt(1, version);
                insert.setString(2, Integer.toString(version));
                return insert.executeUpdate();
            }
        });
    }

    @Test
    void threeNodesMigrateAtOnce() throws Exception {
        world.empty(Kind.POSTGRESQL);
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            List<Callable<Integer>> migrations = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Database database = world.again();
                migrations.add(() -> new Schema(database).migrate());
            }
            for (Future<Integer> migration : threads.invokeAll(migrations)) {
                assertThat(migration.get()).isEqualTo(Schema.WANTED);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aDatabaseThatDoesNotAnswerIsTold() {
        try (Database away = Databases.open(
                StoreWorld.config("jdbc:postgresql://127.0.0.1:1/llmproxy?user=x&password=canary"), directory)) {
            assertThatThrownBy(() -> new ConfigStore(away).head())
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.AWAY))
                    .hasMessageContaining("jdbc:postgresql://127.0.0.1:1/llmproxy")
                    .hasMessageContaining("does not answer")
                    .message()
                    .doesNotContain("canary");
        }
    }
}
