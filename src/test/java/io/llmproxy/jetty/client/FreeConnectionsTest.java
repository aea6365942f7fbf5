package io.llmproxy.jetty.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.llmproxy.jetty.loop.EventLoops;
import io.llmproxy.jetty.loop.LoopThreads;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.util.ConcurrentPool;
import org.eclipse.jetty.util.ConcurrentPool.StrategyType;
import org.eclipse.jetty.util.Pool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FreeConnectionsTest {
    private static final int MAX_SIZE = 20;
    private static final int STEPS = 50_000;

    private final EventLoops loops = new EventLoops(new LoopThreads("test", 1), new ScheduledExecutorScheduler(), 2);

    /** One that nobody sends anything on. */
    private static final class Idle implements Connection {
        @Override
        public void send(Request request, Response.CompleteListener listener) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}

        @Override
        public boolean isClosed() {
            return false;
        }
    }

    private FreeConnections pool(int maxStreams) {
        return new FreeConnections(loops, MAX_SIZE, connection -> maxStreams);
    }

    private static Connection open(Pool<Connection> pool) {
        Connection connection = new Idle();
        assertThat(pool.reserve().enable(connection, false)).isTrue();
        return connection;
    }

    @Test
    void theOneThatWasUsedLastIsUsedNext() {
        FreeConnections pool = pool(1);
        open(pool);
        Connection last = open(pool);

        Pool.Entry<Connection> first = pool.acquire();
        assertThat(first.getPooled()).isSameAs(last);
        Pool.Entry<Connection> second = pool.acquire();
        second.release();
        first.release();

        assertThat(pool.acquire().getPooled()).isSameAs(last);
    }

    @Test
    void aConnectionTakesAsManyRequestsAsItCan() {
        FreeConnections pool = pool(3);
        Connection only = open(pool);

        for (int stream = 0; stream < 3; stream++) {
            assertThat(pool.acquire().getPooled()).isSameAs(only);
        }
        assertThat(pool.acquire()).isNull();
    }

    @Test
    void aConnectionMayTakeFewerThanBefore() {
        AtomicInteger most = new AtomicInteger(3);
        FreeConnections pool = new FreeConnections(loops, MAX_SIZE, connection -> most.get());
        open(pool);
        Pool.Entry<Connection> taken = pool.acquire();
        most.set(1);

        assertThat(pool.acquire()).isNull();
        taken.release();
        assertThat(pool.acquire()).isSameAs(taken);
    }

    @Test
    void aConnectionIsEnabledOnce() {
        Pool.Entry<Connection> entry = pool(1).reserve();
        entry.enable(new Idle(), true);

        assertThatIllegalStateException().isThrownBy(() -> entry.enable(new Idle(), true));
    }

    @Test
    void nothingCanBeHadFromATerminatedPool() {
        FreeConnections pool = pool(1);
        open(pool);
        Pool.Entry<Connection> taken = pool.acquire();
        open(pool);
        Pool.Entry<Connection> reserved = pool.reserve();

        assertThat(pool.terminate()).hasSize(3);

        assertThat(pool.isTerminated()).isTrue();
        assertThat(pool.acquire()).isNull();
        assertThat(pool.reserve()).isNull();
        assertThat(reserved.enable(new Idle(), false)).isFalse();
        assertThat(taken.release()).isFalse();
        assertThat(taken.remove()).isTrue();
        assertThat(taken.remove()).isFalse();
    }

    /** Which connection is chosen may differ, so only what holds for any choice is compared. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void behavesAsTheStockPoolDoes(long seed) {
        Random random = new Random(seed);
        Pool<Connection> ours = pool(1);
        Pool<Connection> stock = new ConcurrentPool<>(StrategyType.FIRST, MAX_SIZE, connection -> 1);
        List<List<Pool.Entry<Connection>>> reserved = List.of(new ArrayList<>(), new ArrayList<>());
        List<List<Pool.Entry<Connection>>> taken = List.of(new ArrayList<>(), new ArrayList<>());
        for (int step = 0; step < STEPS; step++) {
            int what = random.nextInt(6);
            boolean acquire = random.nextBoolean();
            List<Boolean> did = List.of(
                    step(what, acquire, ours, reserved.get(0), taken.get(0)),
                    step(what, acquire, stock, reserved.get(1), taken.get(1)));
            assertThat(did.get(0)).as("step %d: %d", step, what).isEqualTo(did.get(1));
            assertThat(counts(ours)).as("step %d: %d", step, what).isEqualTo(counts(stock));
        }
    }

    private static boolean step(
            int what,
            boolean acquire,
            Pool<Connection> pool,
            List<Pool.Entry<Connection>> reserved,
            List<Pool.Entry<Connection>> taken) {
        switch (what) {
            case 0 -> {
                return add(reserved, pool.reserve());
            }
            case 1 -> {
                if (reserved.isEmpty()) {
                    return false;
                }
                Pool.Entry<Connection> entry = reserved.remove(reserved.size() - 1);
                return entry.enable(new Idle(), acquire) && (!acquire || taken.add(entry));
            }
            case 2, 3 -> {
                return add(taken, pool.acquire());
            }
            case 4 -> {
                return !taken.isEmpty() && taken.remove(taken.size() - 1).release();
            }
            default -> {
                List<Pool.Entry<Connection>> from = acquire ? taken : reserved;
                return !from.isEmpty() && from.remove(from.size() - 1).remove();
            }
        }
    }

    private static boolean add(List<Pool.Entry<Connection>> to, Pool.Entry<Connection> entry) {
        return entry != null && to.add(entry);
    }

    private static List<Integer> counts(Pool<Connection> pool) {
        return List.of(pool.size(), pool.getReservedCount(), pool.getIdleCount(), pool.getInUseCount());
    }
}
