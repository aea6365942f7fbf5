package io.llmproxy.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What operators have changed for the time being, on all nodes. */
public final class OverrideTable {
    private final Database database;

    public OverrideTable(Database database) {
        this.database = database;
    }

    /**
     * One change.
     *
     * @param upstream what is changed
     * @param group where its weight is another one; empty if it is said whether it is asked
     * @param mode whether it is asked; null for a weight
     * @param weight 0 if it is said whether it is asked
     * @param until when this ends; null for never
     * @param reason for other operators; null for none
     * @param author who has said so
     * @param since when
     */
    public record Row(
            String upstream,
            String group,
            @Nullable String mode,
            int weight,
            @Nullable Instant until,
            @Nullable String reason,
            String author,
            Instant since) {}

    /** Returns a number that is another one after each change. */
    public long number() {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                            "select n from llmproxy.change_counter where name = 'override'");
                    ResultSet row = select.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        });
    }

    /** Returns all of them. */
    public List<Row> all() {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                            "select upstream, in_group, mode, weight, until_at,"
                                    + " reason, author, since_at from llmproxy.operator_override order by upstream, in_group");
                    ResultSet row = select.executeQuery()) {
                List<Row> rows = new ArrayList<>();
                while (row.next()) {
                    rows.add(row(row));
                }
                return rows;
            }
        });
    }

    private static Row row(ResultSet row) throws SQLException {
        OffsetDateTime until = row.getObject(5, OffsetDateTime.class);
        return new Row(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getInt(4),
                until == null ? null : until.toInstant(),
                row.getString(6),
                row.getString(7),
                row.getObject(8, OffsetDateTime.class).toInstant());
    }

    /** Stores a change; one of the same is replaced. */
    public void put(Row row) {
        database.write(connection -> {
            count(connection);
            delete(connection, row.upstream(), row.group());
            try (PreparedStatement insert = connection.prepareStatement("insert into llmproxy.operator_override"
                    + " (upstream, in_group, mode, weight, until_at, reason, author, since_at)"
                    + " values (?, ?, ?, ?, ?, ?, ?, ?)")) {
                insert.setString(1, row.upstream());
                insert.setString(2, row.group());
                insert.setString(3, row.mode());
                if (row.mode() == null) {
                    insert.setInt(4, row.weight());
                } else {
                    insert.setNull(4, Types.INTEGER);
                }
                insert.setTimestamp(5, row.until() == null ? null : Timestamp.from(row.until()));
                insert.setString(6, row.reason());
                insert.setString(7, row.author());
                insert.setTimestamp(8, Timestamp.from(row.since()));
                insert.executeUpdate();
            }
            return true;
        });
    }

    /**
     * Takes a change back.
     *
     * @param group empty if it was said whether the upstream is asked
     */
    public void remove(String upstream, String group) {
        database.write(connection -> {
            count(connection);
            delete(connection, upstream, group);
            return true;
        });
    }

    /**
     * Takes back what was said of an upstream if it ends by itself at a time or before. What was said later ends later, or never.
     *
     * @param until the time, which a database keeps to the microsecond
     */
    public void removeOver(String upstream, Instant until) {
        database.write(connection -> {
            count(connection);
            try (PreparedStatement delete = connection.prepareStatement(
                    "delete from llmproxy.operator_override where upstream = ? and in_group = '' and until_at <= ?")) {
                delete.setString(1, upstream);
                delete.setTimestamp(2, Timestamp.from(until.plus(1, ChronoUnit.MICROS)));
                delete.executeUpdate();
            }
            return true;
        });
    }

    /** Takes all of them back. */
    public void clear() {
        database.write(connection -> {
            count(connection);
            try (PreparedStatement delete = connection.prepareStatement("delete from llmproxy.operator_override")) {
                delete.executeUpdate();
            }
            return true;
        });
    }

    /** First, so that changes at the same time come one after the other. */
    private static void count(Connection connection) throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement("update llmproxy.change_counter set n = n + 1 where name = 'override'")) {
            update.executeUpdate();
        }
    }

    private static void delete(Connection connection, String upstream, String group) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(
                "delete from llmproxy.operator_override where upstream = ? and in_group = ?")) {
            delete.setString(1, upstream);
            delete.setString(2, group);
            delete.executeUpdate();
        }
    }
}
