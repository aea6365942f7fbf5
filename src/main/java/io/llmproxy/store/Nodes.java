package io.llmproxy.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
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
            delete.setTimestamp(1, Timestamp.from(now(connection).minus(GONE).toInstant()));
            delete.executeUpdate();
        }
    }

    private static boolean update(Connection connection, NodeReport report) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("update llmproxy.node set boot = ?, name = ?,"
                + " app_version = ?, seen_at = current_timestamp, version_active = ?, version_tried = ?, nack = ?"
                + " where id = ?")) {
            fill(update, report);
            return update.executeUpdate() == 1;
        }
    }

    private static void insert(Connection connection, NodeReport report) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("insert into llmproxy.node"
                + " (boot, name, app_version, seen_at, version_active, version_tried, nack, id)"
                + " values (?, ?, ?, current_timestamp, ?, ?, ?, ?)")) {
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
        statement.setString(7, report.id());
    }

    /**
     * A node, and when it reported last.
     *
     * @param report what it said
     * @param seenAt when, by the database's clock
     * @param live whether it has reported lately
     */
    public record Seen(NodeReport report, Instant seenAt, boolean live) {}

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
            OffsetDateTime now = now(connection);
            Instant silent = now.minus(SILENCE).toInstant();
            try (PreparedStatement select = connection.prepareStatement("select id, boot, name, app_version,"
                    + " version_active, version_tried, nack, seen_at from llmproxy.node where seen_at > ?"
                    + " order by name, id")) {
                select.setTimestamp(1, Timestamp.from(now.minus(within).toInstant()));
                try (ResultSet row = select.executeQuery()) {
                    List<Seen> nodes = new ArrayList<>();
                    while (row.next()) {
                        Instant at = row.getObject(8, OffsetDateTime.class).toInstant();
                        nodes.add(new Seen(node(row), at, at.isAfter(silent)));
                    }
                    return nodes;
                }
            }
        });
    }

    private static OffsetDateTime now(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                        "select current_timestamp from llmproxy.config_head where scope = 'main'");
                ResultSet row = select.executeQuery()) {
            row.next();
            return row.getObject(1, OffsetDateTime.class);
        }
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
                nack == null ? List.of() : nack.lines().toList());
    }
}
