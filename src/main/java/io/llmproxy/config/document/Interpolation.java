package io.llmproxy.config.document;

import io.llmproxy.config.Jndi;
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
import javax.naming.NamingException;
import org.jspecify.annotations.Nullable;

/**
 * Replaces <code>${NAME}</code>, <code>${system:name}</code>, <code>${jndi:name}</code>, each with a default as in
 * <code>${NAME:-default}</code>, <code>${file:path}</code> and <code>${secret:name}</code> in a value; <code>$${</code> stands for a
 * literal <code>${</code>. What is put in is not looked at again, neither for further references nor as YAML.
 */
public final class Interpolation {
    private static final Pattern REFERENCE = Pattern.compile("\\$\\$\\{|\\$\\{(?<body>[^}]*)(?<end>}?)");
    private static final String SYSTEM = "system:";
    private static final String JNDI = "jndi:";
    private static final Pattern NAMED = Pattern.compile("(?<name>[A-Za-z_][A-Za-z0-9_]*|" + SYSTEM + "[A-Za-z0-9_.-]+|"
            + JNDI + Jndi.NAME + ")(?::-(?<default>.*))?");
    private static final Pattern DEFAULT = Pattern.compile(":-.*", Pattern.DOTALL);
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
     * Returns what a text refers to of the process that reads it: the names of variables, and the others with what stands before their
     * names, such as <code>file:path</code>. Secrets of a store are not the process's.
     */
    public static Set<String> ofProcess(String text) {
        Set<String> found = new TreeSet<>();
        Matcher reference = REFERENCE.matcher(text);
        while (reference.find()) {
            String body = reference.group("body");
            if (body != null && !body.startsWith(SECRET)) {
                Matcher named = NAMED.matcher(body);
                found.add(named.matches() ? named.group("name") : body);
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
            Matcher named = NAMED.matcher(body == null ? "" : body);
            boolean has = named.matches() && named.group("default") != null;
            String next = has ? "${" + named.group("name") + ":-" + instead + '}' : reference.group();
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
        Matcher named = NAMED.matcher(body);
        if (!named.matches()) {
            problems.add("${" + DEFAULT.matcher(body).replaceFirst(":-***")
                    + "} (expected: ${NAME}, ${NAME:-default}, ${file:path}, ${system:name} or ${jndi:name})");
            return "";
        }
        return named(named.group("name"), named.group("default"), problems);
    }

    /** As in a shell, a default also stands in for what is set to nothing; it does not for what cannot be had. */
    private String named(String name, @Nullable String byDefault, List<String> problems) {
        Object value;
        try {
            value = value(name);
        } catch (NamingException e) {
            // Not its message: what a server tells of its secrets is not known.
            problems.add("${" + name + "} cannot be looked up: " + e.getClass().getSimpleName() + " (expected: text)");
            return "";
        }
        if (value == null && byDefault == null) {
            problems.add("${" + name + "} " + absence(name) + ", or ${" + name + ":-default})");
            return "";
        }
        if (value != null && !(value instanceof String || value instanceof Number || value instanceof Boolean)) {
            problems.add("${" + name + "} is a " + value.getClass().getName() + " (expected: text)");
            return "";
        }
        String text = value == null ? "" : value.toString();
        return byDefault == null || !text.isEmpty() ? text : byDefault;
    }

    private @Nullable Object value(String name) throws NamingException {
        if (name.startsWith(SYSTEM)) {
            return System.getProperty(name.substring(SYSTEM.length()));
        }
        return name.startsWith(JNDI) ? Jndi.find(name.substring(JNDI.length())) : variables.get(name);
    }

    private static String absence(String name) {
        if (name.startsWith(SYSTEM)) {
            return "is not set (expected: a system property of that name";
        }
        if (name.startsWith(JNDI)) {
            return Jndi.isHere()
                    ? "is not bound (expected: an entry of that name, of the application or of the server"
                    : "is not bound: there is no JNDI here (expected: a container that has it";
        }
        return "is not set (expected: a variable of that name";
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
