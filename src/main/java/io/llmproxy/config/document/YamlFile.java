package io.llmproxy.config.document;

import io.llmproxy.config.document.YamlTree.Mapping;
import java.io.IOException;
import java.nio.file.Path;

/** Reads files of YAML or JSON that are not the configuration itself, such as lists of prices. */
public final class YamlFile {
    /** More than any such file has. */
    private static final int MAX_LENGTH = 32 * 1024 * 1024;

    private YamlFile() {}

    /**
     * Reads a file.
     *
     * @param expected what the document is to have, for the message if it has nothing of it
     * @throws ConfigException if it cannot be read, is no YAML, has a key twice, or is not a section
     */
    public static Mapping read(Path file, String expected) {
        String text;
        try {
            text = TextFile.read(file, MAX_LENGTH);
        } catch (IOException e) {
            throw new Problems().fatal(new Origin(file.toString(), 0), "", TextFile.reason(e));
        }
        return parse(text, file.toString(), expected);
    }

    /**
     * Reads a text.
     *
     * @param source what problems call it
     * @param expected what the document is to have, for the message if it has nothing of it
     * @throws ConfigException if it is no YAML, has a key twice, or is not a section
     */
    public static Mapping parse(String text, String source, String expected) {
        Problems problems = new Problems();
        Mapping root = YamlParser.parse(text, source, problems, MAX_LENGTH, expected);
        problems.throwIfAny();
        return root;
    }
}
