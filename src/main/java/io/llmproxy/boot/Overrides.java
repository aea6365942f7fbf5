package io.llmproxy.boot;

import io.llmproxy.config.GroupConfig;
import io.llmproxy.config.MemberConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.management.UpstreamOverride;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What operators have changed for the time being: a layer over each configuration that is loaded, until they take it back. What other
 * nodes know too comes back from the store; the rest is this node's alone, and ends with the process. It belongs to the thread that holds the lock of the {@link Reloader}; what it tells may be read by any.
 */
final class Overrides {
    private volatile Map<String, Active> active = Map.of();
    private Map<String, Active> shared = Map.of();
    private Map<String, Active> own = Map.of();

    /** One change, and since when it is so. */
    private record Active(Change change, Instant since) {
        String text() {
            return change.text() + " since " + since;
        }
    }

    /** What is changed. A later change of the same takes the place of the one before. */
    sealed interface Change {
        /** What is changed. */
        String key();

        /** What it is changed to. */
        String text();
    }

    /** Whether an upstream is asked. */
    record Said(String upstream, UpstreamOverride said) implements Change {
        static String key(String upstream) {
            return "upstream " + upstream;
        }

        @Override
        public String key() {
            return key(upstream);
        }

        @Override
        public String text() {
            return key() + " " + said.mode().label() + (said.until() == null ? "" : " until " + said.until());
        }

        boolean on() {
            return said.mode() == UpstreamOverride.Mode.ENABLED;
        }
    }

    /** The weight of a member of a group. */
    record Weight(String group, String upstream, int weight) implements Change {
        static String key(String group, String upstream) {
            return "group " + group + ": weight of " + upstream;
        }

        @Override
        public String key() {
            return key(group, upstream);
        }

        @Override
        public String text() {
            return key() + " " + weight;
        }
    }

    /**
     * A change that other nodes know.
     *
     * @param change what is changed
     * @param since when
     */
    record Shared(Change change, Instant since) {}

    /** @param everywhere whether other nodes know it */
    void add(Change change, Instant now, boolean everywhere) {
        shared = without(shared, change.key());
        own = without(own, change.key());
        if (everywhere) {
            shared = with(shared, change, now);
        } else {
            own = with(own, change, now);
        }
        settle();
    }

    /** Takes over what all nodes know. */
    void share(List<Shared> all) {
        Map<String, Active> next = Map.of();
        for (Shared one : all) {
            next = with(next, one.change(), one.since());
            own = without(own, one.change().key());
        }
        shared = next;
        settle();
    }

    /** Whether nothing would change. */
    boolean isShared(List<Shared> all) {
        Map<String, Active> next = new TreeMap<>();
        all.forEach(one -> next.put(one.change().key(), new Active(one.change(), one.since())));
        return next.equals(shared);
    }

    void clear() {
        shared = Map.of();
        own = Map.of();
        settle();
    }

    /** Returns what puts everything back to how it is now. */
    Runnable undo() {
        Map<String, Active> sharedNow = shared;
        Map<String, Active> ownNow = own;
        return () -> {
            shared = sharedNow;
            own = ownNow;
            settle();
        };
    }

    /** Takes a change back, by its key. */
    void remove(String key) {
        shared = without(shared, key);
        own = without(own, key);
        settle();
    }

    private void settle() {
        Map<String, Active> next = new TreeMap<>(shared);
        next.putAll(own);
        active = Map.copyOf(next);
    }

    private static Map<String, Active> with(Map<String, Active> map, Change change, Instant since) {
        Map<String, Active> next = new TreeMap<>(map);
        next.put(change.key(), new Active(change, since));
        return next;
    }

    private static Map<String, Active> without(Map<String, Active> map, String key) {
        Map<String, Active> next = new TreeMap<>(map);
        next.remove(key);
        return next;
    }

    /** Whether this very change, and no later one of the same, is in force. */
    boolean has(Change change) {
        Active found = active.get(change.key());
        return found != null && found.change().equals(change);
    }

    /** What was said of an upstream. */
    Optional<UpstreamOverride> said(String upstream) {
        Active found = active.get(Said.key(upstream));
        return found != null && found.change() instanceof Said change
                ? Optional.of(new UpstreamOverride(
                        change.said().mode(),
                        change.said().until(),
                        change.said().reason(),
                        change.said().by(),
                        found.since()))
                : Optional.empty();
    }

    /** Whether a member of a group has another weight. */
    boolean isWeighed(String group, String upstream) {
        return active.containsKey(Weight.key(group, upstream));
    }

    /** Each change in one line. */
    List<String> told() {
        return active.values().stream().map(Active::text).sorted().toList();
    }

    int count() {
        return active.size();
    }

    /** The configuration with the changes; those of what it does not have do nothing. */
    ProxyConfig over(ProxyConfig config) {
        Map<String, Active> changes = active;
        return changes.isEmpty()
                ? config
                : config.with(
                        config.upstreams().stream().map(this::over).toList(),
                        config.upstreamGroups().stream().map(this::over).toList());
    }

    private UpstreamConfig over(UpstreamConfig upstream) {
        Active found = active.get(Said.key(upstream.name()));
        return found != null && found.change() instanceof Said said && said.on() != upstream.enabled()
                ? upstream.withEnabled(said.on())
                : upstream;
    }

    private GroupConfig over(GroupConfig group) {
        List<MemberConfig> members = group.upstreams().stream()
                .map(member -> over(group.name(), member))
                .toList();
        return members.equals(group.upstreams()) ? group : group.with(members);
    }

    private MemberConfig over(String group, MemberConfig member) {
        Active found = active.get(Weight.key(group, member.name()));
        return found != null && found.change() instanceof Weight weight
                ? new MemberConfig(member.name(), weight.weight())
                : member;
    }
}
