package io.llmproxy.config;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Checks what concerns several sections: names, references to them, and listeners. */
final class CrossChecks {
    private static final String FORWARDS = "http_server.forwards";
    private static final String UPSTREAMS = "upstreams";
    private static final String GROUPS = "upstream_groups";
    private static final Pattern PATH_SEGMENT = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]*");
    private static final Set<String> RESERVED = Set.of("admin", "health", "metrics");

    private final PatternCheck patterns;
    private final Problems problems;

    CrossChecks(PatternCheck patterns, Problems problems) {
        this.patterns = patterns;
        this.problems = problems;
    }

    void check(ProxyConfig config) {
        List<ForwardConfig> forwards = config.httpServer().forwards();
        YamlPath.forEach(FORWARDS, forwards, this::checkForwardName);
        names(FORWARDS, "forward", forwards, ForwardConfig::name);
        Set<String> upstreams = names(UPSTREAMS, "upstream", config.upstreams(), UpstreamConfig::name);
        Set<String> groups = names(GROUPS, "upstream group", config.upstreamGroups(), GroupConfig::name);
        YamlPath.forEach(GROUPS, config.upstreamGroups(), (path, group) -> checkMembers(path, group, upstreams));
        YamlPath.forEach(FORWARDS, forwards, (path, forward) -> {
            checkReference(
                    YamlPath.key(path, "upstream_group"), GROUPS, "upstream group", forward.upstreamGroup(), groups);
            checkRouting(YamlPath.key(path, "routing"), forward.routing(), groups);
        });
        checkPorts(config.httpServer());
    }

    private void checkForwardName(String path, ForwardConfig forward) {
        if (!PATH_SEGMENT.matcher(forward.name()).matches()) {
            String expected = "letters, digits, `_`, `-` and, not in front, `.`, as it becomes part of a URL";
            problems.error(YamlPath.key(path, "name"), quoted(forward.name()) + " (expected: " + expected + ")");
        }
        if (RESERVED.contains(forward.name())) {
            String message = forward.name() + " is reserved (expected: none of admin, health, metrics)";
            problems.error(YamlPath.key(path, "name"), message);
        }
    }

    /** Reports blank and repeated names, and returns them all. */
    private <T> Set<String> names(String list, String what, List<T> items, Function<T, String> nameOf) {
        Set<String> names = new LinkedHashSet<>();
        YamlPath.forEach(list, items, (path, item) -> {
            String name = nameOf.apply(item);
            if (name.isBlank()) {
                problems.error(YamlPath.key(path, "name"), quoted(name) + " (expected: a name)");
            } else if (!names.add(name)) {
                String message = "Duplicate " + what + " name '" + name + "' (expected: a name of its own)";
                problems.error(YamlPath.key(path, "name"), message);
            }
        });
        return names;
    }

    private void checkMembers(String groupPath, GroupConfig group, Set<String> upstreams) {
        Set<String> seen = new HashSet<>();
        YamlPath.forEach(YamlPath.key(groupPath, "upstreams"), group.upstreams(), (path, member) -> {
            String name = YamlPath.key(path, "name");
            checkReference(name, UPSTREAMS, "upstream", member.name(), upstreams);
            if (!seen.add(member.name())) {
                String message = "Duplicate upstream '" + member.name() + "' in group '" + group.name() + "'";
                problems.error(name, message + " (expected: each upstream once)");
            }
        });
    }

    private void checkReference(String path, String list, String what, String name, Set<String> known) {
        boolean listUnreadable = known.isEmpty() && problems.failed(list);
        if (!known.contains(name) && !listUnreadable) {
            problems.error(path, "unknown " + what + " '" + name + "' " + Suggestion.hint(name, known));
        }
    }

    private void checkRouting(String list, List<RouteConfig> routing, Set<String> groups) {
        Set<String> seen = new HashSet<>();
        YamlPath.forEach(list, routing, (path, route) -> {
            String pattern = YamlPath.key(path, "path");
            Optional<String> illegal = patterns.problem(route.path());
            if (illegal.isPresent()) {
                problems.error(pattern, quoted(route.path()) + " (" + illegal.get() + ")");
            } else if (!seen.add(route.path())) {
                problems.error(pattern, "Duplicate path pattern '" + route.path() + "' (expected: each pattern once)");
            }
            checkReference(YamlPath.key(path, "target_group"), GROUPS, "upstream group", route.targetGroup(), groups);
        });
    }

    private void checkPorts(HttpServerConfig server) {
        Map<Integer, String> taken = new HashMap<>();
        YamlPath.forEach(FORWARDS, server.forwards(), (path, forward) -> checkPort(path, forward.port(), taken));
        checkPort("http_server.admin", server.admin().port(), taken);
    }

    private void checkPort(String listener, int port, Map<Integer, String> taken) {
        String path = YamlPath.key(listener, "port");
        if (port == 0 || problems.failed(path)) {
            return;
        }
        String other = taken.putIfAbsent(port, listener);
        if (other != null) {
            problems.error(path, port + " (expected: a port of its own; " + other + " has this one)");
        }
    }

    private static String quoted(String text) {
        return "'" + text + "'";
    }
}
