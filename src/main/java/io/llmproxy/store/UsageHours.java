package io.llmproxy.store;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What all nodes have used in each hour. Each node has rows of its own, so that none waits for another. */
public final class UsageHours {
    private static final int LONGEST_NAME = 300;
    private static final int PIECE = 500;
    private static final int FETCHED = 2_000;

    /** In seconds. */
    private static final int LONGEST_QUERY = 10;

    private static final Duration MARKS_KEPT = Duration.ofDays(400);

    private final Database database;

    public UsageHours(Database database) {
        this.database = database;
    }

    /**
     * What a node has used in an hour.
     *
     * @param hour when it began
     * @param currency of the cost; empty for what has none
     * @param cost in that currency
     */
    public record Row(
            Instant hour,
            String forward,
            String key,
            String model,
            String upstream,
            String currency,
            long attempts,
            long errors,
            long input,
            long cached,
            long output,
            long reasoning,
            long unpriced,
            BigDecimal cost) {
        /** Cuts names that are too long. */
        public Row {
            forward = cut(forward);
            key = cut(key);
            model = cut(model);
            upstream = cut(upstream);
        }

        private static String cut(String name) {
            return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME);
        }
    }

    /**
     * How far a run of a process has told what it used.
     *
     * @param run 64 random bits
     * @param file which of its files, from 1
     * @param position how many bytes of it
     * @param record the number of the last record
     */
    public record Mark(String run, int file, long position, long record) {}

    /**
     * What is told now of a run.
     *
     * @param from as the caller knows the mark; null if there is none
     * @param to where it is then
     */
    public record Move(@Nullable Mark from, Mark to) {}

    /** Returns how far runs have told it; those that have told nothing have no mark. */
    public List<Mark> marks(Collection<String> runs) {
        return database.read(connection -> {
            List<Mark> marks = new ArrayList<>();
            try (PreparedStatement select = connection.prepareStatement(
                    "select file_number, read_bytes, last_record from llmproxy.usage_mark where run = ?")) {
                for (String run : runs) {
                    select.setString(1, run);
                    try (ResultSet row = select.executeQuery()) {
                        if (row.next()) {
                            marks.add(new Mark(run, row.getInt(1), row.getLong(2), row.getLong(3)));
                        }
                    }
                }
            }
            return marks;
        });
    }

    /**
     * Adds what a node has used, and keeps how far it has told it: both or neither.
     *
     * @param node the identity of the node
     * @param rows what is added to the hours
     * @param moves the marks that move
     * @throws StoreException with the kind {@link StoreException.Kind#CONFLICT} if another process has moved one; nothing is added then
     */
    public void add(String node, List<Row> rows, Collection<Move> moves) {
        database.write(connection -> {
            for (Move move : moves) {
                move(connection, move);
            }
            for (int from = 0; from < rows.size(); from += PIECE) {
                add(connection, node, rows.subList(from, Math.min(from + PIECE, rows.size())));
            }
            return true;
        });
    }

    private static void add(Connection connection, String node, List<Row> rows) throws SQLException {
        List<Row> missing = new ArrayList<>();
        try (PreparedStatement update = connection.prepareStatement("update llmproxy.usage_hour set"
                + " attempts = attempts + ?, errors = errors + ?, input_tokens = input_tokens + ?,"
                + " cached_tokens = cached_tokens + ?, output_tokens = output_tokens + ?,"
                + " reasoning_tokens = reasoning_tokens + ?, unpriced = unpriced + ?, cost = cost + ?"
                + " where begun_at = ? and node = ? and forward = ? and client_key = ? and model = ? and upstream = ?"
                + " and currency = ?")) {
            for (Row row : rows) {
                fill(update, node, row);
                update.addBatch();
            }
            int[] updated = update.executeBatch();
            for (int index = 0; index < updated.length; index++) {
                if (updated[index] == 0) {
                    missing.add(rows.get(index));
                }
            }
        }
        try (PreparedStatement insert = connection.prepareStatement("insert into llmproxy.usage_hour"
                + " (attempts, errors, input_tokens, cached_tokens, output_tokens, reasoning_tokens, unpriced, cost,"
                + " begun_at, node, forward, client_key, model, upstream, currency)"
                + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            for (Row row : missing) {
                fill(insert, node, row);
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private static void fill(PreparedStatement statement, String node, Row row) throws SQLException {
        statement.setLong(1, row.attempts());
        statement.setLong(2, row.errors());
        statement.setLong(3, row.input());
        statement.setLong(4, row.cached());
        statement.setLong(5, row.output());
        statement.setLong(6, row.reasoning());
        statement.setLong(7, row.unpriced());
        statement.setBigDecimal(8, row.cost());
        statement.setObject(9, row.hour().atOffset(ZoneOffset.UTC));
        statement.setString(10, node);
        statement.setString(11, row.forward());
        statement.setString(12, row.key());
        statement.setString(13, row.model());
        statement.setString(14, row.upstream());
        statement.setString(15, row.currency());
    }

    private static void move(Connection connection, Move move) throws SQLException {
        Mark from = move.from();
        if (from == null) {
            try (PreparedStatement insert = connection.prepareStatement(
                    "insert into llmproxy.usage_mark"
                            + " (file_number, read_bytes, last_record, written_at, run) values (?, ?, ?, current_timestamp, ?)")) {
                fill(insert, move.to());
                insert.executeUpdate();
            }
            return;
        }
        try (PreparedStatement update = connection.prepareStatement("update llmproxy.usage_mark set file_number = ?,"
                + " read_bytes = ?, last_record = ?, written_at = current_timestamp where run = ?"
                + " and file_number = ? and read_bytes = ? and last_record = ?")) {
            fill(update, move.to());
            update.setInt(5, from.file());
            update.setLong(6, from.position());
            update.setLong(7, from.record());
            if (update.executeUpdate() == 0) {
                throw new StoreException(
                        StoreException.Kind.CONFLICT, "another process has added what the run " + from.run() + " used");
            }
        }
    }

    private static void fill(PreparedStatement statement, Mark mark) throws SQLException {
        statement.setInt(1, mark.file());
        statement.setLong(2, mark.position());
        statement.setLong(3, mark.record());
        statement.setString(4, mark.run());
    }

    /**
     * Reads what all nodes have used, hour by hour.
     *
     * @param from the first hour
     * @param until the first moment after the last hour
     * @param most how many rows are read at most
     * @return whether all rows were read
     */
    public boolean read(Instant from, Instant until, int most, Consumer<Row> visitor) {
        return database.snapshot(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                    "select begun_at, forward, client_key, model,"
                            + " upstream, currency, sum(attempts), sum(errors), sum(input_tokens), sum(cached_tokens),"
                            + " sum(output_tokens), sum(reasoning_tokens), sum(unpriced), sum(cost) from llmproxy.usage_hour"
                            + " where begun_at >= ? and begun_at < ? group by begun_at, forward, client_key, model, upstream, currency")) {
                select.setObject(1, from.atOffset(ZoneOffset.UTC));
                select.setObject(2, until.atOffset(ZoneOffset.UTC));
                select.setQueryTimeout(LONGEST_QUERY);
                select.setFetchSize(FETCHED);
                select.setMaxRows(most + 1);
                try (ResultSet row = select.executeQuery()) {
                    int read = 0;
                    while (row.next()) {
                        if (++read > most) {
                            return false;
                        }
                        visitor.accept(row(row));
                    }
                    return true;
                }
            }
        });
    }

    private static Row row(ResultSet row) throws SQLException {
        return new Row(
                row.getObject(1, OffsetDateTime.class).toInstant(),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                row.getLong(7),
                row.getLong(8),
                row.getLong(9),
                row.getLong(10),
                row.getLong(11),
                row.getLong(12),
                row.getLong(13),
                row.getBigDecimal(14));
    }

    /**
     * Forgets the oldest day of hours that are too old.
     *
     * @param kept how old they may become, by the database's clock
     * @return whether there may be more of them
     */
    public boolean forget(Duration kept) {
        return database.write(connection -> {
            Instant now = Database.now(connection).toInstant();
            // Lines of a run without a mark would be added again, where its files are still there.
            Duration longer = kept.compareTo(MARKS_KEPT) < 0 ? MARKS_KEPT : kept;
            delete(connection, "delete from llmproxy.usage_mark where written_at < ?", now.minus(longer));
            Instant oldest = oldest(connection);
            Instant end = now.minus(kept);
            if (oldest == null || !oldest.isBefore(end)) {
                return false;
            }
            Instant day = oldest.plus(Duration.ofDays(1));
            delete(connection, "delete from llmproxy.usage_hour where begun_at < ?", day.isBefore(end) ? day : end);
            return true;
        });
    }

    private static @Nullable Instant oldest(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select min(begun_at) from llmproxy.usage_hour");
                ResultSet row = select.executeQuery()) {
            @Nullable OffsetDateTime oldest = row.next() ? row.getObject(1, OffsetDateTime.class) : null;
            return oldest == null ? null : oldest.toInstant();
        }
    }

    private static void delete(Connection connection, String sql, Instant before) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(sql)) {
            delete.setObject(1, before.atOffset(ZoneOffset.UTC));
            delete.executeUpdate();
        }
    }
}
