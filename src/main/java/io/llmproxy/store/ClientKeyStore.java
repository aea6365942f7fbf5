package io.llmproxy.store;

import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.store.KeyConflictException.Reason;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The client keys that are rows. Each change has a number, taken from a counter row in the writing transaction: who holds the row is the
 * only one to write, so that changes become visible in the order of their numbers, and who reads on from a number misses none.
 */
public final class ClientKeyStore {
    /** How long a deleted key is remembered, so that nodes hear of it. */
    private static final Duration REMEMBERED = Duration.ofDays(30);

    /** Rows of one statement. */
    private static final int ROWS = 5000;

    /** With fewer characters, a hint would be found in too many keys. */
    private static final int SHORTEST_HINT = 4;

    private static final String SELECT = "select " + KeyRows.COLUMNS + " from llmproxy.client_key where ";

    private final Database database;

    public ClientKeyStore(Database database) {
        this.database = database;
    }

    /**
     * What an issue has come to.
     *
     * @param key the key
     * @param again whether the same request had issued it before
     */
    public record Issued(IssuedKey key, boolean again) {}

    /** The counter row. */
    private record Counter(long number, long purged, String epoch, Instant now) {}

    private static Counter counter(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                        "select n, purged, epoch, current_timestamp from llmproxy.change_counter where name = 'keys'");
                ResultSet row = select.executeQuery()) {
            if (!row.next()) {
                throw new SQLException("the table change_counter is empty");
            }
            return new Counter(
                    row.getLong(1),
                    row.getLong(2),
                    row.getString(3),
                    row.getObject(4, OffsetDateTime.class).toInstant());
        }
    }

    /** Takes numbers, and with them the right to be the only one to write until the transaction ends. The last one is returned. */
    private static Counter next(Connection connection, int numbers) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("update llmproxy.change_counter set n = n + ?,"
                + " epoch = case when epoch = '' then ? else epoch end where name = 'keys'")) {
            update.setLong(1, numbers);
            update.setString(2, UUID.randomUUID().toString());
            update.executeUpdate();
        }
        return counter(connection);
    }

    /**
     * Returns what has become of keys, without their hints and who issued them.
     *
     * @param since how far the caller has come
     */
    public KeyChanges changes(KeyPosition since) {
        return database.read(connection -> {
            Counter counter = counter(connection);
            boolean whole = !since.epoch().equals(counter.epoch)
                    || since.number() > counter.number
                    || since.number() < counter.purged;
            long last = whole ? 0 : since.number();
            List<IssuedKey> changed = new ArrayList<>();
            List<String> removed = new ArrayList<>();
            SharedSettings shared = new SharedSettings();
            boolean more = last < counter.number;
            while (more) {
                int rows = 0;
                try (PreparedStatement select = connection.prepareStatement(
                        SELECT + "change_seq > ? order by change_seq fetch first " + ROWS + " rows only")) {
                    select.setLong(1, last);
                    try (ResultSet row = select.executeQuery()) {
                        for (; row.next(); rows++) {
                            IssuedKey key = KeyRows.brief(row, shared);
                            last = key.revision();
                            if (KeyRows.isDeleted(row)) {
                                removed.add(key.id());
                            } else {
                                changed.add(key);
                            }
                        }
                    }
                }
                more = rows == ROWS;
            }
            long to = Math.max(last, counter.number);
            return new KeyChanges(new KeyPosition(counter.epoch, to), whole, changed, removed);
        });
    }

    /** Returns a key, or nothing if there is none of this id. */
    public Optional<IssuedKey> find(String id) {
        return database.read(connection -> one(connection, "id = ? and deleted_at is null", id));
    }

    /** Returns the key of a digest, or nothing if there is none. */
    public Optional<IssuedKey> find(KeyDigest digest) {
        return database.read(connection -> one(connection, "digest = ? and deleted_at is null", digest.bytes()));
    }

    private static Optional<IssuedKey> one(Connection connection, String where, Object value) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(SELECT + where)) {
            select.setObject(1, value);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? Optional.of(KeyRows.key(row)) : Optional.empty();
            }
        }
    }

    /**
     * Returns keys whose name, or whose first characters, begin with a text; by name, in whatever letters.
     *
     * @param beginning the text; empty for all keys
     * @param scopes only keys of these scopes; null for all keys
     * @param after only keys whose names come after this one; null to begin with the first
     * @param limit how many at most
     */
    public List<IssuedKey> page(String beginning, @Nullable Set<String> scopes, @Nullable String after, int limit) {
        if (scopes != null && scopes.isEmpty()) {
            return List.of();
        }
        return database.read(connection -> {
            Map<byte[], IssuedKey> found = new TreeMap<>(Arrays::compareUnsigned);
            Look look = new Look(scopes == null ? List.of() : List.copyOf(scopes), after, limit);
            collect(connection, "sort_name", KeyRows.sortName(beginning), look, found);
            if (beginning.length() >= SHORTEST_HINT) {
                collect(connection, "hint", KeyRows.bytes(beginning), look, found);
            }
            return found.values().stream().limit(limit).toList();
        });
    }

    /** Which keys are looked for: of these scopes, or of any if there are none; after a name; and how many. */
    private record Look(List<String> scopes, @Nullable String after, int limit) {
        String condition() {
            return scopes.isEmpty()
                    ? ""
                    : " and scope in (" + String.join(", ", Collections.nCopies(scopes.size(), "?")) + ")";
        }
    }

    private static void collect(
            Connection connection, String column, byte[] beginning, Look look, Map<byte[], IssuedKey> found)
            throws SQLException {
        String sql = SELECT + column + " >= ? and " + column + " < ? and sort_name > ?" + look.condition()
                + " order by sort_name fetch first " + look.limit + " rows only";
        // No byte of a text is as large.
        byte[] end = Arrays.copyOf(beginning, beginning.length + 1);
        end[beginning.length] = (byte) 0xff;
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setBytes(1, beginning);
            select.setBytes(2, end);
            select.setBytes(3, look.after == null ? new byte[0] : KeyRows.sortName(look.after));
            for (int i = 0; i < look.scopes.size(); i++) {
                select.setString(4 + i, look.scopes.get(i));
            }
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    IssuedKey key = KeyRows.key(row);
                    found.put(KeyRows.sortName(key.config().name()), key);
                }
            }
        }
    }

    /**
     * Issues a key.
     *
     * @param requestKey the same for each attempt to issue the same: the second finds what the first has done; null if there is only one
     * @param note of it, for the audit
     * @throws KeyConflictException if the name or the key is taken
     */
    public Issued issue(NewKey key, @Nullable String requestKey, AuditNote note) throws KeyConflictException {
        return database.write(connection -> {
            Counter counter = next(connection, 1);
            if (requestKey != null) {
                Optional<IssuedKey> before = one(connection, "request_key = ?", requestKey);
                if (before.isPresent()) {
                    if (one(connection, "request_key = ? and deleted_at is null", requestKey)
                            .isEmpty()) {
                        throw new KeyConflictException(
                                Reason.KEY_TAKEN,
                                "key " + before.get().config().name()
                                        + ": this call has issued it, and it was deleted since");
                    }
                    return new Issued(before.get(), true);
                }
            }
            requireFree(connection, key.config(), "");
            String id = UUID.randomUUID().toString();
            try (PreparedStatement insert = connection.prepareStatement(KeyRows.INSERT)) {
                fill(insert, key, counter.number, note.actor(), requestKey, id);
                insert.executeUpdate();
            }
            AuditTable.append(connection, note);
            return new Issued(known(connection, id), false);
        });
    }

    static void fill(
            PreparedStatement insert, NewKey key, long number, String by, @Nullable String requestKey, String id)
            throws SQLException {
        KeyRows.fill(insert, key.config(), key.hint(), key.forwards());
        insert.setLong(KeyRows.FILLED + 1, number);
        insert.setString(KeyRows.FILLED + 2, by);
        insert.setString(KeyRows.FILLED + 3, requestKey);
        insert.setString(KeyRows.FILLED + 4, id);
    }

    private static IssuedKey known(Connection connection, String id) throws SQLException {
        return one(connection, "id = ?", id).orElseThrow(() -> new SQLException("key " + id + " is missing"));
    }

    /** Fails if another key than this one has the name or the digest. */
    private static void requireFree(Connection connection, ClientKeyConfig config, String id)
            throws SQLException, KeyConflictException {
        String sql = "select 1 from llmproxy.client_key where id <> ? and ";
        byte[] digest = KeyDigest.configured(config.key()).bytes();
        if (isThere(connection, sql + "(digest = ? or previous_digest = ?)", id, digest, digest)) {
            throw new KeyConflictException(Reason.KEY_TAKEN, "key " + config.name() + ": another key has this value");
        }
        if (isThere(connection, sql + "sort_name = ?", id, KeyRows.sortName(config.name()))) {
            throw new KeyConflictException(
                    Reason.NAME_TAKEN, "key " + config.name() + ": the name is taken (expected: a unique name)");
        }
    }

    private static boolean isThere(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                select.setObject(i + 1, values[i]);
            }
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    /** What is written of a key. */
    private interface Change {
        void write(Connection connection, IssuedKey before, Counter counter) throws SQLException, KeyConflictException;
    }

    private IssuedKey changed(String id, long revision, AuditNote note, Change change) throws KeyConflictException {
        return database.write(connection -> {
            Counter counter = next(connection, 1);
            IssuedKey before = one(connection, "id = ? and deleted_at is null", id)
                    .orElseThrow(() -> new KeyConflictException(Reason.GONE, "key " + id + ": not found"));
            if (before.revision() != revision) {
                throw new KeyConflictException(
                        Reason.CHANGED, "key " + before.config().name() + " has changed");
            }
            change.write(connection, before, counter);
            AuditTable.append(connection, note);
            return known(connection, id);
        });
    }

    /**
     * Changes what a key may do.
     *
     * @param id of the key
     * @param revision that the change was made from
     * @param config what it is from now on; its key is left as it was
     * @param forwards the names of the forwards that it opens; empty for all
     * @param note of it, for the audit
     * @throws KeyConflictException if it is gone or has changed, or the name is taken
     */
    public IssuedKey change(String id, long revision, ClientKeyConfig config, List<String> forwards, AuditNote note)
            throws KeyConflictException {
        return changed(id, revision, note, (connection, before, counter) -> {
            ClientKeyConfig same = config.withKey(before.config().key());
            requireFree(connection, same, id);
            try (PreparedStatement update = connection.prepareStatement(
                    "update llmproxy.client_key set " + KeyRows.SETTINGS + ", change_seq = ? where id = ?")) {
                KeyRows.fill(update, same, before.hint(), forwards);
                update.setLong(KeyRows.FILLED + 1, counter.number);
                update.setString(KeyRows.FILLED + 2, id);
                update.executeUpdate();
            }
        });
    }

    /**
     * Gives a key another value.
     *
     * @param id of the key
     * @param revision that the change was made from
     * @param digest of the other value
     * @param hint its first characters
     * @param grace how long the value until now still works, by the database's clock
     * @param note of it, for the audit
     * @throws KeyConflictException if it is gone or has changed
     */
    public IssuedKey rotate(
            String id, long revision, KeyDigest digest, @Nullable String hint, Duration grace, AuditNote note)
            throws KeyConflictException {
        return changed(id, revision, note, (connection, before, counter) -> {
            requireFree(connection, before.config().withKey(digest.configured()), id);
            try (PreparedStatement update = connection.prepareStatement("update llmproxy.client_key set digest = ?,"
                    + " hint = ?, previous_digest = ?, grace_until = ?, change_seq = ? where id = ?")) {
                boolean over = grace.isZero();
                update.setBytes(1, digest.bytes());
                update.setBytes(2, hint == null ? null : KeyRows.bytes(hint));
                update.setBytes(3, over ? null : before.digest().bytes());
                KeyRows.setTime(update, 4, over ? null : counter.now.plus(grace));
                update.setLong(5, counter.number);
                update.setString(6, id);
                update.executeUpdate();
            }
        });
    }

    /**
     * Deletes a key. Its value can never be issued again.
     *
     * @param id of the key
     * @param revision that the caller has seen
     * @param note of it, for the audit
     * @throws KeyConflictException if it is gone or has changed
     */
    public void delete(String id, long revision, AuditNote note) throws KeyConflictException {
        changed(id, revision, note, (connection, before, counter) -> {
            try (PreparedStatement update = connection.prepareStatement("update llmproxy.client_key set"
                    + " sort_name = null, hint = null, deleted_at = ?, change_seq = ? where id = ?")) {
                KeyRows.setTime(update, 1, counter.now);
                update.setLong(2, counter.number);
                update.setString(3, id);
                update.executeUpdate();
            }
            purge(connection, counter.now.minus(REMEMBERED));
        });
    }

    /** Forgets keys that were deleted long ago. A node that has not heard of them reads all keys anew. */
    private static void purge(Connection connection, Instant before) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("update llmproxy.change_counter set purged ="
                + " coalesce((select max(change_seq) from llmproxy.client_key where deleted_at < ?), purged)"
                + " where name = 'keys'")) {
            KeyRows.setTime(update, 1, before);
            update.executeUpdate();
        }
        try (PreparedStatement delete =
                connection.prepareStatement("delete from llmproxy.client_key where deleted_at < ?")) {
            KeyRows.setTime(delete, 1, before);
            delete.executeUpdate();
        }
    }

    /**
     * Stores many keys, all of them or none: those that are there already, by their value, get the settings that are given here.
     *
     * @param keys the keys, each of another name and value
     * @param dry whether everything is done but the change
     * @param note of it, for the audit
     * @throws KeyConflictException if the name of one is another key's, or a value was deleted
     */
    public KeyImport.Result store(List<NewKey> keys, boolean dry, AuditNote note) throws KeyConflictException {
        return database.write(connection -> {
            Counter counter = next(connection, Math.max(keys.size(), 1));
            KeyImport.Result result = new KeyImport(connection, counter.number - keys.size() + 1, note.actor())
                    .store(keys, all(connection));
            if (dry) {
                connection.rollback();
            } else {
                AuditTable.append(connection, note);
            }
            return result;
        });
    }

    private static List<KeyImport.Row> all(Connection connection) throws SQLException {
        List<KeyImport.Row> all = new ArrayList<>();
        String last = "";
        boolean more = true;
        while (more) {
            int rows = 0;
            try (PreparedStatement select =
                    connection.prepareStatement(SELECT + "id > ? order by id fetch first " + ROWS + " rows only")) {
                select.setString(1, last);
                try (ResultSet row = select.executeQuery()) {
                    for (; row.next(); rows++) {
                        IssuedKey key = KeyRows.key(row);
                        last = key.id();
                        all.add(new KeyImport.Row(key, KeyRows.isDeleted(row)));
                    }
                }
            }
            more = rows == ROWS;
        }
        return all;
    }
}
