package io.llmproxy.jetty;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Documents;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page that is read before a new version of Jetty is taken. */
final class JettyDocumentTest {
    private static final Path PAGE = Path.of("docs", "jetty.md");
    private static final Path FENCE = Path.of("src", "main", "java", "io", "llmproxy", "jetty");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `[^|]*");
    private static final Pattern NAMED = Pattern.compile("`([A-Z][A-Za-z0-9]*)[`.]");

    private static List<String> classes() throws IOException {
        try (Stream<Path> files = Files.walk(FENCE)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".java") && !name.equals("package-info.java"))
                    .map(name -> name.substring(0, name.length() - ".java".length()))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void eachClassThatChangesJettyIsNamed() throws IOException {
        List<String> named = NAMED.matcher(Documents.text(PAGE))
                .results()
                .map(found -> found.group(1))
                .toList();

        assertThat(classes()).as("each class of the fence has a row").isSubsetOf(named);
    }

    @Test
    void eachRowNamesAClassThatIsThere() throws IOException {
        List<String> classes = classes();

        assertThat(ROW.matcher(Documents.text(PAGE)).results().map(row -> row.group()))
                .filteredOn(row -> !row.startsWith("| `proxy.") && !row.startsWith("| `launcher."))
                .hasSizeGreaterThan(25)
                .allSatisfy(row -> assertThat(NAMED.matcher(row).results().map(found -> found.group(1)))
                        .containsAnyElementsOf(classes));
    }
}
