package io.llmproxy.config.document;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Collects what is wrong, and knows where each path is written. */
public final class Problems {
    private static final Comparator<Problem> FILES_FIRST = Comparator.comparing(
                    (Problem problem) -> problem.line() == 0)
            .thenComparing(Problem::source)
            .thenComparing(Problem::line);
    private static final int LONGEST_SHOWN = 80;
    private static final Place NOWHERE = new Place(new Origin("", 0), "");

    private final List<Problem> errors = new ArrayList<>();
    private final List<Problem> warnings = new ArrayList<>();
    private final TreeSet<String> failed = new TreeSet<>();
    private final Set<String> concealed = new HashSet<>();
    private final Map<String, Place> places = new HashMap<>();

    private record Place(Origin origin, String path) {}

    /** Remembers where a path is written, and in which spelling. */
    public void locate(String path, Origin origin, String writtenPath) {
        places.put(path, new Place(origin, writtenPath));
    }

    /** Remembers that what a path holds is never shown: it is a secret, or came from outside of the file. */
    public void conceal(String path) {
        concealed.add(path);
    }

    private boolean conceals(String path) {
        return concealed.contains(path);
    }

    /** Returns what a path holds as a message may show it. */
    public String shown(String path, String value) {
        if (conceals(path)) {
            return "***";
        }
        if (value.isBlank()) {
            return "\"\"";
        }
        return value.length() > LONGEST_SHOWN ? value.substring(0, LONGEST_SHOWN) + "…" : value;
    }

    /** Reports a value that cannot be used. What is reported of it or within it later on is a consequence: dropped. */
    public void error(String path, String message) {
        if (!isWithinFailed(path)) {
            failed.add(path);
            errors.add(problem(path, message));
        }
    }

    /** Reports something that is wrong at a known place, whatever else is wrong with the path. */
    public void error(Origin origin, String path, String message) {
        errors.add(new Problem(origin.source(), origin.line(), path, message));
    }

    /** Reports something that works but was hardly meant. */
    public void warn(String path, String message) {
        warnings.add(problem(path, message));
    }

    /** Reports something that works but was hardly meant, at a known place. */
    public void warn(Origin origin, String path, String message) {
        warnings.add(new Problem(origin.source(), origin.line(), path, message));
    }

    /** Whether a path, one within it or one around it has been reported. */
    public boolean failed(String path) {
        String within = failed.ceiling(path + ".");
        return isWithinFailed(path) || (within != null && within.startsWith(path + "."));
    }

    private boolean isWithinFailed(String path) {
        return !path.isEmpty() && (failed.contains(path) || isWithinFailed(enclosing(path)));
    }

    /** Reports what makes it pointless to go on. The caller throws the exception. */
    public ConfigException fatal(Origin origin, String path, String message) {
        error(origin, path, message);
        return new ConfigException(sorted(errors));
    }

    /** Throws if anything was wrong. */
    public void throwIfAny() {
        if (!errors.isEmpty()) {
            throw new ConfigException(sorted(errors));
        }
    }

    public List<Problem> warnings() {
        return sorted(warnings);
    }

    private Problem problem(String path, String message) {
        String located = path;
        while (!places.containsKey(located) && !located.isEmpty()) {
            located = enclosing(located);
        }
        Place place = places.getOrDefault(located, NOWHERE);
        String written = place.path() + path.substring(located.length());
        return new Problem(place.origin().source(), place.origin().line(), written, message);
    }

    private static String enclosing(String path) {
        return path.substring(0, Math.max(0, Math.max(path.lastIndexOf('.'), path.lastIndexOf('['))));
    }

    private static List<Problem> sorted(List<Problem> problems) {
        return problems.stream().sorted(FILES_FIRST).toList();
    }
}
