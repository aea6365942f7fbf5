package io.llmproxy.store;

import static io.llmproxy.store.StoreWorld.draft;
import static io.llmproxy.store.StoreWorld.unconfirmed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.audit.AuditEntry;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.audit.AuditQuery;
import io.llmproxy.store.StoreWorld.Kind;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class AuditTableTest {
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

    private static AuditNote note(String actor, String action, String outcome) {
        return new AuditNote(
                actor, "session", "10.0.0.7", "adm_1", action, "u", "{\"weight\":1}", "{\"weight\":2}", outcome, null);
    }

    private static AuditQuery query(
            long before, int limit, @Nullable String actor, @Nullable String action, @Nullable String outcome) {
        return new AuditQuery(before, limit, actor, action, null, outcome, null, null);
    }

    private static AuditQuery all() {
        return query(Long.MAX_VALUE, 100, null, null, null);
    }

    private static void run(Database database, String sql) {
        database.write(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                return statement.executeUpdate();
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void eachVersionIsNotedInItsOwnTransaction(Kind kind) throws HeadMovedException {
        Database database = world.migrated(kind);
        ConfigStore store = new ConfigStore(database);
        AuditTable audit = new AuditTable(database);

        store.commit(draft("a: 1"), 0);
        store.commit(unconfirmed("a: 2", Duration.ofMinutes(1)), 1, note("bob", "config.commit", AuditNote.DONE));
        store.confirm(2, note("bob", "config.confirm", AuditNote.DONE));
        assertThat(store.confirm(1, note("bob", "config.confirm", AuditNote.DONE)))
                .isFalse();
        store.commit(unconfirmed("a: 3", Duration.ofMinutes(1)), 2);
        store.goBack(store.head(), "why", "1.0");
        assertThatThrownBy(() -> store.commit(draft("a: 4"), 1)).isInstanceOf(HeadMovedException.class);

        assertThat(audit.find(all()))
                .extracting(entry -> entry.note().actor() + " " + entry.note().action() + " "
                        + entry.note().version())
                .containsExactly(
                        "llmproxy config.auto-rollback 4",
                        "ann config.import 3",
                        "bob config.confirm 2",
                        "bob config.commit 2",
                        "ann config.import 1");
        assertThat(audit.find(all())).allMatch(AuditEntry::isIntact);
        assertThat(audit.verify(Map.of()).problem()).isNull();
    }

    @ParameterizedTest
    @EnumSource
    void entriesAreFoundPageByPage(Kind kind) {
        AuditTable audit = new AuditTable(world.migrated(kind));
        for (int i = 0; i < 7; i++) {
            audit.append(note(i % 2 == 0 ? "ann" : "bob", "session.open", i == 3 ? "unauthorized" : AuditNote.DONE));
        }

        assertThat(audit.find(query(Long.MAX_VALUE, 2, null, null, null)))
                .extracting(AuditEntry::id)
                .containsExactly(7L, 6L);
        assertThat(audit.find(query(6, 2, "ann", null, null)))
                .extracting(AuditEntry::id)
                .containsExactly(5L, 3L);
        assertThat(audit.find(query(Long.MAX_VALUE, 9, null, null, AuditQuery.REFUSED)))
                .extracting(AuditEntry::id)
                .containsExactly(4L);
        assertThat(audit.find(query(Long.MAX_VALUE, 9, null, null, "unauthorized")))
                .hasSize(1);
        assertThat(audit.find(query(Long.MAX_VALUE, 9, null, "config.commit", null)))
                .isEmpty();
        AuditEntry first = audit.find(query(2, 1, null, null, null)).get(0);
        assertThat(first.note()).isEqualTo(note("ann", "session.open", AuditNote.DONE));
        Instant now = first.at();
        assertThat(audit.find(new AuditQuery(
                        Long.MAX_VALUE, 9, null, null, "u", null, now.minusSeconds(1), now.plusSeconds(60))))
                .hasSize(7);
        assertThat(audit.find(new AuditQuery(Long.MAX_VALUE, 9, null, null, "v", null, null, now.minusSeconds(1))))
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void whatWasChangedOrRemovedIsFound(Kind kind) {
        Database database = world.migrated(kind);
        AuditTable audit = new AuditTable(database);
        assertThat(audit.verify(Map.of())).isEqualTo(new AuditTable.Verdict(0, 0, AuditEntry.BEGINNING, null));
        List<AuditEntry> entries = LongStream.range(0, 5)
                .mapToObj(i -> audit.append(note("ann", "session.open", AuditNote.DONE)))
                .toList();
        String third = entries.get(2).hash();
        assertThat(audit.verify(Map.of(3L, third)))
                .isEqualTo(new AuditTable.Verdict(5, 5, entries.get(4).hash(), null));
        assertThat(audit.verify(Map.of(3L, "0".repeat(64))).problem()).isEqualTo("entry 3 was changed");
        assertThat(audit.verify(Map.of(9L, third)).problem()).startsWith("entry 9 is missing");

        run(database, "update llmproxy.audit set actor = 'bob' where id = 4");
        assertThat(audit.verify(Map.of())).isEqualTo(new AuditTable.Verdict(3, 3, third, "entry 4 was changed"));
        run(database, "update llmproxy.audit set actor = 'ann' where id = 4");
        run(database, "update llmproxy.audit set previous = hash where id = 4");
        assertThat(audit.verify(Map.of()).problem()).isEqualTo("entry 4 does not follow the one before");
        run(database, "delete from llmproxy.audit where id = 4");
        assertThat(audit.verify(Map.of()).problem()).isEqualTo("entry 4 is missing (found: 5)");
        run(database, "delete from llmproxy.audit where id = 5");
        assertThat(audit.verify(Map.of()).problem()).isEqualTo("entries after 3 are missing (expected: up to 5)");
    }

    @ParameterizedTest
    @EnumSource
    void oldEntriesGoAndTheChainBeginsLater(Kind kind) {
        Database database = world.migrated(kind);
        AuditTable audit = new AuditTable(database);
        audit.append(note("ann", "session.open", AuditNote.DONE));
        audit.append(note("ann", "session.open", AuditNote.DONE));
        run(database, "update llmproxy.audit set noted_at = timestamp '2020-01-01 00:00:00' where id = 1");
        run(database, "update llmproxy.audit set id = 998 where id = 1");
        run(database, "update llmproxy.audit set id = 999 where id = 2");
        run(database, "update llmproxy.audit_end set last_id = 999");

        audit.append(note("ann", "session.open", AuditNote.DONE));

        assertThat(audit.find(all())).extracting(AuditEntry::id).containsExactly(1000L, 999L);
        // The test has changed its number, and nothing before it is missing.
        assertThat(audit.verify(Map.of()).problem()).isEqualTo("entry 999 was changed");
    }

    @ParameterizedTest
    @EnumSource
    void thoseThatAppendAtOnceMakeOneChain(Kind kind) throws Exception {
        AuditTable audit = new AuditTable(world.migrated(kind));
        // As many as the pool has connections.
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            List<Callable<AuditEntry>> appends = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                appends.add(() -> audit.append(note("ann", "session.open", AuditNote.DONE)));
            }
            for (var append : threads.invokeAll(appends)) {
                append.get();
            }
        } finally {
            threads.shutdown();
        }

        assertThat(audit.verify(Map.of()).problem()).isNull();
        assertThat(audit.find(all())).hasSize(20);
    }
}
