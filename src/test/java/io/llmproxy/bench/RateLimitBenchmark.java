package io.llmproxy.bench;

import io.llmproxy.config.RateLimitConfig;
import io.llmproxy.ratelimit.ClientAddress;
import io.llmproxy.ratelimit.RateLimiter;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** What it costs to ask whether a client may go on. To be at most 2 µs. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class RateLimitBenchmark {
    /** How many clients there are. */
    @Param({"10", "10000"})
    public int clients;

    private ClientAddress[] addresses;
    private RateLimiter limiter;

    /** Makes clients that come in turn, most often to an empty bucket. */
    @Setup
    public void setUp() {
        addresses = IntStream.range(0, clients)
                .mapToObj(index -> "10.0." + index / 256 + '.' + index % 256)
                .map(literal -> ClientAddress.parse(literal).orElseThrow())
                .toArray(ClientAddress[]::new);
        limiter = new RateLimiter(new RateLimitConfig(100, 200), System::nanoTime);
    }

    /** The turn of a thread. */
    @State(Scope.Thread)
    public static class Turn {
        private int next;

        ClientAddress of(ClientAddress[] addresses) {
            next = next + 1 == addresses.length ? 0 : next + 1;
            return addresses[next];
        }
    }

    /** A decision by itself. */
    @Benchmark
    public RateLimiter.Decision tryAcquire(Turn turn) {
        return limiter.tryAcquire(turn.of(addresses));
    }

    /** A decision while another thread asks. */
    @Benchmark
    @Threads(2)
    public RateLimiter.Decision tryAcquireContended(Turn turn) {
        return limiter.tryAcquire(turn.of(addresses));
    }
}
