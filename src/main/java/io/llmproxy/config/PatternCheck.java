package io.llmproxy.config;

import java.util.Optional;

/** Judges the patterns of routing rules, whose syntax this package does not know. */
@FunctionalInterface
public interface PatternCheck {
    /** Returns what is wrong with a pattern, such as {@code "*" must be a segment of its own}; empty if it is legal. */
    Optional<String> problem(String pattern);
}
