package io.llmproxy.cluster;

import io.llmproxy.config.RedisConfig;
import io.llmproxy.quota.LeaseCall;
import io.llmproxy.quota.LeaseReply;
import io.llmproxy.quota.LeaseStore;
import io.llmproxy.quota.Leased;
import io.llmproxy.quota.Moment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets a node's parts of limits from Redis or Valkey. One thread speaks with it: it collects what limits have to say, while the
 * answer to what was said before is awaited, and says it in one call. If no answer comes in time, the store is away: then the thread
 * tries once a second whether it is back, and nothing waits for it.
 */
public final class RedisLeases implements LeaseStore, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RedisLeases.class);

    /** Limits that are spoken of in one call. */
    static final int MOST_AT_ONCE = 50;

    private static final long TICK = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long PROBE = TimeUnit.SECONDS.toNanos(1);

    /** A single answer may be late, and we may be: for `closed` limits each moment without the store is one without service. */
    private static final long FIRST_PROBE = TimeUnit.MILLISECONDS.toNanos(50);

    /** A loss is told once; another reason for it, such as what sentinels answer later, may be what an operator has to know. */
    private static final long TELL_AGAIN = TimeUnit.MINUTES.toNanos(1);

    private static final long PRESENCE = TimeUnit.SECONDS.toNanos(1);
    private static final long STOP = TimeUnit.SECONDS.toMillis(2);

    /** Wakes the thread, and has nothing to say. */
    private static final Leased NOTHING = new Leased() {
        @Override
        public @Nullable LeaseCall call(Moment now, boolean last) {
            return null;
        }

        @Override
        public void answered(LeaseCall call, LeaseReply reply, Moment now) {}

        @Override
        public void failed(@Nullable LeaseCall call, Moment now) {}

        @Override
        public void refused(LeaseCall call, Moment now) {}

        @Override
        public boolean rests(Moment now) {
            return true;
        }
    };

    private final String node;
    private final String session;
    private final Supplier<Moment> clock;
    private volatile RedisConfig config;
    private RedisLink link;
    private final BlockingQueue<Leased> woken = new LinkedBlockingQueue<>();
    private final Set<Leased> active = new HashSet<>();
    private final Thread thread = new Thread(this::run, "llmproxy-limits");
    private final CountDownLatch tried = new CountDownLatch(1);
    private volatile boolean there;
    private volatile boolean closed;
    private volatile int nodes;
    private volatile long offset;
    private final Set<Leased> refused = new HashSet<>();
    private final Deque<Batch> toSay = new ArrayDeque<>();
    /** What was said, and not answered: it is said again, under its number. */
    private @Nullable Batch lost;

    private long number;
    /** Why the store is away, as it was told last; null while it is there. */
    private @Nullable String told;

    private long toldAt;
    private long nextTick;
    private long nextProbe;
    private long nextPresence;

    /** What is said in one call. */
    private record Batch(long number, List<Leased> limits, List<LeaseCall> calls) {
        void failed(Moment now) {
            for (int i = 0; i < calls.size(); i++) {
                limits.get(i).failed(calls.get(i), now);
            }
        }
    }

    /**
     * Makes one that does nothing yet.
     *
     * @param config where the store is
     * @param node tells this process from all others
     * @param session tells this one from all others, also of this process
     * @param clock tells the time
     */
    public RedisLeases(RedisConfig config, String node, String session, Supplier<Moment> clock) {
        this.config = config;
        this.node = node;
        this.session = session;
        this.clock = clock;
        this.link = new RedisLink(config, node, session);
        thread.setDaemon(true);
    }

    /** Returns whether a configuration names the same Redis and the same keys in it, however it is reached. */
    public boolean isAt(RedisConfig other) {
        return RedisConnector.isSamePlace(config, other);
    }

    /** Reaches the store in another way from now on. All that is counted and held there stays. */
    public void follow(RedisConfig other) {
        if (!config.equals(other)) {
            config = other;
            wake(NOTHING);
        }
    }

    /** Begins to speak with the store, unless it has begun. To be called by one thread at a time. */
    public void start() {
        if (thread.getState() == Thread.State.NEW) {
            thread.start();
        }
    }

    /** Waits until it is known whether the store answers, but no longer than that. */
    public void awaitTried(Duration longest) {
        try {
            boolean unused = tried.await(longest.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean isThere() {
        return there;
    }

    @Override
    public int nodes() {
        int heard = nodes;
        return heard > 0 ? heard : Objects.requireNonNullElse(config.nodes(), 0);
    }

    @Override
    public boolean nodesAreGiven() {
        return config.nodes() != null;
    }

    @Override
    public long offset() {
        return offset;
    }

    @Override
    public void wake(Leased limit) {
        woken.add(limit);
    }

    private void run() {
        long now = clock.get().nanos();
        nextTick = now;
        nextProbe = now;
        nextPresence = now;
        while (!closed) {
            try {
                turn();
            } catch (InterruptedException e) {
                // Only close() does it.
                closed = true;
            } catch (RuntimeException | Error e) {
                // Should the thread end, no limit would be told anything ever again.
                LOG.error("limits could not be shared", e);
                away("internal error");
                leaveUnsaid();
            }
        }
        giveAllBack();
        link.close();
    }

    private void turn() throws InterruptedException {
        Leased first = woken.poll(Math.max(1, untilNext()), TimeUnit.NANOSECONDS);
        Set<Leased> speakers = new LinkedHashSet<>();
        if (first != null) {
            speakers.add(first);
            woken.drainTo(speakers);
        }
        active.addAll(speakers);
        reconnect();
        Moment now = clock.get();
        if (!there && now.nanos() - nextProbe >= 0) {
            probe();
            tried.countDown();
        }
        if (!there) {
            speakers.forEach(limit -> limit.failed(null, clock.get()));
            return;
        }
        speak(speakers, false);
        if (now.nanos() - nextTick >= 0) {
            nextTick = now.nanos() + TICK;
            active.removeIf(limit -> !speakers.contains(limit) && limit.rests(now));
            refused.retainAll(active);
            confirm(new ArrayList<>(active));
        }
        if (there && clock.get().nanos() - nextPresence >= 0) {
            ask(new Batch(++number, List.of(), List.of()));
        }
    }

    /** Requests wait meanwhile, or follow {@code on_store_loss} if it cannot be reached in the other way. */
    private void reconnect() {
        RedisConfig wanted = config;
        if (link.config().equals(wanted)) {
            return;
        }
        RedisLink next = new RedisLink(wanted, node, session);
        RedisLink before = link;
        link = next;
        before.close();
        nextProbe = clock.get().nanos();
        if (there) {
            try {
                next.open();
            } catch (StoreAwayException e) {
                away(e.reason());
            }
        }
    }

    /** Says what is due without a request that waits. Those that begin to wait meanwhile come first. */
    private void confirm(List<Leased> limits) {
        for (int from = 0; from < limits.size() && there; from += MOST_AT_ONCE) {
            Set<Leased> waiting = new LinkedHashSet<>();
            woken.drainTo(waiting);
            active.addAll(waiting);
            speak(waiting, false);
            speak(limits.subList(from, Math.min(limits.size(), from + MOST_AT_ONCE)), false);
        }
    }

    private long untilNext() {
        return (there ? nextTick : nextProbe) - clock.get().nanos();
    }

    private void speak(Collection<Leased> speakers, boolean last) {
        List<Leased> limits = new ArrayList<>();
        List<LeaseCall> calls = new ArrayList<>();
        for (Leased limit : speakers) {
            LeaseCall call = limit.call(clock.get(), last);
            if (call != null) {
                limits.add(limit);
                calls.add(call);
            }
        }
        for (int from = 0; from < calls.size(); from += MOST_AT_ONCE) {
            int to = Math.min(calls.size(), from + MOST_AT_ONCE);
            toSay.add(new Batch(++number, limits.subList(from, to), calls.subList(from, to)));
        }
        for (Batch next = toSay.peek(); next != null && there; next = toSay.peek()) {
            say(next);
            toSay.poll();
        }
        leaveUnsaid();
    }

    /** The store has gone in the middle of it. */
    private void leaveUnsaid() {
        for (Batch unsaid = toSay.poll(); unsaid != null; unsaid = toSay.poll()) {
            unsaid.failed(clock.get());
        }
    }

    private void say(Batch batch) {
        RedisLink.Answer answer = ask(batch);
        if (answer != null) {
            heard(batch, answer);
            return;
        }
        lost = batch;
        Moment now = clock.get();
        batch.limits.forEach(limit -> limit.failed(null, now));
    }

    private void heard(Batch batch, RedisLink.Answer answer) {
        Moment now = clock.get();
        for (int i = 0; i < batch.calls.size(); i++) {
            Leased limit = batch.limits.get(i);
            LeaseCall call = batch.calls.get(i);
            RedisLink.Reply reply = answer.replies().get(i);
            LeaseReply counted = reply.counted();
            if (counted != null) {
                refused.remove(limit);
                limit.answered(call, counted, now);
            } else {
                tellRefused(limit, call, reply.refusal());
                limit.refused(call, now);
            }
        }
    }

    /** One limit that cannot be counted is no reason to do without the others. It is told of once, until all can be. */
    private void tellRefused(Leased limit, LeaseCall call, @Nullable String code) {
        boolean first = refused.isEmpty();
        refused.add(limit);
        if (first) {
            LOG.warn(
                    "Redis at {} cannot count {}: it answers {}; such limits follow on_store_loss",
                    link.name(),
                    call.key(),
                    code);
        }
    }

    private RedisLink.@Nullable Answer ask(Batch batch) {
        try {
            Moment before = clock.get();
            RedisLink.Answer answer = link.say(batch.number, batch.calls);
            Moment after = clock.get();
            nodes = answer.nodes();
            offset = answer.millis() - (before.millis() + after.millis()) / 2;
            nextPresence = after.nanos() + PRESENCE;
            return answer;
        } catch (StoreAwayException e) {
            boolean moved = there && e.isReadOnly() && link.mayMove();
            away(e.reason());
            if (moved) {
                // It is a replica now: the sentinels know another already, and nothing is waited for.
                nextProbe = clock.get().nanos();
            }
            return null;
        }
    }

    private void away(String reason) {
        long now = clock.get().nanos();
        nextProbe = now + (there ? FIRST_PROBE : PROBE);
        there = false;
        link.close();
        if (told == null) {
            LOG.warn("Redis at {} is unavailable: {}; limits follow on_store_loss", link.name(), reason);
        } else if (!reason.equals(told) && now - toldAt >= TELL_AGAIN) {
            LOG.warn("Redis at {} is still unavailable: {}", link.name(), reason);
        } else {
            return;
        }
        told = reason;
        toldAt = now;
    }

    private void probe() {
        nextProbe = clock.get().nanos() + PROBE;
        try {
            link.open();
        } catch (StoreAwayException e) {
            away(e.reason());
            return;
        }
        Batch first = lost == null ? new Batch(++number, List.of(), List.of()) : lost;
        RedisLink.Answer answer = ask(first);
        if (answer != null) {
            there = true;
            told = null;
            lost = null;
            // What was said before this process spoke, under the same name, had smaller numbers.
            number = Math.max(number, TimeUnit.MILLISECONDS.toMicros(answer.millis()));
            nextTick = clock.get().nanos();
            LOG.info("Redis at {} is available", link.name());
            heard(first, answer);
        }
    }

    private void giveAllBack() {
        woken.drainTo(active);
        if (there) {
            speak(active, true);
        }
        there = false;
        active.forEach(limit -> limit.failed(null, clock.get()));
    }

    /** Gives back what was not used, and ends. */
    @Override
    public void close() {
        closed = true;
        wake(NOTHING);
        try {
            thread.join(STOP);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
