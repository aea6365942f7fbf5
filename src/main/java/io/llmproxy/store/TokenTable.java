package io.llmproxy.store;

import io.llmproxy.access.ApiToken;
import io.llmproxy.audit.AuditNote;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The tokens of programs, by their digests. */
public final class TokenTable {
    private static final String COLUMNS = "id, name, role, scope, created_at, created_by, expires_at, used_at";

    private final Database database;

    public TokenTable(Database database) {
        this.database = database;
    }

    /** Returns all, by name. */
    public List<ApiToken> all() {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                            "select " + COLUMNS + " from llmproxy.api_token order by name");
                    ResultSet row = select.executeQuery()) {
                List<ApiToken> tokens = new ArrayList<>();
                while (row.next()) {
                    tokens.add(token(row));
                }
                return tokens;
            }
        });
    }

    /** Returns the one of a digest. */
    public Optional<ApiToken> find(String digest) {
        return database.read(connection -> find(connection, "digest", digest));
    }

    private static Optional<ApiToken> find(Connection connection, String column, String value) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "select " + COLUMNS + " from llmproxy.api_token where " + column + " = ?")) {
            select.setString(1, value);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? Optional.of(token(row)) : Optional.empty();
            }
        }
    }

    private static ApiToken token(ResultSet row) throws SQLException {
        String role = row.getString(3);
        return new ApiToken(
                row.getString(1),
                row.getString(2),
                RoleText.read(role),
                RoleText.scope(role, row.getString(4)),
                Rows.instant(row, 5),
                row.getString(6),
                Rows.instantIfAny(row, 7),
                Rows.instantIfAny(row, 8));
    }

    /** Keeps one; returns whether its name was free. */
    public boolean create(ApiToken token, String digest, AuditNote note) {
        return database.write(connection -> {
            if (find(connection, "name", token.name()).isPresent()) {
                return false;
            }
            try (PreparedStatement insert = connection.prepareStatement(
                    "insert into llmproxy.api_token (" + COLUMNS + ", digest) values (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
                insert.setString(1, token.id());
                insert.setString(2, token.name());
                insert.setString(3, RoleText.of(token.role(), token.scope()));
                insert.setString(4, token.scope());
                insert.setTimestamp(5, Rows.timestamp(token.createdAt()));
                insert.setString(6, token.createdBy());
                insert.setTimestamp(7, Rows.timestamp(token.expiresAt()));
                insert.setTimestamp(8, Rows.timestamp(token.usedAt()));
                insert.setString(9, digest);
                insert.executeUpdate();
            }
            AuditTable.append(connection, note);
            return true;
        });
    }

    /** Removes one; returns whether there was one. */
    public boolean revoke(String id, AuditNote note) {
        return database.write(connection -> {
            try (PreparedStatement delete =
                    connection.prepareStatement("delete from llmproxy.api_token where id = ?")) {
                delete.setString(1, id);
                if (delete.executeUpdate() == 0) {
                    return false;
                }
            }
            AuditTable.append(connection, note);
            return true;
        });
    }

    /** Notes that one was used. */
    public void used(String id, Instant at) {
        var unused = database.write(connection -> {
            try (PreparedStatement update =
                    connection.prepareStatement("update llmproxy.api_token set used_at = ? where id = ?")) {
                update.setTimestamp(1, Rows.timestamp(at));
                update.setString(2, id);
                return update.executeUpdate();
            }
        });
    }
}
