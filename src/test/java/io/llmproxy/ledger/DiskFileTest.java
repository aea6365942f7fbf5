package io.llmproxy.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiskFileTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @Test
    void linesAreAppended() throws IOException {
        try (AppendFile file = DiskFile.create(directory.resolve("f"))) {
            file.append("one\n".getBytes(UTF_8));
            file.append("two\n".getBytes(UTF_8));
            assertThat(file.length()).isEqualTo(8);
        }
        assertThat(directory.resolve("f")).hasContent("one\ntwo\n");
    }

    @Test
    void whatIsWrittenToAFileThatCannotBeLookedAtIsTakenBack() throws IOException {
        Path home = Files.createDirectory(directory.resolve("home"));
        try (AppendFile file = DiskFile.create(home.resolve("f"))) {
            file.append("one\n".getBytes(UTF_8));
            Path away = Files.move(home, directory.resolve("away"));
            // What is looked at now is within a file: neither there nor missing.
            Files.createFile(home);

            assertThatThrownBy(() -> file.append("two\n".getBytes(UTF_8)))
                    .isInstanceOf(AppendFile.BrokenFileException.class)
                    .hasMessageContaining(home.resolve("f").toString());

            assertThat(away.resolve("f")).hasContent("one\n");
        }
    }
}
