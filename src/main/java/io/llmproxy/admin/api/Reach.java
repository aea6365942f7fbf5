package io.llmproxy.admin.api;

import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.ScopeConfig;
import io.llmproxy.health.StoreStanding;
import io.llmproxy.ledger.UsedAttempt;
import io.llmproxy.quota.Subject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which scopes a caller may see and change the keys of.
 *
 * @param scopes their names, the caller's own first; null for all, and for keys of no scope. None if the caller's is not in the
 *     configuration any more
 */
record Reach(@Nullable Set<String> scopes) {
    private static final Reach ALL = new Reach(null);

    /**
     * The scope of a caller with all that is below it, as the configuration has it that this node serves. It is that of all nodes, or was
     * a moment ago, unless this node cannot serve the newest one, or has not heard which that is since it started.
     *
     * @param standing how this node stands with the store; nothing where there is none
     * @throws Refused if the newest configuration may say something else
     */
    static Reach of(Caller caller, ProxyConfig config, Optional<StoreStanding> standing) {
        String top = caller.scope();
        if (top == null) {
            return ALL;
        }
        standing.filter(Reach::isUnsure).ifPresent(node -> {
            throw new Refused(503, "node_behind", why(node, top)).with("Retry-After", "5");
        });
        Set<String> found = new LinkedHashSet<>();
        if (config.scopes().stream().anyMatch(scope -> scope.name().equals(top))) {
            found.add(top);
            boolean more = true;
            while (more) {
                more = false;
                for (ScopeConfig scope : config.scopes()) {
                    more |= scope.parent() != null && found.contains(scope.parent()) && found.add(scope.name());
                }
            }
        }
        return new Reach(found);
    }

    /** While the store is away, a node that was started meanwhile does not know what it refused before. */
    private static boolean isUnsure(StoreStanding node) {
        boolean refuses = !node.nack().isEmpty() && node.head() != node.active();
        boolean unheard = node.head() == 0 && node.away() != null;
        return refuses || unheard;
    }

    private static String why(StoreStanding node, String scope) {
        if (node.nack().isEmpty()) {
            return "This node has not received the newest configuration since it started, and does not know what the scope "
                    + scope
                    + " reaches; ask another node.";
        }
        long version = node.head() == 0 ? node.tried() : node.head();
        return "This node cannot serve v" + version + " of the configuration, and does not know what the scope " + scope
                + " reaches; ask another node.";
    }

    /** Whether nothing is beyond it. */
    boolean isAll() {
        return scopes == null;
    }

    /** Whether a key of a scope, or of none, is within it. */
    boolean covers(@Nullable String scope) {
        return scopes == null || (scope != null && scopes.contains(scope));
    }

    /** Whether what a limit of the configuration is set for is within it: a scope, or a key of one. */
    boolean covers(Subject subject, ProxyConfig config) {
        return isAll()
                || switch (subject.kind()) {
                    case SCOPE -> covers(subject.name());
                    case KEY -> coversKey(subject.name(), config);
                    case ISSUED_KEY, GATEWAY -> false;
                };
    }

    /** Keys in different places may have the same name. */
    private boolean coversKey(String name, ProxyConfig config) {
        List<ClientKeyConfig> named = KeyViews.all(config)
                .map(KeyViews.Placed::key)
                .filter(key -> key.name().equals(name))
                .toList();
        return !named.isEmpty() && named.stream().allMatch(key -> covers(key.scope()));
    }

    boolean covers(IssuedKey key) {
        return covers(key.config().scope());
    }

    /** Refuses a key that would not be within it. */
    void require(@Nullable String scope) {
        if (scopes != null && !covers(scope)) {
            String expected = scopes.isEmpty() ? "none is left" : "expected: " + String.join(", ", scopes);
            throw new Refused(
                    403,
                    "forbidden",
                    "scope: " + (scope == null ? "none" : scope) + " is not within the caller's (" + expected + ")");
        }
    }

    /**
     * Tells what keys within it have used. A key's name is all that is kept with what it used, so that a name that a key had before does not
     * count, nor one that a key beyond it has, too. While the store is away it is not known when an issued key was made: none of them counts.
     *
     * @param config whose keys are looked at
     * @param issued all other keys
     */
    Predicate<UsedAttempt> usedWithin(ProxyConfig config, List<IssuedKey> issued) {
        if (isAll()) {
            return used -> true;
        }
        Map<String, Instant> since = new HashMap<>();
        Set<String> beyond = new LinkedHashSet<>();
        KeyViews.all(config).map(KeyViews.Placed::key).forEach(key -> {
            if (covers(key.scope())) {
                since.put(key.name(), Instant.MIN);
            } else {
                beyond.add(key.name());
            }
        });
        issued.forEach(key -> {
            if (!covers(key)) {
                beyond.add(key.config().name());
            } else if (!key.createdAt().equals(Instant.EPOCH)) {
                // Sums are of whole hours.
                since.putIfAbsent(key.config().name(), key.createdAt().truncatedTo(ChronoUnit.HOURS));
            }
        });
        // A key that is called so would show the requests without a key, or the sums of many keys.
        beyond.add(UsedAttempt.NONE);
        beyond.add(UsedAttempt.OTHER);
        since.keySet().removeAll(beyond);
        return used -> {
            Instant first = since.get(used.key());
            return first != null && !used.at().isBefore(first);
        };
    }
}
