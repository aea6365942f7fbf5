package io.llmproxy.store;

import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.Secret;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The secrets that documents refer to, sealed. All of them are under one key of the nodes; each write waits for the one before, so that
 * none slips past a change of that key.
 */
public final class SecretTable {
    private static final String STATE = "select key_id, revision from llmproxy.secret_state where scope = 'main'";
    private static final String COLUMNS = "name, revision, ciphertext, wrapped_key, key_id, author, changed_at";

    private final Database database;

    public SecretTable(Database database) {
        this.database = database;
    }

    /**
     * What a change of the key came to.
     *
     * @param from id of the key before; null if there was none
     * @param to id of the key now
     * @param secrets how many are under it
     */
    public record Rotation(@Nullable String from, String to, int secrets) {}

    /** How they stand. */
    public SecretState state() {
        return database.read(connection -> state(connection, STATE));
    }

    private static SecretState state(Connection connection, String sql) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql);
                ResultSet row = select.executeQuery()) {
            if (!row.next()) {
                throw new SQLException("the table secret_state is empty");
            }
            return new SecretState(row.getString(1), row.getLong(2));
        }
    }

    private static SecretState lock(Connection connection) throws SQLException {
        return state(connection, STATE + " for update");
    }

    private static void changed(Connection connection, String keyId) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                "update llmproxy.secret_state set key_id = ?, revision = revision + 1 where scope = 'main'")) {
            update.setString(1, keyId);
            update.executeUpdate();
        }
    }

    /** Returns all secrets, by name. */
    public List<SealedSecret> all() {
        return database.read(connection -> select(connection, "", List.of()));
    }

    /** Returns the secrets of these names, as far as there are any. */
    public List<SealedSecret> find(Collection<String> names) {
        if (names.isEmpty()) {
            return List.of();
        }
        return database.read(connection -> {
            List<SealedSecret> found = new ArrayList<>();
            for (String name : names) {
                found.addAll(select(connection, " where name = ?", List.of(name)));
            }
            return found;
        });
    }

    private static List<SealedSecret> select(Connection connection, String where, List<?> values) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("select " + COLUMNS + " from llmproxy.secret" + where + " order by name")) {
            for (int i = 0; i < values.size(); i++) {
                select.setObject(i + 1, values.get(i));
            }
            try (ResultSet row = select.executeQuery()) {
                List<SealedSecret> found = new ArrayList<>();
                while (row.next()) {
                    found.add(new SealedSecret(
                            row.getString(1),
                            row.getLong(2),
                            row.getBytes(3),
                            row.getBytes(4),
                            row.getString(5),
                            row.getString(6),
                            Rows.instant(row, 7)));
                }
                return found;
            }
        }
    }

    /**
     * Stores new secrets in the transaction of the version that refers to them.
     *
     * @throws StoreException if the key was changed since they were sealed
     */
    static void add(Connection connection, List<SealedSecret> secrets) throws SQLException {
        if (secrets.isEmpty()) {
            return;
        }
        String key = secrets.get(0).keyId();
        String inUse = lock(connection).keyId();
        if (inUse != null && !inUse.equals(key)) {
            throw new StoreException(
                    StoreException.Kind.REFUSED, "the key of the secrets was changed in the meantime; try again");
        }
        for (SealedSecret secret : secrets) {
            insert(connection, secret);
        }
        changed(connection, key);
    }

    private static void insert(Connection connection, SealedSecret secret) throws SQLException {
        try (PreparedStatement insert =
                connection.prepareStatement("insert into llmproxy.secret (name, revision, ciphertext, wrapped_key,"
                        + " key_id, author) values (?, ?, ?, ?, ?, ?)")) {
            insert.setString(1, secret.name());
            insert.setLong(2, secret.revision());
            insert.setBytes(3, secret.ciphertext());
            insert.setBytes(4, secret.wrappedKey());
            insert.setString(5, secret.keyId());
            insert.setString(6, secret.author());
            insert.executeUpdate();
        }
    }

    /**
     * Stores a value, in the place of the one before if there is one.
     *
     * @param keys seals it
     * @param note what the audit is to say of it
     * @throws SealException if this node lacks the key of the store
     */
    public SealedSecret put(String name, Secret value, KeyRing keys, AuditNote note) {
        return database.write(connection -> {
            SealingKey key = keys.sealing(lock(connection).keyId());
            Optional<SealedSecret> before = select(connection, " where name = ?", List.of(name)).stream()
                    .findFirst();
            long revision = before.map(SealedSecret::revision).orElse(0L) + 1;
            SealedSecret sealed = KeyRing.seal(key, name, revision, value, note.actor());
            if (before.isEmpty()) {
                insert(connection, sealed);
            } else {
                replace(connection, sealed, true);
            }
            changed(connection, key.id());
            AuditTable.append(connection, note);
            return select(connection, " where name = ?", List.of(name)).get(0);
        });
    }

    private static void replace(Connection connection, SealedSecret secret, boolean anew) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("update llmproxy.secret set revision = ?,"
                + " ciphertext = ?, wrapped_key = ?, key_id = ?, author = ?"
                + (anew ? ", changed_at = current_timestamp" : "") + " where name = ?")) {
            update.setLong(1, secret.revision());
            update.setBytes(2, secret.ciphertext());
            update.setBytes(3, secret.wrappedKey());
            update.setString(4, secret.keyId());
            update.setString(5, secret.author());
            update.setString(6, secret.name());
            update.executeUpdate();
        }
    }

    /**
     * Removes a secret that neither the head needs nor the version that an unconfirmed head goes back to.
     *
     * @param needs whether a document needs it
     * @param dry whether everything is done but the change
     * @param note what the audit is to say of it
     * @return whether there was one
     */
    public boolean delete(String name, Predicate<String> needs, boolean dry, AuditNote note)
            throws SecretRefusedException {
        return database.<Boolean, SecretRefusedException>write(connection -> {
            // The head is locked, so that no commit comes in between.
            ConfigStore.Wanted wanted = ConfigStore.wanted(connection);
            if (needs.test(wanted.head())) {
                throw new SecretRefusedException(
                        name + ": the newest version refers to it (expected: a secret that is not in use)");
            }
            if (needs.test(wanted.fallback())) {
                throw new SecretRefusedException(
                        name + ": the head is not confirmed, and the version that it may go back to"
                                + " refers to it (expected: confirm the head first)");
            }
            if (dry) {
                return !select(connection, " where name = ?", List.of(name)).isEmpty();
            }
            SecretState state = lock(connection);
            try (PreparedStatement delete = connection.prepareStatement("delete from llmproxy.secret where name = ?")) {
                delete.setString(1, name);
                if (delete.executeUpdate() == 0) {
                    return false;
                }
            }
            changed(connection, Objects.requireNonNull(state.keyId(), "a secret was there"));
            AuditTable.append(connection, note);
            return true;
        });
    }

    /**
     * Puts all secrets under the first key of a node: all of them, or none.
     *
     * @param keys that key, and those that open the secrets
     * @param dry whether everything is done but the change
     * @param note what the audit is to say of it
     * @throws SealException if one of them cannot be opened; it names the secret
     */
    public Rotation rotate(KeyRing keys, boolean dry, AuditNote note) {
        SealingKey key = keys.sealing(null);
        return database.write(connection -> {
            SecretState state = lock(connection);
            List<SealedSecret> secrets = select(connection, "", List.of());
            List<SealedSecret> next = new ArrayList<>();
            for (SealedSecret secret : secrets) {
                try {
                    next.add(keys.rewrapped(secret, key));
                } catch (SealException e) {
                    throw e.of(secret.name());
                }
            }
            boolean same = key.id().equals(state.keyId());
            if (!dry && !same) {
                for (SealedSecret secret : next) {
                    replace(connection, secret, false);
                }
                changed(connection, key.id());
                AuditTable.append(connection, note);
            }
            return new Rotation(state.keyId(), key.id(), next.size());
        });
    }
}
