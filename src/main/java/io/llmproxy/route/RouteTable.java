package io.llmproxy.route;

import io.llmproxy.config.RouteHeaderConfig;
import io.llmproxy.net.PathPattern;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the target of a request: that of the most specific route whose conditions it meets. The first difference decides:
 *
 * <ol>
 *   <li>the host: a name before a wildcard, of two wildcards that with the longer name, then one with a port, then all
 *       hosts; of one host the longer prefix first;
 *   <li>the path, by {@link PathPattern#MOST_SPECIFIC_FIRST}, then all paths;
 *   <li>one with a header before one without;
 *   <li>the model: a name before a pattern before all models;
 *   <li>the order in which they were given.
 * </ol>
 *
 * <p>A lookup takes time by the length of host and path, not by the number of routes; those of one host and path that
 * differ in header and model are tried one by one. Immutable.
 *
 * @param <T> what a route leads to
 */
public final class RouteTable<T> {
    private static final String ALL_HOSTS = "";

    private final Map<String, PrefixTable<T>> hosts;
    private final boolean byName;
    private final boolean byWildcard;
    private final Set<String> headerNames;
    private final @Nullable T otherwise;
    private final Set<T> targets;
    /** What each rule is called: made once, as requests are told by which they go. */
    private final IdentityHashMap<Route<T>, String> names = new IdentityHashMap<>();

    private RouteTable(List<Route<T>> routes, @Nullable T otherwise) {
        Map<String, List<Route<T>>> byHost = routes.stream().collect(Collectors.groupingBy(RouteTable::host));
        Map<String, PrefixTable<T>> tables = new HashMap<>();
        byHost.forEach((host, group) -> tables.put(host, new PrefixTable<>(group)));
        hosts = Map.copyOf(tables);
        byName = routes.stream().anyMatch(route -> route.host() != null);
        byWildcard = routes.stream()
                .anyMatch(route -> route.host() != null && route.host().isWildcard());
        headerNames = routes.stream()
                .map(Route::header)
                .filter(Objects::nonNull)
                .map(RouteHeaderConfig::key)
                .map(key -> key.toLowerCase(Locale.ROOT))
                .collect(Collectors.toUnmodifiableSet());
        routes.forEach(route -> names.put(route, route.rule()));
        this.otherwise = otherwise;
        this.targets = Stream.concat(routes.stream().map(Route::target), Stream.ofNullable(otherwise))
                .collect(Collectors.toUnmodifiableSet());
    }

    private static String host(Route<?> route) {
        return route.host() == null ? ALL_HOSTS : route.host().host();
    }

    /**
     * Makes a table.
     *
     * @param routes in the order in which equals are to be tried
     * @param otherwise the target of requests that no route is for, or null if they have none
     */
    public static <T> RouteTable<T> of(List<Route<T>> routes, @Nullable T otherwise) {
        return new RouteTable<>(routes, otherwise);
    }

    /**
     * Looks a request up as far as that is possible without its body.
     *
     * @param host what the client calls the host, with the port if it wrote one; null if it did not say
     * @param readings the path, without query; then in which other ways it may be read. The best rule for any of them is
     *     taken
     * @param headers the values of all lines of a header, by a name in lower case
     */
    public Lookup lookup(@Nullable String host, List<String> readings, Function<String, List<String>> headers) {
        Authority authority = byName ? Authority.of(host) : null;
        return new Lookup(authority, readings, valuesOf(headers));
    }

    /** Everything that a request may lead to. */
    public Set<T> targets() {
        return targets;
    }

    private Map<String, List<String>> valuesOf(Function<String, List<String>> headers) {
        return headerNames.isEmpty()
                ? Map.of()
                : headerNames.stream().collect(Collectors.toUnmodifiableMap(name -> name, headers));
    }

    /**
     * Where a request goes.
     *
     * @param target the target
     * @param path the path that is left behind the prefix of the route's host
     * @param <T> what a route leads to
     */
    public record Match<T>(T target, String path) {}

    /** One request that is looked up: in one step, or in two if it depends on the model. Immutable. */
    public final class Lookup {
        private final @Nullable Authority authority;
        private final List<String> readings;
        private final Map<String, List<String>> headers;
        private final @Nullable Route<T> first;

        private Lookup(@Nullable Authority authority, List<String> readings, Map<String, List<String>> headers) {
            this.authority = authority;
            this.readings = readings;
            this.headers = headers;
            this.first = find(authority, readings, new Asked(headers, false, null));
        }

        /** Whether it takes the model to tell where the request goes. */
        public boolean needsModel() {
            return first != null && first.model() != null;
        }

        /**
         * Tells by which rule {@link #resolve} goes, such as {@code path=/v1/* model=gpt-5*}; {@code default} if by none.
         *
         * @param model the same as there
         */
        public String rule(@Nullable String model) {
            Route<T> found = needsModel() ? find(authority, readings, new Asked(headers, true, model)) : first;
            return found == null ? "default" : names.getOrDefault(found, "default");
        }

        /**
         * Tells where the request goes; null if that is nowhere.
         *
         * @param model the model that it asks for, or null if it names none; of no importance unless {@link #needsModel}
         */
        public @Nullable Match<T> resolve(@Nullable String model) {
            Route<T> found = needsModel() ? find(authority, readings, new Asked(headers, true, model)) : first;
            String path = readings.get(0);
            if (found != null) {
                return new Match<>(found.target(), PrefixTable.rest(path, found.prefix()));
            }
            return otherwise == null ? null : new Match<>(otherwise, path);
        }
    }

    private @Nullable Route<T> find(@Nullable Authority authority, List<String> readings, Asked asked) {
        if (authority != null) {
            Route<T> found = findNamed(authority, readings, asked);
            if (found != null) {
                return found;
            }
        }
        return find(ALL_HOSTS, readings, asked);
    }

    private @Nullable Route<T> findNamed(Authority authority, List<String> readings, Asked asked) {
        String name = authority.name();
        Route<T> found = find(name, authority.port(), readings, asked);
        int dot = byWildcard ? name.indexOf('.', 1) : -1;
        while (found == null && dot > 0) {
            found = find("*" + name.substring(dot), authority.port(), readings, asked);
            dot = name.indexOf('.', dot + 1);
        }
        return found;
    }

    private @Nullable Route<T> find(String host, int port, List<String> readings, Asked asked) {
        Route<T> found = port == 0 ? null : find(host + ':' + port, readings, asked);
        return found == null ? find(host, readings, asked) : found;
    }

    private @Nullable Route<T> find(String host, List<String> readings, Asked asked) {
        PrefixTable<T> table = hosts.get(host);
        return table == null ? null : table.find(readings, asked);
    }
}
