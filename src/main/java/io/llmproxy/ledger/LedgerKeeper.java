package io.llmproxy.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.config.LedgerConfig;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.AttemptLog;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.GenAi;
import io.llmproxy.proxy.exchange.SettledAttempt;
import io.llmproxy.proxy.exchange.Trace;
import io.llmproxy.usage.AttemptUsage;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Hands what becomes of exchanges to the ledger that there is at the moment, if there is one. It stays while configurations come and
 * go: an exchange may begin under one and end under another.
 */
public final class LedgerKeeper implements ExchangeListener, AttemptLog {
    /** A flight is told apart from those of the ledger before by what stands above its slot. */
    private static final int SLOT_BITS = 20;

    private static final int SLOT_MASK = (1 << SLOT_BITS) - 1;
    private static final int HASHED = 12;
    /** What the name of a model begins with whose digest is recorded. */
    static final String UNKNOWN_NAME = "other:";

    private final String version;
    private final LongSupplier clock;
    private final AtomicLong exchanges = new AtomicLong();
    private final AtomicReference<@Nullable Kept> kept = new AtomicReference<>();
    /** How many ledgers there were, also with none between two of them. */
    private final AtomicInteger generations = new AtomicInteger();

    private record Kept(Ledger ledger, LedgerConfig config, int generation) {}

    /**
     * Makes one without a ledger.
     *
     * @param version of the program
     * @param clock the time in milliseconds since 1970
     */
    public LedgerKeeper(String version, LongSupplier clock) {
        this.version = version;
        this.clock = clock;
    }

    /** From now on the ledger is this one, or none. One that stays as it is is not touched. It waits for the disk, but not for long. */
    public void follow(@Nullable LedgerConfig config) {
        Kept before = kept.get();
        if (before != null && before.config.equals(config)) {
            return;
        }
        kept.set(config == null ? null : new Kept(Ledger.start(config, version), config, nextGeneration()));
        if (before != null) {
            before.ledger.stop();
        }
    }

    private int nextGeneration() {
        return generations.getAndIncrement() & (Integer.MAX_VALUE >> SLOT_BITS);
    }

    /** Writes what is left, and closes the ledger. */
    public void stop() {
        follow(null);
    }

    /** How the ledger does; nothing if there is none. */
    public Optional<LedgerStatus> status() {
        return Optional.ofNullable(kept.get()).map(current -> current.ledger.status());
    }

    /** The files of the ledger; nothing if there is none. */
    public Optional<LedgerFiles> files() {
        return Optional.ofNullable(kept.get()).map(current -> {
            Path directory = Objects.requireNonNull(current.config.directory(), "a ledger that is kept has a place");
            Path spill = current.config.spillDirectory();
            return new LedgerFiles(spill == null ? List.of(directory) : List.of(directory, spill));
        });
    }

    @Override
    public long nextExchange() {
        return exchanges.incrementAndGet();
    }

    @Override
    public int begun(Exchange exchange, int number, String upstream, @Nullable String model) {
        Kept current = kept.get();
        if (current == null) {
            return -1;
        }
        String named = model == null ? "" : model;
        Flight flight = new Flight(
                exchange.number(), number, exchange.forward().name(), upstream, named, clock.getAsLong(), -1, 0);
        int slot = current.ledger.begun(flight);
        // An attempt that finds no room is still counted, so that its end has to be told, too.
        return current.generation << SLOT_BITS | (slot < 0 ? SLOT_MASK : slot);
    }

    @Override
    public void progress(int flight, long outputBytes) {
        Kept current = of(flight);
        if (current != null) {
            current.ledger.progress(slot(flight), outputBytes);
        }
    }

    @Override
    public void ended(int flight) {
        Kept current = of(flight);
        if (current != null) {
            current.ledger.ended(slot(flight));
        }
    }

    private @Nullable Kept of(int flight) {
        Kept current = kept.get();
        return current != null && flight >= 0 && flight >> SLOT_BITS == current.generation ? current : null;
    }

    private static int slot(int flight) {
        int slot = flight & SLOT_MASK;
        return slot == SLOT_MASK ? -1 : slot;
    }

    @Override
    public void settled(Exchange exchange, SettledAttempt attempt) {
        Kept current = kept.get();
        if (current != null) {
            current.ledger.add(record(exchange, attempt));
        }
    }

    private AttemptRecord record(Exchange exchange, SettledAttempt attempt) {
        SettledAttempt.Times times = attempt.times();
        SettledAttempt.Model model = attempt.model();
        ProxyError error = attempt.error();
        return new AttemptRecord(
                clock.getAsLong(),
                attempt.exchange(),
                attempt.number(),
                new AttemptRecord.Where(
                        exchange.forward().name(),
                        attempt.group(),
                        attempt.upstream(),
                        attempt.keyIndex(),
                        key(exchange),
                        GenAi.provider(attempt.provider()),
                        GenAi.operation(exchange),
                        exchange.endpoint().label()),
                named(model.configured(), model.asked()),
                named(model.configured(), model.sent()),
                attempt.stream(),
                new AttemptRecord.Ending(
                        attempt.status(),
                        attempt.ending().label(),
                        error == null ? null : error.code(),
                        attempt.usage().answer().finishReasons()),
                new AttemptRecord.Times(
                        millis(times.queue()),
                        millis(times.firstByte()),
                        millis(times.firstToken()),
                        millis(times.lastToken()),
                        millis(times.total())),
                attempt.bytesIn(),
                attempt.bytesOut(),
                named(model, attempt.usage()),
                attempt.cost());
    }

    /** Many upstreams say of the model what they were told. */
    private static AttemptUsage named(SettledAttempt.Model model, AttemptUsage usage) {
        String name = usage.answer().model();
        boolean echoed = name != null
                && !isKnown(model.configured())
                && (name.equals(model.asked()) || name.equals(model.sent()));
        return name != null && echoed ? usage.answeredBy(UNKNOWN_NAME + digest(name)) : usage;
    }

    private static boolean isKnown(@Nullable String configured) {
        return configured != null && configured.indexOf('*') < 0;
    }

    /** A name that the configuration does not have, or has as a pattern only, may be anything: it is recorded as a digest. */
    private static @Nullable String named(@Nullable String configured, @Nullable String name) {
        if (name == null) {
            return null;
        }
        return isKnown(configured) ? name : UNKNOWN_NAME + digest(name);
    }

    private static String digest(String name) {
        try {
            byte[] sum = MessageDigest.getInstance("SHA-256").digest(name.getBytes(UTF_8));
            return HexFormat.of().formatHex(sum, 0, HASHED);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has it", e);
        }
    }

    @Override
    public void ended(Exchange exchange) {
        Kept current = kept.get();
        if (current == null) {
            return;
        }
        ProxyError error = exchange.error();
        Trace trace = exchange.trace();
        current.ledger.add(new ExchangeRecord(
                clock.getAsLong(),
                exchange.number() == 0 ? nextExchange() : exchange.number(),
                exchange.id(),
                exchange.forward().name(),
                key(exchange),
                exchange.attempts(),
                exchange.status(),
                exchange.outcome().label(),
                error == null ? null : error.code(),
                millis(exchange.nanos()),
                trace == null ? null : trace.id(),
                null));
    }

    private static @Nullable String key(Exchange exchange) {
        ClientKey key = exchange.clientKey();
        return key == null ? null : key.name();
    }

    private static long millis(long nanos) {
        return nanos < 0 ? -1 : TimeUnit.NANOSECONDS.toMillis(nanos);
    }
}
