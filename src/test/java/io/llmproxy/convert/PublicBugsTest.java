package io.llmproxy.convert;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each bug of {@code public-bugs.txt} is shown to be none of ours by a case or a test that exists. */
final class PublicBugsTest {
    private static final Path BUGS = Path.of("src/test/resources/public-bugs.txt");
    private static final Path CASES = Path.of("src/test/resources/convert");
    private static final Path TESTS = Path.of("src/test/java/io/llmproxy");

    private static List<String> bugs() throws IOException {
        return Files.readAllLines(BUGS).stream()
                .filter(line -> !line.startsWith("#"))
                .toList();
    }

    @Test
    void eachBugIsShownByWhatExists() throws IOException {
        for (String bug : bugs()) {
            String shown = bug.substring(bug.lastIndexOf(": ") + 2);
            for (String name : shown.split(" ", -1)) {
                boolean test = Character.isUpperCase(name.charAt(0));
                List<Path> files = test
                        ? Stream.of("convert", "it")
                                .map(room -> TESTS.resolve(room).resolve(name + ".java"))
                                .toList()
                        : List.of(CASES.resolve(name + ".json"));
                assertThat(files).as(bug).anyMatch(Files::exists);
            }
        }
    }

    @Test
    void noneIsLeftOut() throws IOException {
        assertThat(bugs().stream().map(bug -> bug.substring(0, bug.indexOf(' '))))
                .containsExactlyElementsOf(
                        IntStream.rangeClosed(1, 67).mapToObj(Integer::toString).toList());
    }
}
