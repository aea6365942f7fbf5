package io.llmproxy.config.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.testing.Certificates;
import io.llmproxy.testing.Documents;
import io.llmproxy.testing.ServiceAccount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Loads every YAML example of the documents. An example is a whole configuration unless its first line is a comment that
 * begins with {@value #PART}, or it is a file of prices.
 */
final class DocumentExamplesTest {
    private static final String PART = "# Part of ";
    private static final String ONLY_IN_PRICES = "\ncurrency:";
    private static final Pattern EXAMPLE = Pattern.compile("(?ms)^```ya?ml[^\\n]*\\n(.*?)^```");
    private static final Pattern VARIABLE = Pattern.compile("(?:\\$\\{|os\\.environ/)([A-Z_]+)(?=[}\\s,])");

    /** Where the files lie that the examples name. */
    @TempDir
    private static Path directory;

    private record Example(Path document, int number, String yaml) {
        @Override
        public String toString() {
            return document + ", example " + number;
        }
    }

    @BeforeAll
    static void makeTheFilesThatExamplesName() throws IOException {
        Certificates certificates = new Certificates(directory);
        Certificates.Pair pair = certificates.serverPem("server", "RSA", "dns:localhost");
        Files.copy(pair.certificate(), directory.resolve("chain.pem"));
        Files.copy(pair.key(), directory.resolve("key.pem"));
        Files.copy(certificates.authorityPem(), directory.resolve("clients.pem"));
        Files.writeString(directory.resolve("prices.yaml"), """
                version: "1"
                currency: USD
                models: [{model: "gpt-*", per_million: {input: "1"}}]
                """);
        Files.writeString(directory.resolve("vertex.json"), ServiceAccount.json("https://oauth2.googleapis.com/token"));
    }

    static Stream<Example> wholeExamples() throws IOException {
        return Documents.all().stream()
                .flatMap(DocumentExamplesTest::examples)
                .filter(example -> !example.yaml().startsWith(PART))
                .filter(example -> !example.yaml().contains(ONLY_IN_PRICES));
    }

    private static Stream<Example> examples(Path document) {
        List<String> texts = EXAMPLE.matcher(Documents.text(document))
                .results()
                .map(found -> found.group(1))
                .toList();
        return Stream.iterate(0, index -> index < texts.size(), index -> index + 1)
                .map(index -> new Example(document, index + 1, texts.get(index)));
    }

    @ParameterizedTest
    @MethodSource("wholeExamples")
    void wholeExampleLoads(Example example) {
        assertThat(problems(example))
                .as(example + " (or begin it with \"" + PART + "...\")")
                .isEmpty();
    }

    private static List<Problem> problems(Example example) {
        try {
            ConfigLoader.parse(example.yaml(), "config.yaml", directory, variables(example));
            return List.of();
        } catch (ConfigException refused) {
            return refused.problems();
        }
    }

    /** A long value of its own for each variable, as clients' keys have to differ. */
    private static Map<String, String> variables(Example example) {
        Matcher matcher = VARIABLE.matcher(example.yaml());
        return matcher.results()
                .map(found -> found.group(1))
                .distinct()
                .collect(Collectors.toMap(Function.identity(), name -> "value-of-" + name));
    }
}
