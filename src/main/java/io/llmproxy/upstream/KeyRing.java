package io.llmproxy.upstream;

import io.llmproxy.auth.Credential;
import io.llmproxy.auth.GoogleTokens;
import io.llmproxy.balance.Load;
import io.llmproxy.balance.LoadBalancer;
import io.llmproxy.balance.Member;
import io.llmproxy.config.AuthConfig;
import io.llmproxy.config.AuthKeyConfig;
import io.llmproxy.config.BalanceConfig.Strategy;
import io.llmproxy.config.Secret;
import io.llmproxy.config.UpstreamConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one upstream, which take turns by their weights. One that the upstream refuses is set aside, one that has used
 * up what it may do cools down; the others go on. Where an upstream has one key, or the client's own passes, it is a ring of
 * one.
 */
final class KeyRing {
    /** Weights may be decimals; those of a balancer are whole numbers. */
    private static final int PARTS = 1000;

    private final AuthConfig config;
    private final List<UpstreamKey> keys;
    private final LoadBalancer turns;
    /** Those that other nodes may know as well. */
    private final Map<String, KeyStanding> marked = new HashMap<>();

    private KeyRing(AuthConfig config, UpstreamConfig upstream, List<UpstreamKey> keys, LoadBalancer turns) {
        this.config = config;
        this.keys = List.copyOf(keys);
        this.turns = turns;
        for (UpstreamKey key : keys) {
            String mark = key.mark(upstream);
            if (mark != null) {
                marked.put(mark, key.standing());
            }
        }
    }

    /** The keys that other nodes may know as well, by what all call them. */
    Map<String, KeyStanding> marked() {
        return Collections.unmodifiableMap(marked);
    }

    /**
     * Makes the ring of an upstream.
     *
     * @param blocking may be blocked to fetch what the upstream is shown
     * @param before the ring of the same upstream in the configuration before: keys that it has, too, keep their standing
     * @throws IllegalArgumentException if a file is no key
     */
    static KeyRing of(UpstreamConfig upstream, Executor blocking, @Nullable KeyRing before, long now) {
        AuthConfig config = upstream.auth();
        List<Credential> credentials = config.type() == AuthConfig.Type.GOOGLE
                ? List.of(google(upstream, blocking, before))
                : Credential.of(config, upstream.provider());
        List<UpstreamKey> keys = new ArrayList<>();
        for (Credential credential : credentials) {
            UpstreamKey same = before == null ? null : before.find(credential);
            KeyStanding standing = same == null ? new KeyStanding(now) : same.standing();
            KeyAllowance allowance =
                    KeyAllowance.of(limits(config, keys.size()), same == null ? null : same.allowance(), now);
            keys.add(new UpstreamKey(keys.size(), credentials.size() > 1, credential, standing, allowance));
        }
        LoadBalancer turns = before != null && before.config.equals(config) ? before.turns : turns(config, keys.size());
        return new KeyRing(config, upstream, keys, turns);
    }

    /** The limits of a key; those of another type of credential are the upstream's. */
    private static AuthKeyConfig limits(AuthConfig config, int place) {
        List<AuthKeyConfig> configured = config.all();
        return place < configured.size()
                ? configured.get(place)
                : new AuthKeyConfig(new Secret(""), 1, config.rpm(), config.tpm());
    }

    private static Credential google(UpstreamConfig upstream, Executor blocking, @Nullable KeyRing before) {
        Path file = Objects.requireNonNull(upstream.auth().serviceAccountFile(), "checked by the configuration");
        try {
            return GoogleTokens.of(
                    file, blocking, before == null ? null : before.first().credential());
        } catch (IOException | RuntimeException e) {
            // The library checks no types. What it says of a file that it has not understood may quote it.
            throw new IllegalArgumentException(
                    "upstream " + upstream.name() + ": auth.service_account_file holds no key of a service account", e);
        }
    }

    private static LoadBalancer turns(AuthConfig config, int size) {
        List<Member> members = new ArrayList<>();
        for (AuthKeyConfig key : config.all()) {
            members.add(new Member(new Load(), (int) Math.round(key.weight() * PARTS)));
        }
        return size == 1 ? (selectable, now) -> selectable.test(0) ? 0 : LoadBalancer.NONE : weighted(members);
    }

    private static LoadBalancer weighted(List<Member> members) {
        return LoadBalancer.of(Strategy.WEIGHTED_ROUNDROBIN, members);
    }

    private @Nullable UpstreamKey find(Credential credential) {
        return keys.stream()
                .filter(key -> key.credential().equals(credential))
                .findFirst()
                .orElse(null);
    }

    /** What each of them shows, in their order. */
    Stream<Credential> credentials() {
        return keys.stream().map(UpstreamKey::credential);
    }

    private UpstreamKey first() {
        return keys.get(0);
    }

    /** Whether there is more than one. */
    boolean isSeveral() {
        return keys.size() > 1;
    }

    /** Returns all keys but the one with a credential; none if no key has it. */
    Set<UpstreamKey> others(Credential credential) {
        return find(credential) == null
                ? Set.of()
                : keys.stream()
                        .filter(key -> !key.credential().equals(credential))
                        .collect(Collectors.toUnmodifiableSet());
    }

    /** Whether there is a key that may be used and is not among those that are spent. */
    boolean hasGood(Set<UpstreamKey> spent, long now) {
        for (UpstreamKey key : keys) {
            if (isGood(key, spent, now)) {
                return true;
            }
        }
        return false;
    }

    /** Chooses a key that may be used and is not spent; null if there is none. */
    @Nullable UpstreamKey pick(Set<UpstreamKey> spent, long now) {
        int chosen = turns.pick(index -> isGood(keys.get(index), spent, now), now);
        return chosen < 0 ? null : keys.get(chosen);
    }

    private static boolean isGood(UpstreamKey key, Set<UpstreamKey> spent, long now) {
        KeyStanding standing = key.standing();
        return !standing.isSetAside(now) && limitedNanos(key, now) == 0 && !spent.contains(key);
    }

    /** Where all keys are set aside: the one that will be good first, of those that are not spent; else null. */
    @Nullable UpstreamKey lastResort(Set<UpstreamKey> spent, long now) {
        UpstreamKey soonest = null;
        for (UpstreamKey key : keys) {
            if (!key.standing().isSetAside(now)) {
                return null;
            }
            boolean free = limitedNanos(key, now) == 0 && !spent.contains(key);
            if (free && (soonest == null || asideNanos(key, now) < asideNanos(soonest, now))) {
                soonest = key;
            }
        }
        return soonest;
    }

    /** How long it has used up what it may do: as the provider has said, or as the configuration does. */
    private static long limitedNanos(UpstreamKey key, long now) {
        return Math.max(
                key.standing().cooldown().remainingNanos(now), key.allowance().untilNanos(now));
    }

    static long asideNanos(UpstreamKey key, long now) {
        return key.standing().asideNanos(now);
    }

    /** The key to ask with whether the upstream is well: one that may be used, if there is any. */
    UpstreamKey forProbe(long now) {
        for (UpstreamKey key : keys) {
            if (isGood(key, Set.of(), now)) {
                return key;
            }
        }
        UpstreamKey last = lastResort(Set.of(), now);
        return last == null ? first() : last;
    }

    /** Whether no key may be used, as those that the upstream accepts have used up what they may do. */
    boolean isCoolingDown(long now) {
        boolean cooling = false;
        for (UpstreamKey key : keys) {
            boolean cools = limitedNanos(key, now) > 0;
            if (!cools && !key.standing().isSetAside(now)) {
                return false;
            }
            cooling |= cools;
        }
        return cooling;
    }

    /** When the first of the keys that cool down may be used again, in nanoseconds from now; 0 if one may, or none cools. */
    long remainingNanos(long now) {
        if (!isCoolingDown(now)) {
            return 0;
        }
        long shortest = Long.MAX_VALUE;
        for (UpstreamKey key : keys) {
            long cooling = limitedNanos(key, now);
            if (cooling > 0) {
                shortest = Math.min(shortest, Math.max(cooling, asideNanos(key, now)));
            }
        }
        return shortest;
    }
}
