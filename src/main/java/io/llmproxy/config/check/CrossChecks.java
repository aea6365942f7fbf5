package io.llmproxy.config.check;

import io.llmproxy.config.CaptureConfig;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.GroupConfig;
import io.llmproxy.config.HttpServerConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.RouteConfig;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.Suggestion;
import io.llmproxy.config.document.YamlPath;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Checks what concerns several sections: names, references to them, and listeners. */
public final class CrossChecks {
    private static final String FORWARDS = "http_server.forwards";
    private static final String UPSTREAMS = "upstreams";
    private static final String GROUPS = "upstream_groups";
    private static final String CAPTURE = "capture";
    private static final Pattern PATH_SEGMENT = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]*");
    private static final Set<String> RESERVED = Set.of("admin", "health", "metrics");

    private final RouteChecks routes;
    private final Problems problems;

    public CrossChecks(Problems problems) {
        this.routes = new RouteChecks(problems);
        this.problems = problems;
    }

    public void check(ProxyConfig config) {
        List<ForwardConfig> forwards = config.httpServer().forwards();
        YamlPath.forEach(FORWARDS, forwards, this::checkForwardName);
        names(FORWARDS, "forward", forwards, ForwardConfig::name);
        Set<String> upstreams = names(UPSTREAMS, "upstream", config.upstreams(), UpstreamConfig::name);
        Set<String> groups = names(GROUPS, "upstream group", config.upstreamGroups(), GroupConfig::name);
        YamlPath.forEach(GROUPS, config.upstreamGroups(), (path, group) -> checkMembers(path, group, upstreams));
        YamlPath.forEach(FORWARDS, forwards, (path, forward) -> {
            checkGroup(YamlPath.key(path, "upstream_group"), forward, groups);
            checkRouting(YamlPath.key(path, "routing"), forward.routing(), groups);
        });
        checkPorts(config.httpServer());
        checkCapture(config, upstreams);
    }

    private void checkCapture(ProxyConfig config, Set<String> upstreams) {
        CaptureConfig capture = config.capture();
        if (capture == null || problems.failed(CAPTURE)) {
            return;
        }
        Set<String> forwards =
                config.httpServer().forwards().stream().map(ForwardConfig::name).collect(Collectors.toSet());
        checkReferences("forwards", FORWARDS, "forward", capture.forwards(), forwards);
        checkReferences("upstreams", UPSTREAMS, "upstream", capture.upstreams(), upstreams);
    }

    private void checkReferences(String key, String list, String what, List<String> names, Set<String> known) {
        YamlPath.forEach(
                YamlPath.key(CAPTURE, key), names, (path, name) -> checkReference(path, list, what, name, known));
    }

    private void checkGroup(String path, ForwardConfig forward, Set<String> groups) {
        if (forward.upstreamGroup() != null) {
            checkReference(path, GROUPS, "upstream group", forward.upstreamGroup(), groups);
        } else if (forward.routing().isEmpty()) {
            problems.error(path, "missing (expected: a group, because there are no routing rules)");
        }
    }

    private void checkForwardName(String path, ForwardConfig forward) {
        String name = YamlPath.key(path, "name");
        if (RESERVED.contains(forward.name())) {
            problems.error(name, forward.name() + " is reserved (expected: none of admin, health, metrics)");
        } else if (!PATH_SEGMENT.matcher(forward.name()).matches()) {
            String expected = "letters, digits, `_`, `-`, and `.` after the first, because it becomes part of a URL";
            problems.error(name, problems.shown(name, forward.name()) + " (expected: " + expected + ")");
        }
    }

    /** Reports blank and repeated names, and returns them all. */
    private <T> Set<String> names(String list, String what, List<T> items, Function<T, String> nameOf) {
        Set<String> names = new LinkedHashSet<>();
        YamlPath.forEach(list, items, (itemPath, item) -> {
            String path = YamlPath.key(itemPath, "name");
            String name = nameOf.apply(item);
            String shown = problems.shown(path, name);
            if (name.isBlank()) {
                problems.error(path, shown + " (expected: a name)");
            } else if (!names.add(name)) {
                problems.error(path, "Duplicate " + what + " name '" + shown + "' (expected: a unique name)");
            }
        });
        return names;
    }

    private void checkMembers(String groupPath, GroupConfig group, Set<String> upstreams) {
        Set<String> seen = new HashSet<>();
        YamlPath.forEach(YamlPath.key(groupPath, "upstreams"), group.upstreams(), (itemPath, member) -> {
            String path = YamlPath.key(itemPath, "name");
            checkReference(path, UPSTREAMS, "upstream", member.name(), upstreams);
            if (!seen.add(member.name())) {
                String duplicate = "Duplicate upstream '" + problems.shown(path, member.name()) + "'";
                String where = " in group '" + problems.shown(YamlPath.key(groupPath, "name"), group.name()) + "'";
                problems.error(path, duplicate + where + " (expected: each upstream once)");
            }
        });
    }

    private void checkReference(String path, String list, String what, String name, Set<String> known) {
        boolean listUnreadable = known.isEmpty() && problems.failed(list);
        if (!known.contains(name) && !listUnreadable) {
            String shown = problems.shown(path, name);
            problems.error(path, "unknown " + what + " '" + shown + "' " + Suggestion.hint(name, known));
        }
    }

    private void checkRouting(String list, List<RouteConfig> routing, Set<String> groups) {
        Set<RouteConfig> seen = new HashSet<>();
        YamlPath.forEach(list, routing, (itemPath, route) -> {
            routes.check(itemPath, route, seen);
            String target = YamlPath.key(itemPath, "target_group");
            checkReference(target, GROUPS, "upstream group", route.targetGroup(), groups);
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
            String shown = problems.shown(path, Integer.toString(port));
            problems.error(path, shown + " (expected: a unique port; " + other + " has this one)");
        }
    }
}
