package io.llmproxy.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Makes a {@link ProxyConfig} of a YAML file and the environment, or says all that is wrong with them. */
@SuppressWarnings("DoNotCallSuggester")
public final class ConfigLoader {
    private ConfigLoader() {}

    /**
     * A configuration that can be used.
     *
     * @param config the configuration
     * @param warnings what the operator should look at nevertheless
     */
    public record Loaded(ProxyConfig config, List<Problem> warnings) {
        /** Copies the list. */
        public Loaded {
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * Loads a file.
     *
     * @param file YAML; relative paths in it start at its directory, and a {@code .env} beside it is read
     * @param environment the process's environment
     * @param patterns judges the patterns of routing rules
     * @throws ConfigException if anything is wrong
     */
    public static Loaded load(Path file, Map<String, String> environment, PatternCheck patterns) {
        throw new UnsupportedOperationException();
    }

    /**
     * Loads a text.
     *
     * @param yaml the text
     * @param sourceName what problems call it
     * @param baseDirectory where relative paths start and a {@code .env} is looked for
     * @param environment the process's environment
     * @param patterns judges the patterns of routing rules
     * @throws ConfigException if anything is wrong
     */
    public static Loaded parse(
            String yaml,
            String sourceName,
            Path baseDirectory,
            Map<String, String> environment,
            PatternCheck patterns) {
        throw new UnsupportedOperationException();
    }
}
