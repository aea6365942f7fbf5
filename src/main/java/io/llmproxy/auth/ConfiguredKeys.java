package io.llmproxy.auth;

import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.UpstreamConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All keys of one configuration, and which of them each forward knows. */
public final class ConfiguredKeys {
    private final ProxyConfig config;
    private final KeySource source;
    private final Map<KeyDigest, ClientKey> global;
    private final Map<String, List<ClientKey>> ofForwards;
    private final Map<String, List<ClientKey>> ofUpstreams;

    private ConfiguredKeys(
            ProxyConfig config,
            KeySource source,
            Map<KeyDigest, ClientKey> global,
            Map<String, List<ClientKey>> ofForwards,
            Map<String, List<ClientKey>> ofUpstreams) {
        this.config = config;
        this.source = source;
        this.global = global;
        this.ofForwards = ofForwards;
        this.ofUpstreams = ofUpstreams;
    }

    /**
     * Reads the keys of a configuration.
     *
     * @param source has further keys
     */
    public static ConfiguredKeys of(ProxyConfig config, KeySource source) {
        Map<String, List<ClientKey>> ofForwards = config.httpServer().forwards().stream()
                .collect(Collectors.toUnmodifiableMap(
                        ForwardConfig::name,
                        forward -> keys("forward " + forward.name(), forward.keys())
                                .toList()));
        return new ConfiguredKeys(
                config,
                source,
                ClientKeys.byDigest(keys("", config.keys())),
                ofForwards,
                ofUpstreams(config.upstreams()));
    }

    private static Stream<ClientKey> keys(String scope, List<ClientKeyConfig> keys) {
        return keys.stream().map(key -> ClientKey.of(scope, key));
    }

    /** A key that several upstreams have opens all of them. */
    private static Map<String, List<ClientKey>> ofUpstreams(List<UpstreamConfig> upstreams) {
        Map<ClientKeyConfig, Set<String>> openedBy = new LinkedHashMap<>();
        for (UpstreamConfig upstream : upstreams) {
            upstream.keys()
                    .forEach(key -> openedBy.computeIfAbsent(key, unknown -> new LinkedHashSet<>())
                            .add(upstream.name()));
        }
        Map<String, List<ClientKey>> ofUpstreams = new LinkedHashMap<>();
        openedBy.forEach((key, opened) -> {
            ClientKey confined =
                    ClientKey.confined("upstream " + opened.iterator().next(), key, opened);
            opened.forEach(name -> ofUpstreams
                    .computeIfAbsent(name, unknown -> new ArrayList<>())
                    .add(confined));
        });
        return ofUpstreams;
    }

    /** The keys that a forward knows. */
    public ClientKeys of(ForwardConfig forward) {
        Set<String> guarded = config.reachable(forward);
        guarded.retainAll(ofUpstreams.keySet());
        return new ClientKeys(
                forward.name(),
                source,
                global,
                ofForwards.getOrDefault(forward.name(), List.of()).stream(),
                guarded.stream().flatMap(name -> ofUpstreams.getOrDefault(name, List.of()).stream()),
                guarded);
    }

    /** All keys of the configuration. */
    public Stream<ClientKey> all() {
        Stream<ClientKey> confined = ofUpstreams.values().stream().flatMap(List::stream);
        Stream<ClientKey> own = ofForwards.values().stream().flatMap(List::stream);
        return Stream.of(global.values().stream(), own, confined)
                .flatMap(keys -> keys)
                .distinct();
    }
}
