package io.llmproxy.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A configuration whose ports are filled in when a {@link Deployment} starts with it. */
public final class Gateway {
    private final List<String> upstreams = new ArrayList<>();
    private final List<String> groups = new ArrayList<>();
    private final List<Forward> forwards = new ArrayList<>();
    private final List<String> top = new ArrayList<>();
    private String admin = "";
    private String log = "";
    private String server = "";

    private record Forward(String name, String group, String more) {}

    /** Adds an upstream; {@code more} holds further keys in flow style, such as {@code weight: 2}. */
    public Gateway upstream(String name, String url, String more) {
        upstreams.add("  - {name: \"%s\", url: \"%s\"%s}".formatted(name, url, further(more)));
        return this;
    }

    /** Adds a group; {@code members} is a list in flow style, {@code more} holds further keys. */
    public Gateway group(String name, String members, String more) {
        groups.add("  - {name: \"%s\", upstreams: [%s]%s}".formatted(name, members, further(more)));
        return this;
    }

    /** Adds a forward to a group; {@code more} holds further keys. */
    public Gateway forward(String name, String group, String more) {
        forwards.add(new Forward(name, group, more));
        return this;
    }

    /** Adds a forward to one upstream by way of a group, all of one name. */
    public Gateway single(String name, String url, String ofUpstream, String ofGroup, String ofForward) {
        return upstream(name, url, ofUpstream)
                .group(name, "{name: \"%s\"}".formatted(name), ofGroup)
                .forward(name, name, ofForward);
    }

    /** Adds further keys in flow style to the admin listener, such as {@code token: secret}. */
    public Gateway admin(String more) {
        admin = more;
        return this;
    }

    /** Sets how it logs; {@code settings} holds keys in flow style, such as {@code level: debug}. */
    public Gateway log(String settings) {
        log = settings;
        return this;
    }

    /** Adds a line to {@code http_server}, such as {@code shutdown_timeout: 5s}. */
    public Gateway server(String line) {
        server = "  " + line + "\n";
        return this;
    }

    /** Adds a line at the top level, such as {@code log: {access: false}}. */
    public Gateway top(String line) {
        top.add(line);
        return this;
    }

    /** The names of the forwards, in order. */
    public List<String> forwards() {
        return forwards.stream().map(Forward::name).toList();
    }

    /** The configuration as YAML. */
    public String yaml(Map<String, Integer> ports, int adminPort) {
        List<String> lines = new ArrayList<>(top);
        lines.addAll(List.of("http_server:", server() + "  forwards:"));
        for (Forward forward : forwards) {
            lines.add("    - {name: \"%s\", address: 127.0.0.1, port: %d, upstream_group: \"%s\"%s}"
                    .formatted(forward.name, ports.get(forward.name), forward.group, further(forward.more)));
        }
        lines.add("  admin: {address: 127.0.0.1, port: %d%s}".formatted(adminPort, further(admin)));
        lines.add("upstreams:");
        lines.addAll(upstreams);
        lines.add("upstream_groups:");
        lines.addAll(groups);
        if (!log.isEmpty()) {
            lines.add("log: {%s}".formatted(log));
        }
        return String.join("\n", lines) + "\n";
    }

    /** The machine that tests has more to do than it can, and no request is to be refused for that. */
    private String server() {
        return server.contains("max_lag") ? server : "  max_lag: 0\n" + server;
    }

    private static String further(String more) {
        return more.isEmpty() ? "" : ", " + more;
    }
}
