package io.llmproxy.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.audit.AuditNote;
import io.llmproxy.audit.AuditQuery;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.KeyRateLimitConfig;
import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.LimitConfig.Mode;
import io.llmproxy.config.LimitConfig.OnStoreLoss;
import io.llmproxy.config.LimitConfig.Period;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.store.KeyConflictException.Reason;
import io.llmproxy.store.StoreWorld.Kind;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ClientKeyStoreTest {
    private static final Instant THEN = Instant.parse("2030-01-01T00:00:00.123456Z");

    private static final AuditNote NOTE = AuditNote.plain("ann", "test", "key.test");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private StoreWorld world;

    @SuppressWarnings("NullAway.Init")
    private Database database;

    @SuppressWarnings("NullAway.Init")
    private ClientKeyStore keys;

    @BeforeEach
    void prepare() {
        world = new StoreWorld(directory);
    }

    @AfterEach
    void close() {
        world.close();
    }

    private void open(Kind kind) {
        database = world.migrated(kind);
        keys = new ClientKeyStore(database);
    }

    private static NewKey key(String name, String key) {
        ClientKeyConfig config = new ClientKeyConfig(
                name, KeyDigest.of(key).configured(), true, null, List.of(), null, 0, false, null, List.of());
        return new NewKey(config, key.substring(0, Math.min(6, key.length())), List.of());
    }

    private static NewKey full(String name, String key) {
        ClientKeyConfig config = new ClientKeyConfig(
                name,
                KeyDigest.of(key).configured(),
                false,
                THEN,
                List.of(
                        ModelPattern.parse("gpt-*").orElseThrow(),
                        ModelPattern.parse("ü").orElseThrow()),
                new KeyRateLimitConfig(5, 7),
                3,
                true,
                "search",
                List.of(new LimitConfig(
                        Metric.COST,
                        Period.MONTH,
                        2.5,
                        List.of(ModelPattern.parse("gpt-*").orElseThrow()),
                        ZoneId.of("Europe/Berlin"),
                        Mode.SHADOW,
                        OnStoreLoss.OPEN,
                        List.of(0.8, 1.0))));
        return new NewKey(config, null, List.of("main", "other"));
    }

    private IssuedKey issue(NewKey key) throws KeyConflictException {
        return keys.issue(key, null, NOTE).key();
    }

    private List<String> names(String beginning, @Nullable String after, int limit) {
        return keys.page(beginning, null, after, limit).stream()
                .map(key -> key.config().name())
                .toList();
    }

    /** What a node is told of it. */
    private static IssuedKey brief(IssuedKey key) {
        return new IssuedKey(
                key.id(), key.config(), null, key.forwards(), key.previous(), "", key.createdAt(), key.revision());
    }

    private static Reason refused(ThrowingCallable change) {
        return Objects.requireNonNull(catchThrowableOfType(KeyConflictException.class, change), "no conflict")
                .reason();
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsIssuedIsFoundAsItWas(Kind kind) throws Exception {
        open(kind);
        NewKey wanted = full("Team A", "sk-one");

        IssuedKey issued = issue(wanted);

        assertThat(issued.config()).isEqualTo(wanted.config());
        assertThat(issued.forwards()).containsExactly("main", "other");
        assertThat(issued.createdBy()).isEqualTo("ann");
        assertThat(issued.createdAt()).isAfter(Instant.EPOCH);
        assertThat(issued.previous()).isNull();
        assertThat(issued.hint()).isNull();
        assertThat(keys.find(issued.id())).contains(issued);
        assertThat(keys.find(KeyDigest.of("sk-one"))).contains(issued);
        assertThat(keys.find(KeyDigest.of("sk-two"))).isEmpty();
        assertThat(keys.find("nosuch")).isEmpty();
        assertThat(issue(key("b", "sk-two")).hint()).isEqualTo("sk-two");
    }

    @ParameterizedTest
    @EnumSource
    void aKeyWhoseLimitsAreNotUnderstoodIsNotToBeUsed(Kind kind) throws Exception {
        open(kind);
        IssuedKey one = issue(key("a", "sk-one"));
        IssuedKey two = issue(key("b", "sk-two"));
        execute("update llmproxy.client_key set limits = '[{\"metric\":\"words\",\"amount\":1}]' where name = 'a'");

        List<IssuedKey> changed = keys.changes(KeyPosition.START).changed();

        assertThat(changed).extracting(key -> key.config().enabled()).containsExactly(false, true);
        assertThat(keys.find(one.id()).orElseThrow().config().enabled()).isFalse();
        assertThat(keys.find(two.id()).orElseThrow().config().limits()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void limitsAndScopeAreChangedAndTakenAway(Kind kind) throws Exception {
        open(kind);
        IssuedKey first = issue(full("a", "sk-one"));

        IssuedKey without =
                keys.change(first.id(), first.revision(), key("a", "any").config(), List.of(), NOTE);
        assertThat(without.config().scope()).isNull();
        assertThat(without.config().limits()).isEmpty();
        assertThat(keys.store(List.of(full("a", "sk-one")), false, NOTE)).isEqualTo(new KeyImport.Result(0, 1, 0));
        assertThat(keys.store(List.of(full("a", "sk-one")), false, NOTE)).isEqualTo(new KeyImport.Result(0, 0, 1));
        assertThat(keys.find(first.id()).orElseThrow().config()).isEqualTo(first.config());
    }

    @ParameterizedTest
    @EnumSource
    void theSameRequestIssuesOnce(Kind kind) throws Exception {
        open(kind);
        ClientKeyStore.Issued first = keys.issue(key("a", "sk-one"), "ann 1", NOTE);
        ClientKeyStore.Issued second = keys.issue(key("a", "sk-two"), "ann 1", NOTE);

        assertThat(first.again()).isFalse();
        assertThat(second.again()).isTrue();
        assertThat(second.key()).isEqualTo(first.key());
        assertThat(keys.issue(key("b", "sk-three"), "ann 2", NOTE).again()).isFalse();
        AuditQuery all = new AuditQuery(Long.MAX_VALUE, 10, null, null, null, null, null, null);
        assertThat(new AuditTable(database).find(all)).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource
    void namesAndValuesAreUnique(Kind kind) throws Exception {
        open(kind);
        IssuedKey one = issue(key("Team", "sk-one"));
        IssuedKey two = issue(key("other", "sk-two"));

        assertThat(refused(() -> issue(key("tEAM", "sk-three")))).isEqualTo(Reason.NAME_TAKEN);
        assertThat(refused(() -> issue(key("third", "sk-one")))).isEqualTo(Reason.KEY_TAKEN);
        assertThat(refused(() ->
                        keys.change(two.id(), two.revision(), key("team", "any").config(), List.of(), NOTE)))
                .isEqualTo(Reason.NAME_TAKEN);
        assertThat(keys.change(one.id(), one.revision(), key("TEAM", "any").config(), List.of(), NOTE)
                        .config()
                        .name())
                .isEqualTo("TEAM");
    }

    @ParameterizedTest
    @EnumSource
    void aKeyIsChangedRotatedAndDeletedOnlyAsItIsKnown(Kind kind) throws Exception {
        open(kind);
        IssuedKey first = issue(key("a", "sk-one"));

        IssuedKey changed =
                keys.change(first.id(), first.revision(), full("b", "any").config(), List.of("x"), NOTE);

        assertThat(changed.config().withKey(first.config().key())).isEqualTo(changed.config());
        assertThat(changed.config().expires()).isEqualTo(THEN);
        assertThat(changed.hint()).isEqualTo("sk-one");
        assertThat(changed.revision()).isGreaterThan(first.revision());
        assertThat(refused(() -> keys.delete(first.id(), first.revision(), NOTE)))
                .isEqualTo(Reason.CHANGED);
        assertThat(refused(() -> keys.delete("nosuch", 1, NOTE))).isEqualTo(Reason.GONE);

        IssuedKey rotated = keys.rotate(
                first.id(), changed.revision(), KeyDigest.of("sk-two"), "sk-two", Duration.ofHours(1), NOTE);

        assertThat(rotated.digest()).isEqualTo(KeyDigest.of("sk-two"));
        assertThat(rotated.hint()).isEqualTo("sk-two");
        assertThat(Objects.requireNonNull(rotated.previous()).digest()).isEqualTo(KeyDigest.of("sk-one"));
        assertThat(rotated.previous().until()).isAfter(rotated.createdAt().plusSeconds(3000));
        assertThat(rotated.config().withKey(changed.config().key())).isEqualTo(changed.config());
        assertThat(refused(() -> issue(key("c", "sk-one")))).isEqualTo(Reason.KEY_TAKEN);

        IssuedKey again =
                keys.rotate(first.id(), rotated.revision(), KeyDigest.of("sk-three"), "sk-thr", Duration.ZERO, NOTE);
        assertThat(again.previous()).isNull();

        keys.delete(first.id(), again.revision(), NOTE);
        assertThat(keys.find(first.id())).isEmpty();
        assertThat(keys.find(KeyDigest.of("sk-three"))).isEmpty();
        assertThat(names("", null, 10)).isEmpty();
        assertThat(issue(key("b", "sk-four")).config().name()).isEqualTo("b");
        assertThat(refused(() -> issue(key("d", "sk-three")))).isEqualTo(Reason.KEY_TAKEN);
    }

    @ParameterizedTest
    @EnumSource
    void keysAreFoundByTheBeginningOfTheirNameOrValue(Kind kind) throws Exception {
        open(kind);
        issue(key("Zeta", "sk-AAA111"));
        issue(key("alpha", "sk-AAB222"));
        issue(key("Alpine", "sk-aaA333"));
        issue(key("Äpfel", "sk-BBB444"));
        issue(key("a_b", "sk-BBC555"));

        assertThat(names("", null, 10)).containsExactly("a_b", "alpha", "Alpine", "Zeta", "Äpfel");
        assertThat(names("ALP", null, 10)).containsExactly("alpha", "Alpine");
        assertThat(names("äp", null, 10)).containsExactly("Äpfel");
        assertThat(names("a_", null, 10)).containsExactly("a_b");
        assertThat(names("%", null, 10)).isEmpty();
        assertThat(names("sk-AA", null, 10)).containsExactly("alpha", "Zeta");
        assertThat(names("sk-", null, 10)).isEmpty();
        assertThat(names("", null, 2)).containsExactly("a_b", "alpha");
        assertThat(names("", "alpha", 2)).containsExactly("Alpine", "Zeta");
        assertThat(names("sk-AA", "alpha", 2)).containsExactly("Zeta");
    }

    @ParameterizedTest
    @EnumSource
    void changesAreToldOnceAndInOrder(Kind kind) throws Exception {
        open(kind);
        KeyChanges nothing = keys.changes(KeyPosition.START);
        assertThat(nothing.to()).isEqualTo(KeyPosition.START);
        assertThat(nothing.whole()).isFalse();
        IssuedKey one = issue(key("a", "sk-one"));
        IssuedKey two = issue(key("b", "sk-two"));

        KeyChanges first = keys.changes(KeyPosition.START);

        assertThat(first.whole()).isTrue();
        assertThat(first.changed()).containsExactly(brief(one), brief(two));
        assertThat(first.removed()).isEmpty();
        assertThat(keys.changes(first.to()).changed()).isEmpty();
        assertThat(keys.changes(first.to()).to()).isEqualTo(first.to());

        IssuedKey changed =
                keys.change(one.id(), one.revision(), full("a", "any").config(), List.of(), NOTE);
        keys.delete(two.id(), two.revision(), NOTE);
        KeyChanges next = keys.changes(first.to());

        assertThat(next.whole()).isFalse();
        assertThat(next.changed()).containsExactly(brief(changed));
        assertThat(next.removed()).containsExactly(two.id());
        assertThat(keys.changes(new KeyPosition("another database", 1)).whole()).isTrue();
        assertThat(keys.changes(new KeyPosition(next.to().epoch(), next.to().number() + 1))
                        .whole())
                .isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void whatWasDeletedLongAgoIsForgottenAndWhoHasNotHeardOfItReadsAll(Kind kind) throws Exception {
        open(kind);
        IssuedKey one = issue(key("a", "sk-one"));
        IssuedKey two = issue(key("b", "sk-two"));
        KeyPosition before = keys.changes(KeyPosition.START).to();
        keys.delete(one.id(), one.revision(), NOTE);
        execute("update llmproxy.client_key set deleted_at = timestamp '2020-01-01 00:00:00' where name = 'a'");
        KeyPosition after = keys.changes(before).to();
        IssuedKey three = issue(key("c", "sk-three"));
        keys.delete(three.id(), three.revision(), NOTE);

        KeyChanges late = keys.changes(before);

        assertThat(late.whole()).isTrue();
        assertThat(late.changed()).containsExactly(brief(two));
        assertThat(late.removed()).containsExactly(three.id());
        assertThat(keys.changes(after).whole()).isFalse();
        assertThat(issue(key("a", "sk-one")).config().name()).isEqualTo("a");
    }

    /** A transaction that began first and ends last would have the lower number, if numbers were taken without a lock. */
    @ParameterizedTest
    @EnumSource
    void transactionsThatEndOutOfOrderLoseNoKey(Kind kind) throws Exception {
        open(kind);
        // With the reader, as many as the pool has connections: none waits for another's.
        int writers = 2;
        int each = 30;
        CountDownLatch done = new CountDownLatch(writers);
        ExecutorService threads = Executors.newFixedThreadPool(writers);
        Set<String> seen = new TreeSet<>();
        try {
            List<Future<?>> writes = new ArrayList<>();
            for (int writer = 0; writer < writers; writer++) {
                String prefix = "w" + writer + "-";
                writes.add(threads.submit(() -> {
                    try {
                        for (int i = 0; i < each; i++) {
                            // A single one, then many: they hold their numbers for different times.
                            List<NewKey> some = new ArrayList<>();
                            for (int j = 0; j <= i % 3 * 10; j++) {
                                String name = prefix + i + "-" + j;
                                some.add(key(name, "sk-" + name));
                            }
                            keys.store(some, false, NOTE);
                        }
                    } finally {
                        done.countDown();
                    }
                    return null;
                }));
            }
            KeyPosition at = KeyPosition.START;
            boolean last;
            do {
                last = done.await(1, TimeUnit.MILLISECONDS);
                KeyChanges changes = keys.changes(at);
                at = changes.to();
                changes.changed()
                        .forEach(
                                key -> assertThat(seen.add(key.config().name())).isTrue());
            } while (!last);
            for (Future<?> write : writes) {
                write.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(seen).hasSize(writers * 10 * (1 + 11 + 21));
    }

    @ParameterizedTest
    @EnumSource
    void manyAreStoredOrNone(Kind kind) throws Exception {
        open(kind);
        IssuedKey known = issue(key("a", "sk-one"));
        List<NewKey> some = List.of(key("a2", "sk-one"), key("b", "sk-two"), key("a", "sk-three"));

        assertThat(keys.store(some, true, NOTE)).isEqualTo(new KeyImport.Result(2, 1, 0));
        assertThat(names("", null, 10)).containsExactly("a");

        KeyPosition before = keys.changes(KeyPosition.START).to();
        assertThat(keys.store(some, false, NOTE)).isEqualTo(new KeyImport.Result(2, 1, 0));
        assertThat(names("", null, 10)).containsExactly("a", "a2", "b");
        assertThat(keys.find(known.id()).orElseThrow().config().name()).isEqualTo("a2");
        assertThat(keys.changes(before).changed()).hasSize(3);
        assertThat(keys.store(some, false, NOTE)).isEqualTo(new KeyImport.Result(0, 0, 3));
        assertThat(keys.store(List.of(), false, NOTE)).isEqualTo(new KeyImport.Result(0, 0, 0));

        assertThat(refused(() -> keys.store(List.of(key("c", "sk-four"), key("B", "sk-five")), false, NOTE)))
                .isEqualTo(Reason.NAME_TAKEN);
        assertThat(names("c", null, 10)).isEmpty();
        IssuedKey b = keys.find(KeyDigest.of("sk-two")).orElseThrow();
        keys.delete(b.id(), b.revision(), NOTE);
        assertThat(refused(() -> keys.store(List.of(key("d", "sk-two")), false, NOTE)))
                .isEqualTo(Reason.KEY_TAKEN);
        IssuedKey a2 = keys.find(known.id()).orElseThrow();
        keys.rotate(a2.id(), a2.revision(), KeyDigest.of("sk-six"), "sk-six", Duration.ofHours(1), NOTE);
        assertThat(refused(() -> keys.store(List.of(key("e", "sk-one")), false, NOTE)))
                .isEqualTo(Reason.KEY_TAKEN);
        assertThat(keys.store(List.of(full("b", "sk-six")), false, NOTE)).isEqualTo(new KeyImport.Result(0, 1, 0));
        assertThat(keys.find(known.id()).orElseThrow().hint()).isEqualTo("sk-six");
    }

    @ParameterizedTest
    @EnumSource
    void manyAreReadAndSearchedAtOnce(Kind kind) throws Exception {
        open(kind);
        keys.store(
                IntStream.range(0, 15_000)
                        .mapToObj(i -> key("key-" + i, "value " + i))
                        .toList(),
                false,
                NOTE);

        KeyChanges all = keys.changes(KeyPosition.START);
        assertThat(all.changed()).hasSize(15_000);
        long begin = System.nanoTime();
        for (int i = 0; i < 200; i++) {
            assertThat(names("key-" + (10_000 + i), null, 50)).containsExactly("key-" + (10_000 + i));
            assertThat(names("", "key-" + (10_000 + i), 50)).hasSize(50);
            assertThat(keys.find(KeyDigest.of("value " + i))).isPresent();
            assertThat(keys.changes(all.to()).changed()).isEmpty();
        }
        // Each is a look-up in an index; to look at all rows takes many times as long.
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(30));
    }
}
