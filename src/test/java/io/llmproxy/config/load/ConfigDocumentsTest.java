package io.llmproxy.config.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Holds the committed documents to the records. {@code mvn test -Dtest=ConfigDocumentsTest -Dregenerate -Djacoco.skip}
 * writes them anew.
 */
final class ConfigDocumentsTest {
    private static final String REMEDY =
            "%s is not what the records say; mvn test -Dtest=ConfigDocumentsTest -Dregenerate -Djacoco.skip";
    private static final String BEGIN = "<!-- keys: generated from the records, see ConfigDocumentsTest -->\n";
    private static final String END = "<!-- end of keys -->\n";

    @Test
    void schemaIsThatOfTheRecords() throws IOException {
        assertCurrent(Path.of("server/conf/llmproxy.schema.json"), SchemaDocument.render());
    }

    @Test
    void referenceConfigurationIsThatOfTheRecords() throws IOException {
        assertCurrent(Path.of("server/conf/llmproxy.reference.yaml"), ReferenceDocument.render());
    }

    @Test
    void documentationListsTheKeysOfTheRecords() throws IOException {
        Path file = Path.of("docs/configuration.md");
        String text = Files.readString(file);
        String before = text.substring(0, text.indexOf(BEGIN) + BEGIN.length());
        String after = text.substring(text.indexOf(END));
        assertCurrent(file, before + "\n" + KeyTables.render() + after);
    }

    @Test
    void exampleLoads() throws IOException {
        String text = Files.readString(Path.of("docs/configuration.md"));
        String example = text.split("```yaml\n", -1)[1].split("```", -1)[0];

        assertThat(ConfigFixtures.parse(example, Path.of("docs"), Map.of("OPENAI_API_KEY", "sk-1"))
                        .warnings())
                .isEmpty();
    }

    private static void assertCurrent(Path file, String expected) throws IOException {
        if (System.getProperty("regenerate") != null) {
            Files.writeString(file, expected);
        }
        assertThat(Files.readString(file)).as(REMEDY, file).isEqualTo(expected);
    }
}
