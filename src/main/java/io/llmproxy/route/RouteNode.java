package io.llmproxy.route;

import io.llmproxy.net.Segment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The routes whose patterns begin with the same segments, as a tree by the segment that follows. Immutable. */
final class RouteNode<T> {
    private final int best;
    private final List<Ranked<T>> ending = new ArrayList<>();
    private final List<Ranked<T>> resting = new ArrayList<>();
    private final Map<String, RouteNode<T>> byText = new HashMap<>();
    private final List<Branch<T>> branches = new ArrayList<>();

    /**
     * @param routes the routes, best first
     * @param depth how many segments they have in common
     */
    RouteNode(List<Ranked<T>> routes, int depth) {
        best = routes.isEmpty() ? Integer.MAX_VALUE : routes.get(0).rank;
        Map<Segment, List<Ranked<T>>> following = new LinkedHashMap<>();
        for (Ranked<T> route : routes) {
            List<Segment> segments = route.segments();
            if (depth == segments.size()) {
                ending.add(route);
            } else if (segments.get(depth) instanceof Segment.Rest) {
                resting.add(route);
            } else {
                following
                        .computeIfAbsent(segments.get(depth), segment -> new ArrayList<>())
                        .add(route);
            }
        }
        following.forEach((segment, group) -> add(segment, new RouteNode<>(group, depth + 1)));
    }

    private void add(Segment segment, RouteNode<T> node) {
        if (segment instanceof Segment.Static text) {
            byText.put(text.text(), node);
        } else {
            branches.add(new Branch<>(segment, node));
        }
    }

    /**
     * Returns the best of what was found elsewhere and what is found here.
     *
     * @param from where in the path the next segment begins; behind the end if there is none
     * @param asked what else the route has to match
     */
    @Nullable Ranked<T> find(String path, int from, Asked asked, @Nullable Ranked<T> elsewhere) {
        if (from > path.length()) {
            return Ranked.better(Ranked.first(ending, asked), elsewhere);
        }
        int end = Segment.end(path, from);
        String segment = path.substring(from, end);
        Ranked<T> found = elsewhere;
        RouteNode<T> same = byText.get(segment);
        if (same != null && same.mayBeat(found)) {
            found = same.find(path, end + 1, asked, found);
        }
        for (Branch<T> branch : branches) {
            if (branch.node.mayBeat(found) && branch.segment.matches(segment)) {
                found = branch.node.find(path, end + 1, asked, found);
            }
        }
        for (Ranked<T> route : resting) {
            if (route.prefixMatches(path, from) && asked.meets(route.route)) {
                return Ranked.better(route, found);
            }
        }
        return found;
    }

    private boolean mayBeat(@Nullable Ranked<T> found) {
        return found == null || best < found.rank;
    }

    private record Branch<T>(Segment segment, RouteNode<T> node) {}

    /** A route and its place among all, 0 being the best. */
    record Ranked<T>(int rank, Route<T> route) {
        /** Returns the first, and so the best, of a list that meets what is asked. */
        static <T> @Nullable Ranked<T> first(List<Ranked<T>> bestFirst, Asked asked) {
            for (Ranked<T> route : bestFirst) {
                if (asked.meets(route.route)) {
                    return route;
                }
            }
            return null;
        }

        static <T> @Nullable Ranked<T> better(@Nullable Ranked<T> one, @Nullable Ranked<T> other) {
            if (one == null || other == null) {
                return one == null ? other : one;
            }
            return one.rank < other.rank ? one : other;
        }

        List<Segment> segments() {
            return Objects.requireNonNull(route.path(), "in the tree by its path")
                    .segments();
        }

        boolean prefixMatches(String path, int from) {
            List<Segment> segments = segments();
            return segments.get(segments.size() - 1) instanceof Segment.Rest rest
                    && path.startsWith(rest.prefix(), from);
        }
    }
}
