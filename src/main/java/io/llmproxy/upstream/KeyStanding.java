package io.llmproxy.upstream;

import io.llmproxy.breaker.Cooldown;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What an upstream makes of one key: it may have used up what it may do for now, or be refused. A key that is refused is set
 * aside for a minute, and for twice as long each time that it is refused again after that. Times are nanoseconds on the
 * clock of {@link System#nanoTime}.
 */
final class KeyStanding {
    private static final long FIRST = Duration.ofMinutes(1).toNanos();
    private static final long LONGEST = Duration.ofHours(1).toNanos();

    private final Cooldown cooldown;
    /** The part of it that the provider has said itself, to this node. */
    private final Cooldown told;

    private final AtomicReference<Aside> aside;

    /**
     * The time that the key is set aside.
     *
     * @param since when the last refusal came
     * @param length how long from then; 0 if it was never refused, or has been accepted since
     */
    private record Aside(long since, long length) {
        boolean isOver(long now) {
            return length == 0 || now - since >= length;
        }
    }

    KeyStanding(long now) {
        this.cooldown = new Cooldown(now);
        this.told = new Cooldown(now);
        this.aside = new AtomicReference<>(new Aside(now, 0));
    }

    /** Until when the key has used up what it may do. */
    Cooldown cooldown() {
        return cooldown;
    }

    /** The provider has said until when: that holds wherever the key is used. */
    void told(long until) {
        told.until(until);
        cooldown.until(until);
    }

    /** For how much longer the key may not be used by what the provider has told this node; 0 if it has told nothing. */
    long toldNanos(long now) {
        return told.remainingNanos(now);
    }

    boolean isSetAside(long now) {
        return !last().isOver(now);
    }

    /** How long it is still set aside. */
    long asideNanos(long now) {
        Aside last = last();
        return last.isOver(now) ? 0 : last.since + last.length - now;
    }

    /**
     * The upstream has refused it.
     *
     * @param used when the request was begun that was refused: what had begun before the last refusal is no news
     * @return whether the key was not set aside before
     */
    boolean refused(long used, long now) {
        Aside before;
        Aside after;
        do {
            before = last();
            if (before.length > 0 && used - before.since < 0) {
                return false;
            }
            after = new Aside(now, before.isOver(now) ? longer(before.length) : before.length);
        } while (!aside.compareAndSet(before, after));
        return before.isOver(now);
    }

    private Aside last() {
        return Objects.requireNonNull(aside.get());
    }

    private static long longer(long length) {
        return length == 0 ? FIRST : Math.min(2 * length, LONGEST);
    }

    /** The upstream has accepted it; true if that is news. */
    boolean accepted() {
        Aside before = last();
        return before.length > 0 && aside.compareAndSet(before, new Aside(before.since, 0));
    }
}
