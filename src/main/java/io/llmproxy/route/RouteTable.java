package io.llmproxy.route;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the target of a path: that of the pattern which is first in the order of
 * {@link PathPattern#MOST_SPECIFIC_FIRST}, and of equals that of the route which was given first. A lookup takes time by the
 * length of the path, not by the number of routes. Immutable.
 *
 * @param <T> what a route leads to
 */
public final class RouteTable<T> {
    private final Map<String, T> exact;
    private final RouteNode<T> root;

    private RouteTable(List<Route<T>> bestFirst) {
        Map<String, T> targets = new HashMap<>();
        List<RouteNode.Ranked<T>> others = new ArrayList<>();
        for (Route<T> route : bestFirst) {
            if (route.pattern().isStatic()) {
                targets.put(route.pattern().toString(), route.target());
            } else {
                others.add(new RouteNode.Ranked<>(others.size(), route));
            }
        }
        exact = Map.copyOf(targets);
        root = new RouteNode<>(others, 0);
    }

    /**
     * Makes a table.
     *
     * @param routes in the order in which equals are to be tried
     * @throws IllegalArgumentException if a pattern is given twice
     */
    public static <T> RouteTable<T> of(List<Route<T>> routes) {
        Set<String> texts = new HashSet<>();
        for (Route<T> route : routes) {
            if (!texts.add(route.pattern().toString())) {
                throw new IllegalArgumentException("path: " + route.pattern() + " (expected: each path once)");
            }
        }
        List<Route<T>> bestFirst = new ArrayList<>(routes);
        bestFirst.sort(Comparator.comparing(Route::pattern, PathPattern.MOST_SPECIFIC_FIRST));
        return new RouteTable<>(bestFirst);
    }

    /**
     * Returns the target of a path, or null if no pattern matches.
     *
     * @param path the path as the client sent it, without query
     */
    public @Nullable T lookup(String path) {
        T target = exact.get(path);
        if (target != null || !path.startsWith("/")) {
            return target;
        }
        RouteNode.Ranked<T> found = root.find(path, 1, null);
        return found == null ? null : found.route().target();
    }

    /**
     * Leads the paths that match a pattern to a target.
     *
     * @param pattern which paths
     * @param target where to
     */
    public record Route<T>(PathPattern pattern, T target) {}
}
