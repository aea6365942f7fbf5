package io.llmproxy.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Times in rows. */
final class Rows {
    private Rows() {}

    static Instant instant(ResultSet row, int column) throws SQLException {
        return Objects.requireNonNull(instantIfAny(row, column), "never null");
    }

    static @Nullable Instant instantIfAny(ResultSet row, int column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    static @Nullable Timestamp timestamp(@Nullable Instant time) {
        return time == null ? null : Timestamp.from(time);
    }
}
