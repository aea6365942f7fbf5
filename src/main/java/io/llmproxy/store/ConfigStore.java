package io.llmproxy.store;

import io.llmproxy.access.Mandate;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.store.ConfigVersion.Origin;
import io.llmproxy.store.StoreException.Kind;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The versions, and the head that moves from one to the next by compare-and-set. */
public final class ConfigStore {
    private static final String HEAD =
            "select version_id, fallback_id, confirm_until, current_timestamp, (select sha256 from llmproxy.config_version where id = version_id), managed_by"
                    + " from llmproxy.config_head where scope = 'main'";
    private static final String COLUMNS = "id, parent_id, created_at, author, message, origin, sha256";

    private final Database database;

    public ConfigStore(Database database) {
        this.database = database;
    }

    /** Where the head is. */
    public Head head() {
        return database.read(connection -> head(connection, HEAD));
    }

    private static Head head(Connection connection, String sql) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql);
                ResultSet row = select.executeQuery()) {
            if (!row.next()) {
                throw new SQLException("the table config_head is empty");
            }
            String digest = row.getString(5);
            return new Head(
                    row.getLong(1),
                    row.getLong(2),
                    instant(row, 3),
                    instantOf(row, 4),
                    digest == null ? "" : digest,
                    row.getString(6));
        }
    }

    /** Returns a version, or nothing if there is none of the number. */
    public Optional<ConfigVersion> version(long id) {
        return database.read(connection -> version(connection, "id = ?", id));
    }

    private static Optional<ConfigVersion> version(Connection connection, String where, Object value)
            throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "select " + COLUMNS + ", content from llmproxy.config_version where " + where)) {
            select.setObject(1, value);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? Optional.of(version(row, row.getString(8))) : Optional.empty();
            }
        }
    }

    /**
     * Returns the latest versions, the newest first, without their contents.
     *
     * @param before only versions below this one; {@link Long#MAX_VALUE} to begin with the newest
     * @param limit how many at most
     */
    public List<ConfigVersion> history(long before, int limit) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                    "select " + COLUMNS + " from llmproxy.config_version where id < ? order by id desc fetch first "
                            + limit + " rows only")) {
                select.setLong(1, before);
                try (ResultSet row = select.executeQuery()) {
                    List<ConfigVersion> versions = new ArrayList<>();
                    while (row.next()) {
                        versions.add(version(row, ""));
                    }
                    return versions;
                }
            }
        });
    }

    /**
     * Commits a version, and moves the head to it. Once this returns, it is stored for good.
     *
     * @param base where the caller believes the head to be
     * @throws HeadMovedException if it is elsewhere
     * @throws StoreException if something else manages the configuration
     */
    public ConfigVersion commit(Draft draft, long base) throws HeadMovedException {
        return commit(
                draft,
                base,
                AuditNote.plain(
                        draft.author(), "command", "config." + draft.origin().word()));
    }

    /**
     * Commits a version as {@link #commit(Draft, long)} does.
     *
     * @param note what the audit is to say of it
     * @throws HeadMovedException if the head is elsewhere
     */
    public ConfigVersion commit(Draft draft, long base, AuditNote note) throws HeadMovedException {
        return database.write(connection -> {
            Head head = lock(connection);
            Optional<ConfigVersion> before = stored(connection, draft);
            if (before.isPresent()) {
                if (!before.get().sha256().equals(sha256(draft.content()))) {
                    throw new StoreException(Kind.CONFLICT, "another change was made with this request key");
                }
                return before.get();
            }
            refuseManaged(connection, head, draft);
            if (head.version() != base) {
                throw new HeadMovedException(base, head.version());
            }
            Instant until = draft.confirmWithin() == null ? null : head.now().plus(draft.confirmWithin());
            long fallback = head.isUnconfirmed() ? head.fallback() : head.version();
            ConfigVersion made = append(connection, head, draft, until, fallback, note);
            mark(connection, head, draft.mandate(), note.of(made.id()));
            return made;
        });
    }

    /** Returns what an earlier attempt to commit the same has stored. */
    private static Optional<ConfigVersion> stored(Connection connection, Draft draft) throws SQLException {
        String key = draft.requestKey();
        return key == null ? Optional.empty() : version(connection, "request_key = ?", key);
    }

    /**
     * Refuses a change that {@link #commit(Draft, long)} would refuse because something else manages the configuration.
     *
     * @throws StoreException if it does
     */
    public void refuseManaged(Draft draft) {
        var unused = database.read(connection -> {
            Head head = head(connection, HEAD);
            if (stored(connection, draft).isEmpty()) {
                refuseManaged(connection, head, draft);
            }
            return head;
        });
    }

    /** What would go back by itself may be taken back by everybody who changes things. */
    private static void refuseManaged(Connection connection, Head head, Draft draft) throws SQLException {
        if (draft.mandate().covers(head.managedBy()) || isWayBack(connection, head, draft)) {
            return;
        }
        throw new StoreException(
                Kind.MANAGED, "the configuration is managed by " + head.managedBy() + "; nothing was changed");
    }

    private static boolean isWayBack(Connection connection, Head head, Draft draft) throws SQLException {
        return head.isUnconfirmed()
                && version(connection, "id = ?", head.fallback())
                        .filter(old -> old.content().equals(draft.content()))
                        .isPresent();
    }

    /** Notes what the mandate of a commit has come to. */
    private static void mark(Connection connection, Head head, Mandate mandate, AuditNote note) throws SQLException {
        String before = head.managedBy();
        if (mandate.overrides(before)) {
            AuditTable.append(connection, note.besides("config.override", String.valueOf(before)));
        }
        String manager = mandate.manager();
        if (manager != null && !manager.equals(before)) {
            mark(connection, manager);
            AuditTable.append(connection, note.besides("config.manage", manager));
        }
    }

    /**
     * Says what manages the configuration; its content stays.
     *
     * @param manager what does; null for nothing, so that people change it
     * @param note who says so; it is kept in the audit if that was different before
     * @return what did before; null for nothing
     */
    public @Nullable String manage(@Nullable String manager, AuditNote note) {
        return database.write(connection -> {
                    String before = lock(connection).managedBy();
                    if (!Objects.equals(before, manager)) {
                        mark(connection, manager);
                        AuditTable.append(
                                connection,
                                manager == null
                                        ? note.besides("config.release", Objects.requireNonNull(before))
                                        : note.besides("config.manage", manager));
                    }
                    return Optional.ofNullable(before);
                })
                .orElse(null);
    }

    private static void mark(Connection connection, @Nullable String manager) throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement("update llmproxy.config_head set managed_by = ? where scope = 'main'")) {
            update.setString(1, manager);
            update.executeUpdate();
        }
    }

    /**
     * Confirms the head, so that it stays.
     *
     * @param version the version that is confirmed
     * @param note what the audit is to say of it
     * @return whether it was still the head
     */
    public boolean confirm(long version, AuditNote note) {
        return database.write(connection -> {
            Head head = lock(connection);
            if (head.version() != version) {
                return false;
            }
            move(connection, version, version, version, null);
            AuditTable.append(connection, note.of(version));
            return true;
        });
    }

    /**
     * Goes back from an unconfirmed head: the old content becomes a new version. Several nodes may try: one does it.
     *
     * @param seen the head as the caller saw it
     * @param message why
     * @param appVersion the caller's release
     * @return the new version; nothing if the head has moved or was confirmed in the meantime
     */
    public Optional<ConfigVersion> goBack(Head seen, String message, String appVersion) {
        return database.write(connection -> {
            Head head = lock(connection);
            if (!head.isUnconfirmed() || head.version() != seen.version() || head.fallback() == 0) {
                return Optional.empty();
            }
            ConfigVersion old = version(connection, "id = ?", head.fallback())
                    .orElseThrow(() -> new SQLException("version " + head.fallback() + " is missing"));
            Draft draft = Draft.plain(old.content(), "llmproxy", message, Origin.AUTO_ROLLBACK, appVersion, null, null);
            AuditNote note = AuditNote.plain(draft.author(), "node", "config." + Origin.AUTO_ROLLBACK.word());
            return Optional.of(append(connection, head, draft, null, 0, note));
        });
    }

    /**
     * What must go on to work.
     *
     * @param head content of the head
     * @param fallback content of the version that the head goes back to unless it is confirmed; else that of the head
     */
    record Wanted(String head, String fallback) {}

    /** Locks the head until the end of the transaction. */
    static Wanted wanted(Connection connection) throws SQLException {
        Head head = lock(connection);
        String content = version(connection, "id = ?", head.version())
                .map(ConfigVersion::content)
                .orElse("");
        String fallback = head.isUnconfirmed()
                ? version(connection, "id = ?", head.fallback())
                        .map(ConfigVersion::content)
                        .orElse("")
                : content;
        return new Wanted(content, fallback);
    }

    private static Head lock(Connection connection) throws SQLException {
        return head(connection, HEAD + " for update");
    }

    private static ConfigVersion append(
            Connection connection, Head head, Draft draft, @Nullable Instant until, long fallback, AuditNote note)
            throws SQLException {
        long id = head.version() + 1;
        try (PreparedStatement insert = connection.prepareStatement("insert into llmproxy.config_version"
                + " (id, parent_id, author, message, origin, content, sha256, app_version, request_key)"
                + " values (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            insert.setLong(1, id);
            insert.setLong(2, head.version());
            insert.setString(3, draft.author());
            insert.setString(4, draft.message());
            insert.setString(5, draft.origin().word());
            insert.setString(6, draft.content());
            insert.setString(7, sha256(draft.content()));
            insert.setString(8, draft.appVersion());
            insert.setString(9, draft.requestKey());
            insert.executeUpdate();
        }
        SecretTable.add(connection, draft.secrets());
        move(connection, head.version(), id, until == null ? id : fallback, until);
        AuditTable.append(connection, note.of(id));
        return version(connection, "id = ?", id).orElseThrow(() -> new SQLException("version " + id + " is missing"));
    }

    private static void move(Connection connection, long base, long version, long fallback, @Nullable Instant until)
            throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("update llmproxy.config_head"
                + " set version_id = ?, fallback_id = ?, confirm_until = ? where scope = 'main' and version_id = ?")) {
            update.setLong(1, version);
            update.setLong(2, fallback);
            update.setTimestamp(3, until == null ? null : Timestamp.from(until));
            update.setLong(4, base);
            if (update.executeUpdate() != 1) {
                throw new StoreException(Kind.AWAY, "the head moved although it was locked");
            }
        }
    }

    private static ConfigVersion version(ResultSet row, String content) throws SQLException {
        return new ConfigVersion(
                row.getLong(1),
                row.getLong(2),
                instantOf(row, 3),
                row.getString(4),
                row.getString(5),
                Origin.valueOf(row.getString(6).toUpperCase(Locale.ROOT).replace('-', '_')),
                row.getString(7),
                content);
    }

    private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    private static Instant instantOf(ResultSet row, int column) throws SQLException {
        return Objects.requireNonNull(instant(row, column), "never null");
    }

    /** The digest of a document, in hexadecimal digits. */
    public static String sha256(String content) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
