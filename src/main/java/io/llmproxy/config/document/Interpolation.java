package io.llmproxy.config.document;

import io.llmproxy.config.SecretSource;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Replaces <code>${NAME}</code>, <code>${NAME:-default}</code>, <code>${file:path}</code> and <code>${secret:name}</code> in a value;
 * <code>$${</code> stands for a literal <code>${</code>. What is put in is not looked at again, neither for further
 * references nor as YAML.
 */
public final class Interpolation {
    private static final Pattern REFERENCE = Pattern.compile("\\$\\$\\{|\\$\\{(?<body>[^}]*)(?<end>}?)");
    private static final Pattern VARIABLE = Pattern.compile("(?<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?<default>.*))?");
    private static final Pattern LAST_LINE_BREAK = Pattern.compile("\\R\\z");
    private static final String FILE = "file:";
    private static final String SECRET = "secret:";
    private static final int MAX_FILE_BYTES = 1024 * 1024;

    private final Map<String, String> variables;
    private final Path baseDirectory;
    private final SecretSource secrets;

    /**
     * @param variables values of <code>${NAME}</code>
     * @param baseDirectory where the paths of files start
     * @param secrets values of <code>${secret:name}</code>
     */
    public Interpolation(Map<String, String> variables, Path baseDirectory, SecretSource secrets) {
        this.variables = variables;
        this.baseDirectory = baseDirectory;
        this.secrets = secrets;
    }

    /** Whether a value refers to anything. */
    public static boolean refers(String text) {
        return REFERENCE
                .matcher(text)
                .results()
                .anyMatch(found -> !found.group().equals("$${"));
    }

    /** Returns what of a text is no reference. */
    static String rest(String text) {
        return REFERENCE.matcher(text).replaceAll(found -> found.group().equals("$${") ? "\\$\\${" : "");
    }

    /** Returns the names of the secrets that a text refers to. */
    public static Set<String> secrets(String text) {
        Set<String> names = new TreeSet<>();
        Matcher reference = REFERENCE.matcher(text);
        while (reference.find()) {
            String body = reference.group("body");
            if (body != null && body.startsWith(SECRET)) {
                names.add(body.substring(SECRET.length()));
            }
        }
        return names;
    }

    /**
     * Returns what a text refers to of the process that reads it: the names of variables, and files as <code>file:path</code>. Secrets of
     * a store are not the process's.
     */
    public static Set<String> ofProcess(String text) {
        Set<String> found = new TreeSet<>();
        Matcher reference = REFERENCE.matcher(text);
        while (reference.find()) {
            String body = reference.group("body");
            if (body != null && !body.startsWith(SECRET)) {
                Matcher variable = VARIABLE.matcher(body);
                found.add(variable.matches() ? variable.group("name") : body);
            }
        }
        return found;
    }

    /** Returns a text with something else in the place of its defaults, which may be secrets. */
    static String withDefaults(String text, String instead) {
        Matcher reference = REFERENCE.matcher(text);
        StringBuilder shown = new StringBuilder();
        while (reference.find()) {
            String body = reference.group("body");
            Matcher variable = VARIABLE.matcher(body == null ? "" : body);
            boolean has = variable.matches() && variable.group("default") != null;
            String next = has ? "${" + variable.group("name") + ":-" + instead + '}' : reference.group();
            reference.appendReplacement(shown, Matcher.quoteReplacement(next));
        }
        return reference.appendTail(shown).toString();
    }

    /** Returns what refers to a secret. */
    public static String toSecret(String name) {
        return "${" + SECRET + name + '}';
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
        if (body.startsWith(SECRET)) {
            return secret(body.substring(SECRET.length()), problems);
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

    private String secret(String name, List<String> problems) {
        try {
            return secrets.secret(name).reveal();
        } catch (SecretSource.UnknownSecretException e) {
            problems.add(toSecret(name) + ": " + e.reason());
            return "";
        }
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
