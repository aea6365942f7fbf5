package io.llmproxy.config.document;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Replaces <code>${NAME}</code>, <code>${NAME:-default}</code> and <code>${file:path}</code> in a value;
 * <code>$${</code> stands for a literal <code>${</code>. What is put in is not looked at again, neither for further
 * references nor as YAML.
 */
public final class Interpolation {
    private static final Pattern REFERENCE = Pattern.compile("\\$\\$\\{|\\$\\{(?<body>[^}]*)(?<end>}?)");
    private static final Pattern VARIABLE = Pattern.compile("(?<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?<default>.*))?");
    private static final Pattern LAST_LINE_BREAK = Pattern.compile("\\R\\z");
    private static final String FILE = "file:";
    private static final int MAX_FILE_BYTES = 1024 * 1024;

    private final Map<String, String> variables;
    private final Path baseDirectory;

    public Interpolation(Map<String, String> variables, Path baseDirectory) {
        this.variables = variables;
        this.baseDirectory = baseDirectory;
    }

    /**
     * What became of a value.
     *
     * @param text the value, if there were no problems
     * @param problems what could not be replaced
     */
    public record Resolved(String text, List<String> problems) {}

    public Resolved resolve(String text) {
        List<String> problems = new ArrayList<>();
        Matcher reference = REFERENCE.matcher(text);
        StringBuilder resolved = new StringBuilder();
        while (reference.find()) {
            String body = reference.group("body");
            String replacement = body == null ? "${" : replacement(body, reference.group("end"), problems);
            reference.appendReplacement(resolved, Matcher.quoteReplacement(replacement));
        }
        return new Resolved(reference.appendTail(resolved).toString(), problems);
    }

    private String replacement(String body, String end, List<String> problems) {
        if (end.isEmpty()) {
            problems.add("`${` without `}` (expected: ${NAME}, or $${ for a literal `${`)");
            return "";
        }
        if (body.startsWith(FILE)) {
            return content(body.substring(FILE.length()), problems);
        }
        Matcher variable = VARIABLE.matcher(body);
        if (!variable.matches()) {
            problems.add("${" + body + "} (expected: ${NAME}, ${NAME:-default} or ${file:path})");
            return "";
        }
        return variable(variable.group("name"), variable.group("default"), problems);
    }

    /** As in a shell, a default also stands in for a variable that is set to nothing. */
    private String variable(String name, @Nullable String byDefault, List<String> problems) {
        String value = variables.get(name);
        if (byDefault != null) {
            return value == null || value.isEmpty() ? byDefault : value;
        }
        if (value == null) {
            problems.add("${" + name + "} is not set (expected: a variable of that name, or ${" + name + ":-default})");
            return "";
        }
        return value;
    }

    private String content(String file, List<String> problems) {
        try {
            String text = TextFile.read(baseDirectory.resolve(file), MAX_FILE_BYTES);
            return LAST_LINE_BREAK.matcher(text).replaceFirst("");
        } catch (IOException e) {
            problems.add("${file:" + file + "}: " + TextFile.reason(e));
        } catch (InvalidPathException e) {
            problems.add("${file:" + file + "} (expected: the path of a file)");
        }
        return "";
    }
}
