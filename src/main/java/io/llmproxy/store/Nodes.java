package io.llmproxy.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The nodes that follow the store, and what each says of the version that it tried. */
public final class Nodes {
    /** A node that has not reported for this long counts as gone. */
    public static final Duration SILENCE = Duration.ofSeconds(35);

    /** A node that has not reported for this long is forgotten: one without a lasting directory is another at each start. */
    private static final Duration GONE = Duration.ofDays(7);

    private final Database database;

    public Nodes(Database database) {
        this.database = database;
    }

    /** Stores what a node says, by the database's clock. */
    public void report(NodeReport report) {
        database.write(connection -> {
            if (!update(connection, report)) {
                insert(connection, report);
                forget(connection);
            }
            return true;
        });
    }

    private static void forget(Connection connection) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement("delete from llmproxy.node where seen_at < ?")) {
            delete.setTimestamp(
                    1, Timestamp.from(Database.now(connection).minus(GONE).toInstant()));
            delete.executeUpdate();
        }
    }

    private static boolean update(Connection connection, NodeReport report) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("update llmproxy.node set boot = ?, name = ?,"
                + " app_version = ?, seen_at = current_timestamp, version_active = ?, version_tried = ?, nack = ?,"
                + " state = ?, in_flight = ? where id = ?")) {
            fill(update, report);
            return update.executeUpdate() == 1;
        }
    }

    private static void insert(Connection connection, NodeReport report) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("insert into llmproxy.node"
                + " (boot, name, app_version, seen_at, version_active, version_tried, nack,"
                + " state, in_flight, id) values (?, ?, ?, current_timestamp, ?, ?, ?, ?, ?, ?)")) {
            fill(insert, report);
            insert.executeUpdate();
        }
    }

    private static void fill(PreparedStatement statement, NodeReport report) throws SQLException {
        statement.setString(1, report.boot());
        statement.setString(2, report.name());
        statement.setString(3, report.appVersion());
        statement.setLong(4, report.active());
        statement.setLong(5, report.tried());
        statement.setString(6, report.nack().isEmpty() ? null : String.join("\n", report.nack()));
        statement.setString(7, report.state());
        statement.setObject(8, report.inFlight(), Types.INTEGER);
        statement.setString(9, report.id());
    }

    /**
     * Says that a node is to be drained, or not any more. It holds until the node starts again, since it is said to one start of it.
     *
     * @param by who says so
     * @return whether the node is known
     */
    public boolean drain(String id, boolean on, String by) {
        return database.write(connection -> {
            try (PreparedStatement update = connection.prepareStatement("update llmproxy.node set drain_boot = "
                    + (on
                            ? "boot, drain_author = ?, drain_at = current_timestamp"
                            : "null, drain_author = ?, drain_at = current_timestamp")
                    + " where id = ?")) {
                update.setString(1, on ? by : null);
                update.setString(2, id);
                return update.executeUpdate() == 1;
            }
        });
    }

    /**
     * What is said of a node.
     *
     * @param drained whether this start of it is to be drained
     * @param by who has said so; null if it is not to be drained
     * @param at when it was said, by the database's clock; null if nothing was ever said
     */
    public record Said(
            boolean drained, @Nullable String by, @Nullable Instant at) {
        /** Nothing was ever said. */
        public static final Said NOTHING = new Said(false, null, null);
    }

    /** Returns what is said of a start of a node; nothing if it has not reported. */
    public Optional<Said> said(String id, String boot) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                    "select drain_boot, drain_author, drain_at from llmproxy.node where id = ?")) {
                select.setString(1, id);
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? Optional.of(said(row, boot)) : Optional.empty();
                }
            }
        });
    }

    private static Said said(ResultSet row, String boot) throws SQLException {
        boolean drained = boot.equals(row.getString(1));
        @Nullable OffsetDateTime at = row.getObject(3, OffsetDateTime.class);
        return new Said(drained, drained ? row.getString(2) : null, at == null ? null : at.toInstant());
    }

    /**
     * A node, and when it reported last.
     *
     * @param report what it said
     * @param seenAt when, by the database's clock
     * @param live whether it has reported lately
     * @param drainedBy who has drained it since it started; null if it is not drained
     * @param drainedAt when; null if it is not drained
     */
    public record Seen(
            NodeReport report,
            Instant seenAt,
            boolean live,
            @Nullable String drainedBy,
            @Nullable Instant drainedAt) {}

    /** The nodes that have reported lately. */
    public List<NodeReport> live() {
        return seen(SILENCE).stream().map(Seen::report).toList();
    }

    /**
     * The nodes that have reported.
     *
     * @param within how long ago at most
     */
    public List<Seen> seen(Duration within) {
        return database.read(connection -> {
            OffsetDateTime now = Database.now(connection);
            Instant silent = now.minus(SILENCE).toInstant();
            try (PreparedStatement select = connection.prepareStatement("select id, boot, name, app_version,"
                    + " version_active, version_tried, nack, state, in_flight, seen_at,"
                    + " case when drain_boot = boot then drain_author end, drain_at from llmproxy.node where seen_at > ?"
                    + " order by name, id")) {
                select.setTimestamp(1, Timestamp.from(now.minus(within).toInstant()));
                try (ResultSet row = select.executeQuery()) {
                    List<Seen> nodes = new ArrayList<>();
                    while (row.next()) {
                        nodes.add(seen(row, silent));
                    }
                    return nodes;
                }
            }
        });
    }

    private static Seen seen(ResultSet row, Instant silent) throws SQLException {
        Instant at = row.getObject(10, OffsetDateTime.class).toInstant();
        @Nullable String by = row.getString(11);
        @Nullable OffsetDateTime since = row.getObject(12, OffsetDateTime.class);
        return by == null || since == null
                ? new Seen(node(row), at, at.isAfter(silent), null, null)
                : new Seen(node(row), at, at.isAfter(silent), by, since.toInstant());
    }

    private static NodeReport node(ResultSet row) throws SQLException {
        @Nullable String nack = row.getString(7);
        return new NodeReport(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getLong(5),
                row.getLong(6),
                nack == null ? List.of() : nack.lines().toList(),
                row.getString(8),
                row.getObject(9, Integer.class));
    }
}
