package io.llmproxy.config.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.config.load.ConfigFixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DotEnvTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "A=plain                     | plain",
                "  A = spaces around         | spaces around",
                "export A=exported           | exported",
                "A=                          | ``",
                "A=# comment                 | ``",
                "A=b # comment               | b",
                "A=b#c                       | b#c",
                "A=it's                      | it's",
                "A='single $x \\n' # comment | single $x \\n",
                "A=\"double \\\"x\\\" \\\\\" | double \"x\" \\",
                "A=\"#\"                     | #",
                "A=b=c                       | b=c",
            })
    void linesAreUnderstood(String line, String expected) throws IOException {
        Files.writeString(directory.resolve(".env"), "# comment\n\n" + line + "\r\nB=1");

        assertThat(DotEnv.read(directory, new Problems()))
                .containsEntry("A", expected)
                .containsEntry("B", "1");
    }

    @Test
    void escapesBecomeCharacters() throws IOException {
        Files.writeString(directory.resolve(".env"), "\uFEFFA=\"a\\nb\\rc\\td\"");

        assertThat(DotEnv.read(directory, new Problems())).containsExactly(Map.entry("A", "a\nb\rc\td"));
    }

    @Test
    void linesThatAreNotUnderstoodAreProblems() throws IOException {
        Files.writeString(directory.resolve(".env"), "A=1\nhunter2\n1A=hunter2\nB='hunter2\nC=\"hunter2\nD='a'hunter2");

        assertThat(problems("log: {level: hm}"))
                .containsExactly(
                        ".env:2: not understood (expected: KEY=VALUE on one line)",
                        ".env:3: not understood (expected: KEY=VALUE on one line)",
                        ".env:4: not understood (expected: KEY=VALUE on one line)",
                        ".env:5: not understood (expected: KEY=VALUE on one line)",
                        ".env:6: not understood (expected: KEY=VALUE on one line)",
                        "config.yaml:1: log.level: hm (expected: error, warn, info, debug, trace)");
    }

    @Test
    void fileThatIsNoTextIsAProblem() throws IOException {
        Files.write(directory.resolve(".env"), "A=ä".getBytes(StandardCharsets.ISO_8859_1));

        assertThat(problems("")).containsExactly(".env: not UTF-8 (expected: text in UTF-8)");
    }

    @Test
    void directoryOfThatNameIsNotRead() throws IOException {
        Files.createDirectory(directory.resolve(".env"));

        assertThat(DotEnv.read(directory, new Problems())).isEmpty();
    }

    private List<String> problems(String yaml) {
        ConfigException exception =
                catchThrowableOfType(ConfigException.class, () -> ConfigFixtures.parse(yaml, directory, Map.of()));
        return exception.problems().stream().map(Problem::toString).toList();
    }
}
