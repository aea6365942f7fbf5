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
import java.util.Set;
import java.util.TreeMap;

/**
 * What operators have changed for the time being: a layer over each configuration that is loaded, until they take it back. What other
 * nodes know too comes back from the store; the rest is this node's alone, and ends with the process. It belongs to the thread that holds
 * the lock of the {@link Reloader}; what it tells may be read by any.
 */
final class Overrides {
    private volatile State state;

    Overrides() {
        this(new State(Map.of(), Map.of(), Map.of(), Map.of(), 0));
    }

    private Overrides(State state) {
        this.state = state;
    }

    /** One change, and since when it is so. */
    private record Active(Change change, Instant since) {
        String text() {
            return change.text() + " since " + since;
        }
    }

    /**
     * @param shared what other nodes know
     * @param own what they do not
     * @param gone when this node's operators took something back that the others still know, by its key
     * @param active what holds of both, by its key
     * @param changes how often this node's operators have changed anything
     */
    private record State(
            Map<String, Active> shared,
            Map<String, Active> own,
            Map<String, Instant> gone,
            Map<String, Active> active,
            long changes) {
        static State of(Map<String, Active> shared, Map<String, Active> own, Map<String, Instant> gone, long changes) {
            Map<String, Active> active = new TreeMap<>(shared);
            active.keySet().removeAll(gone.keySet());
            active.putAll(own);
            return new State(shared, own, gone, Map.copyOf(active), changes);
        }

        /** Whether a configuration is the same under both; since when does not matter to it. */
        boolean hasEffectOf(State other) {
            return effect().equals(other.effect());
        }

        private Map<String, Change> effect() {
            Map<String, Change> effect = new TreeMap<>();
            active.forEach((key, one) -> effect.put(key, one.change()));
            return effect;
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

    /** Returns the same, to be changed while this is still what holds. */
    Overrides copy() {
        return new Overrides(state);
    }

    /** From now on, this is what a copy has come to. */
    void become(Overrides changed) {
        state = changed.state;
    }

    /** Whether another configuration is to be served if this takes the place of another. */
    boolean differsFrom(Overrides other) {
        return !state.hasEffectOf(other.state);
    }

    /** @param everywhere whether other nodes know it */
    void add(Change change, Instant now, boolean everywhere) {
        State before = state;
        Map<String, Active> shared = without(before.shared(), change.key());
        Map<String, Active> own = without(before.own(), change.key());
        Map<String, Instant> gone = without(before.gone(), change.key());
        state = everywhere
                ? State.of(with(shared, change, now), own, gone, before.changes() + 1)
                : State.of(shared, with(own, change, now), gone, before.changes() + 1);
    }

    /** Other nodes know a change from now on, unless a later one of the same has taken its place. */
    void tell(Change change) {
        Active mine = state.own().get(change.key());
        if (mine != null && mine.change().equals(change)) {
            add(change, mine.since(), true);
        }
    }

    /** Names the last change of this node's operators: what was read of the store before it may be older than that. */
    long changes() {
        return state.changes();
    }

    /**
     * Takes over what all nodes know, unless this node's operators have changed something since that was read. What only this node knows
     * stays where it is newer, also that something was taken back.
     *
     * @param seen the last change when it was read
     * @return whether it was taken over
     */
    boolean share(List<Shared> all, long seen) {
        State before = state;
        if (before.changes() != seen) {
            return false;
        }
        Map<String, Active> next = new TreeMap<>();
        Map<String, Active> own = before.own();
        Map<String, Instant> gone = new TreeMap<>();
        for (Shared one : all) {
            String key = one.change().key();
            next.put(key, new Active(one.change(), one.since()));
            Active mine = own.get(key);
            if (mine != null
                    && (mine.change().equals(one.change()) || one.since().isAfter(mine.since()))) {
                own = without(own, key);
            }
            Instant end = before.gone().get(key);
            if (end != null && !one.since().isAfter(end)) {
                gone.put(key, end);
            }
        }
        state = State.of(next, own, gone, seen);
        return true;
    }

    /** Whether it was taken over already. */
    boolean isShared(List<Shared> all) {
        Map<String, Active> next = new TreeMap<>();
        all.forEach(one -> next.put(one.change().key(), new Active(one.change(), one.since())));
        return next.equals(state.shared())
                && next.keySet().containsAll(state.gone().keySet());
    }

    void clear() {
        State before = state;
        state = State.of(Map.of(), Map.of(), before.gone(), before.changes() + 1);
    }

    /** Takes a change back, by its key. */
    void remove(String key) {
        State before = state;
        Map<String, Active> shared = without(before.shared(), key);
        Map<String, Active> own = without(before.own(), key);
        state = State.of(shared, own, before.gone(), before.changes() + 1);
    }

    /** What was taken back stays so here, until others change it later: they were not told. */
    void keepRemoved(Set<String> keys, Instant since) {
        State before = state;
        Map<String, Instant> gone = new TreeMap<>(before.gone());
        for (String key : keys) {
            Active told = before.shared().get(key);
            boolean later = before.own().containsKey(key)
                    || (told != null && told.since().isAfter(since));
            if (!later) {
                gone.put(key, since);
            }
        }
        state = State.of(before.shared(), before.own(), gone, before.changes() + 1);
    }

    /** Whether something was taken back that the others still know, by its key. */
    boolean isKeptRemoved(String key) {
        return state.gone().containsKey(key);
    }

    /**
     * The others were told that something was taken back. It may have been read once more before they were.
     *
     * @param seen the last change when it was taken back here: what operators have changed since then stays
     */
    void tellRemoved(String key, long seen) {
        State before = state;
        Map<String, Active> shared = before.changes() == seen ? without(before.shared(), key) : before.shared();
        state = State.of(shared, before.own(), without(before.gone(), key), before.changes() + 1);
    }

    /** A change has ended; a later one of the same goes on. */
    void end(Change change) {
        if (has(change)) {
            remove(change.key());
        }
    }

    private static Map<String, Active> with(Map<String, Active> map, Change change, Instant since) {
        Map<String, Active> next = new TreeMap<>(map);
        next.put(change.key(), new Active(change, since));
        return next;
    }

    private static <T> Map<String, T> without(Map<String, T> map, String key) {
        Map<String, T> next = new TreeMap<>(map);
        next.remove(key);
        return next;
    }

    /** Whether this very change, and no later one of the same, is in force. */
    boolean has(Change change) {
        Active found = state.active().get(change.key());
        return found != null && found.change().equals(change);
    }

    /** What was said of an upstream. */
    Optional<UpstreamOverride> said(String upstream) {
        Active found = state.active().get(Said.key(upstream));
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
        return state.active().containsKey(Weight.key(group, upstream));
    }

    /** Each change in one line. */
    List<String> told() {
        return state.active().values().stream().map(Active::text).sorted().toList();
    }

    /** What is changed, by its keys. */
    Set<String> keys() {
        return state.active().keySet();
    }

    int count() {
        return state.active().size();
    }

    /** The configuration with the changes; those of what it does not have do nothing. */
    ProxyConfig over(ProxyConfig config) {
        Map<String, Active> changes = state.active();
        return changes.isEmpty()
                ? config
                : config.with(
                        config.upstreams().stream().map(this::over).toList(),
                        config.upstreamGroups().stream().map(this::over).toList());
    }

    private UpstreamConfig over(UpstreamConfig upstream) {
        Active found = state.active().get(Said.key(upstream.name()));
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
        Active found = state.active().get(Weight.key(group, member.name()));
        return found != null && found.change() instanceof Weight weight
                ? new MemberConfig(member.name(), weight.weight())
                : member;
    }
}
