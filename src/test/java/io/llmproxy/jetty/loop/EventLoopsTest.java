package io.llmproxy.jetty.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class EventLoopsTest {
    private static final int LOOPS = 2;

    private final LoopThreads threads = new LoopThreads("loop-test", 4);
    private final ScheduledExecutorScheduler scheduler = new ScheduledExecutorScheduler();
    private final EventLoops loops = new EventLoops(threads, scheduler, LOOPS);
    private @Nullable ServerSocketChannel server;

    @BeforeEach
    void start() throws IOException {
        LifeCycle.start(threads);
        LifeCycle.start(scheduler);
        LifeCycle.start(loops);
        server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @AfterEach
    void stop() throws IOException {
        LifeCycle.stop(loops);
        LifeCycle.stop(scheduler);
        LifeCycle.stop(threads);
        if (server != null) {
            server.close();
        }
    }

    /** Does something where Jetty asks for the end point of a connection, and lets it come to no more. */
    private static final class OnLoop<T> implements EventLoops.Owner {
        private final Supplier<T> work;
        private final CompletableFuture<T> result = new CompletableFuture<>();
        private final CompletableFuture<Object> failed = new CompletableFuture<>();
        private final CompletableFuture<Object> refused = new CompletableFuture<>();

        OnLoop(Supplier<T> work) {
            this.work = work;
        }

        @Override
        public EndPoint newEndPoint(SelectableChannel channel, ManagedSelector selector, SelectionKey key)
                throws IOException {
            result.complete(work.get());
            throw new IOException("that was all");
        }

        @Override
        public Connection newConnection(SelectableChannel channel, EndPoint endPoint, Object attachment) {
            throw new IllegalStateException("there is no end point");
        }

        @Override
        public void connectionOpened(Connection connection, Object attachment) {}

        @Override
        public void connectionFailed(SelectableChannel channel, Throwable failure, Object attachment) {
            failed.complete(attachment);
        }

        @Override
        public void onAcceptFailed(SelectableChannel channel, Throwable failure, Object attachment) {
            refused.complete(attachment);
        }

        @Override
        public long getConnectTimeout() {
            return 200;
        }
    }

    private SocketChannel channel() throws IOException {
        SocketChannel channel = SocketChannel.open(server().getLocalAddress());
        channel.configureBlocking(false);
        return channel;
    }

    private ServerSocketChannel server() {
        if (server == null) {
            throw new IllegalStateException("not started");
        }
        return server;
    }

    private <T> T onLoop(Supplier<T> work) throws IOException, ExecutionException, InterruptedException {
        OnLoop<T> owner = new OnLoop<>(work);
        loops.accept(channel(), owner, "mine");
        T result = owner.result.get();
        assertThat(owner.refused.get()).isEqualTo("mine");
        return result;
    }

    @Test
    void everyoneElseIsNowhere() {
        assertThat(loops.here()).isEqualTo(-1);
    }

    @Test
    void connectionsAreSharedOut() throws Exception {
        List<Integer> chosen = new ArrayList<>();
        for (int connection = 0; connection < 2 * LOOPS; connection++) {
            chosen.add(onLoop(loops::here));
        }

        assertThat(chosen).containsOnly(0, 1);
        assertThat(chosen.subList(0, LOOPS)).isEqualTo(chosen.subList(LOOPS, 2 * LOOPS));
    }

    @Test
    void whatALoopAsksForItLooksAfterItself() throws Exception {
        for (int connection = 0; connection < LOOPS + 1; connection++) {
            OnLoop<Integer> inner = new OnLoop<>(loops::here);
            SocketChannel channel = channel();

            int outer = onLoop(() -> {
                loops.accept(channel, inner, null);
                return loops.here();
            });

            assertThat(inner.result.get()).isEqualTo(outer);
        }
    }

    @Test
    void whatALoopHandsOverItDoesLater() throws Exception {
        List<String> order = new ArrayList<>();
        CompletableFuture<Thread> done = new CompletableFuture<>();

        Thread loop = onLoop(() -> {
            threads.execute(() -> {
                order.add("later");
                done.complete(Thread.currentThread());
            });
            order.add("now");
            return Thread.currentThread();
        });

        assertThat(done.get()).isSameAs(loop);
        assertThat(order).containsExactly("now", "later");
    }

    @Test
    void aLoopGoesOnWhenWhatItDoesFails() throws Exception {
        CompletableFuture<Thread> done = new CompletableFuture<>();

        onLoop(() -> {
            threads.execute(() -> {
                throw new IllegalStateException("on purpose");
            });
            threads.execute(() -> done.complete(Thread.currentThread()));
            return "";
        });

        assertThat(done.get()).isNotNull();
        assertThat(onLoop(loops::here)).isNotNegative();
    }

    @Test
    void workThatHasNoEndGivesWay() throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        Semaphore turns = new Semaphore(0);
        for (int loop = 0; loop < LOOPS; loop++) {
            onLoop(() -> {
                takeTurns(new Turn(), turns, enough);
                return "";
            });
        }

        for (int other = 0; other < LOOPS; other++) {
            assertThat(onLoop(loops::here)).isNotNegative();
        }

        turns.drainPermits();
        turns.acquire(LOOPS);
        enough.set(true);
    }

    private static void takeTurns(Turn turn, Semaphore turns, AtomicBoolean enough) {
        assertThat(turn.isOver()).isFalse();
        turn.pass(1024 * 1024);
        assertThat(turn.isOver()).isTrue();
        turns.release();
        if (!enough.get()) {
            turn.giveWay(() -> takeTurns(turn, turns, enough));
        }
    }

    @Test
    void aTurnIsNotOverWhereNoOtherWaits() {
        Turn turn = new Turn();

        turn.pass(1024 * 1024);

        assertThat(turn.isOver()).isFalse();
    }

    @Test
    void whatBlocksIsDoneElsewhere() throws Exception {
        CompletableFuture<Thread> done = new CompletableFuture<>();

        Thread loop = onLoop(() -> {
            threads.executeBlocking(() -> done.complete(Thread.currentThread()));
            return Thread.currentThread();
        });

        assertThat(done.get()).isNotSameAs(loop);
        assertThat(done.get().getName()).startsWith("loop-test");
    }

    @Test
    void otherThreadsHandOverAsEver() throws Exception {
        CompletableFuture<Thread> done = new CompletableFuture<>();

        threads.execute(() -> done.complete(Thread.currentThread()));

        assertThat(done.get().getName()).startsWith("loop-test");
    }

    @Test
    void aConnectionThatIsNotThereInTimeFails() throws Exception {
        // Nobody accepts, and once the backlog is full the system answers no more.
        List<SocketChannel> pending = new ArrayList<>();
        try (ServerSocketChannel full =
                ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1)) {
            OnLoop<String> owner = new OnLoop<>(() -> "connected");
            for (int connection = 0; connection < 8; connection++) {
                SocketChannel channel = SocketChannel.open();
                pending.add(channel);
                channel.configureBlocking(false);
                if (!channel.connect(full.getLocalAddress())) {
                    loops.connect(channel, owner, "mine");
                }
            }

            assertThat(owner.failed.get()).isEqualTo("mine");
        } finally {
            for (SocketChannel channel : pending) {
                channel.close();
            }
        }
    }

    @Test
    void aLoopThatHasStoppedTakesNothingOver() throws Exception {
        CompletableFuture<Thread> done = new CompletableFuture<>();
        onLoop(loops::here);
        LifeCycle.stop(loops);

        for (int job = 0; job < LOOPS + 4; job++) {
            threads.execute(() -> threads.execute(() -> done.complete(Thread.currentThread())));
        }

        assertThat(get(done)).isNotNull();
    }

    private static Thread get(CompletableFuture<Thread> done)
            throws ExecutionException, InterruptedException, TimeoutException {
        return done.get(10, TimeUnit.SECONDS);
    }
}
