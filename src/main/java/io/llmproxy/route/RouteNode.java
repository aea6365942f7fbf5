package io.llmproxy.route;

import io.llmproxy.route.RouteTable.Route;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
            List<Segment> segments = route.route.pattern().segments();
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
     */
    @Nullable Ranked<T> find(String path, int from, @Nullable Ranked<T> elsewhere) {
        if (from > path.length()) {
            return ending.isEmpty() ? elsewhere : ending.get(0).orBetter(elsewhere);
        }
        int end = Segment.end(path, from);
        String segment = path.substring(from, end);
        Ranked<T> found = elsewhere;
        RouteNode<T> same = byText.get(segment);
        if (same != null && same.mayBeat(found)) {
            found = same.find(path, end + 1, found);
        }
        for (Branch<T> branch : branches) {
            if (branch.node.mayBeat(found) && branch.segment.matches(segment)) {
                found = branch.node.find(path, end + 1, found);
            }
        }
        for (Ranked<T> route : resting) {
            if (route.prefixMatches(path, from)) {
                return route.orBetter(found);
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
        Ranked<T> orBetter(@Nullable Ranked<T> other) {
            return other != null && other.rank < rank ? other : this;
        }

        boolean prefixMatches(String path, int from) {
            List<Segment> segments = route.pattern().segments();
            return segments.get(segments.size() - 1) instanceof Segment.Rest rest
                    && path.startsWith(rest.prefix(), from);
        }
    }
}
