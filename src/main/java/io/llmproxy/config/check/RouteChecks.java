package io.llmproxy.config.check;

import io.llmproxy.config.HeaderSyntax;
import io.llmproxy.config.RouteConfig;
import io.llmproxy.config.RouteHeaderConfig;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.YamlPath;
import io.llmproxy.net.PathPattern;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks the conditions of routing rules. */
final class RouteChecks {
    private final Problems problems;

    RouteChecks(Problems problems) {
        this.problems = problems;
    }

    /**
     * Checks one rule.
     *
     * @param seen the conditions of the rules before it, to which its own are added
     */
    void check(String rule, RouteConfig route, Set<RouteConfig> seen) {
        checkHeader(YamlPath.key(rule, "header"), route.header());
        if (problems.failed(rule)) {
            return;
        }
        if (route.isUnconditional()) {
            problems.error(rule, "no condition (expected: path, host, model or header)");
        } else if (!seen.add(route.conditions())) {
            refuseSecond(rule, route);
        }
    }

    private void checkHeader(String path, @Nullable RouteHeaderConfig header) {
        if (header == null || problems.failed(path)) {
            return;
        }
        String key = YamlPath.key(path, "key");
        if (!HeaderSyntax.isName(header.key())) {
            refuse(key, header.key(), "the name of a header");
        } else if (HeaderSyntax.isOfConnection(header.key())) {
            refuse(key, header.key(), "a header that does not belong to the connection");
        }
        if (header.value().isBlank() || !HeaderSyntax.isValue(header.value())) {
            refuse(YamlPath.key(path, "value"), header.value(), "text that a header may hold");
        }
    }

    private void refuseSecond(String rule, RouteConfig route) {
        PathPattern pattern = route.path();
        if (pattern != null && route.isPathAlone()) {
            String path = YamlPath.key(rule, "path");
            String shown = problems.shown(path, pattern.toString());
            problems.error(path, "Duplicate path pattern '" + shown + "' (expected: each pattern once)");
        } else {
            problems.error(rule, "Duplicate conditions (expected: each rule once)");
        }
    }

    private void refuse(String path, String value, String expectation) {
        problems.error(path, problems.shown(path, value) + " (expected: " + expectation + ")");
    }
}
