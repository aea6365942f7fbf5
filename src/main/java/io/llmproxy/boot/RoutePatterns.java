package io.llmproxy.boot;

import io.llmproxy.route.PathPattern;
import java.util.Optional;
import java.util.regex.Pattern;

/** Lets the configuration ask whether a routing pattern is legal, without knowing who decides it. */
final class RoutePatterns {
    /** The configuration names the pattern by its path in the file. */
    private static final Pattern NAME = Pattern.compile("^path: ");

    private RoutePatterns() {}

    static Optional<String> problem(String pattern) {
        try {
            PathPattern.compile(pattern);
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of(NAME.matcher(String.valueOf(e.getMessage())).replaceFirst(""));
        }
    }
}
