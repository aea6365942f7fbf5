package io.llmproxy.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.store.StoreException.Kind;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.h2.api.ErrorCode;
import org.h2.jdbcx.JdbcDataSource;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of an H2 file that cannot be opened: to put a healthy one aside would lose it. */
final class DatabasesTest {
    @TempDir
    private Path directory;

    private Kind kind(int code, @Nullable Exception cause) throws IOException {
        Path file = directory.resolve("llmproxy");
        if (Files.notExists(directory.resolve("llmproxy.mv.db"))) {
            Files.createFile(directory.resolve("llmproxy.mv.db"));
        }
        StoreException told = Databases.unopened(file, directory, new SQLException("failed", "HY000", code, cause));
        assertThat(String.valueOf(told.getMessage()).contains("--replace")).isEqualTo(told.kind() == Kind.DAMAGED);
        return told.kind();
    }

    private static MVStoreException failed(int kind, @Nullable Exception cause) {
        MVStoreException failed = new MVStoreException(kind, "failed");
        failed.initCause(cause);
        return failed;
    }

    @Test
    void aFullDiskIsNoDamage() throws IOException {
        assertThat(kind(
                        ErrorCode.IO_EXCEPTION_1,
                        failed(DataUtils.ERROR_WRITING_FAILED, new IOException("No space left on device"))))
                .isEqualTo(Kind.AWAY);
        assertThat(kind(
                        ErrorCode.GENERAL_ERROR_1,
                        failed(
                                DataUtils.ERROR_READING_FAILED,
                                new FileSystemException("f", null, "Too many open files"))))
                .isEqualTo(Kind.AWAY);
    }

    @Test
    void whatCannotBeReadIsDamaged() throws IOException {
        assertThat(kind(ErrorCode.FILE_CORRUPTED_1, null)).isEqualTo(Kind.DAMAGED);
        assertThat(kind(ErrorCode.IO_EXCEPTION_1, failed(DataUtils.ERROR_READING_FAILED, new EOFException())))
                .isEqualTo(Kind.DAMAGED);
        assertThat(kind(ErrorCode.GENERAL_ERROR_1, failed(DataUtils.ERROR_INTERNAL, null)))
                .isEqualTo(Kind.DAMAGED);
        assertThat(kind(ErrorCode.GENERAL_ERROR_1, new IndexOutOfBoundsException("7")))
                .isEqualTo(Kind.DAMAGED);
    }

    @Test
    void aDatabaseOfAnotherUserIsNoDamage() throws SQLException {
        JdbcDataSource another = new JdbcDataSource();
        another.setURL("jdbc:h2:file:" + directory.resolve("llmproxy").toAbsolutePath());
        another.setUser("another");
        try (Connection connection = another.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create table t (a integer)");
        }

        StoreException told =
                catchThrowableOfType(StoreException.class, () -> Databases.open(StoreWorld.config(null), directory));

        assertThat(told.kind()).isEqualTo(Kind.REFUSED);
        assertThat(told).hasMessageContaining("cannot be opened: Wrong user name or password");
    }
}
