package io.llmproxy.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Numbers of what has only a name here. A name keeps its number for good, and no number is given twice. */
public final class NumberTable {
    /** So many names are looked for one by one; for more, the whole table is read. */
    private static final int FEW = 100;

    private final Database database;

    public NumberTable(Database database) {
        this.database = database;
    }

    /**
     * Returns the number of each name; those that have none get the next ones, in the order of the names.
     *
     * @param kind what is numbered: a word of the table
     * @throws StoreException if the database does not answer
     */
    public Map<String, Long> of(String kind, Collection<String> names) {
        if (names.isEmpty()) {
            return Map.of();
        }
        Map<String, Long> known = database.read(connection -> known(connection, kind, names));
        if (!known.keySet().containsAll(names)) {
            known = database.write(connection -> completed(connection, kind, names));
        }
        Map<String, Long> numbers = new LinkedHashMap<>();
        for (String name : names) {
            numbers.put(name, Objects.requireNonNull(known.get(name), name));
        }
        return numbers;
    }

    /**
     * Returns which name has a number; nothing if none has.
     *
     * @throws StoreException if the database does not answer
     */
    public Optional<String> name(String kind, long number) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                    "select name from llmproxy.compat_number where kind = ? and number = ?")) {
                select.setString(1, kind);
                select.setLong(2, number);
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
                }
            }
        });
    }

    private static Map<String, Long> known(Connection connection, String kind, Collection<String> names)
            throws SQLException {
        Map<String, Long> known = new HashMap<>();
        String sql = "select name, number from llmproxy.compat_number where kind = ?";
        boolean few = names.size() <= FEW;
        String some = few ? " and name in (" + String.join(", ", Collections.nCopies(names.size(), "?")) + ')' : "";
        try (PreparedStatement select = connection.prepareStatement(sql + some)) {
            select.setString(1, kind);
            int parameter = 1;
            for (String name : few ? names : List.<String>of()) {
                parameter++;
                select.setString(parameter, name);
            }
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    known.put(row.getString(1), row.getLong(2));
                }
            }
        }
        return known;
    }

    /** The transaction that holds the row of the counter assigns numbers alone, and sees those that were assigned before. */
    private static Map<String, Long> completed(Connection connection, String kind, Collection<String> names)
            throws SQLException {
        count(connection, kind, 0);
        Map<String, Long> known = known(connection, kind, names);
        List<String> fresh = names.stream()
                .filter(name -> !known.containsKey(name))
                .distinct()
                .toList();
        long number = last(connection, kind);
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into llmproxy.compat_number (kind, name, number) values (?, ?, ?)")) {
            for (String name : fresh) {
                number++;
                insert.setString(1, kind);
                insert.setString(2, name);
                insert.setLong(3, number);
                insert.addBatch();
                known.put(name, number);
            }
            insert.executeBatch();
        }
        count(connection, kind, fresh.size());
        return known;
    }

    private static void count(Connection connection, String kind, int more) throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement("update llmproxy.change_counter set n = n + ? where name = ?")) {
            update.setInt(1, more);
            update.setString(2, kind);
            update.executeUpdate();
        }
    }

    private static long last(Connection connection, String kind) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("select n from llmproxy.change_counter where name = ?")) {
            select.setString(1, kind);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    throw new SQLException("the table change_counter has no row " + kind);
                }
                return row.getLong(1);
            }
        }
    }
}
