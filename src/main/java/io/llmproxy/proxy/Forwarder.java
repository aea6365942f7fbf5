package io.llmproxy.proxy;

import io.llmproxy.balance.Load;
import io.llmproxy.config.HttpClientConfig;
import io.llmproxy.protocol.RetryAfter;
import io.llmproxy.ratelimit.ConcurrencyLimit;
import io.llmproxy.upstream.UpstreamGroup;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * Carries one exchange through: waits for its turn, collects the body, has an upstream asked, hands the answer to the relay,
 * and sees to it that the exchange ends once, whoever fails.
 */
final class Forwarder
        implements ConcurrencyLimit.Waiter,
                RequestBody.Owner,
                Failover.Owner,
                ResponseRelay.Owner,
                OpenExchanges.Watched {
    private static final Duration SOON = Duration.ofSeconds(1);

    private final Exchange exchange;
    private final UpstreamGroup group;
    private final OpenExchanges open;
    private final ContainerSide container;
    private final @Nullable ClientPresence presence;
    private final RequestBody body;
    private final Failover failover;
    private final ResponseRelay relay;
    private final Waiting waiting = new Waiting();
    private final AtomicReference<@Nullable ConcurrencyLimit> permit = new AtomicReference<>();
    private volatile boolean clientGone;

    Forwarder(Exchange exchange, AsyncContext async, OpenExchanges open, BufferBudget budget) throws IOException {
        this.exchange = exchange;
        this.group = Objects.requireNonNull(exchange.group(), "routed");
        this.open = open;
        this.container = new ContainerSide(async);
        this.presence = (ClientPresence) exchange.clientRequest().getAttribute(ClientPresence.ATTRIBUTE);
        this.body = new RequestBody(exchange.clientRequest(), exchange.forward(), budget, container, this);
        this.failover = new Failover(exchange, group, container, body, waiting, this);
        this.relay = new ResponseRelay(exchange, container, this);
    }

    void start(AsyncContext async) {
        open.watch(this);
        relay.open(async);
        ConcurrencyLimit permits = exchange.forward().admission().concurrency();
        if (permits == null) {
            body.collect();
            return;
        }
        Duration limit = exchange.forward().config().queueTimeout();
        waiting.inLine(System.nanoTime(), limit, () -> shed(Shed.QUEUE_TIMEOUT), () -> permits.cancel(this));
        if (!permits.enqueue(this) && waiting.end()) {
            shed(Shed.QUEUE_FULL);
        }
    }

    /** The forward may serve it now. */
    @Override
    public void granted() {
        ConcurrencyLimit permits =
                Objects.requireNonNull(exchange.forward().admission().concurrency());
        if (waiting.end()) {
            permit.set(permits);
            body.collect();
        } else {
            permits.release();
        }
    }

    @Override
    public void bodyReady() {
        failover.start();
    }

    @Override
    public void bodyRefused(ProxyError error) {
        if (error == ProxyError.OVERLOADED) {
            shed(Shed.BUFFERS_FULL);
        } else {
            refused(Refusal.of(error));
        }
    }

    @Override
    public void bodyBroken(UpstreamFailure failure) {
        failover.abort(failure);
    }

    /** From here on the client sees this answer, and no other. */
    @Override
    public void answered(Response upstreamResponse, Content.Source content, Content.@Nullable Chunk first) {
        body.release();
        exchange.answering(upstreamResponse.getStatus(), null);
        container.touch(() -> head(upstreamResponse));
        relay.relay(content, first);
        if (clientGone) {
            failover.stop(new UpstreamFailure(ProxyError.CLIENT_GONE));
        }
    }

    /** An error that others were asked about, too, says so; and when it is worth asking again, as far as all are concerned. */
    private HttpServletResponse head(Response upstreamResponse) {
        HttpServletResponse clientResponse = ResponseHeaders.copy(upstreamResponse, exchange);
        int status = upstreamResponse.getStatus();
        if (status >= 400 && exchange.attempts() > 1) {
            clientResponse.setHeader(ErrorAnswer.SHOULD_RETRY, "false");
        }
        long now = System.nanoTime();
        if (status == 429 && failover.isCoolingDown(now)) {
            clientResponse.setHeader("Retry-After", Long.toString(RetryAfter.seconds(failover.retryAfterNanos(now))));
        }
        return clientResponse;
    }

    @Override
    public void refused(Refusal refusal) {
        body.release();
        Content.Source content = clientGone ? null : container.touch(() -> ErrorAnswer.content(exchange, refusal));
        if (content == null) {
            end();
        } else {
            relay.relay(content, null);
        }
    }

    @Override
    public void shed(Shed because) {
        exchange.shed(because);
        refused(new Refusal(ProxyError.OVERLOADED, SOON.toNanos(), false));
    }

    @Override
    public void relayed(boolean failed) {
        Attempt answering = failover.attempt();
        if (answering != null && answering.isAnswered()) {
            failover.close(failed ? Load.Outcome.FAILURE : UpstreamStatus.outcome(exchange.status()));
            if (body.isFlowing()) {
                // The upstream has said its last word and wants no more of the request.
                answering.abort(new UpstreamFailure(ProxyError.RESET));
            }
        }
        end();
    }

    @Override
    public void cut(UpstreamFailure failure) {
        exchange.brokeOff(failure.error());
        failover.close(Failover.blame(failure.error()));
        failover.stop(failure);
    }

    @Override
    public void clientGone() {
        clientGone = true;
        exchange.clientGone();
        failover.stop(new UpstreamFailure(ProxyError.CLIENT_GONE));
        Attempt answering = failover.attempt();
        if (waiting.giveUp() || answering == null || answering.isAnswered()) {
            end();
        }
    }

    @Override
    public void breakOff(ProxyError because) {
        if (waiting.giveUp()) {
            refused(Refusal.of(because));
        } else {
            body.refuse(because);
            failover.abort(new UpstreamFailure(because));
        }
    }

    private void end() {
        open.forget(this);
        failover.close(Load.Outcome.NEUTRAL);
        body.release();
        exchange.end();
        relay.close();
        ConcurrencyLimit permits = permit.getAndSet(null);
        if (permits != null) {
            permits.release();
        }
    }

    @Override
    public void checkDeadlines(long now) {
        if ((waiting.isWaiting() || failover.isAwaitingAnswer()) && isClientGone(now)) {
            clientGone();
        } else if (waiting.isWaiting()) {
            waiting.check(now);
        } else if (body.isAwaitingClient()) {
            checkBody(now);
        } else if (failover.isAwaitingAnswer()) {
            failover.checkDeadlines(now);
        } else {
            checkRelay(now);
        }
        if (clientGone && waiting.giveUp()) {
            // It began to wait just when the client left.
            end();
        }
        HttpClientConfig settings = group.settings();
        if (!settings.stream() && isOver(settings.timeout().request(), exchange.started(), now)) {
            failover.abort(new UpstreamFailure(ProxyError.REQUEST_TIMEOUT));
        }
    }

    /** Whether a client to which nothing was written yet is known to have left; only a server that looks can tell. */
    private boolean isClientGone(long now) {
        if (presence == null || clientGone) {
            return false;
        }
        Boolean gone = container.touch(() -> !exchange.clientResponse().isCommitted() && presence.isGone(now));
        return gone != null && gone;
    }

    private void checkBody(long now) {
        Duration grace = exchange.forward().config().timeout().connect();
        int rate = exchange.forward().config().minBodyRate();
        if (isOver(grace, body.lastActivity(), now) || body.isTooSlow(grace, rate, now)) {
            body.expire();
        }
    }

    private void checkRelay(long now) {
        Duration heartbeat = group.settings().heartbeat();
        if (relay.isAwaitingClient()) {
            if (isOver(exchange.forward().config().timeout().write(), relay.lastWrite(), now)) {
                relay.abandon();
            }
        } else if (relay.isAwaitingUpstream()) {
            if (isOver(group.settings().timeout().stall(), relay.lastPiece(), now)) {
                failover.abort(new UpstreamFailure(ProxyError.STALLED));
            } else if (!heartbeat.isZero() && isOver(heartbeat, relay.lastWrite(), now)) {
                relay.heartbeat();
            }
        }
    }

    private static boolean isOver(Duration allowed, long since, long now) {
        return now - since > allowed.toNanos();
    }
}
