package io.llmproxy.capture;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.config.CaptureConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.convert.json.Json;
import io.llmproxy.journal.Journal;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.BodyLog;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.SettledAttempt;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes requests and answers with their bodies to files, where the configuration asks for it. A request waits for nothing: what
 * cannot be kept or written is cut off or dropped, and counted. It stays while configurations come and go.
 */
public final class Capture implements BodyLog {
    /** All bodies that are recorded and not written yet take so much at most. */
    private static final long MEMORY = 64L << 20;

    /** So much of a body is kept to be read, so that files within it can be left out before it is cut. */
    static final int KEPT = 1 << 20;

    private static final int FAILED = 400;
    private static final int VERSION = 1;
    private static final Journal.Limits RECORDS =
            new Journal.Limits(4096, 64, Duration.ofMillis(10), Duration.ofSeconds(2));

    private final LongSupplier clock;
    private final Memory memory = new Memory(MEMORY);
    private final Counts counts = new Counts();
    private final AtomicReference<@Nullable Kept> kept = new AtomicReference<>();

    private record Kept(CaptureConfig config, Set<Secret> secrets, Headers headers, Journal<Captured> journal) {
        boolean is(@Nullable CaptureConfig other, Set<Secret> hidden) {
            return config.equals(other) && secrets.equals(hidden);
        }

        int most() {
            return Math.max(KEPT, (int) config.maxBody());
        }
    }

    /**
     * Makes one that writes nothing yet.
     *
     * @param clock the time in milliseconds since 1970
     */
    public Capture(LongSupplier clock) {
        this.clock = clock;
    }

    /**
     * From now on this is written, or nothing.
     *
     * @param secrets what never is
     */
    public void follow(@Nullable CaptureConfig config, Set<Secret> secrets) {
        Kept before = kept.get();
        if (before == null ? config == null : before.is(config, secrets)) {
            return;
        }
        kept.set(config == null ? null : start(config, secrets));
        if (before != null) {
            boolean unused = before.journal.close();
        }
    }

    private Kept start(CaptureConfig config, Set<Secret> secrets) {
        BodyText text = new BodyText(new Redaction(config.redact()), (int) config.maxBody(), KEPT);
        CaptureWriter writer = new CaptureWriter(new CaptureFiles(config, clock), text, Masked.of(secrets), counts);
        Journal<Captured> journal = Journal.start("llmproxy-capture", RECORDS, writer, System::nanoTime);
        return new Kept(config, Set.copyOf(secrets), new Headers(config.headers()), journal);
    }

    /** Writes what waits, but not for long, and ends. */
    public void stop() {
        follow(null, Set.of());
    }

    /** How it does. */
    public CaptureStatus status() {
        return counts.status(memory.taken());
    }

    @Override
    public @Nullable Recording client(Exchange exchange) {
        Kept current = of(exchange, CaptureConfig.Side.CLIENT);
        return current == null
                ? null
                : new Recorded(current.headers, memory, current.most(), (recorded, attempt) -> {}, this::ended);
    }

    @Override
    public @Nullable Recording attempt(Exchange exchange, String upstream) {
        Kept current = of(exchange, CaptureConfig.Side.UPSTREAM);
        return current == null || !isChosen(current.config.upstreams(), upstream)
                ? null
                : new Recorded(
                        current.headers,
                        memory,
                        current.most(),
                        (recorded, attempt) -> settled(exchange, recorded, attempt),
                        (recorded, over) -> {});
    }

    private @Nullable Kept of(Exchange exchange, CaptureConfig.Side side) {
        Kept current = kept.get();
        return current != null && current.config.sides().contains(side) && isChosen(current.config, exchange)
                ? current
                : null;
    }

    private boolean isChosen(CaptureConfig config, Exchange exchange) {
        ClientKey key = exchange.clientKey();
        Instant until = config.until();
        return isChosen(config.forwards(), exchange.forward().name())
                && isChosen(config.keys(), key == null ? "" : key.name())
                && (until == null || clock.getAsLong() < until.toEpochMilli())
                && share(exchange) < config.sampleRate();
    }

    private static boolean isChosen(List<String> chosen, String name) {
        return chosen.isEmpty() || chosen.contains(name);
    }

    /** A number from 0 to 1 that is the same for all of an exchange (the finalizer of MurmurHash3). */
    private static double share(Exchange exchange) {
        long mixed = exchange.started();
        mixed = (mixed ^ (mixed >>> 33)) * 0xff51afd7ed558ccdL;
        mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return ((mixed ^ (mixed >>> 33)) >>> 11) * 0x1.0p-53;
    }

    /** An attempt that was given up for a faster one has not failed. */
    private static boolean isFailure(SettledAttempt.Ending ending) {
        return ending != SettledAttempt.Ending.COMPLETED && ending != SettledAttempt.Ending.HEDGE_LOST;
    }

    private void settled(Exchange exchange, Recorded recorded, SettledAttempt attempt) {
        boolean failed = attempt.status() >= FAILED || isFailure(attempt.ending());
        Json.Obj facts = facts("attempt", exchange)
                .put("attempt", attempt.number())
                .put("group", attempt.group())
                .put("upstream", attempt.upstream())
                .put("model", attempt.model().sent())
                .put("status", attempt.status())
                .put("outcome", attempt.ending().label())
                .put("error", code(attempt.error()))
                .put("ms", TimeUnit.NANOSECONDS.toMillis(attempt.times().total()));
        offer(recorded, failed, facts);
    }

    private void ended(Recorded recorded, Exchange exchange) {
        boolean failed = exchange.status() >= FAILED || exchange.outcome() != Exchange.Outcome.COMPLETED;
        Json.Obj facts = facts("exchange", exchange)
                .put("attempts", exchange.attempts())
                .put("status", exchange.status())
                .put("outcome", exchange.outcome().label())
                .put("error", code(exchange.error()))
                .put("ms", TimeUnit.NANOSECONDS.toMillis(exchange.nanos()));
        offer(recorded, failed, facts);
    }

    private Json.Obj facts(String type, Exchange exchange) {
        ClientKey key = exchange.clientKey();
        return new Json.Obj()
                .put("v", VERSION)
                .put("t", type)
                .put("at", Instant.ofEpochMilli(clock.getAsLong()).toString())
                .put("request_id", exchange.id())
                .put("forward", exchange.forward().name())
                .put("key", key == null ? null : key.name());
    }

    private static @Nullable String code(@Nullable ProxyError error) {
        return error == null ? null : error.code();
    }

    private void offer(Recorded recorded, boolean failed, Json.Obj facts) {
        Kept current = kept.get();
        recorded.close();
        if (current == null || (current.config.errorsOnly() && !failed)) {
            recorded.discard();
        } else if (!current.journal.offer(new Captured(facts, recorded))) {
            recorded.discard();
            counts.dropped.increment();
        }
    }
}
