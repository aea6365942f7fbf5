package io.llmproxy.boot;

import io.llmproxy.route.PathPattern;
import java.util.Optional;

/** Lets the configuration ask whether a routing pattern is legal, without knowing who decides it. */
final class RoutePatterns {
    private RoutePatterns() {}

    static Optional<String> problem(String pattern) {
        try {
            PathPattern.compile(pattern);
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }
}
