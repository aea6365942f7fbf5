package io.llmproxy.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AddedFileTest {
    private static final int MORE_THAN_A_PIECE = 300;

    @TempDir
    private Path directory;

    private AddedFile file(Path where) {
        return new AddedFile(where, LedgerFixtures.node(), LedgerFixtures.NOON.toEpochMilli());
    }

    private static void fill(AddedFile file) {
        for (int exchange = 1; exchange <= MORE_THAN_A_PIECE; exchange++) {
            file.add(LedgerFixtures.attempt(exchange, 10, 5));
        }
    }

    private long entries() throws IOException {
        try (Stream<Path> found = Files.list(directory)) {
            return found.count();
        }
    }

    @Test
    void aFileIsSeenWhenItIsWhole() throws IOException {
        try (AddedFile file = file(directory)) {
            fill(file);
            assertThat(LedgerFixtures.files(directory)).isEmpty();
            assertThat(file.finish()).exists();
        }
        assertThat(LedgerFixtures.lines("attempt", directory)).hasSize(MORE_THAN_A_PIECE);
    }

    @Test
    void aFileThatIsNotFinishedIsRemoved() throws IOException {
        try (AddedFile file = file(directory)) {
            fill(file);
            assertThat(entries()).isEqualTo(1);
        }
        assertThat(entries()).isZero();
    }

    @Test
    void withoutARecordThereIsNoFile() throws IOException {
        try (AddedFile file = file(directory)) {
            assertThat(file.finish()).isNull();
        }
        assertThat(entries()).isZero();
    }

    @Test
    void aDirectoryThatIsGoneIsTold() throws IOException {
        try (AddedFile file = file(directory.resolve("gone"))) {
            assertThatThrownBy(() -> fill(file)).isInstanceOf(UncheckedIOException.class);
        }
    }
}
