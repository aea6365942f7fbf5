package io.llmproxy.config.document;

import java.util.List;
import java.util.stream.Collectors;

/** The configuration cannot be used. Carries every problem found, not just the first. */
public final class ConfigException extends RuntimeException {
    private final List<Problem> problems;

    /** @param problems at least one, in the order of the file */
    public ConfigException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** Returns all that has to be mended, in the order of the file. */
    public List<Problem> problems() {
        return problems;
    }
}
