package io.llmproxy.store;

import java.math.BigDecimal;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A column of a table in a backup. Its values are texts there, the same whichever database they come from.
 *
 * @param name in the table
 * @param kind of its values
 */
record BackupColumn(String name, Kind kind) {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,62}");

    /** What a value is. */
    enum Kind {
        NUMBER(Types.BIGINT) {
            @Override
            void set(PreparedStatement insert, int index, String value) throws SQLException {
                insert.setLong(index, Long.parseLong(value));
            }
        },
        DECIMAL(Types.NUMERIC) {
            @Override
            @Nullable String of(ResultSet row, int index) throws SQLException {
                BigDecimal value = row.getBigDecimal(index);
                return value == null ? null : value.toPlainString();
            }

            @Override
            void set(PreparedStatement insert, int index, String value) throws SQLException {
                insert.setBigDecimal(index, new BigDecimal(value));
            }
        },
        TRUTH(Types.BOOLEAN) {
            @Override
            @Nullable String of(ResultSet row, int index) throws SQLException {
                boolean value = row.getBoolean(index);
                return row.wasNull() ? null : Boolean.toString(value);
            }

            @Override
            void set(PreparedStatement insert, int index, String value) throws SQLException {
                insert.setBoolean(index, truth(value));
            }
        },
        BYTES(Types.BINARY) {
            @Override
            @Nullable String of(ResultSet row, int index) throws SQLException {
                byte[] value = row.getBytes(index);
                return value == null ? null : HexFormat.of().formatHex(value);
            }

            @Override
            void set(PreparedStatement insert, int index, String value) throws SQLException {
                insert.setBytes(index, HexFormat.of().parseHex(value));
            }
        },
        TIME(Types.TIMESTAMP_WITH_TIMEZONE) {
            @Override
            @Nullable String of(ResultSet row, int index) throws SQLException {
                OffsetDateTime value = row.getObject(index, OffsetDateTime.class);
                return value == null ? null : value.toInstant().toString();
            }

            @Override
            void set(PreparedStatement insert, int index, String value) throws SQLException {
                insert.setObject(index, Instant.parse(value).atOffset(ZoneOffset.UTC));
            }
        },
        TEXT(Types.VARCHAR) {
            @Override
            void set(PreparedStatement insert, int index, String value) throws SQLException {
                insert.setString(index, value);
            }
        };

        private final int type;

        Kind(int type) {
            this.type = type;
        }

        @Nullable String of(ResultSet row, int index) throws SQLException {
            return row.getString(index);
        }

        /** Sets a value that {@link #accepts} has found good. */
        abstract void set(PreparedStatement insert, int index, String value) throws SQLException;

        /** Whether a text is a value of this kind. */
        boolean accepts(String value) {
            try {
                switch (this) {
                    case NUMBER -> Long.parseLong(value);
                    case DECIMAL -> new BigDecimal(value);
                    case TRUTH -> truth(value);
                    case BYTES -> HexFormat.of().parseHex(value);
                    case TIME -> Instant.parse(value);
                    case TEXT -> {}
                }
                return true;
            } catch (IllegalArgumentException | DateTimeParseException e) {
                return false;
            }
        }

        private static boolean truth(String value) {
            if (!value.equals("true") && !value.equals("false")) {
                throw new IllegalArgumentException(value);
            }
            return value.equals("true");
        }

        private static Kind of(int type) {
            return switch (type) {
                case Types.BIGINT, Types.INTEGER, Types.SMALLINT -> NUMBER;
                case Types.NUMERIC, Types.DECIMAL -> DECIMAL;
                case Types.BOOLEAN, Types.BIT -> TRUTH;
                case Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY -> BYTES;
                case Types.TIMESTAMP, Types.TIMESTAMP_WITH_TIMEZONE -> TIME;
                default -> TEXT;
            };
        }
    }

    static BackupColumn of(ResultSetMetaData columns, int index) throws SQLException {
        return new BackupColumn(
                columns.getColumnName(index).toLowerCase(Locale.ROOT), Kind.of(columns.getColumnType(index)));
    }

    /** Reads what {@link #toString} has written; null if it is nothing of the sort. */
    static @Nullable BackupColumn parse(String written) {
        int colon = written.indexOf(':');
        if (colon < 0 || !NAME.matcher(written.substring(0, colon)).matches()) {
            return null;
        }
        for (Kind kind : Kind.values()) {
            if (written.substring(colon + 1).equals(label(kind))) {
                return new BackupColumn(written.substring(0, colon), kind);
            }
        }
        return null;
    }

    void set(PreparedStatement insert, int index, @Nullable String value) throws SQLException {
        if (value == null) {
            insert.setNull(index, kind.type);
        } else {
            kind.set(insert, index, value);
        }
    }

    private static String label(Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return name + ":" + label(kind);
    }
}
