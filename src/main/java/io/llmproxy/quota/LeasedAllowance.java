package io.llmproxy.quota;

import io.llmproxy.config.LimitConfig.OnStoreLoss;
import io.llmproxy.config.LimitConfig.Period;
import io.llmproxy.quota.LeaseCall.Kind;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * This node's part of a limit that several nodes share. It takes a part from the store, which counts it as used at once, and serves
 * requests from it; a request for which it has too little waits for the next part. While the store is away, the limit's terms say what
 * becomes of requests. No lock is held while a request is told.
 */
final class LeasedAllowance implements Allowance, Leased {
    /** Of what the store has said that there is too little, it is not asked again for so long, whatever it says. */
    private static final long LONGEST_NO = Duration.ofMillis(50).toNanos();

    /** After so long without a request nothing is told any more. */
    private static final long IDLE = Duration.ofSeconds(10).toNanos();

    /** How often the store is told at least what was used and what is held, and after how long without that permits are free. */
    private static final long CONFIRM = Duration.ofSeconds(1).toNanos();

    private static final long PERMITS_LAST = Duration.ofSeconds(5).toMillis();

    /** How much the rate of the last moments counts among those before. */
    private static final double NEWEST = 0.3;

    private final String key;
    private final Terms terms;
    private final LeaseStore store;
    private final ReentrantLock lock = new ReentrantLock();
    private Queue<Waiter> waiters = new ArrayDeque<>();
    private Queue<Waiter> asked = new ArrayDeque<>();
    private Span span;
    private boolean calling;
    private long callSpan;
    private long size;
    private long available;
    private long held;
    private long until;
    private long owed;
    private long seen;
    private long seenAt;
    private long freeAt;
    private long noUntil;
    private long noLeast;
    private long lastTake;
    private long lastCall;
    private double rate;
    private long rateAt;
    private long taken;
    private @Nullable Alone alone;
    /** Whether the store asks for calls until there is nothing to tell. */
    private boolean watched;
    /** What the call tells that is not answered yet. */
    private long telling;

    private long born;
    private boolean refused;
    private @Nullable Successor next;
    /** Whether the store has ever counted it. */
    private boolean heard;

    /** A request that waits. */
    private record Waiter(long amount, CompletableFuture<Take> told) {}

    /** What is so while the store is away. */
    private static final class Alone {
        private final @Nullable Allowance share;
        private final long part;
        private final boolean closed;
        private long used;

        Alone(@Nullable Allowance share, long part) {
            this.share = share;
            this.part = part;
            this.closed = false;
        }

        /** Nothing passes. */
        Alone() {
            this.share = null;
            this.part = 0;
            this.closed = true;
        }
    }

    /** @param size of all of it, as far as is known before the first request says so */
    LeasedAllowance(String key, Terms terms, long size, LeaseStore store, Moment now) {
        this.key = key;
        this.terms = terms;
        this.size = size;
        this.store = store;
        this.span = Span.of(spanPeriod(), terms.zone(), now.millis() + store.offset());
        this.lastTake = now.nanos();
        this.lastCall = now.nanos();
        this.noUntil = now.nanos();
        this.freeAt = now.nanos();
        this.seenAt = now.nanos();
        this.rateAt = now.nanos();
        this.until = now.nanos();
    }

    /** Of what is open here, the store is told as well: nodes that have not moved yet count there. */
    @Override
    public Before handOver(Successor successor, Moment now) {
        lock.lock();
        try {
            settleIn(now);
            if (terms.kind() == Kind.PERMITS) {
                // They are given back here.
                return new Before(span.start(), 0);
            }
            next = successor;
            Alone without = alone;
            long besides = untold() + (without == null ? 0 : without.used);
            return new Before(span.start(), Math.max(0, seenNow(size, now) + besides - available));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void begin(Before before, long ofSize, Moment now) {
        lock.lock();
        try {
            settleIn(now);
            if (terms.kind() != Kind.PERMITS && before.start() == span.start()) {
                seen = before.used();
                born = LeaseCall.ELSEWHERE;
            }
        } finally {
            lock.unlock();
        }
    }

    private void tell(long amount, Moment now) {
        if (next != null) {
            next.used(amount, now);
        }
    }

    private Period spanPeriod() {
        return terms.kind() == Kind.WINDOW ? terms.period() : Period.TOTAL;
    }

    @Override
    public Take take(long amount, long ofSize, Moment now) {
        Take take;
        boolean wakes;
        lock.lock();
        try {
            size = ofSize;
            lastTake = now.nanos();
            take = tryTake(amount, now);
            wakes = wakes();
        } finally {
            lock.unlock();
        }
        if (wakes) {
            store.wake(this);
        }
        return take;
    }

    /** Whether there is something to tell, now or later, and the store does not know of it. */
    private boolean wakes() {
        boolean wakes = !watched && (owed != 0 || available != 0 || held != 0 || alone != null);
        watched |= wakes;
        return wakes;
    }

    private Take tryTake(long amount, Moment now) {
        settleIn(now);
        if (available >= amount) {
            available -= amount;
            served(amount, now);
            return Take.TAKEN;
        }
        Alone without = alone;
        if (without != null) {
            return takeAlone(without, amount, now);
        }
        return now.nanos() - noUntil < 0 && amount >= noLeast ? Take.SHORT : Take.ASK;
    }

    private void served(long amount, Moment now) {
        tell(amount, now);
        taken += amount;
        held += terms.kind() == Kind.PERMITS ? amount : 0;
        long elapsed = now.nanos() - rateAt;
        if (elapsed >= terms.ahead().toNanos() / 4) {
            double latest = (double) taken / elapsed;
            rate = rate == 0 ? latest : rate + NEWEST * (latest - rate);
            rateAt = now.nanos();
            taken = 0;
        }
    }

    private Take takeAlone(Alone without, long amount, Moment now) {
        if (without.closed) {
            return Take.CLOSED;
        }
        Allowance share = without.share;
        boolean given = share == null || share.take(amount, without.part, now) == Take.TAKEN;
        if (given) {
            without.used += amount;
            tell(amount, now);
            held += terms.kind() == Kind.PERMITS ? amount : 0;
        }
        return given ? Take.TAKEN : Take.SHORT;
    }

    @Override
    public CompletableFuture<Take> ask(long amount, long ofSize, Moment now) {
        CompletableFuture<Take> told = new CompletableFuture<>();
        lock.lock();
        try {
            size = ofSize;
            Take there = waiters.isEmpty() ? tryTake(amount, now) : Take.ASK;
            if (there != Take.ASK) {
                return CompletableFuture.completedFuture(there);
            }
            waiters.add(new Waiter(amount, told));
            watched = true;
        } finally {
            lock.unlock();
        }
        store.wake(this);
        return told;
    }

    /** Of what the store grants for it nevertheless, others are served. */
    @Override
    public void giveUp(CompletableFuture<Take> told, long amount, long ofSize, Moment now) {
        Take take;
        lock.lock();
        try {
            if (!isWithdrawn(asked, told) && !isWithdrawn(waiters, told)) {
                return;
            }
            size = ofSize;
            Take there = tryTake(amount, now);
            take = there == Take.ASK ? takeUnheard(amount, now) : there;
        } finally {
            lock.unlock();
        }
        told.complete(take);
    }

    /** Those that have waited longest are at the beginning. */
    private static boolean isWithdrawn(Queue<Waiter> queue, CompletableFuture<Take> told) {
        for (Iterator<Waiter> each = queue.iterator(); each.hasNext(); ) {
            if (each.next().told == told) {
                each.remove();
                return true;
            }
        }
        return false;
    }

    /** The store is there, and late: for this request it is away, and is told of it later. */
    private Take takeUnheard(long amount, Moment now) {
        Alone without = leave(now);
        Take take = takeAlone(without, amount, now);
        comeBack(without, now);
        return take;
    }

    @Override
    public void settle(long took, long used, long ofSize, Moment then, Moment now) {
        boolean wakes;
        lock.lock();
        try {
            settleIn(now);
            if (terms.kind() == Kind.PERMITS) {
                release(took - used, then, now);
            } else if (terms.kind() == Kind.BUCKET || then.millis() + store.offset() >= span.start()) {
                correct(took, used, then, now);
                tell(used - took, now);
            }
            wakes = wakes();
        } finally {
            lock.unlock();
        }
        if (wakes) {
            store.wake(this);
        }
    }

    private void release(long permits, Moment then, Moment now) {
        held = Math.max(0, held - permits);
        Alone without = alone;
        if (without == null && now.nanos() - until < 0) {
            available += permits;
        } else if (without != null && without.share != null) {
            without.share.settle(permits, 0, without.part, then, now);
        }
    }

    private void correct(long took, long used, Moment then, Moment now) {
        Alone without = alone;
        if (without != null) {
            without.used += used - took;
            if (without.share != null) {
                without.share.settle(took, used, without.part, then, now);
            }
        } else if (used <= took && now.nanos() - until < 0) {
            available += took - used;
        } else if (used <= took) {
            owed -= took - used;
        } else {
            long left = Math.min(available, used - took);
            available -= left;
            owed += used - took - left;
        }
    }

    /** Notices what has happened meanwhile: another window, the end of a lease, a store that has gone or come back. */
    private void settleIn(Moment now) {
        long millis = now.millis() + store.offset();
        if (span.isOver(millis)) {
            span = Span.of(spanPeriod(), terms.zone(), millis);
            available = 0;
            owed = 0;
            telling = 0;
            seen = 0;
            born = 0;
            noUntil = now.nanos();
            alone = null;
        }
        if (available > 0 && now.nanos() - until >= 0) {
            owed -= terms.kind() == Kind.PERMITS ? 0 : available;
            available = 0;
        }
        boolean counts = store.isThere() && !refused;
        if (counts && alone != null) {
            comeBack(alone, now);
            alone = null;
        } else if (!counts && alone == null) {
            alone = leave(now);
        }
    }

    /** Nothing is known of what others have used of it, which does not come back. */
    private boolean isUnheard() {
        return terms.kind() == Kind.WINDOW && !heard;
    }

    /** What this node has used, and has not told yet, counts against its share: or each loss of the store would give it another one. */
    private Alone leave(Moment now) {
        if (terms.onStoreLoss() == OnStoreLoss.OPEN) {
            return new Alone(null, 0);
        }
        // Of what does not come back, nothing is taken unheard: others may have used it up, and each node that starts
        // now would take
        // a part of it again.
        boolean unknown = isUnheard() && !store.nodesAreGiven();
        if (terms.onStoreLoss() == OnStoreLoss.CLOSED || unknown) {
            return new Alone();
        }
        long nodes = Math.max(1, store.nodes());
        long part = Math.max(1, size / nodes);
        long untold = untold();
        return switch (terms.kind()) {
            case BUCKET -> {
                RefillingBucket bucket = new RefillingBucket(terms.refill(), now);
                bucket.settle(0, Math.min(part, seenNow(size, now) / nodes + untold), part, now, now);
                yield new Alone(bucket, part);
            }
            case WINDOW ->
                new Alone(
                        new CalendarWindow(Period.TOTAL, terms.zone(), now),
                        Math.max(0, (size - seen) / nodes - untold));
            case PERMITS -> {
                Permits permits = new Permits();
                permits.settle(0, held, part, now, now);
                yield new Alone(permits, part);
            }
        };
    }

    /** What was used and is not known to be told. */
    private long untold() {
        return Math.max(0, owed + telling);
    }

    /** What was used alone is owed, as far as a bucket has not been filled with as much since. */
    private void comeBack(Alone without, Moment now) {
        if (terms.kind() == Kind.WINDOW) {
            owed += without.used;
        } else if (terms.kind() == Kind.BUCKET) {
            long missing = without.share == null ? size : without.part - without.share.left(without.part, now);
            owed += Math.max(0, Math.min(without.used, missing));
        }
    }

    @Override
    public @Nullable LeaseCall call(Moment now, boolean last) {
        lock.lock();
        try {
            settleIn(now);
            boolean due = last || now.nanos() - lastCall >= CONFIRM;
            if (calling || (alone != null && waiters.isEmpty() && !(refused && due))) {
                return null;
            }
            if (last || (due && isScarce(now))) {
                owed -= terms.kind() == Kind.PERMITS ? 0 : available;
                available = 0;
            }
            boolean tells = owed != 0 || isUnheard() || (terms.kind() == Kind.PERMITS && !isOver(now));
            return waiters.isEmpty() && !(due && (tells || refused)) ? null : next(now);
        } finally {
            lock.unlock();
        }
    }

    /** So little is left that others may need what this node has. */
    private boolean isScarce(Moment now) {
        return terms.kind() != Kind.PERMITS && size - seenNow(size, now) < size / 10;
    }

    private LeaseCall next(Moment now) {
        long least = Long.MAX_VALUE;
        long need = 0;
        for (Waiter waiter : waiters) {
            least = Math.min(least, waiter.amount);
            need += waiter.amount;
        }
        asked = waiters;
        waiters = new ArrayDeque<>();
        calling = true;
        callSpan = span.start();
        lastCall = now.nanos();
        long delta = terms.kind() == Kind.PERMITS ? held + available : owed;
        telling = terms.kind() == Kind.PERMITS ? 0 : owed;
        owed = 0;
        long want = Math.max(need, (long) (rate * terms.ahead().toNanos()));
        return new LeaseCall(
                terms.kind() == Kind.WINDOW ? key + ':' + span.name() : key,
                terms.kind(),
                size,
                time(),
                delta,
                need == 0 ? 0 : least,
                need,
                want,
                seenNow(size, now),
                born);
    }

    private long time() {
        return switch (terms.kind()) {
            case BUCKET -> TimeUnit.NANOSECONDS.toMicros(terms.refill().toNanos());
            case WINDOW -> span.end() == Long.MAX_VALUE ? 0 : span.end();
            case PERMITS -> PERMITS_LAST;
        };
    }

    private long seenNow(long ofSize, Moment now) {
        if (terms.kind() != Kind.BUCKET) {
            return seen;
        }
        double refilled = (double) ofSize
                * Math.max(0, now.nanos() - seenAt)
                / terms.refill().toNanos();
        // A part of one that is not refilled yet is used.
        return (long) Math.ceil(Math.max(0, seen - refilled));
    }

    @Override
    public void answered(LeaseCall call, LeaseReply reply, Moment now) {
        List<Runnable> tell = new ArrayList<>();
        lock.lock();
        try {
            calling = false;
            telling = 0;
            refused = false;
            heard = true;
            settleIn(now);
            if (callSpan == span.start()) {
                seen = reply.used();
                born = reply.born();
                seenAt = now.nanos();
                freeAt = now.nanos() + TimeUnit.MICROSECONDS.toNanos(reply.micros());
                if (reply.granted() > 0) {
                    available += reply.granted();
                    until = lastCall + terms.leaseNanos() * 9 / 10;
                }
            }
            serve(now, tell, call.least());
        } finally {
            lock.unlock();
        }
        tell.forEach(Runnable::run);
    }

    private void serve(Moment now, List<Runnable> tell, long least) {
        boolean all = true;
        for (Waiter waiter : asked) {
            Take there = alone == null ? takeAvailable(waiter.amount, now) : tryTake(waiter.amount, now);
            all &= there == Take.TAKEN;
            tell.add(() -> waiter.told.complete(there));
        }
        asked = new ArrayDeque<>();
        if (!all) {
            noUntil = Math.min(now.nanos() + LONGEST_NO, Math.max(now.nanos(), freeAt));
            noLeast = least;
        }
    }

    private Take takeAvailable(long amount, Moment now) {
        if (available < amount) {
            return Take.SHORT;
        }
        available -= amount;
        served(amount, now);
        return Take.TAKEN;
    }

    @Override
    public void failed(@Nullable LeaseCall call, Moment now) {
        List<Runnable> tell = new ArrayList<>();
        lock.lock();
        try {
            if (call != null) {
                takeBack(call);
            }
            settleIn(now);
            letGo(tell, now);
        } finally {
            lock.unlock();
        }
        tell.forEach(Runnable::run);
    }

    @Override
    public void refused(LeaseCall call, Moment now) {
        List<Runnable> tell = new ArrayList<>();
        lock.lock();
        try {
            takeBack(call);
            refused = true;
            settleIn(now);
            letGo(tell, now);
        } finally {
            lock.unlock();
        }
        tell.forEach(Runnable::run);
    }

    /** The store was not told. */
    private void takeBack(LeaseCall call) {
        calling = false;
        telling = 0;
        owed += terms.kind() != Kind.PERMITS && callSpan == span.start() ? call.delta() : 0;
    }

    /** No request waits for the store any more. */
    private void letGo(List<Runnable> tell, Moment now) {
        asked.addAll(waiters);
        waiters = new ArrayDeque<>();
        for (Waiter waiter : asked) {
            Take there = tryTake(waiter.amount, now);
            // It has come back meanwhile, and is asked no second time for this one.
            Take result = there == Take.ASK ? Take.SHORT : there;
            tell.add(() -> waiter.told.complete(result));
        }
        asked = new ArrayDeque<>();
    }

    @Override
    public boolean rests(Moment now) {
        lock.lock();
        try {
            watched = !isOver(now);
            return !watched;
        } finally {
            lock.unlock();
        }
    }

    /** What the store cannot count is asked for again when it is used again. */
    private boolean isOver(Moment now) {
        Alone without = alone;
        return !calling
                && (without == null || (refused && without.used == 0))
                && (refused || !isUnheard())
                && waiters.isEmpty()
                && owed == 0
                && available == 0
                && held == 0
                && now.nanos() - lastTake >= IDLE;
    }

    @Override
    public boolean isWhole(Moment now) {
        lock.lock();
        try {
            settleIn(now);
            return alone == null;
        } finally {
            lock.unlock();
        }
    }

    /** Who asks may have begun with another amount than the one that holds now. */
    @Override
    public long left(long ofSize, Moment now) {
        lock.lock();
        try {
            settleIn(now);
            Alone without = alone;
            if (without != null && without.share != null) {
                return without.share.left(without.part, now);
            }
            // Nothing new passes then, but what had passed before goes on.
            long unheard = without != null && without.closed ? without.used : 0;
            return Math.max(0, Math.min(ofSize, ofSize - seenNow(ofSize, now) - untold() - unheard + available));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long untilFree(long amount, long ofSize, Moment now) {
        if (left(ofSize, now) >= amount) {
            return 0;
        }
        if (terms.kind() == Kind.WINDOW) {
            return span(now).leftNanos(now.millis() + store.offset());
        }
        lock.lock();
        try {
            if (terms.kind() == Kind.PERMITS) {
                return Duration.ofSeconds(1).toNanos();
            }
            // What the store last said was of the least that was asked for; this may be more.
            double missing = amount - (ofSize - seenNow(ofSize, now) + available);
            long refills = (long) (missing * terms.refill().toNanos() / ofSize);
            return Math.max(1, Math.max(refills, freeAt - now.nanos()));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long untilFull(long ofSize, Moment now) {
        if (terms.kind() == Kind.WINDOW) {
            return span(now).leftNanos(now.millis() + store.offset());
        }
        long missing = ofSize - left(ofSize, now);
        return terms.kind() == Kind.PERMITS
                ? Duration.ofSeconds(missing > 0 ? 1 : 0).toNanos()
                : (long) ((double) missing / ofSize * terms.refill().toNanos());
    }

    private Span span(Moment now) {
        lock.lock();
        try {
            settleIn(now);
            return span;
        } finally {
            lock.unlock();
        }
    }
}
