package io.llmproxy.proxy.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.proxy.error.ProxyError;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class OpenExchangesTest {
    /** An exchange in which everything fails. */
    private record Failing(Error error, AtomicInteger looks) implements OpenExchanges.Watched {
        @Override
        public void checkDeadlines(long now) {
            looks.incrementAndGet();
            throw error;
        }

        @Override
        public void breakOff(ProxyError because) {
            throw error;
        }

        @Override
        public void abandon() {
            throw error;
        }
    }

    /** An exchange that is looked after. */
    private record Sound(OpenExchanges open, CountDownLatch looks) implements OpenExchanges.Watched {
        @Override
        public void checkDeadlines(long now) {
            looks.countDown();
        }

        @Override
        public void breakOff(ProxyError because) {
            open.forget(this);
        }

        @Override
        public void abandon() {
            throw new IllegalStateException("it has ended");
        }
    }

    /** An exchange whose client does not answer. */
    private record Deaf(OpenExchanges open) implements OpenExchanges.Watched {
        @Override
        public void checkDeadlines(long now) {}

        @Override
        public void breakOff(ProxyError because) {}

        @Override
        public void abandon() {
            open.forget(this);
        }
    }

    @Test
    void anErrorInOneExchangeIsNotTheEndOfLookingAfterTheOthers() throws InterruptedException {
        CountDownLatch pulses = new CountDownLatch(3);
        try (OpenExchanges open = new OpenExchanges(() -> {
            pulses.countDown();
            throw new LinkageError("in the pulse");
        })) {
            List<Failing> failing = List.of(
                    new Failing(new StackOverflowError(), new AtomicInteger()),
                    new Failing(new NoClassDefFoundError(), new AtomicInteger()),
                    new Failing(new AssertionError(), new AtomicInteger()));
            failing.forEach(open::watch);
            Sound sound = new Sound(open, new CountDownLatch(3));
            open.watch(sound);

            open.start();

            assertThat(sound.looks.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(pulses.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(failing).allMatch(each -> each.looks.get() > 0);
        }
    }

    @Test
    void anErrorInOneExchangeDoesNotKeepOthersFromBeingToldToEnd() {
        try (OpenExchanges open = new OpenExchanges(() -> {})) {
            Failing failing = new Failing(new StackOverflowError(), new AtomicInteger());
            open.watch(failing);
            for (int i = 0; i < 20; i++) {
                open.watch(new Sound(open, new CountDownLatch(i + 1)));
            }

            open.drain(Duration.ZERO);

            assertThat(open.count()).isEqualTo(1);
        }
    }

    @Test
    void anExchangeThatDoesNotEndWhenItIsToldToIsGivenUp() {
        try (OpenExchanges open = new OpenExchanges(() -> {})) {
            open.watch(new Deaf(open));

            assertThat(open.drain(Duration.ZERO)).isEqualTo(1);

            assertThat(open.count()).isZero();
        }
    }
}
