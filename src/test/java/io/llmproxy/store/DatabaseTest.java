package io.llmproxy.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DatabaseTest {
    private final List<String> calls = new ArrayList<>();

    /** A connection that breaks at a call. */
    private Database broken(String at) {
        Connection connection = (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    calls.add(method.getName());
                    if (method.getName().equals(at)) {
                        throw new SQLException("gone", "08006");
                    }
                    return null;
                });
        return new Database(
                "test",
                new Database.Connections() {
                    @Override
                    public Connection connect() {
                        return connection;
                    }

                    @Override
                    public void close() {}
                },
                false);
    }

    private static String written(Database database) {
        return database.write(connection -> "written");
    }

    @Test
    void whatIsCommittedIsNotSaidToBeLostBecauseItsConnectionCannotBeClosed() {
        assertThat(written(broken("close"))).isEqualTo("written");
        assertThat(calls).containsExactly("setAutoCommit", "commit", "setAutoCommit", "close");
    }

    @Test
    void ofACommitThatBreaksOffNobodyKnows() {
        assertThatThrownBy(() -> written(broken("commit")))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.OUTCOME_UNKNOWN))
                .hasMessageContaining("may be stored or not (look at it before you try again)");
        assertThat(calls).containsExactly("setAutoCommit", "commit", "rollback", "setAutoCommit", "close");
    }

    @Test
    void beforeThatNothingIsWritten() {
        assertThatThrownBy(() -> written(broken("setAutoCommit")))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.AWAY));
        assertThat(calls).containsExactly("setAutoCommit", "close");
    }
}
