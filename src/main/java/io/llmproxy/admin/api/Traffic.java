package io.llmproxy.admin.api;

import io.llmproxy.health.Latency;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.ExchangeUsage;
import io.llmproxy.usage.Money;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** The requests that ended in each of the last seconds. Its size is fixed, and to add a request is to add to a few numbers. */
public final class Traffic implements ExchangeListener {
    private static final int SECONDS = 64;
    private static final int MINUTE = 60;
    private static final int ERROR_STATUS = 400;

    private final AtomicReferenceArray<@Nullable Second> seconds = new AtomicReferenceArray<>(SECONDS);

    private static final class Second {
        final long number;
        final LongAdder requests = new LongAdder();
        final LongAdder errors = new LongAdder();
        final LongAdder input = new LongAdder();
        final LongAdder output = new LongAdder();
        final AtomicIntegerArray firstToken = new AtomicIntegerArray(Latency.BUCKETS);
        final Map<String, LongAdder> picos = new ConcurrentHashMap<>(2);

        Second(long number) {
            this.number = number;
        }
    }

    /**
     * Requests that ended within some time.
     *
     * @param requests how many
     * @param errors how many of them ended with an error
     * @param input tokens
     * @param output tokens
     * @param firstToken times to the first token of streams; null if there were none
     * @param picos what they cost, by currency, in units of 1e-12
     */
    record Sum(
            long requests,
            long errors,
            long input,
            long output,
            @Nullable Percentiles firstToken,
            Map<String, Long> picos) {
        /** The part of the requests that ended with an error, from 0 to 1. */
        double errorRate() {
            return Math.round(errors * 1000.0 / Math.max(1, requests)) / 1000.0;
        }
    }

    @Override
    public void ended(Exchange exchange) {
        Second second = second(number(System.nanoTime()));
        second.requests.increment();
        if (exchange.error() != null || exchange.status() >= ERROR_STATUS) {
            second.errors.increment();
        }
        ExchangeUsage used = exchange.usage();
        second.input.add(Math.max(0, used.input()));
        second.output.add(Math.max(0, used.output()));
        if (used.firstTokenNanos() >= 0) {
            second.firstToken.incrementAndGet(Latency.bucket(used.firstTokenNanos()));
        }
        Money cost = used.cost();
        if (cost != null) {
            second.picos
                    .computeIfAbsent(cost.currency(), currency -> new LongAdder())
                    .add(cost.picos());
        }
    }

    private static long number(long nanos) {
        return Math.floorDiv(nanos, TimeUnit.SECONDS.toNanos(1));
    }

    private Second second(long number) {
        int index = (int) Math.floorMod(number, (long) SECONDS);
        Second second = seconds.get(index);
        if (second != null && second.number == number) {
            return second;
        }
        Second fresh = new Second(number);
        return seconds.compareAndSet(index, second, fresh) ? fresh : second(number);
    }

    /** Those of the last second that is over. */
    Sum second() {
        return sum(number(System.nanoTime()) - 1, 1);
    }

    /** Those of the last minute. */
    Sum minute() {
        return sum(number(System.nanoTime()), MINUTE);
    }

    private Sum sum(long last, int count) {
        long requests = 0;
        long errors = 0;
        long input = 0;
        long output = 0;
        int tokens = 0;
        int[] firstToken = new int[Latency.BUCKETS];
        Map<String, Long> picos = new HashMap<>();
        for (int index = 0; index < SECONDS; index++) {
            Second second = seconds.get(index);
            if (second == null || second.number > last || last - second.number >= count) {
                continue;
            }
            requests += second.requests.sum();
            errors += second.errors.sum();
            input += second.input.sum();
            output += second.output.sum();
            for (int bucket = 0; bucket < firstToken.length; bucket++) {
                int more = second.firstToken.get(bucket);
                firstToken[bucket] += more;
                tokens += more;
            }
            second.picos.forEach((currency, more) -> picos.merge(currency, more.sum(), Long::sum));
        }
        Percentiles percentiles = tokens == 0
                ? null
                : Percentiles.ofNanos(
                        Latency.percentile(firstToken, tokens, 0.5),
                        Latency.percentile(firstToken, tokens, 0.95),
                        Latency.percentile(firstToken, tokens, 0.99));
        return new Sum(requests, errors, input, output, percentiles, picos);
    }
}
