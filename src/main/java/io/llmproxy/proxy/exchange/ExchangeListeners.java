package io.llmproxy.proxy.exchange;

import io.llmproxy.auth.AuthFailure;
import io.llmproxy.proxy.error.ProxyError;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Several listeners as one; what one of them throws disturbs neither the others nor the exchange. */
public final class ExchangeListeners implements ExchangeListener {
    private static final Logger LOG = LoggerFactory.getLogger(ExchangeListeners.class);

    private final List<ExchangeListener> listeners;

    /** @param listeners told in this order */
    public ExchangeListeners(List<ExchangeListener> listeners) {
        this.listeners = List.copyOf(listeners);
    }

    @Override
    public void started(Exchange exchange) {
        tell(listener -> listener.started(exchange));
    }

    @Override
    public void unauthenticated(Exchange exchange, AuthFailure failure) {
        tell(listener -> listener.unauthenticated(exchange, failure));
    }

    @Override
    public void routed(Exchange exchange) {
        tell(listener -> listener.routed(exchange));
    }

    @Override
    public void attempted(Exchange exchange, AttemptResult attempt) {
        tell(listener -> listener.attempted(exchange, attempt));
    }

    @Override
    public void brokeOff(Exchange exchange, ProxyError failure) {
        tell(listener -> listener.brokeOff(exchange, failure));
    }

    @Override
    public void settled(Exchange exchange, SettledAttempt attempt) {
        tell(listener -> listener.settled(exchange, attempt));
    }

    @Override
    public void retried(Exchange exchange, Verdict why) {
        tell(listener -> listener.retried(exchange, why));
    }

    @Override
    public void hedged(Exchange exchange, HedgeResult result) {
        tell(listener -> listener.hedged(exchange, result));
    }

    @Override
    public void queued(Exchange exchange, Line line) {
        tell(listener -> listener.queued(exchange, line));
    }

    @Override
    public void unqueued(Exchange exchange, Line line, long nanos) {
        tell(listener -> listener.unqueued(exchange, line, nanos));
    }

    @Override
    public void shed(Exchange exchange, Shed because) {
        tell(listener -> listener.shed(exchange, because));
    }

    @Override
    public void sessionBegan(Exchange exchange) {
        tell(listener -> listener.sessionBegan(exchange));
    }

    @Override
    public void messagePassed(Exchange exchange, boolean fromClient) {
        tell(listener -> listener.messagePassed(exchange, fromClient));
    }

    @Override
    public void sessionEnded(Exchange exchange, SessionSummary session) {
        tell(listener -> listener.sessionEnded(exchange, session));
    }

    @Override
    public void ended(Exchange exchange) {
        tell(listener -> listener.ended(exchange));
    }

    private void tell(Consumer<ExchangeListener> event) {
        for (ExchangeListener listener : listeners) {
            try {
                event.accept(listener);
            } catch (RuntimeException e) {
                LOG.error("{} failed", listener.getClass().getSimpleName(), e);
            }
        }
    }
}
