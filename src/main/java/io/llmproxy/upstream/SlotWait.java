package io.llmproxy.upstream;

import io.llmproxy.ratelimit.ConcurrencyLimit;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Waits for a slot of an upstream that serves as many requests as it may. */
public final class SlotWait implements ConcurrencyLimit.Waiter {
    private final UpstreamGroup group;
    private final UpstreamGroup.Reachable member;
    private final Set<UpstreamKey> spent;
    private final ConcurrencyLimit slots;
    private volatile @Nullable Consumer<@Nullable Lease> whenGranted;

    SlotWait(UpstreamGroup group, UpstreamGroup.Reachable member, Set<UpstreamKey> spent) {
        this.group = group;
        this.member = member;
        this.spent = spent;
        this.slots = Objects.requireNonNull(member.upstream().condition().slots());
    }

    /**
     * Gets in line.
     *
     * @param granted told once, unless it is cancelled: the lease, or null if the upstream may not be used any more. It may
     *     be told before this method returns
     * @return whether there was room in the line
     */
    public boolean start(Consumer<@Nullable Lease> granted) {
        whenGranted = granted;
        return slots.enqueue(this);
    }

    /** Leaves the line; false if it was granted already. */
    public boolean cancel() {
        return slots.cancel(this);
    }

    /** How long it may wait. */
    public Duration limit() {
        return member.upstream().config().queueTimeout();
    }

    @Override
    public void granted() {
        long now = System.nanoTime();
        UpstreamKey key = member.upstream().keys().pick(spent, now);
        Objects.requireNonNull(whenGranted, "started").accept(Lease.ofSlot(group, member, key, now));
    }
}
