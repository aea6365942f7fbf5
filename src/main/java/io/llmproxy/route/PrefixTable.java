package io.llmproxy.route;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The routes of one host, by the prefix that the paths begin with. Immutable. */
final class PrefixTable<T> {
    private final Map<String, PathTable<T>> byPrefix;
    private final int[] lengths;

    PrefixTable(List<Route<T>> routes) {
        Map<String, PathTable<T>> tables = new HashMap<>();
        routes.stream()
                .collect(Collectors.groupingBy(Route::prefix))
                .forEach((prefix, group) -> tables.put(prefix, new PathTable<>(group)));
        byPrefix = Map.copyOf(tables);
        lengths = tables.keySet().stream()
                .map(String::length)
                .distinct()
                .sorted(Comparator.reverseOrder())
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /** Returns the best route, that of the longest prefix first. */
    @Nullable Route<T> find(List<String> readings, Asked asked) {
        String path = readings.get(0);
        for (int length : lengths) {
            if (isSegmentEnd(path, length)) {
                String prefix = path.substring(0, length);
                PathTable<T> table = byPrefix.get(prefix);
                Route<T> found = table == null ? null : table.find(rests(readings, prefix), asked);
                if (found != null) {
                    return found;
                }
            }
        }
        return null;
    }

    /** What is left of those readings that have the prefix, too. */
    private static List<String> rests(List<String> readings, String prefix) {
        return prefix.isEmpty()
                ? readings
                : readings.stream()
                        .filter(reading -> reading.startsWith(prefix) && isSegmentEnd(reading, prefix.length()))
                        .map(reading -> rest(reading, prefix))
                        .toList();
    }

    private static boolean isSegmentEnd(String path, int index) {
        return index == 0 || index == path.length() || (index < path.length() && path.charAt(index) == '/');
    }

    /**
     * Returns what is left of a path without the prefix that it begins with. It begins with one slash: several would be
     * read as a host's name.
     */
    static String rest(String path, String prefix) {
        if (prefix.isEmpty()) {
            return path;
        }
        int from = prefix.length();
        while (path.startsWith("//", from)) {
            from++;
        }
        return from == path.length() ? "/" : path.substring(from);
    }
}
