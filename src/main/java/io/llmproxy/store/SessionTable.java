package io.llmproxy.store;

import io.llmproxy.access.KeptSession;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/** Who has signed in with a browser, by the digests of the sessions' names. */
public final class SessionTable {
    private final Database database;

    public SessionTable(Database database) {
        this.database = database;
    }

    /** Keeps one; those that are over go. */
    public void open(KeptSession session) {
        var unused = database.write(connection -> {
            try (PreparedStatement delete = connection.prepareStatement(
                    "delete from llmproxy.admin_session where ends_at < current_timestamp")) {
                delete.executeUpdate();
            }
            try (PreparedStatement insert = connection.prepareStatement("insert into llmproxy.admin_session"
                    + " (digest, name, role, scope, authentication, token_digest, used_at, ends_at)"
                    + " values (?, ?, ?, ?, ?, ?, ?, ?)")) {
                insert.setString(1, session.digest());
                insert.setString(2, session.name());
                insert.setString(3, RoleText.of(session.role(), session.scope()));
                insert.setString(4, session.scope());
                insert.setString(5, session.authentication());
                insert.setString(6, session.opener());
                insert.setTimestamp(7, Rows.timestamp(session.usedAt()));
                insert.setTimestamp(8, Rows.timestamp(session.endsAt()));
                return insert.executeUpdate();
            }
        });
    }

    /** Returns one; nothing if it was closed, or its user may not sign in any more. */
    public Optional<KeptSession> find(String digest) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement("select s.name, s.role, s.authentication,"
                    + " s.token_digest, s.used_at, s.ends_at, u.role, u.enabled, s.scope, u.scope from llmproxy.admin_session s"
                    + " left join llmproxy.admin_user u on u.name = s.name where s.digest = ?")) {
                select.setString(1, digest);
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? session(digest, row) : Optional.empty();
                }
            }
        });
    }

    private static Optional<KeptSession> session(String digest, ResultSet row) throws SQLException {
        String authentication = row.getString(3);
        boolean own = authentication.equals(KeptSession.PASSWORD);
        if (own && (row.getString(7) == null || !row.getBoolean(8))) {
            return Optional.empty();
        }
        String role = row.getString(own ? 7 : 2);
        return Optional.of(new KeptSession(
                digest,
                row.getString(1),
                RoleText.read(role),
                RoleText.scope(role, row.getString(own ? 10 : 9)),
                authentication,
                row.getString(4),
                Rows.instant(row, 5),
                Rows.instant(row, 6)));
    }

    /** Notes that one was used. */
    public void used(String digest, Instant at) {
        var unused = database.write(connection -> {
            try (PreparedStatement update =
                    connection.prepareStatement("update llmproxy.admin_session set used_at = ? where digest = ?")) {
                update.setTimestamp(1, Rows.timestamp(at));
                update.setString(2, digest);
                return update.executeUpdate();
            }
        });
    }

    /** Ends one. */
    public void close(String digest) {
        var unused = database.write(connection -> {
            try (PreparedStatement delete =
                    connection.prepareStatement("delete from llmproxy.admin_session where digest = ?")) {
                delete.setString(1, digest);
                return delete.executeUpdate();
            }
        });
    }

    /** Ends those of a user. */
    static void closeAll(Connection connection, String name) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(
                "delete from llmproxy.admin_session where name = ? and authentication = ?")) {
            delete.setString(1, name);
            delete.setString(2, KeptSession.PASSWORD);
            delete.executeUpdate();
        }
    }
}
