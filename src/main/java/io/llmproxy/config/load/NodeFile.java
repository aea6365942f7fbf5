package io.llmproxy.config.load;

import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.YamlPath;
import io.llmproxy.config.document.YamlTree;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The file of a node whose configuration is in a store. It says where the store is, and what is the node's own: the two are never
 * merged with what a configuration says, but stand in its place.
 */
final class NodeFile {
    private static final String STORE = "store";
    private static final String REDIS = "redis";
    private static final String LOG = "log";
    private static final String SERVER = "http_server";
    private static final String ADMIN = "admin";
    private static final List<String> OWN = List.of(STORE, REDIS, LOG);

    private NodeFile() {}

    /** Whether a file names a store. */
    static boolean isOne(Mapping root) {
        return root.entries().get(STORE) instanceof Mapping store
                && !(store.entries().get("enabled") instanceof Scalar enabled
                        && enabled.text().equals("false"));
    }

    /**
     * Returns only what such a file may hold.
     *
     * @param written the file; told of what it may not hold
     * @param tree the same with what variables set
     */
    static Mapping own(Mapping written, Mapping tree, Problems problems) {
        written.entries().forEach((key, value) -> {
            if (key.equals(SERVER) && value instanceof Mapping server) {
                server.entries().forEach((inner, part) -> {
                    if (!inner.equals(ADMIN)) {
                        refuse(YamlPath.key(SERVER, inner), part, problems);
                    }
                });
            } else if (!OWN.contains(key) && !key.equals(SERVER) && !key.startsWith("x-")) {
                refuse(key, value, problems);
            }
        });
        Map<String, YamlTree> own = new LinkedHashMap<>();
        tree.entries().forEach((key, value) -> {
            if (OWN.contains(key)) {
                own.put(key, value);
            } else if (key.equals(SERVER)
                    && value instanceof Mapping server
                    && server.entries().containsKey(ADMIN)) {
                own.put(SERVER, only(server, ADMIN));
            }
        });
        return new Mapping(tree.origin(), own);
    }

    /** Returns a configuration without what variables say of the store. */
    static Mapping withoutStore(Mapping tree) {
        Map<String, YamlTree> entries = new LinkedHashMap<>(tree.entries());
        entries.remove(STORE);
        return new Mapping(tree.origin(), entries);
    }

    private static Mapping only(Mapping mapping, String key) {
        Map<String, YamlTree> entries = new LinkedHashMap<>(mapping.entries());
        entries.keySet().retainAll(List.of(key));
        return new Mapping(mapping.origin(), entries);
    }

    private static void refuse(String path, YamlTree value, Problems problems) {
        String message = "not read beside a store (expected: store, redis, log and http_server.admin;"
                + " `config import FILE` puts the rest into the store)";
        problems.error(value.origin(), path, message);
    }

    /** Tells of what a configuration in a store may not hold. */
    static void refuseStore(Mapping document, Problems problems) {
        YamlTree store = document.entries().get(STORE);
        if (store != null) {
            problems.error(
                    store.origin(), STORE, "a node's own section (expected: it in the node's file, not in the store)");
        }
    }

    /** Puts what is the node's own in the place of what the configuration says. */
    static Mapping over(Mapping document, Mapping own) {
        Map<String, YamlTree> entries = new LinkedHashMap<>(document.entries());
        for (String section : List.of(LOG, REDIS)) {
            YamlTree said = own.entries().get(section);
            if (said != null) {
                entries.put(section, said);
            }
        }
        if (own.entries().get(SERVER) instanceof Mapping server) {
            Map<String, YamlTree> merged = entries.get(SERVER) instanceof Mapping before
                    ? new LinkedHashMap<>(before.entries())
                    : new LinkedHashMap<>();
            merged.putAll(server.entries());
            entries.put(SERVER, new Mapping(server.origin(), merged));
        }
        return new Mapping(document.origin(), entries);
    }
}
