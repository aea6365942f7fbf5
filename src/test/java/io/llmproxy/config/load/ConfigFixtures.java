package io.llmproxy.config.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Configurations that the tests share. */
public final class ConfigFixtures {
    /** A complete configuration, a line a section. */
    static final List<String> SECTIONS = List.of(
            "http_server: {forwards: [{name: a, upstream_group: g}]}",
            "upstreams: [{name: u, url: 'http://u'}]",
            "upstream_groups: [{name: g, upstreams: [{name: u}]}]");

    static final List<String> SAMPLES =
            List.of("mixgroup.yaml", "mixgroup-stream-mode.yaml", "response-aware.yaml", "every-spelling.yaml");

    private ConfigFixtures() {}

    /** Adds the sections that a text leaves out. */
    static String complete(String yaml) {
        StringBuilder complete = new StringBuilder(yaml);
        for (String section : SECTIONS) {
            String name = section.substring(0, section.indexOf(':') + 1);
            if (!yaml.startsWith(name) && !yaml.contains("\n" + name)) {
                complete.append(yaml.isEmpty() || yaml.endsWith("\n") ? "" : "\n")
                        .append(section)
                        .append('\n');
            }
        }
        return complete.toString();
    }

    static Path resource(String name) {
        return Path.of("src/test/resources/config", name);
    }

    public static String text(String resource) {
        try {
            return Files.readString(resource(resource));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static ConfigLoader.Loaded sample(String name) {
        return ConfigLoader.load(resource(name), Map.of());
    }

    public static ConfigLoader.Loaded parse(String yaml, Path directory, Map<String, String> environment) {
        return ConfigLoader.parse(complete(yaml), "config.yaml", directory, environment);
    }
}
