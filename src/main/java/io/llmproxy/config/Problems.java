package io.llmproxy.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Collects what is wrong, and knows where each path is written. */
final class Problems {
    private static final Comparator<Problem> FILES_FIRST = Comparator.comparing(
                    (Problem problem) -> problem.line() == 0)
            .thenComparing(Problem::source)
            .thenComparing(Problem::line);

    private final List<Problem> errors = new ArrayList<>();
    private final List<Problem> warnings = new ArrayList<>();
    private final TreeSet<String> failed = new TreeSet<>();
    private final Map<String, Place> places = new HashMap<>();

    private record Place(Origin origin, String writtenPath) {}

    /** Remembers where a path is written, and in which spelling. */
    void locate(String path, Origin origin, String writtenPath) {
        places.put(path, new Place(origin, writtenPath));
    }

    /** Reports a value that cannot be used. Further problems of the same path would only be consequences: they are dropped. */
    void error(String path, String message) {
        if (failed.add(path)) {
            errors.add(problem(path, message));
        }
    }

    /** Reports something that is wrong at a known place, whatever else is wrong with the path. */
    void error(Origin origin, String path, String message) {
        errors.add(new Problem(origin.source(), origin.line(), path, message));
    }

    /** Reports something that works but was hardly meant. */
    void warn(String path, String message) {
        warnings.add(problem(path, message));
    }

    /** Whether a path, or one within it, has been reported. */
    boolean failed(String path) {
        String within = failed.ceiling(path + ".");
        return failed.contains(path) || (within != null && within.startsWith(path + "."));
    }

    /** Reports what makes it pointless to go on. The caller throws the exception. */
    ConfigException fatal(Origin origin, String path, String message) {
        error(origin, path, message);
        return new ConfigException(sorted(errors));
    }

    /** Throws if anything was wrong. */
    void throwIfAny() {
        if (!errors.isEmpty()) {
            throw new ConfigException(sorted(errors));
        }
    }

    List<Problem> warnings() {
        return sorted(warnings);
    }

    private Problem problem(String path, String message) {
        Place exact = places.get(path);
        Origin origin = exact != null ? exact.origin() : enclosing(path);
        return new Problem(origin.source(), origin.line(), exact != null ? exact.writtenPath() : path, message);
    }

    private Origin enclosing(String path) {
        String outer = path;
        while (!outer.isEmpty()) {
            outer = outer.substring(0, Math.max(0, Math.max(outer.lastIndexOf('.'), outer.lastIndexOf('['))));
            Place place = places.get(outer);
            if (place != null) {
                return place.origin();
            }
        }
        throw new IllegalStateException("the root is not located");
    }

    private static List<Problem> sorted(List<Problem> problems) {
        return problems.stream().sorted(FILES_FIRST).toList();
    }
}
