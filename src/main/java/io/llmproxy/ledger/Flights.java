package io.llmproxy.ledger;

import io.llmproxy.ledger.FlightMap.Counter;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What callers tell the map of attempts, which may not be there yet, or not any more. Any thread may call. */
final class Flights {
    private static final Logger LOG = LoggerFactory.getLogger(Flights.class);

    private final AtomicReference<@Nullable FlightMap> map = new AtomicReference<>();
    private final AtomicLong taken = new AtomicLong();
    private final AtomicLong begun = new AtomicLong();
    private final AtomicLong settled = new AtomicLong();

    /** A record was handed in. */
    void taken() {
        raise(Counter.TAKEN, taken.incrementAndGet());
    }

    int begin(Flight flight) {
        raise(Counter.BEGUN, begun.incrementAndGet());
        int[] slot = {-1};
        tell(current -> slot[0] = current.begin(flight));
        return slot[0];
    }

    void progress(int slot, long outputBytes) {
        FlightMap current = map.get();
        if (current != null) {
            try {
                current.progress(slot, outputBytes);
            } catch (InternalError e) {
                lose(current, e);
            }
        }
    }

    void end(int slot) {
        raise(Counter.SETTLED, settled.incrementAndGet());
        tell(current -> current.end(slot));
    }

    /** Lines were written. */
    void written(long records, long lastLine, long now) {
        tell(current -> {
            current.set(Counter.WRITTEN, records);
            current.set(Counter.LAST_LINE, lastLine);
            current.set(Counter.ALIVE, now);
        });
    }

    /** The process is alive. */
    void alive(long now) {
        tell(current -> current.set(Counter.ALIVE, now));
    }

    /** From now on, the map is told; first of all, what it has missed. */
    void use(FlightMap created) {
        map.set(created);
        raise(Counter.TAKEN, taken.get());
        raise(Counter.BEGUN, begun.get());
        raise(Counter.SETTLED, settled.get());
    }

    @Nullable FlightMap map() {
        return map.get();
    }

    private void raise(Counter counter, long value) {
        tell(current -> current.raise(counter, value));
    }

    /** A page of the map that is lost, as the file was cut or its disk is gone, must not become an error of a request. */
    private void tell(Consumer<FlightMap> what) {
        FlightMap current = map.get();
        if (current != null) {
            try {
                what.accept(current);
            } catch (InternalError e) {
                lose(current, e);
            }
        }
    }

    private void lose(FlightMap lost, InternalError why) {
        if (map.compareAndSet(lost, null)) {
            LOG.warn("ledger: {} cannot be used; after a crash, missing records cannot be counted", lost.path(), why);
        }
    }
}
