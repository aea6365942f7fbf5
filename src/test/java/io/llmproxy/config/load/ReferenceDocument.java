package io.llmproxy.config.load;

import io.llmproxy.config.Key;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.Section;
import io.llmproxy.config.document.YamlPath;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/** Renders a configuration with every key, its default and its meaning off the records. */
final class ReferenceDocument {
    private static final Map<String, String> PLACEHOLDERS = Map.ofEntries(
            Map.entry("http_server.forwards[].name", "main"),
            Map.entry("http_server.forwards[].upstream_group", "main"),
            Map.entry("http_server.forwards[].keys[].name", "of-the-forward"),
            Map.entry("http_server.forwards[].keys[].key", "example-1"),
            Map.entry("http_server.forwards[].keys[].enabled", "false"),
            Map.entry("http_server.forwards[].routing[].path", "/example/*"),
            Map.entry("http_server.forwards[].routing[].target_group", "main"),
            Map.entry("upstreams[].name", "example"),
            Map.entry("upstreams[].url", "https://api.example.com/v1"),
            Map.entry("upstreams[].keys[].name", "of-the-upstream"),
            Map.entry("upstreams[].keys[].key", "example-2"),
            Map.entry("upstreams[].keys[].enabled", "false"),
            Map.entry("upstreams[].headers[].op", "insert"),
            Map.entry("upstreams[].headers[].key", "X-Example"),
            Map.entry("upstreams[].headers[].value", "example"),
            Map.entry("upstreams[].health_check.headers[].key", "X-Example"),
            Map.entry("upstreams[].health_check.headers[].value", "example"),
            Map.entry("upstream_groups[].name", "main"),
            Map.entry("upstream_groups[].upstreams[].name", "example"),
            Map.entry("upstream_groups[].http_client.proxy.url", "http://proxy.example.com:3128"),
            Map.entry("keys[].name", "of-all"),
            Map.entry("keys[].key", "example-3"),
            Map.entry("keys[].enabled", "false"),
            Map.entry("scopes[].name", "example"),
            Map.entry("redis.url", "redis://localhost:6379"),
            Map.entry("http_server.forwards[].keys[].limits[].metric", "requests"),
            Map.entry("http_server.forwards[].keys[].limits[].per", "day"),
            Map.entry("http_server.forwards[].keys[].limits[].amount", "1000000"),
            Map.entry("upstreams[].keys[].limits[].metric", "requests"),
            Map.entry("upstreams[].keys[].limits[].per", "day"),
            Map.entry("upstreams[].keys[].limits[].amount", "1000000"),
            Map.entry("keys[].limits[].metric", "requests"),
            Map.entry("keys[].limits[].per", "day"),
            Map.entry("keys[].limits[].amount", "1000000"),
            Map.entry("scopes[].limits[].metric", "requests"),
            Map.entry("scopes[].limits[].per", "day"),
            Map.entry("scopes[].limits[].amount", "1000000"),
            Map.entry("limits[].metric", "requests"),
            Map.entry("limits[].per", "day"),
            Map.entry("limits[].amount", "1000000"));

    /** Lists that would change what is beside them if they held an example. */
    private static final Set<String> EMPTY = Set.of("upstreams[].auth.keys");

    private final StringBuilder yaml = new StringBuilder();

    private ReferenceDocument() {}

    static String render() {
        ReferenceDocument document = new ReferenceDocument();
        document.yaml.append("""
                # yaml-language-server: $schema=llmproxy.schema.json
                #
                # Every key of LLMProxy's configuration with its default. What has none holds null, or an example of a
                # value; what is off by default is switched off. Leave out what you do not need.
                """);
        document.section(Section.of(ProxyConfig.class), "", "", "");
        return document.yaml.toString();
    }

    /** Writes a section's keys; the first one carries the dash if the section is an item of a list. */
    private void section(Section section, String path, String indent, String dash) {
        String prefix = dash;
        if (section.isSwitchable()) {
            line(indent, comment(Section.SWITCH));
            line(indent, "enabled: false");
        }
        for (Key key : section.keys()) {
            String rest = prefix.isEmpty() ? indent : indent.substring(prefix.length());
            if (path.isEmpty()) {
                yaml.append('\n');
            }
            line(rest, comment(key));
            key(key, YamlPath.key(path, key.name()), rest + prefix, indent);
            prefix = "";
        }
    }

    private void key(Key key, String path, String start, String indent) {
        if (key.isModels()) {
            line(start, key.name() + ": {}");
        } else if (key.isList() && (!key.isSection() || EMPTY.contains(path))) {
            line(start, key.name() + ": []");
        } else if (key.isList()) {
            line(start, key.name() + ":");
            section(key.section(), path + "[]", indent + "    ", "- ");
        } else if (key.isSection()) {
            line(start, key.name() + ":");
            section(key.section(), path, indent + "  ", "");
        } else {
            line(start, key.name() + ": " + value(key, path));
        }
    }

    private static String value(Key key, String path) {
        String byDefault = key.setting().byDefault();
        return PLACEHOLDERS.getOrDefault(path, byDefault.isEmpty() ? "null" : byDefault);
    }

    private static String comment(Key key) {
        String values = key.isSection() ? "" : values(key);
        String required = key.setting().required() ? " Required." : "";
        return "# " + key.setting().value() + values + required;
    }

    /** Of enums and ranges only: the other sentences say it all. */
    private static String values(Key key) {
        boolean listed = key.type().isEnum() || Double.isFinite(key.setting().min());
        return listed ? " (" + ValueType.of(key, Path.of("")).expectation() + ")" : "";
    }

    private void line(String indent, String text) {
        yaml.append(indent).append(text).append('\n');
    }
}
