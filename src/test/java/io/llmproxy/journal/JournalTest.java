package io.llmproxy.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class JournalTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    /** Keeps what it is given, and can be closed to more of it. */
    private static final class Kept implements JournalSink<Integer> {
        private final List<List<Integer>> batches = Collections.synchronizedList(new ArrayList<>());
        private final List<Integer> left = Collections.synchronizedList(new ArrayList<>());
        private final CountDownLatch closed = new CountDownLatch(1);
        private final AtomicInteger tended = new AtomicInteger();
        private volatile boolean ready = true;
        private volatile Duration pause = UNTIL_THE_NEXT;

        @Override
        public void write(List<Integer> batch) {
            batches.add(batch);
        }

        @Override
        public void lost(List<Integer> batch) {
            throw new AssertionError("nothing is thrown at it");
        }

        @Override
        public Duration tend() {
            tended.incrementAndGet();
            return pause;
        }

        @Override
        public boolean ready() {
            return ready;
        }

        @Override
        public void close(List<Integer> rest) {
            left.addAll(rest);
            closed.countDown();
        }

        List<Integer> all() {
            synchronized (batches) {
                return batches.stream().flatMap(List::stream).toList();
            }
        }
    }

    private static Journal<Integer> start(JournalSink<Integer> sink, int capacity, int batch, Duration farewell) {
        Journal.Limits limits = new Journal.Limits(capacity, batch, Duration.ofMillis(1), farewell);
        return Journal.start("journal-test", limits, sink, System::nanoTime);
    }

    @Test
    void entriesArriveInOrderAndInBatchesThatAreNotTooLarge() {
        Kept sink = new Kept();
        Journal<Integer> journal = start(sink, 1000, 10, LONG);
        List<Integer> offered = IntStream.range(0, 500).boxed().toList();

        offered.forEach(entry -> assertThat(journal.offer(entry)).isTrue());

        assertThat(journal.close()).isTrue();
        assertThat(sink.all()).isEqualTo(offered);
        assertThat(sink.batches).allSatisfy(batch -> assertThat(batch).hasSizeBetween(1, 10));
        assertThat(sink.left).isEmpty();
    }

    @Test
    void aSinkThatIsNotReadyLeavesEntriesInTheQueueUntilItIsFull() {
        Kept sink = new Kept();
        sink.ready = false;
        sink.pause = Duration.ofMillis(1);
        Journal<Integer> journal = start(sink, 3, 10, LONG);

        assertThat(IntStream.range(0, 5).mapToObj(journal::offer)).containsExactly(true, true, true, false, false);
        assertThat(journal.size()).isEqualTo(3);
        sink.ready = true;
        Awaitility.await().until(() -> sink.all().size() == 3);

        assertThat(journal.close()).isTrue();
        assertThat(sink.all()).containsExactly(0, 1, 2);
    }

    @Test
    void aSinkIsTendedWhenItAsksForItAndWhenItIsWoken() {
        Kept sink = new Kept();
        sink.pause = Duration.ofMillis(1);
        Journal<Integer> journal = start(sink, 3, 10, LONG);
        Awaitility.await().until(() -> sink.tended.get() > 5);

        sink.pause = JournalSink.UNTIL_THE_NEXT;
        journal.wake();
        int before = sink.tended.get();
        Awaitility.await().until(() -> {
            journal.wake();
            return sink.tended.get() > before + 5;
        });

        assertThat(journal.close()).isTrue();
        assertThat(sink.batches).isEmpty();
    }

    @Test
    void aSinkThatWaitsWithAFullQueueIsWokenToo() {
        Kept sink = new Kept();
        sink.ready = false;
        Journal<Integer> journal = start(sink, 1, 10, LONG);
        assertThat(journal.offer(1)).isTrue();

        sink.ready = true;
        journal.wake();

        Awaitility.await().until(() -> sink.all().size() == 1);
        assertThat(journal.close()).isTrue();
    }

    @Test
    void whatIsNotWrittenInTimeIsHandedOverAtTheEnd() {
        Kept sink = new Kept();
        sink.ready = false;
        sink.pause = Duration.ofMillis(1);
        Journal<Integer> journal = start(sink, 10, 10, Duration.ofMillis(50));
        assertThat(journal.offer(7)).isTrue();
        assertThat(journal.offer(8)).isTrue();

        journal.close();

        Awaitility.await().until(() -> sink.closed.getCount() == 0);
        assertThat(sink.left).containsExactly(7, 8);
        assertThat(sink.batches).isEmpty();
    }

    @Test
    void aSinkThatHangsHoldsUpTheEndOnlyForSoLong() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch hanging = new CountDownLatch(1);
        JournalSink<Integer> sink = new JournalSink<>() {
            @Override
            public void write(List<Integer> batch) {
                hanging.countDown();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }

            @Override
            public void lost(List<Integer> batch) {}

            @Override
            public void close(List<Integer> left) {}
        };
        Journal<Integer> journal = start(sink, 10, 10, Duration.ofMillis(50));
        assertThat(journal.offer(1)).isTrue();
        hanging.await();

        assertThat(journal.close()).isFalse();
        release.countDown();
        Awaitility.await().until(journal::close);
    }

    @Test
    void anInterruptEndsTheThreadAndItsCallerAlike() {
        Kept sink = new Kept();
        Journal<Integer> journal = start(sink, 10, 10, LONG);
        Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("journal-test"))
                .forEach(Thread::interrupt);
        Awaitility.await().until(() -> sink.closed.getCount() == 0);

        Thread.currentThread().interrupt();
        journal.close();

        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aSinkThatFailsOnceGoesOnAndIsToldOfWhatIsLost() {
        AtomicInteger written = new AtomicInteger();
        List<Integer> lost = Collections.synchronizedList(new ArrayList<>());
        JournalSink<Integer> failing = new JournalSink<>() {
            @Override
            public void write(List<Integer> batch) {
                if (batch.contains(1)) {
                    throw new OutOfMemoryError("as a test has it");
                }
                written.addAndGet(batch.size());
            }

            @Override
            public void lost(List<Integer> batch) {
                lost.addAll(batch);
            }

            @Override
            public void close(List<Integer> left) {}
        };
        Journal<Integer> journal = start(failing, 10, 1, LONG);

        assertThat(journal.offer(1)).isTrue();
        Awaitility.await().until(() -> journal.failures() == 1);
        assertThat(journal.offer(2)).isTrue();

        Awaitility.await().until(() -> written.get() == 1);
        assertThat(journal.close()).isTrue();
        assertThat(lost).containsExactly(1);
    }
}
