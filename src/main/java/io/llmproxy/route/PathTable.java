package io.llmproxy.route;

import io.llmproxy.config.ModelPattern;
import io.llmproxy.net.PathPattern;
import io.llmproxy.route.RouteNode.Ranked;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The routes of one host and prefix, by the path that follows. Immutable. */
final class PathTable<T> {
    /** Orders the routes of one host and prefix by how well they match. */
    private static final Comparator<Route<?>> MOST_SPECIFIC_FIRST =
            Comparator.<Route<?>, @Nullable PathPattern>comparing(
                            Route::path, Comparator.nullsLast(PathPattern.MOST_SPECIFIC_FIRST))
                    .thenComparing(route -> route.header() == null)
                    .thenComparingInt(route -> rank(route.model()));

    private final Map<String, List<Ranked<T>>> exact = new HashMap<>();
    private final RouteNode<T> root;
    private final List<Ranked<T>> anywhere = new ArrayList<>();

    PathTable(List<Route<T>> routes) {
        List<Route<T>> bestFirst = new ArrayList<>(routes);
        bestFirst.sort(MOST_SPECIFIC_FIRST);
        List<Ranked<T>> others = new ArrayList<>();
        for (int rank = 0; rank < bestFirst.size(); rank++) {
            Ranked<T> route = new Ranked<>(rank, bestFirst.get(rank));
            PathPattern path = route.route().path();
            if (path == null) {
                anywhere.add(route);
            } else if (path.isStatic()) {
                exact.computeIfAbsent(path.toString(), text -> new ArrayList<>())
                        .add(route);
            } else {
                others.add(route);
            }
        }
        root = new RouteNode<>(others, 0);
    }

    /** Returns the best route for any of the ways in which a path may be read. */
    @Nullable Route<T> find(List<String> readings, Asked asked) {
        Ranked<T> found = null;
        for (String reading : readings) {
            found = Ranked.better(find(reading, asked), found);
        }
        if (found == null) {
            found = Ranked.first(anywhere, asked);
        }
        return found == null ? null : found.route();
    }

    private @Nullable Ranked<T> find(String path, Asked asked) {
        // What is all static is more specific than all else that matches the same path.
        Ranked<T> found = Ranked.first(exact.getOrDefault(path, List.of()), asked);
        if (found == null && path.startsWith("/")) {
            found = root.find(path, 1, asked, null);
        }
        return found;
    }

    private static int rank(@Nullable ModelPattern model) {
        if (model == null) {
            return 2;
        }
        return model.isExact() ? 0 : 1;
    }
}
