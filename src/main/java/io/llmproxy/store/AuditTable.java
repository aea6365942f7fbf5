package io.llmproxy.store;

import io.llmproxy.audit.AuditEntry;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.audit.AuditQuery;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What operators did. An entry is appended in the transaction of the change that it tells of, as the last thing in it: all that append
 * wait for each other.
 */
public final class AuditTable {
    /** So long an entry is kept. */
    public static final Duration KEPT = Duration.ofDays(400);

    private static final String COLUMNS = "id, noted_at, actor, authentication, address, request_id, action, object,"
            + " before_state, after_state, outcome, version_id, previous, hash";
    private static final int PAGE = 1000;

    private final Database database;

    public AuditTable(Database database) {
        this.database = database;
    }

    /**
     * What came of looking at all entries.
     *
     * @param entries how many there are
     * @param last id of the last one; 0 if there is none
     * @param hash of the last one
     * @param problem what is wrong; null if nothing is
     */
    public record Verdict(
            long entries, long last, String hash, @Nullable String problem) {}

    /** Where the chain begins, and where it ends. */
    private record Ends(long first, String beginning, long last, String hash, Instant now) {}

    /** Appends a note by itself. */
    public AuditEntry append(AuditNote note) {
        return database.write(connection -> append(connection, note));
    }

    /** Appends a note in a transaction. */
    static AuditEntry append(Connection connection, AuditNote note) throws SQLException {
        Ends ends = ends(connection, " for update");
        long id = ends.last + 1;
        AuditEntry entry = AuditEntry.next(id, ends.now.truncatedTo(ChronoUnit.MILLIS), note, ends.hash);
        insert(connection, entry);
        try (PreparedStatement update = connection.prepareStatement(
                "update llmproxy.audit_end set last_id = ?, last_hash = ? where scope = 'main'")) {
            update.setLong(1, id);
            update.setString(2, entry.hash());
            update.executeUpdate();
        }
        if (id % PAGE == 0) {
            forget(connection, ends.now.minus(KEPT));
        }
        return entry;
    }

    private static Ends ends(Connection connection, String lock) throws SQLException {
        try (PreparedStatement select =
                        connection.prepareStatement("select forgotten_id, forgotten_hash, last_id, last_hash,"
                                + " current_timestamp from llmproxy.audit_end where scope = 'main'" + lock);
                ResultSet row = select.executeQuery()) {
            if (!row.next()) {
                throw new SQLException("the table audit_end is empty");
            }
            return new Ends(
                    row.getLong(1) + 1,
                    row.getString(2),
                    row.getLong(3),
                    row.getString(4),
                    row.getObject(5, OffsetDateTime.class).toInstant());
        }
    }

    private static void insert(Connection connection, AuditEntry entry) throws SQLException {
        AuditNote note = entry.note();
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into llmproxy.audit (" + COLUMNS + ") values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            insert.setLong(1, entry.id());
            insert.setTimestamp(2, Timestamp.from(entry.at()));
            insert.setString(3, note.actor());
            insert.setString(4, note.authentication());
            insert.setString(5, note.address());
            insert.setString(6, note.requestId());
            insert.setString(7, note.action());
            insert.setString(8, note.object());
            insert.setString(9, note.before());
            insert.setString(10, note.after());
            insert.setString(11, note.outcome());
            insert.setObject(12, note.version(), Types.BIGINT);
            insert.setString(13, entry.previous());
            insert.setString(14, entry.hash());
            insert.executeUpdate();
        }
    }

    /** The chain begins later from then on, and it is noted where. */
    private static void forget(Connection connection, Instant before) throws SQLException {
        long last;
        String hash;
        try (PreparedStatement select = connection.prepareStatement(
                "select id, hash from llmproxy.audit where noted_at < ? order by id desc fetch first 1 rows only")) {
            select.setTimestamp(1, Timestamp.from(before));
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return;
                }
                last = row.getLong(1);
                hash = row.getString(2);
            }
        }
        try (PreparedStatement delete = connection.prepareStatement("delete from llmproxy.audit where id <= ?")) {
            delete.setLong(1, last);
            delete.executeUpdate();
        }
        try (PreparedStatement update = connection.prepareStatement(
                "update llmproxy.audit_end set forgotten_id = ?, forgotten_hash = ? where scope = 'main'")) {
            update.setLong(1, last);
            update.setString(2, hash);
            update.executeUpdate();
        }
    }

    /** Returns entries, the newest first. */
    public List<AuditEntry> find(AuditQuery query) {
        StringBuilder where = new StringBuilder("id < ?");
        List<Object> values = new ArrayList<>(List.of(query.before()));
        add(where, values, " and actor = ?", query.actor());
        add(where, values, " and action = ?", query.action());
        add(where, values, " and object = ?", query.object());
        boolean refused = AuditQuery.REFUSED.equals(query.outcome());
        add(
                where,
                values,
                refused ? " and outcome <> ?" : " and outcome = ?",
                refused ? AuditNote.DONE : query.outcome());
        add(where, values, " and noted_at >= ?", timestamp(query.from()));
        add(where, values, " and noted_at < ?", timestamp(query.to()));
        return database.read(connection -> entries(connection, where + " order by id desc", values, query.limit()));
    }

    private static @Nullable Timestamp timestamp(@Nullable Instant time) {
        return time == null ? null : Timestamp.from(time);
    }

    private static void add(StringBuilder where, List<Object> values, String condition, @Nullable Object value) {
        if (value != null) {
            where.append(condition);
            values.add(value);
        }
    }

    private static List<AuditEntry> entries(Connection connection, String where, List<Object> values, int limit)
            throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "select " + COLUMNS + " from llmproxy.audit where " + where + " fetch first " + limit + " rows only")) {
            for (int i = 0; i < values.size(); i++) {
                select.setObject(i + 1, values.get(i));
            }
            try (ResultSet row = select.executeQuery()) {
                List<AuditEntry> entries = new ArrayList<>();
                while (row.next()) {
                    entries.add(entry(row));
                }
                return entries;
            }
        }
    }

    private static AuditEntry entry(ResultSet row) throws SQLException {
        long version = row.getLong(12);
        Long made = row.wasNull() ? null : version;
        AuditNote note = new AuditNote(
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                row.getString(7),
                row.getString(8),
                row.getString(9),
                row.getString(10),
                row.getString(11),
                made);
        return new AuditEntry(
                row.getLong(1),
                row.getObject(2, OffsetDateTime.class).toInstant(),
                note,
                row.getString(13),
                row.getString(14));
    }

    /**
     * Looks at all entries: whether each is as it was written, and none is missing.
     *
     * @param expected ids and the hashes that they had when somebody looked before; may be empty
     */
    public Verdict verify(Map<Long, String> expected) {
        return database.read(connection -> verify(connection, expected));
    }

    static Verdict verify(Connection connection, Map<Long, String> expected) throws SQLException {
        Ends ends = ends(connection, "");
        long id = ends.first - 1;
        String hash = ends.beginning;
        long count = 0;
        for (List<AuditEntry> page = after(connection, id, ends); !page.isEmpty(); page = after(connection, id, ends)) {
            for (AuditEntry entry : page) {
                String problem = problem(entry, id + 1, hash, expected.get(entry.id()));
                if (problem != null) {
                    return new Verdict(count, id, hash, problem);
                }
                id = entry.id();
                hash = entry.hash();
                count++;
            }
        }
        if (id != ends.last || !hash.equals(ends.hash)) {
            return new Verdict(
                    count, id, hash, "entries after " + id + " are missing (expected: up to " + ends.last + ")");
        }
        for (long wanted : expected.keySet()) {
            if (wanted > id) {
                return new Verdict(count, id, hash, "entry " + wanted + " is missing (expected: at least that many)");
            }
        }
        return new Verdict(count, id, hash, null);
    }

    private static List<AuditEntry> after(Connection connection, long id, Ends ends) throws SQLException {
        return entries(connection, "id > ? and id <= ? order by id", List.of(id, ends.last), PAGE);
    }

    private static @Nullable String problem(AuditEntry entry, long id, String previous, @Nullable String expected) {
        if (entry.id() != id) {
            return "entry " + id + " is missing (found: " + entry.id() + ")";
        }
        if (!entry.previous().equals(previous)) {
            return "entry " + id + " does not follow the one before";
        }
        if (!entry.isIntact() || (expected != null && !expected.equals(entry.hash()))) {
            return "entry " + id + " was changed";
        }
        return null;
    }
}
