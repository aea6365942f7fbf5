package io.llmproxy.ledger;

import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * The time. Records carry that of the wall, which may go back; what is due is judged by the other, which does not.
 *
 * @param wall the time of day
 * @param nanos a time that only grows
 */
record Time(InstantSource wall, LongSupplier nanos) {
    static final Time SYSTEM = new Time(InstantSource.system(), System::nanoTime);

    long millis() {
        return wall.millis();
    }

    long now() {
        return nanos.getAsLong();
    }
}
