package io.llmproxy.config;

import java.util.Optional;

/** Judges the patterns of routing rules, whose syntax this package does not know. */
@FunctionalInterface
public interface PatternCheck {
    /** Returns the problem with a pattern, such as {@code users/* (expected: a leading slash)}; empty if it is legal. */
    Optional<String> problem(String pattern);
}
