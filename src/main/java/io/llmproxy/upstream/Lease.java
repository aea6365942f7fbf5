package io.llmproxy.upstream;

import io.llmproxy.auth.Credential;
import io.llmproxy.balance.Load;
import io.llmproxy.balance.Load.Outcome;
import io.llmproxy.breaker.CircuitBreaker;
import io.llmproxy.ratelimit.ConcurrencyLimit;
import io.llmproxy.upstream.UpstreamListener.Call;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.client.HttpClient;
import org.jspecify.annotations.Nullable;

/**
 * The right to use one upstream, with one of its keys, for one attempt. It is the only thing that touches the upstream's figures. The
 * code that acquires it must close it.
 */
public final class Lease {
    private final UpstreamGroup group;
    private final UpstreamGroup.Reachable member;
    private final UpstreamKey key;
    private final long acquired;
    private final CircuitBreaker.@Nullable Permit permit;
    private final AtomicLong countedTokens;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Lease(
            UpstreamGroup group,
            UpstreamGroup.Reachable member,
            UpstreamKey key,
            long now,
            CircuitBreaker.@Nullable Permit permit) {
        this.group = group;
        this.member = member;
        this.key = key;
        this.acquired = now;
        this.permit = permit;
        this.countedTokens = new AtomicLong(key.allowance().begin(now));
        load().started();
    }

    /** Takes a slot of the upstream and the right to call it; null if either has just been taken by another. */
    static @Nullable Lease tryAcquire(UpstreamGroup group, UpstreamGroup.Reachable member, UpstreamKey key, long now) {
        ConcurrencyLimit slots = member.upstream().condition().slots();
        return slots == null || slots.tryAcquire() ? ofSlot(group, member, key, now) : null;
    }

    /**
     * Takes the right to call the upstream. The caller holds a slot already; it is given back if there is no such right.
     *
     * @param key what to call it with; null if there is nothing any more
     */
    static @Nullable Lease ofSlot(
            UpstreamGroup group, UpstreamGroup.Reachable member, @Nullable UpstreamKey key, long now) {
        Condition condition = member.upstream().condition();
        CircuitBreaker breaker = condition.breaker();
        CircuitBreaker.Permit permit = breaker == null || key == null ? null : breaker.tryAcquire(now);
        if (key != null && (breaker == null || permit != null)) {
            return new Lease(group, member, key, now, permit);
        }
        if (condition.slots() != null) {
            condition.slots().release();
        }
        return null;
    }

    /** The upstream that may be used. */
    public Upstream upstream() {
        return member.upstream();
    }

    /** Which of the upstream's keys is used, and no other. */
    public UpstreamKey key() {
        return key;
    }

    /** What the upstream is shown. */
    public Credential credential() {
        return key.credential();
    }

    /** The client through which it is reached. */
    public HttpClient client() {
        return member.client();
    }

    /** When the lease was acquired, in nanoseconds. */
    public long acquired() {
        return acquired;
    }

    /**
     * Tells that the head of a good answer has come.
     *
     * @param now the time in nanoseconds
     */
    public void responded(long now) {
        load().responded(now - acquired);
        upstream().keyAccepted(key);
        if (permit != null && permit.isProbe()) {
            // An answer may stream for minutes, and no other request could try meanwhile.
            permit.succeeded(now);
        }
    }

    /**
     * Tells that the request is given up, since another upstream has answered it first.
     *
     * @param now the time in nanoseconds
     */
    public void overtaken(long now) {
        load().overtaken(now - acquired);
    }

    /**
     * The upstream wants to be left alone.
     *
     * @param time for how long
     * @param now the time in nanoseconds
     */
    public void coolDown(Duration time, long now) {
        upstream().condition().cooldown().until(now + time.toNanos());
    }

    /**
     * The key has used up what it may do; the upstream may serve others.
     *
     * @param time for how long
     * @param told whether the provider has said so, and it is no guess
     * @param now the time in nanoseconds
     */
    public void coolKeyDown(Duration time, boolean told, long now) {
        if (told) {
            key.standing().told(now + time.toNanos());
        } else {
            key.standing().cooldown().until(now + time.toNanos());
        }
        if (!(credential() instanceof Credential.None)) {
            upstream().listener().keyFailed(upstream().name(), key.place(), KeyFailure.RATE_LIMITED);
        }
    }

    /**
     * The provider says that the key may do nothing more for a while. Nothing was refused.
     *
     * @param nanos for how long
     * @param now the time in nanoseconds
     */
    public void sparesKey(long nanos, long now) {
        key.standing().told(now + nanos);
    }

    /**
     * Tells what the attempt used. What was told before, of a connection that was lost, does not count any more.
     *
     * @param tokens in and out; 0 if none, or if that is not known
     * @param now the time in nanoseconds
     */
    public void used(long tokens, long now) {
        key.allowance().settle(countedTokens.getAndSet(tokens), tokens, now);
    }

    /**
     * The upstream does not accept the key.
     *
     * @param reason why not
     * @param now the time in nanoseconds
     */
    public void keyRefused(KeyFailure reason, long now) {
        upstream().keyRefused(key, reason, acquired, now);
    }

    /**
     * Gives the upstream back. Only the first call counts.
     *
     * @param outcome what the attempt says about the upstream
     * @param now the time in nanoseconds
     */
    public void close(Outcome outcome, long now) {
        if (closed.compareAndSet(false, true)) {
            giveBack(outcome, now);
        }
    }

    /**
     * Gives the upstream back, which was asked nothing, and the key what the request would have used. Does nothing if the lease is
     * closed already.
     *
     * @param now the time in nanoseconds
     */
    public void closeUnsent(long now) {
        if (closed.compareAndSet(false, true)) {
            key.allowance().cancel(countedTokens.getAndSet(0), now);
            giveBack(Outcome.NEUTRAL, now);
        }
    }

    private void giveBack(Outcome outcome, long now) {
        load().finished(now, now - acquired, outcome);
        if (permit != null) {
            report(permit, outcome, now);
        }
        ConcurrencyLimit slots = upstream().condition().slots();
        if (slots != null) {
            slots.release();
        }
    }

    private void report(CircuitBreaker.Permit call, Outcome outcome, long now) {
        switch (outcome) {
            case SUCCESS -> {
                call.succeeded(now);
                tell(Call.SUCCESS);
            }
            case FAILURE -> {
                call.failed(now);
                tell(Call.FAILURE);
            }
            case THROTTLED, TIMED_OUT, NEUTRAL -> call.dropped();
        }
    }

    private void tell(Call call) {
        upstream().listener().breakerCalled(group.name(), upstream().config(), call);
    }

    private Load load() {
        return upstream().load();
    }
}
