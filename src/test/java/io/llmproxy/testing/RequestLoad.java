package io.llmproxy.testing;

import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Some clients, each with a connection of its own that it keeps, which send one request after the other until they are stopped. */
public final class RequestLoad implements AutoCloseable {
    /** What stands in the place of a status where there was no whole answer. */
    public static final int BROKEN = 0;

    private static final byte[] BODY = {'{', '}'};

    private final URI target;
    private final String headers;
    private final long limit;
    private final Duration pause;
    private final ExecutorService threads;
    private final List<CompletableFuture<Void>> clients = new ArrayList<>();
    private final Map<Integer, AtomicInteger> statuses = new ConcurrentHashMap<>();
    private final List<long[]> durations = new ArrayList<>();
    private final AtomicInteger begun = new AtomicInteger();
    private volatile boolean stopped;

    private RequestLoad(URI target, int clientCount, long limit, Duration pause) {
        this(target, "", clientCount, limit, pause);
    }

    private RequestLoad(URI target, String headers, int clientCount, long limit, Duration pause) {
        this.target = target;
        this.headers = "Content-Type: application/json\r\n" + headers;
        this.limit = limit;
        this.pause = pause;
        this.threads = Executors.newCachedThreadPool();
        add(clientCount);
    }

    /**
     * What came of it.
     *
     * @param statuses how often each status was answered; {@link #BROKEN} for what was no whole answer
     * @param p99 time that 99 of 100 of those that were answered with 200 took at most
     */
    public record Outcome(Map<Integer, Integer> statuses, Duration p99) {
        /** How many requests there were. */
        public int requests() {
            return statuses.values().stream().mapToInt(Integer::intValue).sum();
        }

        /** How many of them were not answered with 200. */
        public int failed() {
            return requests() - statuses.getOrDefault(200, 0);
        }
    }

    /** Starts clients that ask without a pause. */
    public static RequestLoad start(URI target, int clients) {
        return new RequestLoad(target, clients, Long.MAX_VALUE, Duration.ZERO);
    }

    /** Starts clients that ask without a pause, with more headers. */
    public static RequestLoad start(URI target, String headers, int clients) {
        return new RequestLoad(target, headers, clients, Long.MAX_VALUE, Duration.ZERO);
    }

    /** Starts clients that pause after each answer, and after a refusal for as long as its {@code Retry-After} asks for. */
    public static RequestLoad start(URI target, int clients, Duration pause) {
        return new RequestLoad(target, clients, Long.MAX_VALUE, pause);
    }

    /** Sends so many requests in all and waits for their answers. */
    public static Outcome run(URI target, int clients, long requests) {
        try (RequestLoad load = new RequestLoad(target, clients, requests, Duration.ZERO)) {
            load.join();
            return load.outcome();
        }
    }

    /** Adds clients to those that are at work. Not to be called beside {@link #stop}. */
    public void add(int clientCount) {
        for (int i = 0; i < clientCount; i++) {
            clients.add(CompletableFuture.runAsync(new Client(), threads));
        }
    }

    /** How many requests were answered with 200 so far. */
    public int served() {
        AtomicInteger count = statuses.get(200);
        return count == null ? 0 : count.get();
    }

    /** How many answers have come so far. */
    public int answers() {
        return statuses.values().stream().mapToInt(AtomicInteger::get).sum();
    }

    /** Lets each client finish the request that it is at, and tells what came of all. */
    public Outcome stop() {
        stopped = true;
        join();
        threads.shutdown();
        return outcome();
    }

    private void join() {
        CompletableFuture.allOf(clients.toArray(CompletableFuture[]::new)).join();
    }

    private Outcome outcome() {
        Map<Integer, Integer> counts = new TreeMap<>();
        statuses.forEach((status, count) -> counts.put(status, count.get()));
        long[] sorted;
        synchronized (durations) {
            sorted = durations.stream().flatMapToLong(Arrays::stream).sorted().toArray();
        }
        return new Outcome(counts, Duration.ofNanos(sorted.length == 0 ? 0 : sorted[(int) (sorted.length * 0.99)]));
    }

    /** One of the clients, and what it has seen. */
    private final class Client implements Runnable {
        private @Nullable RawClient kept;
        private long[] taken = new long[1024];
        private int served;
        private Duration toWait = pause;

        @Override
        public void run() {
            while (!stopped && begun.getAndIncrement() < limit) {
                long start = System.nanoTime();
                int status = ask();
                count(status);
                if (status == 200) {
                    note(System.nanoTime() - start);
                }
                if (!pause.isZero()) {
                    LockSupport.parkNanos(toWait.toNanos());
                }
            }
            drop();
            synchronized (durations) {
                durations.add(Arrays.copyOf(taken, served));
            }
        }

        private int ask() {
            toWait = pause;
            try {
                RawClient client = kept == null ? RawClient.connect(target) : kept;
                kept = client;
                Answer answer = client.send("POST", RawClient.target(target), headers, BODY)
                        .answer();
                if (!answer.whole() || answer.header("Connection").equalsIgnoreCase("close")) {
                    drop();
                }
                if (!answer.header("Retry-After").isEmpty()) {
                    toWait = Duration.ofSeconds(Long.parseLong(answer.header("Retry-After")));
                }
                return answer.whole() ? answer.status() : BROKEN;
            } catch (UncheckedIOException | AssertionError e) {
                drop();
                return BROKEN;
            }
        }

        private void note(long nanos) {
            if (served == taken.length) {
                taken = Arrays.copyOf(taken, 2 * served);
            }
            taken[served++] = nanos;
        }

        private void drop() {
            if (kept != null) {
                kept.close();
                kept = null;
            }
        }
    }

    private void count(int status) {
        statuses.computeIfAbsent(status, unused -> new AtomicInteger()).incrementAndGet();
    }

    @Override
    public void close() {
        stopped = true;
        threads.shutdown();
    }
}
