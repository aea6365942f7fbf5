package io.llmproxy.store;

import io.llmproxy.access.People.LastAdminException;
import io.llmproxy.access.Role;
import io.llmproxy.access.User;
import io.llmproxy.audit.AuditNote;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Those who sign in with a password of ours. */
public final class UserTable {
    private static final String COLUMNS = "name, role, scope, enabled, created_at, created_by, password_at, seen_at";

    private final Database database;

    public UserTable(Database database) {
        this.database = database;
    }

    /** Returns all, by name. */
    public List<User> all() {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                            "select " + COLUMNS + " from llmproxy.admin_user order by name");
                    ResultSet row = select.executeQuery()) {
                List<User> users = new ArrayList<>();
                while (row.next()) {
                    users.add(user(row));
                }
                return users;
            }
        });
    }

    /** Returns one with the hash of the password. */
    public Optional<User.Account> account(String name) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                    "select " + COLUMNS + ", password_hash from llmproxy.admin_user where name = ?")) {
                select.setString(1, name);
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? Optional.of(new User.Account(user(row), row.getString(9))) : Optional.empty();
                }
            }
        });
    }

    private static User user(ResultSet row) throws SQLException {
        String role = row.getString(2);
        return new User(
                row.getString(1),
                RoleText.read(role),
                RoleText.scope(role, row.getString(3)),
                row.getBoolean(4),
                Rows.instant(row, 5),
                row.getString(6),
                Rows.instant(row, 7),
                Rows.instantIfAny(row, 8));
    }

    /** Makes one; returns whether the name was free. */
    public boolean create(User.Account account, AuditNote note) {
        return database.write(connection -> {
            User user = account.user();
            if (find(connection, user.name()).isPresent()) {
                return false;
            }
            try (PreparedStatement insert = connection.prepareStatement("insert into llmproxy.admin_user (" + COLUMNS
                    + ", password_hash) values (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
                insert.setString(1, user.name());
                insert.setString(2, RoleText.of(user.role(), user.scope()));
                insert.setString(3, user.scope());
                insert.setBoolean(4, user.enabled());
                insert.setTimestamp(5, Rows.timestamp(user.createdAt()));
                insert.setString(6, user.createdBy());
                insert.setTimestamp(7, Rows.timestamp(user.passwordAt()));
                insert.setTimestamp(8, Rows.timestamp(user.seenAt()));
                insert.setString(9, account.password());
                insert.executeUpdate();
            }
            AuditTable.append(connection, note);
            return true;
        });
    }

    /** Changes one; see {@link io.llmproxy.access.People#change}. */
    public Optional<User> change(String name, User.Change change, boolean spare, AuditNote note) {
        return database.write(connection -> {
            Optional<User> found = find(connection, name);
            if (found.isEmpty()) {
                return Optional.empty();
            }
            User before = found.get();
            Role role = change.role() == null ? before.role() : change.role();
            boolean enabled = change.enabled() == null ? before.enabled() : change.enabled();
            String scope =
                    change.scope() == null ? before.scope() : change.scope().isEmpty() ? null : change.scope();
            if (before.isAdmin() && !(enabled && role == Role.ADMIN && scope == null)) {
                keepAnAdmin(connection, name, spare);
            }
            try (PreparedStatement update = connection.prepareStatement("update llmproxy.admin_user set role = ?,"
                    + " scope = ?, enabled = ?, password_hash = coalesce(?, password_hash),"
                    + " password_at = case when cast(? as varchar(400)) is null then password_at"
                    + " else current_timestamp end where name = ?")) {
                update.setString(1, RoleText.of(role, scope));
                update.setString(2, scope);
                update.setBoolean(3, enabled);
                update.setString(4, change.password());
                update.setString(5, change.password());
                update.setString(6, name);
                update.executeUpdate();
            }
            SessionTable.closeAll(connection, name);
            AuditTable.append(connection, note);
            return find(connection, name);
        });
    }

    /** Removes one; see {@link io.llmproxy.access.People#remove}. */
    public boolean remove(String name, boolean spare, AuditNote note) {
        return database.write(connection -> {
            Optional<User> found = find(connection, name);
            if (found.isEmpty()) {
                return false;
            }
            if (found.get().isAdmin()) {
                keepAnAdmin(connection, name, spare);
            }
            try (PreparedStatement delete =
                    connection.prepareStatement("delete from llmproxy.admin_user where name = ?")) {
                delete.setString(1, name);
                delete.executeUpdate();
            }
            SessionTable.closeAll(connection, name);
            AuditTable.append(connection, note);
            return true;
        });
    }

    private static Optional<User> find(Connection connection, String name) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("select " + COLUMNS + " from llmproxy.admin_user where name = ?")) {
            select.setString(1, name);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? Optional.of(user(row)) : Optional.empty();
            }
        }
    }

    /** All admins are locked: two that go at once do not rely on each other. */
    private static void keepAnAdmin(Connection connection, String leaving, boolean spare) throws SQLException {
        boolean other = spare;
        try (PreparedStatement select = connection.prepareStatement(
                        "select name, enabled from llmproxy.admin_user where role = 'admin' and scope is null order by name for update");
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                other |= row.getBoolean(2) && !row.getString(1).equals(leaving);
            }
        }
        if (!other) {
            throw new LastAdminException();
        }
    }

    /** Notes that one has signed in. */
    public void seen(String name, Instant at) {
        var unused = database.write(connection -> {
            try (PreparedStatement update =
                    connection.prepareStatement("update llmproxy.admin_user set seen_at = ? where name = ?")) {
                update.setTimestamp(1, Rows.timestamp(at));
                update.setString(2, name);
                return update.executeUpdate();
            }
        });
    }
}
