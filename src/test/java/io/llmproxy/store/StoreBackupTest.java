package io.llmproxy.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.audit.AuditNote;
import io.llmproxy.audit.AuditQuery;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.Secret;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.store.StoreWorld.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class StoreBackupTest {
    private static final UsageHours.Mark MARK = new UsageHours.Mark("0123456789abcdef", 2, 1234, 56);

    /** Amounts are numbers that are neither whole nor texts. */
    private static final UsageHours.Row USED = new UsageHours.Row(
            Instant.parse("2030-01-01T10:00:00Z"),
            "main",
            "-",
            "m",
            "u",
            "USD",
            1,
            0,
            2,
            0,
            3,
            0,
            0,
            new BigDecimal("12.000000000001"));

    private static final AuditNote NOTE = AuditNote.plain("ann", "command", "test");
    private static final KeyRing RING = KeyRing.of(new Secret("the key of the secrets"));
    private static final Secret CANARY = new Secret("canary-ü");
    private static final String ODD = "a: 1\t# tab\r\n# \\N and \\t are no signs here, 日本 😀\n";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private StoreWorld world;

    @SuppressWarnings("NullAway.Init")
    private StoreWorld other;

    @BeforeEach
    void prepare() {
        world = new StoreWorld(directory.resolve("one"));
        other = new StoreWorld(directory.resolve("other"));
    }

    @AfterEach
    void close() {
        world.close();
        other.close();
    }

    private Path file() {
        return directory.resolve("store.backup");
    }

    private static NewKey key(String name) {
        ClientKeyConfig config = new ClientKeyConfig(
                name, KeyDigest.of("sk-" + name).configured(), true, null, List.of(), null, 3, false, null, List.of());
        return new NewKey(config, "sk-" + name.charAt(0), List.of("main"));
    }

    private static void run(Database database, String sql) {
        database.write(connection -> {
            try (Statement statement = connection.createStatement()) {
                return statement.executeUpdate(sql);
            }
        });
    }

    /** Fills a store with some of everything. */
    private static Database filled(Database database) throws HeadMovedException, KeyConflictException {
        new UsageHours(database).add("a node", List.of(USED), List.of(new UsageHours.Move(null, MARK)));
        ConfigStore versions = new ConfigStore(database);
        versions.commit(StoreWorld.draft("v: 1\n"), 0);
        versions.commit(StoreWorld.draft(ODD), 1);
        new SecretTable(database).put("vendor", CANARY, RING, NOTE);
        ClientKeyStore keys = new ClientKeyStore(database);
        IssuedKey first = keys.issue(key("first"), "a request", NOTE).key();
        keys.rotate(first.id(), first.revision(), KeyDigest.of("sk-next"), null, Duration.ofHours(1), NOTE);
        IssuedKey second = keys.issue(key("second"), null, NOTE).key();
        keys.delete(second.id(), second.revision(), NOTE);
        assertThat(new NumberTable(database).of("provider", List.of("one", "two")))
                .hasSize(2);
        run(
                database,
                "insert into llmproxy.admin_user (name, role, enabled, created_at, created_by, password_at,"
                        + " password_hash) values ('ann', 'admin', true, current_timestamp, 'root', current_timestamp, 'hash')");
        run(
                database,
                "insert into llmproxy.api_token (id, name, digest, role, created_at, created_by)"
                        + " values ('t', 'ci', 'digest', 'editor', current_timestamp, 'root')");
        run(
                database,
                "insert into llmproxy.admin_session (digest, name, role, authentication, used_at, ends_at)"
                        + " values ('s', 'ann', 'admin', 'password', current_timestamp, current_timestamp)");
        return database;
    }

    private static List<String> lines(Database database) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new StoreBackup(database).write(out, "1.0");
        try (InputStream in = new GZIPInputStream(new java.io.ByteArrayInputStream(out.toByteArray()))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @CsvSource({"H2, H2", "H2, POSTGRESQL", "POSTGRESQL, H2", "POSTGRESQL, POSTGRESQL"})
    void whatIsRestoredIsWhatWasThere(Kind from, Kind to) throws Exception {
        Database source = filled(world.migrated(from));
        Backup made = new StoreBackup(source).write(file(), "1.0");

        assertThat(made.head()).isEqualTo(2);
        assertThat(List.of(made.versions(), made.secrets(), made.keys(), made.users(), made.tokens(), made.audit()))
                .containsExactly(2L, 1L, 2L, 1L, 1L, 7L);
        assertThat(made.keyId()).isEqualTo(RING.first().orElseThrow().id());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
        assertThat(directory).isDirectoryNotContaining("glob:**.part");
        BackupFile checked = BackupFile.check(file());
        assertThat(checked.content()).isEqualTo(made);

        Database target = other.migrated(to);
        KeyPosition before =
                new ClientKeyStore(source).changes(KeyPosition.START).to();
        new StoreBackup(target).restore(checked, false, false, NOTE.to("a backup"));

        ConfigStore versions = new ConfigStore(target);
        assertThat(versions.head().version()).isEqualTo(2);
        assertThat(versions.version(2).orElseThrow())
                .isEqualTo(new ConfigStore(source).version(2).orElseThrow());
        assertThat(versions.version(2).orElseThrow().content()).isEqualTo(ODD);
        SecretTable secrets = new SecretTable(target);
        assertThat(RING.open(secrets.all().get(0)).reveal()).isEqualTo(CANARY.reveal());
        assertThat(secrets.state().revision())
                .isGreaterThan(new SecretTable(source).state().revision());
        ClientKeyStore keys = new ClientKeyStore(target);
        assertThat(keys.page("", null, null, 9)).isEqualTo(new ClientKeyStore(source).page("", null, null, 9));
        assertThat(keys.page("", null, null, 9))
                .singleElement()
                .satisfies(key -> assertThat(key.previous()).isNotNull());
        assertThat(keys.changes(before).whole()).isTrue();
        assertThat(keys.issue(key("first-again"), "another", NOTE).again()).isFalse();
        assertThat(keys.issue(key("anything"), "a request", NOTE).again()).isTrue();
        assertThat(new NumberTable(target).of("provider", List.of("two", "three")))
                .isEqualTo(Map.of("two", 2L, "three", 3L));
        List<UsageHours.Row> used = new ArrayList<>();
        assertThat(new UsageHours(target).read(Instant.EPOCH, USED.hour().plusSeconds(1), 9, used::add))
                .isTrue();
        assertThat(used).containsExactly(USED);
        assertThat(new UsageHours(target).marks(List.of(MARK.run()))).containsExactly(MARK);
        List<String> sourceLines = lines(source);
        assertThat(lines(target))
                .containsAll(sourceLines.stream()
                        .filter(line -> line.matches("row\t(ann|t|[12])\t.*"))
                        .toList());
        assertThat(count(target, "admin_session")).isZero();

        AuditTable audit = new AuditTable(target);
        AuditTable.Verdict old = new AuditTable(source).verify(Map.of());
        assertThat(audit.verify(Map.of(old.last(), old.hash())).problem()).isNull();
        assertThat(audit.find(new AuditQuery(old.last() + 2, 1, null, null, "a backup", null, null, null)))
                .hasSize(1);
        assertThat(versions.commit(StoreWorld.draft("v: 3\n"), 2).id()).isEqualTo(3);
    }

    private static long count(Database database, String table) {
        return database.read(connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("select count(*) from llmproxy." + table)) {
                row.next();
                return row.getLong(1);
            }
        });
    }

    @Test
    void noTableIsForgotten() {
        Database database = world.migrated(Kind.H2);
        TreeSet<String> tables = database.read(connection -> {
            TreeSet<String> found = new TreeSet<>();
            try (ResultSet row = connection.getMetaData().getTables(null, "llmproxy", null, null)) {
                while (row.next()) {
                    found.add(row.getString("TABLE_NAME"));
                }
            }
            return found;
        });

        TreeSet<String> known = new TreeSet<>(BackupTable.LEFT_OUT);
        Stream.of(BackupTable.values()).map(BackupTable::label).forEach(known::add);
        assertThat(tables)
                .as("a new table is one of BackupTable, or of the moment and LEFT_OUT")
                .isEqualTo(known);
    }

    @ParameterizedTest
    @EnumSource
    void aBackupShowsOneMomentWhileOthersWrite(Kind kind) throws Exception {
        Database database = world.migrated(kind);
        ConfigStore versions = new ConfigStore(database);
        ClientKeyStore keys = new ClientKeyStore(database);
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong made = new AtomicLong();
        Thread writer = new Thread(() -> {
            try {
                while (!stop.get()) {
                    long next = made.get() + 1;
                    versions.commit(StoreWorld.draft(CommitLoop.content(next)), next - 1);
                    keys.issue(key("k" + next), null, NOTE);
                    made.set(next);
                }
            } catch (HeadMovedException | KeyConflictException e) {
                throw new AssertionError(e);
            }
        });
        writer.start();
        try {
            for (int i = 0; i < 5; i++) {
                long before = made.get();
                Awaitility.await().until(() -> made.get() > before);
                Path each = directory.resolve("backup-" + i);
                Backup backup = new StoreBackup(database).write(each, "1.0");
                assertThat(backup.versions()).isEqualTo(backup.head());
                assertThat(backup.keys()).isBetween(backup.head() - 1, backup.head());
                assertThat(backup.audit()).isEqualTo(backup.versions() + backup.keys());
                assertThat(BackupFile.check(each).content()).isEqualTo(backup);
            }
        } finally {
            stop.set(true);
            writer.join();
        }
        Database target = other.migrated(Kind.H2);
        BackupFile last = BackupFile.check(directory.resolve("backup-4"));
        new StoreBackup(target).restore(last, false, false, NOTE);
        assertThat(new ConfigStore(target).head().version())
                .isEqualTo(last.content().head());
    }

    @ParameterizedTest
    @EnumSource
    void aStoreThatHoldsSomethingGivesWayOnlyWhenTold(Kind kind) throws Exception {
        new StoreBackup(filled(world.migrated(Kind.H2))).write(file(), "1.0");
        BackupFile backup = BackupFile.check(file());
        Database target = other.migrated(kind);
        new ConfigStore(target).commit(StoreWorld.draft("other: 1\n"), 0);
        new ClientKeyStore(target).issue(key("other"), null, NOTE);
        run(
                target,
                "insert into llmproxy.admin_session (digest, name, role, authentication, used_at, ends_at)"
                        + " values ('s', 'eve', 'admin', 'password', current_timestamp, current_timestamp)");
        List<String> before = rows(target);

        assertThatThrownBy(() -> new StoreBackup(target).restore(backup, false, false, NOTE))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining(
                        "is not empty: rows in config_version 1, client_key 1, audit 2 (expected: an empty"
                                + " store, or --replace); nothing was changed");
        new StoreBackup(target).restore(backup, true, true, NOTE);
        assertThat(rows(target)).isEqualTo(before);

        new StoreBackup(target).restore(backup, true, false, NOTE);

        assertThat(new ConfigStore(target).head().version()).isEqualTo(2);
        assertThat(new ClientKeyStore(target).page("", null, null, 9))
                .extracting(key -> key.config().name())
                .containsExactly("first");
        assertThat(new AuditTable(target).verify(Map.of()).problem()).isNull();
        assertThat(count(target, "admin_session")).isZero();
    }

    private static List<String> rows(Database database) {
        return lines(database).stream().filter(line -> line.startsWith("row")).toList();
    }

    @Test
    void aDryRunIntoAnEmptyStoreLeavesItEmpty() throws Exception {
        new StoreBackup(filled(world.migrated(Kind.H2))).write(file(), "1.0");
        Database target = other.migrated(Kind.H2);
        List<String> before = rows(target);

        new StoreBackup(target).restore(BackupFile.check(file()), false, true, NOTE);

        assertThat(rows(target)).isEqualTo(before);
    }

    @Test
    void aFileThatIsThereIsNotWrittenOver() throws Exception {
        Database database = world.migrated(Kind.H2);
        Files.writeString(file(), "mine");
        assertThatThrownBy(() -> new StoreBackup(database).write(file(), "1.0"))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThatThrownBy(() -> new StoreBackup(database).write(directory.resolve("no/such/file"), "1.0"))
                .isInstanceOf(NoSuchFileException.class);
        assertThat(file()).hasContent("mine");
        assertThat(new StoreBackup(database)
                        .write(directory.resolve("another"), "1.0")
                        .head())
                .isZero();
    }

    @Test
    void ofTwoBackupsToOneFileTheFirstThatIsWholeStays() throws Exception {
        Database database = filled(world.migrated(Kind.H2));
        CountDownLatch start = new CountDownLatch(1);
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            List<Future<Backup>> both = Stream.generate(() -> threads.submit(() -> {
                        start.await();
                        return new StoreBackup(database).write(file(), "1.0");
                    }))
                    .limit(2)
                    .toList();
            start.countDown();
            List<Backup> made = new ArrayList<>();
            for (Future<Backup> one : both) {
                try {
                    made.add(one.get(60, TimeUnit.SECONDS));
                } catch (ExecutionException e) {
                    assertThat(e).hasCauseInstanceOf(FileAlreadyExistsException.class);
                }
            }

            assertThat(made).hasSize(1);
            assertThat(BackupFile.check(file()).content()).isEqualTo(made.get(0));
            assertThat(directory).isDirectoryNotContaining("glob:**.part");
        } finally {
            threads.shutdownNow();
        }
    }

    /** Writes the backup anew, with other lines, and an end that fits them. */
    private Path rewritten(UnaryOperator<List<String>> change) throws Exception {
        List<String> lines = new ArrayList<>(lines(filled(world.migrated(Kind.H2))));
        lines.remove(lines.size() - 1);
        List<String> changed = change.apply(lines);
        String text = changed.stream().map(line -> line + "\n").collect(Collectors.joining());
        long count = changed.stream().filter(line -> line.startsWith("row")).count();
        String sha256 = HexFormat.of().formatHex(BackupFile.digest().digest(text.getBytes(StandardCharsets.UTF_8)));
        return compressed(text + "end\t" + count + "\t" + sha256 + "\n");
    }

    private Path compressed(String text) throws IOException {
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file()))) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return file();
    }

    private static UnaryOperator<List<String>> replacing(String regex, String by) {
        return lines -> lines.stream().map(line -> line.replaceFirst(regex, by)).toList();
    }

    private void assertRefused(Path file, String message) {
        assertThatThrownBy(() -> BackupFile.check(file))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith(file + ":")
                .hasMessageContaining(message);
    }

    @Test
    void aFileThatIsNotWholeIsRefused() throws Exception {
        new StoreBackup(filled(world.migrated(Kind.H2))).write(file(), "1.0");
        byte[] whole = Files.readAllBytes(file());
        for (int length : new int[] {0, 5, whole.length / 2, whole.length - 1}) {
            Files.write(file(), java.util.Arrays.copyOf(whole, length));
            assertRefused(file(), "not a whole file of `db backup`");
        }
        byte[] flipped = whole.clone();
        flipped[whole.length / 2] ^= 0x10;
        Files.write(file(), flipped);
        assertThatThrownBy(() -> BackupFile.check(file())).isInstanceOf(ConfigException.class);
        Files.writeString(file(), "upstreams: []\n");
        assertRefused(file(), "not a whole file of `db backup`");
        assertRefused(directory.resolve("nosuch"), "no such file");
        assertRefused(directory, "a directory");
    }

    @Test
    void linesThatAreNoneAreRefusedWithTheirNumber() throws Exception {
        String head = "llmproxy-backup\t1\t" + Schema.WANTED + "\t1.0\t2026-11-29T00:00:00Z\n";
        assertRefused(compressed("a\tb\n"), ":1: no backup of LLMProxy");
        assertRefused(compressed("llmproxy-backup\t2\t7\t1.0\t2026-11-29T00:00:00Z\n"), ":1: form 2 of a backup");
        assertRefused(compressed("llmproxy-backup\t1\tx\t1.0\t2026-11-29T00:00:00Z\n"), ":1: no backup");
        assertRefused(compressed("llmproxy-backup\t1\t7\t1.0\t\\N\n"), ":1: no backup");
        assertRefused(compressed("llmproxy-backup\t1\t6\t0.9\t2026-11-29T00:00:00Z\n"), ":1: tables of version 6");
        assertRefused(compressed("llmproxy-backup\t1\t999\t9.9\t2026-11-29T00:00:00Z\n"), "that made it, 9.9");
        assertRefused(compressed(head), ":1: the file ends before its end");
        assertRefused(compressed(head + "what\n"), ":2: no line of a backup");
        assertRefused(compressed(head + "row\t1\n"), ":2: a row of 1 values (expected: 0)");
        assertRefused(compressed(head + "table\tnode\tid:text\n"), ":2: table node");
        assertRefused(compressed(head + "table\taudit\n"), ":2: table  (expected");
        assertRefused(compressed(head + "table\taudit\tid\n"), ":2: column id");
        assertRefused(compressed(head + "table\taudit\tid;--:number\n"), ":2: column id;--:number");
        assertRefused(compressed(head + "table\taudit\tid:what\n"), ":2: column id:what");
        assertRefused(
                compressed(head + "table\taudit\tid:number\ntable\taudit\tid:number\n"),
                ":3: table audit stands there");
        String bad = head + "table\taudit\tid:number\tt:truth\tb:bytes\tw:time\n";
        assertRefused(compressed(bad + "row\t1\ttrue\n"), ":3: a row of 2 values (expected: 4)");
        assertRefused(compressed(bad + "row\tx\ttrue\t00\t\\N\n"), ":3: audit.id: no value");
        assertRefused(compressed(bad + "row\t1\tyes\t00\t\\N\n"), ":3: audit.t: no value");
        assertRefused(compressed(bad + "row\t1\ttrue\t0\t\\N\n"), ":3: audit.b: no value");
        assertRefused(compressed(bad + "row\t1\ttrue\t00\tnow\n"), ":3: audit.w: no value");
        assertRefused(compressed(bad + "end\t0\t00\n"), ":3: the file was changed, or is not whole");
    }

    @Test
    void whatWasChangedIsRefused() throws Exception {
        Path changed = rewritten(replacing("v: 1", "v: 2"));
        assertRefused(changed, "v1 was changed (expected: what was committed)");
    }

    @Test
    void aMissingTableIsRefused() throws Exception {
        Path changed = rewritten(lines -> lines.stream()
                .filter(line -> !line.startsWith("table\tapi_token") && !line.startsWith("row\tt\t"))
                .toList());
        assertRefused(changed, "the table api_token is missing");
    }

    @Test
    void moreBehindTheEndIsRefused() throws Exception {
        String text = String.join("\n", lines(filled(world.migrated(Kind.H2)))) + "\nmore\n";
        assertRefused(compressed(text), "more lines after the end");
    }

    private void assertNotRestored(Path file, String message) {
        Database target = other.migrated(Kind.H2);
        List<String> before = rows(target);
        BackupFile checked = BackupFile.check(file);
        assertThatThrownBy(() -> new StoreBackup(target).restore(checked, false, false, NOTE))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(message);
        assertThat(rows(target)).isEqualTo(before);
    }

    @Test
    void aChangedAuditIsNotRestored() throws Exception {
        assertNotRestored(
                rewritten(replacing("^(row\t3\t[^\t]*\t)ann", "$1eve")),
                "the audit is not intact: entry 3 was changed");
    }

    @Test
    void aHeadThatIsMissingIsNotRestored() throws Exception {
        assertNotRestored(
                rewritten(replacing("^row\tmain\t2\t", "row\tmain\t9\t")), "the head is v9, which is missing");
    }

    @Test
    void aColumnThatIsUnknownIsNotRestored() throws Exception {
        assertNotRestored(
                rewritten(replacing("hint:bytes", "what:bytes")), "client_key.what: no such column in these tables");
    }

    @Test
    void aFileThatIsExchangedAfterItWasCheckedIsNotRestored() throws Exception {
        Path good = rewritten(replacing("nothing", ""));
        BackupFile checked = BackupFile.check(good);
        List<String> lines;
        try (InputStream in = new GZIPInputStream(Files.newInputStream(good))) {
            lines = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
        List<String> others = new ArrayList<>(lines.subList(0, lines.size() - 1));
        others.replaceAll(line -> line.replace("\t1.0\t2026", "\t1.1\t2026"));
        String text = others.stream().map(line -> line + "\n").collect(Collectors.joining());
        String sha256 = HexFormat.of().formatHex(BackupFile.digest().digest(text.getBytes(StandardCharsets.UTF_8)));
        String end = lines.get(lines.size() - 1);
        compressed(text + end.substring(0, end.lastIndexOf('\t') + 1) + sha256 + "\n");
        Database target = other.migrated(Kind.H2);

        assertThatThrownBy(() -> new StoreBackup(target).restore(checked, false, false, NOTE))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("changed while it was read");
        assertThat(new ConfigStore(target).head().version()).isZero();
    }
}
