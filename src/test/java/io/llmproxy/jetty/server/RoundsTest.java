package io.llmproxy.jetty.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.Scheduler;
import org.junit.jupiter.api.Test;

final class RoundsTest {
    private final Timer timer = new Timer();

    /** Keeps what is to be done until a test does it. */
    static final class Timer extends AbstractLifeCycle implements Scheduler {
        private final Deque<Runnable> due = new ArrayDeque<>();

        @Override
        public Task schedule(Runnable task, long delay, TimeUnit units) {
            due.add(task);
            return () -> due.remove(task);
        }

        void tick() {
            due.remove().run();
        }
    }

    @Test
    void aLookThatFailsDoesNotEndTheOthers() {
        AtomicInteger looks = new AtomicInteger();
        Rounds rounds = new Rounds(timer, 1, "nothing was looked at", () -> {
            looks.incrementAndGet();
            throw new AssertionError("broken");
        });
        LifeCycle.start(rounds);

        timer.tick();
        timer.tick();

        assertThat(looks).hasValue(2);
    }

    @Test
    void noLookFollowsAfterAStop() {
        AtomicInteger looks = new AtomicInteger();
        Rounds rounds = new Rounds(timer, 1, "nothing was looked at", looks::incrementAndGet);
        LifeCycle.start(rounds);
        timer.tick();
        LifeCycle.stop(rounds);

        timer.tick();

        assertThat(looks).hasValue(1);
        assertThat(timer.due).isEmpty();
    }
}
