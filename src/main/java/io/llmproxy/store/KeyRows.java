package io.llmproxy.store;

import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.KeyRateLimitConfig;
import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.load.LimitsText;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How a client key is written into a row, and read from one. */
final class KeyRows {
    static final String COLUMNS =
            "id, digest, hint, name, forwards, models, per_second, burst, max_concurrent, explains,"
                    + " enabled, expires_at, scope, limits, previous_digest, grace_until, created_by, created_at, change_seq, deleted_at";

    /** What {@link #fill} fills. */
    static final String SETTINGS = "digest = ?, hint = ?, name = ?, sort_name = ?, forwards = ?, models = ?,"
            + " per_second = ?, burst = ?, max_concurrent = ?, explains = ?, enabled = ?, expires_at = ?,"
            + " scope = ?, limits = ?";

    static final String INSERT = "insert into llmproxy.client_key (digest, hint, name, sort_name, forwards, models,"
            + " per_second, burst, max_concurrent, explains, enabled, expires_at, scope, limits, change_seq, created_by, request_key, id)"
            + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

    /** How many parameters {@link #SETTINGS} has. */
    static final int FILLED = 14;

    private KeyRows() {}

    /** Reads all of a key. */
    static IssuedKey key(ResultSet row) throws SQLException {
        byte @Nullable [] hint = row.getBytes("hint");
        return new IssuedKey(
                row.getString("id"),
                config(row, new SharedSettings()),
                hint == null ? null : new String(hint, StandardCharsets.UTF_8),
                lines(row, "forwards"),
                previous(row),
                row.getString("created_by"),
                Objects.requireNonNull(instant(row, "created_at"), "never null"),
                row.getLong("change_seq"));
    }

    /** Reads what requests need of a key: who issued it and its hint are left out. */
    static IssuedKey brief(ResultSet row, SharedSettings shared) throws SQLException {
        return new IssuedKey(
                row.getString("id"),
                config(row, shared),
                null,
                lines(row, "forwards"),
                previous(row),
                "",
                Objects.requireNonNull(instant(row, "created_at"), "never null"),
                row.getLong("change_seq"));
    }

    private static ClientKeyConfig config(ResultSet row, SharedSettings shared) throws SQLException {
        Optional<List<LimitConfig>> limits = shared.limits(row.getString("limits"));
        return new ClientKeyConfig(
                row.getString("name"),
                KeyDigest.stored(row.getBytes("digest")).configured(),
                row.getBoolean("enabled") && limits.isPresent(),
                instant(row, "expires_at"),
                shared.models(lines(row, "models")),
                rate(row),
                row.getInt("max_concurrent"),
                row.getBoolean("explains"),
                row.getString("scope"),
                limits.orElse(List.of()));
    }

    private static IssuedKey.@Nullable Previous previous(ResultSet row) throws SQLException {
        byte @Nullable [] digest = row.getBytes("previous_digest");
        Instant until = instant(row, "grace_until");
        return digest == null || until == null ? null : new IssuedKey.Previous(KeyDigest.stored(digest), until);
    }

    static boolean isDeleted(ResultSet row) throws SQLException {
        return row.getObject("deleted_at") != null;
    }

    private static @Nullable KeyRateLimitConfig rate(ResultSet row) throws SQLException {
        int perSecond = row.getInt("per_second");
        if (row.wasNull()) {
            return null;
        }
        int burst = row.getInt("burst");
        return new KeyRateLimitConfig(perSecond, row.wasNull() ? null : burst);
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    private static List<String> lines(ResultSet row, String column) throws SQLException {
        return row.getString(column).lines().toList();
    }

    /** Writes the settings of a key, from the first parameter on. */
    static void fill(PreparedStatement statement, ClientKeyConfig config, @Nullable String hint, List<String> forwards)
            throws SQLException {
        KeyRateLimitConfig rate = config.rateLimit();
        statement.setBytes(1, KeyDigest.configured(config.key()).bytes());
        statement.setBytes(2, hint == null ? null : bytes(hint));
        statement.setString(3, config.name());
        statement.setBytes(4, sortName(config.name()));
        statement.setString(5, String.join("\n", forwards));
        statement.setString(
                6, config.allowedModels().stream().map(ModelPattern::text).collect(Collectors.joining("\n")));
        setInt(statement, 7, rate == null ? null : rate.requestsPerSecond());
        setInt(statement, 8, rate == null ? null : rate.burstSize());
        statement.setInt(9, config.maxConcurrent());
        statement.setBoolean(10, config.explain());
        statement.setBoolean(11, config.enabled());
        setTime(statement, 12, config.expires());
        statement.setString(13, config.scope());
        statement.setString(14, LimitsText.write(config.limits()));
    }

    private static void setInt(PreparedStatement statement, int index, @Nullable Integer value) throws SQLException {
        if (value == null) {
            statement.setNull(index, Types.INTEGER);
        } else {
            statement.setInt(index, value);
        }
    }

    static void setTime(PreparedStatement statement, int index, @Nullable Instant time) throws SQLException {
        statement.setTimestamp(index, time == null ? null : Timestamp.from(time));
    }

    /** What names are sorted, found and told apart by, whatever the database thinks of letters. */
    static byte[] sortName(String name) {
        return bytes(name.toLowerCase(Locale.ROOT));
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
