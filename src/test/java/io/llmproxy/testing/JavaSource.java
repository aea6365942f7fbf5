package io.llmproxy.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A file of Java, for rules about what compiled classes do not tell.
 *
 * @param file the file
 * @param code its text without comments
 */
public record JavaSource(Path file, String code) {
    private static final String LITERAL = "\"\"\"(?s:.*?)\"\"\"|\"[^\"\\\\\n]*+(?:\\\\.[^\"\\\\\n]*+)*+\"";
    private static final Pattern STRING = Pattern.compile(LITERAL);
    private static final Pattern TOKEN =
            Pattern.compile("(" + LITERAL + "|'(?:\\\\.[^']*|[^'\\\\])')|//[^\n]*|/\\*(?s:.*?)\\*/");

    /** Reads all sources of the artefacts. */
    public static List<JavaSource> all() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src", "main", "java"))) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .sorted()
                    .map(file -> of(file, Documents.text(file)))
                    .toList();
        }
    }

    /** Reads a source. */
    public static JavaSource of(Path file, String text) {
        String code = TOKEN.matcher(text)
                .replaceAll(found -> Matcher.quoteReplacement(found.group(1) == null ? " " : found.group(1)));
        return new JavaSource(file, code);
    }

    /** Returns the string literals of a piece of code, with their quotes. */
    public static List<String> literals(String code) {
        List<String> literals = new ArrayList<>();
        Matcher matcher = STRING.matcher(code);
        while (matcher.find()) {
            literals.add(matcher.group());
        }
        return literals;
    }
}
