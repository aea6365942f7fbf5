package io.llmproxy.proxy.admission;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.auth.KeySource;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.quota.Accounts;
import io.llmproxy.quota.Quotas;
import io.llmproxy.quota.Standing;
import io.llmproxy.quota.Subject;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The client keys of a store. It stands beside the generations: a key that changes costs one key, and makes no new generation. A request
 * takes its key once, and keeps it, whatever becomes of the key in the meantime. One thread feeds it; any thread may ask.
 */
public final class KeyDirectory implements KeySource {
    private final Map<KeyDigest, StoredKey> byDigest = new ConcurrentHashMap<>();
    private final Map<String, StoredKey> byId = new ConcurrentHashMap<>();
    /** Those with limits that have warnings: few, and looked at each second. */
    private final Map<String, StoredKey> watched = new ConcurrentHashMap<>();

    private final Duration staleAfter;
    private final LongSupplier nanos;
    private final long start;
    private volatile @Nullable Long freshAt;
    private volatile boolean required = true;

    /**
     * @param staleAfter after this time without news from the store, there may be keys that are not known here
     * @param nanos the time in nanoseconds
     */
    public KeyDirectory(Duration staleAfter, LongSupplier nanos) {
        this.staleAfter = staleAfter;
        this.nanos = nanos;
        this.start = nanos.getAsLong();
    }

    /**
     * Takes over all keys; others are forgotten.
     *
     * @param keys all of them
     */
    public void replace(Collection<IssuedKey> keys) {
        keys.forEach(this::put);
        Set<String> kept = new HashSet<>();
        keys.forEach(key -> kept.add(key.id()));
        byId.keySet().stream().filter(id -> !kept.contains(id)).toList().forEach(this::remove);
    }

    /** Takes over a key that is new or has changed. What bounds it stays as it is, unless just that has changed. */
    public void put(IssuedKey issued) {
        StoredKey before = byId.get(issued.id());
        KeyLimits.Limits limits =
                KeyLimits.Limits.of(issued.config(), before == null ? KeyLimits.NONE : before.limits());
        Accounts accounts = accounts(issued, before);
        StoredKey key = new StoredKey(issued, issued.config(), limits, accounts);
        byId.put(issued.id(), key);
        if (issued.config().limits().stream().allMatch(limit -> limit.warnAt().isEmpty())) {
            watched.remove(issued.id());
        } else {
            watched.put(issued.id(), key);
        }
        byDigest.put(key.digest(), key);
        IssuedKey.Previous previous = issued.previous();
        if (previous != null) {
            ClientKeyConfig old = issued.config().withKey(previous.digest().configured());
            StoredKey ending = new StoredKey(issued, old.until(previous.until()), limits, accounts);
            byDigest.put(ending.digest(), ending);
        }
        if (before != null) {
            forget(before.issued(), digests(issued));
        }
    }

    private static @Nullable Accounts accounts(IssuedKey issued, @Nullable StoredKey before) {
        ClientKeyConfig config = issued.config();
        if (config.scope() == null && config.limits().isEmpty()) {
            return null;
        }
        Accounts known = before == null ? null : before.accounts();
        if (known == null) {
            return new Accounts();
        }
        known.retain(StoredKey.subject(issued), config.limits());
        return known;
    }

    /** Forgets a key. */
    public void remove(String id) {
        StoredKey gone = byId.remove(id);
        watched.remove(id);
        if (gone != null) {
            forget(gone.issued(), Set.of());
        }
    }

    private void forget(IssuedKey old, Set<KeyDigest> kept) {
        for (KeyDigest digest : digests(old)) {
            if (!kept.contains(digest)) {
                // It may be another key's by now.
                byDigest.computeIfPresent(
                        digest, (same, key) -> key.issued().id().equals(old.id()) ? null : key);
            }
        }
    }

    private static Set<KeyDigest> digests(IssuedKey key) {
        IssuedKey.Previous previous = key.previous();
        Set<KeyDigest> digests = new HashSet<>();
        digests.add(key.digest());
        if (previous != null) {
            digests.add(previous.digest());
        }
        return digests;
    }

    /** Says whether there has ever been a key: then every client has to show one, even if all keys are gone. */
    public void required(boolean everAny) {
        required = everAny;
    }

    /** Everything that the store knows at this moment is known here. */
    public void fresh() {
        freshAt = nanos.getAsLong();
    }

    /** Returns all keys as they were issued. */
    public List<IssuedKey> all() {
        return byId.values().stream().map(StoredKey::issued).toList();
    }

    /** Returns how many keys there are. */
    public int size() {
        return byId.size();
    }

    /** Returns how many keys belong to each scope. */
    public Map<String, Long> byScope() {
        return byId.values().stream()
                .flatMap(key -> Stream.ofNullable(key.issued().config().scope()))
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    }

    /**
     * Returns how much is left of the limits of a key, as this node knows; nothing if there is no such key.
     *
     * @param quotas the limits of the configuration in use
     */
    public List<Standing> standings(String id, Quotas quotas) {
        StoredKey key = byId.get(id);
        return key == null ? List.of() : standings(key, quotas);
    }

    /**
     * Returns how much is left of each limit of a key that has warnings.
     *
     * @param quotas the limits of the configuration in use
     */
    public List<Standing> watched(Quotas quotas) {
        return watched.values().stream()
                .flatMap(key -> standings(key, quotas).stream())
                .filter(standing -> !standing.limit().config().warnAt().isEmpty())
                .toList();
    }

    private static List<Standing> standings(StoredKey key, Quotas quotas) {
        return key.isBounded() ? key.path(quotas).standings(Subject.Kind.ISSUED_KEY, quotas.now()) : List.of();
    }

    /** Returns for how long the store has not told of keys; since the start if it never has. */
    public Duration age() {
        Long last = freshAt;
        return Duration.ofNanos(nanos.getAsLong() - (last == null ? start : last));
    }

    @Override
    public @Nullable ClientKey find(KeyDigest digest) {
        return byDigest.get(digest);
    }

    @Override
    public Optional<ClientKey> named(String name) {
        ClientKey known = byId.get(name);
        if (known != null) {
            return Optional.of(known);
        }
        return byId.values().stream()
                .filter(key -> key.name().equals(name))
                .<ClientKey>map(key -> key)
                .findFirst();
    }

    /** While it is not known yet whether there are keys, it is as if there were. */
    @Override
    public boolean isRequired() {
        return required;
    }

    @Override
    public boolean isStale() {
        return freshAt == null || age().compareTo(staleAfter) > 0;
    }
}
