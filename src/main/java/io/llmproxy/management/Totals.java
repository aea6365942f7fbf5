package io.llmproxy.management;

import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import java.util.concurrent.atomic.LongAdder;

/** How many requests have ended, and how many of them with an error. */
public final class Totals implements ExchangeListener {
    private static final int ERROR_STATUS = 400;

    private final LongAdder requests = new LongAdder();
    private final LongAdder errors = new LongAdder();

    @Override
    public void ended(Exchange exchange) {
        requests.increment();
        if (exchange.error() != null || exchange.status() >= ERROR_STATUS) {
            errors.increment();
        }
    }

    /** How many requests have ended. */
    public long requests() {
        return requests.sum();
    }

    /** How many of them ended with an error. */
    public long errors() {
        return errors.sum();
    }
}
