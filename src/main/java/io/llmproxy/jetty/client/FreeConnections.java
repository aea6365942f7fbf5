package io.llmproxy.jetty.client;

import io.llmproxy.jetty.loop.EventLoops;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.util.Pool;
import org.jspecify.annotations.Nullable;

/**
 * The connections to one upstream. One that can take a request is found at once, however many are busy, where Jetty's own pool
 * asks one after the other: first those of the event loop that asks, then any. Of these it is the one that was used last, so
 * that those which are too many become idle.
 */
public final class FreeConnections implements Pool<Connection> {
    private final EventLoops loops;
    private final int maxSize;
    private final ToIntFunction<Connection> maxStreams;
    private final ReentrantLock lock = new ReentrantLock();
    private final Set<Slot> all = new HashSet<>();

    /** By event loop; the last is for connections of none. */
    private final List<Deque<Slot>> free;

    private boolean terminated;

    /**
     * @param loops look after the connections
     * @param maxSize how many there may be
     * @param maxStreams how many requests a connection can take at a time; not bounded if 0 or less
     */
    FreeConnections(EventLoops loops, int maxSize, ToIntFunction<Connection> maxStreams) {
        this.loops = loops;
        this.maxSize = maxSize;
        this.maxStreams = maxStreams;
        this.free = IntStream.rangeClosed(0, loops.getSelectorCount())
                .mapToObj(loop -> (Deque<Slot>) new ArrayDeque<Slot>())
                .toList();
    }

    /** Room for one connection. Its fields are guarded by the lock of the pool. */
    private final class Slot implements Entry<Connection> {
        private @Nullable Connection pooled;
        private Deque<Slot> home = new ArrayDeque<>(0);
        private int streams;
        private boolean listed;
        private boolean closed;
        private boolean removed;

        @Override
        public boolean enable(Connection connection, boolean acquire) {
            return locked(() -> {
                if (closed) {
                    return false;
                }
                if (pooled != null) {
                    throw new IllegalStateException("enabled twice: " + connection);
                }
                pooled = connection;
                home = here();
                streams = acquire ? 1 : 0;
                offer();
                return true;
            });
        }

        /** Null until there is a connection, as Jetty knows. */
        @Override
        @SuppressWarnings("NullAway")
        public Connection getPooled() {
            return locked(() -> pooled);
        }

        @Override
        public boolean release() {
            return locked(() -> {
                if (closed || streams == 0) {
                    return false;
                }
                streams--;
                offer();
                return true;
            });
        }

        /** Each of those who use the connection removes it; the last one closes it. */
        @Override
        public boolean remove() {
            return locked(() -> {
                if (removed) {
                    return false;
                }
                close();
                streams = Math.max(0, streams - 1);
                removed = streams == 0;
                if (removed) {
                    all.remove(this);
                }
                return removed;
            });
        }

        private void offer() {
            if (!listed && canTakeOne()) {
                listed = true;
                home.push(this);
            }
        }

        /** Takes one more request; the caller has found it at the top of its list. */
        private boolean take() {
            boolean taken = canTakeOne();
            if (taken) {
                streams++;
            }
            if (!canTakeOne()) {
                listed = false;
                home.pop();
            }
            return taken;
        }

        private boolean canTakeOne() {
            Connection connection = pooled;
            if (closed || connection == null) {
                return false;
            }
            int most = maxStreams.applyAsInt(connection);
            return most <= 0 || streams < most;
        }

        private void close() {
            closed = true;
            if (listed) {
                listed = false;
                home.remove(this);
            }
        }

        @Override
        public boolean isReserved() {
            return locked(() -> pooled == null);
        }

        @Override
        public boolean isIdle() {
            return locked(() -> pooled != null && streams == 0);
        }

        @Override
        public boolean isInUse() {
            return locked(() -> streams > 0);
        }

        @Override
        public boolean isTerminated() {
            return locked(() -> closed);
        }
    }

    private <T> T locked(Supplier<T> work) {
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    private Deque<Slot> here() {
        int loop = loops.here();
        return free.get(loop < 0 ? free.size() - 1 : loop);
    }

    @Override
    @SuppressWarnings("NullAway") // Jetty's interface allows null, but does not say so.
    public Entry<Connection> reserve() {
        return locked(() -> {
            if (terminated || all.size() >= maxSize) {
                return null;
            }
            Slot slot = new Slot();
            all.add(slot);
            return slot;
        });
    }

    @Override
    @SuppressWarnings("NullAway") // Jetty's interface allows null, but does not say so.
    public Entry<Connection> acquire() {
        return locked(() -> {
            Slot own = first(here());
            return own != null ? own : first();
        });
    }

    private @Nullable Slot first() {
        Slot found = null;
        for (int list = 0; list < free.size() && found == null; list++) {
            found = first(free.get(list));
        }
        return found;
    }

    private static @Nullable Slot first(Deque<Slot> list) {
        for (Slot slot = list.peek(); slot != null; slot = list.peek()) {
            if (slot.take()) {
                return slot;
            }
        }
        return null;
    }

    @Override
    public boolean isTerminated() {
        return locked(() -> terminated);
    }

    @Override
    public Collection<Entry<Connection>> terminate() {
        return locked(() -> {
            terminated = true;
            List<Entry<Connection>> left = List.copyOf(all);
            all.forEach(Slot::close);
            all.clear();
            return left;
        });
    }

    @Override
    public int size() {
        return locked(all::size);
    }

    @Override
    public int getMaxSize() {
        return maxSize;
    }

    @Override
    public Stream<Entry<Connection>> stream() {
        return locked(() -> List.<Entry<Connection>>copyOf(all)).stream();
    }
}
