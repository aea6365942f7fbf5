package io.llmproxy.config.document;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a {@code .env} file: {@code KEY=VALUE} lines with comments, quotes and {@code export}. */
public final class DotEnv {
    private static final String NAME = ".env";
    private static final int MAX_BYTES = 1024 * 1024;
    private static final Pattern ASSIGNMENT = Pattern.compile("(?:export\\s+)?([A-Za-z_][A-Za-z0-9_]*)\\s*=\\s*(.*)");
    private static final String COMMENT = "\\s*+(?:#.*)?";
    private static final String SINGLE_QUOTED = "'(?<literal>[^']*+)'" + COMMENT;
    private static final String DOUBLE_QUOTED = "\"(?<escaped>[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+)\"" + COMMENT;
    private static final String BARE = "(?<bare>(?!['\"]).*)";
    private static final Pattern VALUE = Pattern.compile(SINGLE_QUOTED + "|" + DOUBLE_QUOTED + "|" + BARE);
    private static final Pattern ESCAPE = Pattern.compile("\\\\(.)");
    private static final Pattern BARE_COMMENT = Pattern.compile("(^|\\s+)#.*");

    private DotEnv() {}

    /** Returns the variables of a directory's {@code .env}, none if there is no such file. */
    public static Map<String, String> read(Path directory, Problems problems) {
        Path file = directory.resolve(NAME);
        if (!Files.isRegularFile(file)) {
            return Map.of();
        }
        Map<String, String> variables = new HashMap<>();
        List<String> lines = lines(file, problems);
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (!line.isEmpty() && !line.startsWith("#") && !assign(line, variables)) {
                problems.error(new Origin(NAME, i + 1), "", "not understood (expected: KEY=VALUE on one line)");
            }
        }
        return variables;
    }

    private static List<String> lines(Path file, Problems problems) {
        try {
            return TextFile.read(file, MAX_BYTES).lines().toList();
        } catch (IOException e) {
            problems.error(new Origin(NAME, 0), "", TextFile.reason(e));
            return List.of();
        }
    }

    private static boolean assign(String line, Map<String, String> variables) {
        Matcher assignment = ASSIGNMENT.matcher(line);
        if (!assignment.matches()) {
            return false;
        }
        Matcher value = VALUE.matcher(assignment.group(2));
        if (!value.matches()) {
            return false;
        }
        variables.put(assignment.group(1), value(value));
        return true;
    }

    private static String value(Matcher value) {
        if (value.group("literal") != null) {
            return value.group("literal");
        }
        if (value.group("escaped") != null) {
            return ESCAPE.matcher(value.group("escaped"))
                    .replaceAll(escape -> Matcher.quoteReplacement(unescape(escape.group(1))));
        }
        return BARE_COMMENT.matcher(value.group("bare")).replaceFirst("").strip();
    }

    private static String unescape(String character) {
        return switch (character) {
            case "n" -> "\n";
            case "r" -> "\r";
            case "t" -> "\t";
            default -> character;
        };
    }
}
