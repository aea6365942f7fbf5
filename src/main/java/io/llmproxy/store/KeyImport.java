package io.llmproxy.store;

import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.store.KeyConflictException.Reason;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Many keys at once, in one transaction. */
public final class KeyImport {
    /** Statements that are sent together: one send must end before the connection's patience does. */
    private static final int BATCH = 1000;

    private final Connection connection;
    private final String by;
    private final Map<KeyDigest, Row> byDigest = new HashMap<>();
    private final Map<ByteBuffer, String> idsByName = new HashMap<>();
    private long number;
    private int added;
    private int changed;

    /** A key that is there. */
    record Row(IssuedKey key, boolean deleted) {}

    /**
     * What has come of it.
     *
     * @param added keys that were not there before
     * @param changed keys that were there, with other settings
     * @param unchanged keys that were there, with the same settings
     */
    public record Result(int added, int changed, int unchanged) {}

    KeyImport(Connection connection, long firstNumber, String by) {
        this.connection = connection;
        this.number = firstNumber;
        this.by = by;
    }

    Result store(List<NewKey> keys, List<Row> known) throws SQLException, KeyConflictException {
        for (Row row : known) {
            byDigest.put(row.key.digest(), row);
            IssuedKey.Previous previous = row.key.previous();
            if (previous != null) {
                byDigest.put(previous.digest(), new Row(row.key, true));
            }
            if (!row.deleted) {
                idsByName.put(name(row.key.config().name()), row.key.id());
            }
        }
        try (PreparedStatement insert = connection.prepareStatement(KeyRows.INSERT);
                PreparedStatement update = connection.prepareStatement(
                        "update llmproxy.client_key set " + KeyRows.SETTINGS + ", change_seq = ? where id = ?")) {
            int waiting = 0;
            for (NewKey key : keys) {
                add(key, insert, update);
                waiting++;
                if (waiting % BATCH == 0) {
                    send(insert, update);
                }
            }
            send(insert, update);
        }
        return new Result(added, changed, keys.size() - added - changed);
    }

    private static void send(PreparedStatement insert, PreparedStatement update) throws SQLException {
        update.executeBatch();
        insert.executeBatch();
    }

    private static ByteBuffer name(String name) {
        return ByteBuffer.wrap(KeyRows.sortName(name));
    }

    private void add(NewKey key, PreparedStatement insert, PreparedStatement update)
            throws SQLException, KeyConflictException {
        ClientKeyConfig config = key.config();
        Row row = byDigest.get(KeyDigest.configured(config.key()));
        if (row != null && row.deleted) {
            throw new KeyConflictException(
                    Reason.KEY_TAKEN, "key " + config.name() + ": its value was deleted or rotated away");
        }
        String id = row == null ? UUID.randomUUID().toString() : row.key.id();
        String holder = idsByName.get(name(config.name()));
        if (holder != null && !holder.equals(id)) {
            throw new KeyConflictException(
                    Reason.NAME_TAKEN, "key " + config.name() + ": the name is taken (expected: a unique name)");
        }
        if (row == null) {
            ClientKeyStore.fill(insert, key, number, by, null, id);
            insert.addBatch();
            added++;
        } else if (!isSame(row.key, key)) {
            @Nullable String hint = key.hint() == null ? row.key.hint() : key.hint();
            KeyRows.fill(update, config, hint, key.forwards());
            update.setLong(KeyRows.FILLED + 1, number);
            update.setString(KeyRows.FILLED + 2, id);
            update.addBatch();
            idsByName.remove(name(row.key.config().name()));
            changed++;
        }
        idsByName.put(name(config.name()), id);
        number++;
    }

    private static boolean isSame(IssuedKey known, NewKey key) {
        return known.config().equals(key.config())
                && known.forwards().equals(key.forwards())
                && (key.hint() == null || key.hint().equals(known.hint()));
    }
}
