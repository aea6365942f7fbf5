package io.llmproxy.proxy;

import io.llmproxy.balance.Load;
import io.llmproxy.config.HttpClientConfig;
import io.llmproxy.upstream.Lease;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import jakarta.servlet.AsyncContext;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries one exchange through: collects the body, asks one upstream after the other until one answers, hands the answer
 * to the relay, and sees to it that the exchange ends once, whoever fails.
 */
final class Forwarder implements RequestBody.Owner, Attempt.Owner, ResponseRelay.Owner, OpenExchanges.Watched {
    private static final Logger LOG = LoggerFactory.getLogger(Forwarder.class);

    private final Exchange exchange;
    private final UpstreamGroup group;
    private final OpenExchanges open;
    private final ContainerSide container;
    private final RequestBody body;
    private final ResponseRelay relay;
    private final Set<Upstream> tried = new HashSet<>(2);
    private volatile @Nullable Attempt attempt;
    private boolean replaced;
    private volatile boolean clientGone;

    Forwarder(Exchange exchange, AsyncContext async, OpenExchanges open) throws IOException {
        this.exchange = exchange;
        this.group = Objects.requireNonNull(exchange.group(), "routed");
        this.open = open;
        this.container = new ContainerSide(async);
        this.body = new RequestBody(exchange.clientRequest(), exchange.forward(), container, this);
        this.relay = new ResponseRelay(exchange, container, this);
    }

    void start(AsyncContext async) {
        open.watch(this);
        relay.open(async);
        body.collect();
    }

    @Override
    public void bodyReady() {
        askNext(ProxyError.NO_UPSTREAM);
    }

    @Override
    public void bodyRefused(ProxyError error) {
        answer(error);
    }

    @Override
    public void bodyBroken(UpstreamFailure failure) {
        abortAttempt(failure);
    }

    /** The only loop: it comes back here while an upstream fails that cannot have begun to work on the request. */
    private void askNext(ProxyError otherwise) {
        Lease lease = clientGone ? null : group.acquire(upstream -> !tried.contains(upstream), System.nanoTime());
        if (lease == null) {
            if (otherwise == ProxyError.NO_UPSTREAM) {
                exchange.attempted(new AttemptResult(group.name(), null, 0, otherwise, 0));
            }
            answer(otherwise);
            return;
        }
        tried.add(lease.upstream());
        exchange.attempting(lease.upstream().name());
        send(lease);
    }

    private void send(Lease lease) {
        try {
            Request upstreamRequest = container.touch(() -> UpstreamRequests.of(exchange, lease, group.settings()));
            if (upstreamRequest == null) {
                end();
                return;
            }
            Attempt next = new Attempt(lease, upstreamRequest.body(body.content()), this);
            attempt = next;
            next.send();
            if (clientGone) {
                next.abort(new UpstreamFailure(ProxyError.CLIENT_GONE));
            }
        } catch (RuntimeException e) {
            LOG.error(
                    "{}: no request could be made for {}",
                    exchange.id(),
                    lease.upstream().name(),
                    e);
            lease.close(Load.Outcome.NEUTRAL, System.nanoTime());
            answer(ProxyError.INTERNAL);
        }
    }

    @Override
    public void answered(Attempt answering, Response upstreamResponse, Content.Source content) {
        long now = System.nanoTime();
        int status = upstreamResponse.getStatus();
        if (!UpstreamStatus.isFailure(status)) {
            answering.lease().responded(now);
        }
        report(answering, status, null, now);
        exchange.answering(status, null);
        try {
            container.touch(() -> ResponseHeaders.copy(upstreamResponse, exchange));
            relay.relay(content);
        } catch (RuntimeException e) {
            // Without this nobody would: the client's library only logs what its listeners throw.
            LOG.error("{}: the answer could not be passed on", exchange.id(), e);
            answering.abort(new UpstreamFailure(ProxyError.INTERNAL));
            answer(ProxyError.INTERNAL);
        }
    }

    @Override
    public void failed(Attempt failing, UpstreamFailure failure) {
        if (isStale(failing, failure)) {
            replaced = true;
            send(failing.lease());
            return;
        }
        long now = System.nanoTime();
        failing.lease().close(blame(failure), now);
        report(failing, 0, failure.error(), now);
        if (!failing.isConnected() && !failure.error().isClients() && body.isRepeatable()) {
            askNext(failure.error());
        } else {
            answer(failure.error());
        }
    }

    /** Whether the upstream had closed a pooled connection, and has not seen the request: another one may do. */
    private boolean isStale(Attempt failing, UpstreamFailure failure) {
        return failure.error() == ProxyError.RESET && failing.isOnUsedConnection() && !replaced && body.isRepeatable();
    }

    private void report(Attempt reported, int status, @Nullable ProxyError failure, long now) {
        Lease lease = reported.lease();
        exchange.attempted(
                new AttemptResult(group.name(), lease.upstream().name(), status, failure, now - lease.acquired()));
    }

    private void answer(ProxyError error) {
        if (clientGone) {
            end();
        } else {
            Content.Source content = container.touch(() -> ErrorAnswer.content(exchange, Refusal.of(error)));
            if (content != null) {
                relay.relay(content);
            }
        }
    }

    @Override
    public void relayed() {
        Attempt answering = attempt;
        if (answering != null && answering.isAnswered()) {
            answering.lease().close(UpstreamStatus.outcome(exchange.status()), System.nanoTime());
            if (body.isFlowing()) {
                // The upstream has said its last word and wants no more of the request.
                answering.abort(new UpstreamFailure(ProxyError.RESET));
            }
        }
        end();
    }

    @Override
    public void cut(UpstreamFailure failure) {
        Attempt answering = attempt;
        if (answering != null) {
            answering.lease().close(blame(failure), System.nanoTime());
        }
    }

    private static Load.Outcome blame(UpstreamFailure failure) {
        return failure.error().isClients() ? Load.Outcome.NEUTRAL : Load.Outcome.FAILURE;
    }

    @Override
    public void clientGone() {
        clientGone = true;
        exchange.clientGone();
        abortAttempt(new UpstreamFailure(ProxyError.CLIENT_GONE));
        Attempt answering = attempt;
        if (answering == null || answering.isAnswered()) {
            end();
        }
    }

    @Override
    public void breakOff(ProxyError because) {
        abortAttempt(new UpstreamFailure(because));
    }

    private void abortAttempt(UpstreamFailure failure) {
        Attempt current = attempt;
        if (current != null) {
            current.abort(failure);
        }
    }

    private void end() {
        open.forget(this);
        Attempt last = attempt;
        if (last != null) {
            last.lease().close(Load.Outcome.NEUTRAL, System.nanoTime());
        }
        exchange.end();
        relay.close();
    }

    @Override
    public void checkDeadlines(long now) {
        HttpClientConfig settings = group.settings();
        Attempt current = attempt;
        if (body.isAwaitingClient()) {
            if (isOver(exchange.forward().config().timeout().connect(), body.lastActivity(), now)) {
                body.expire();
            }
        } else if (current != null && !current.isAnswered()) {
            checkAttempt(current, now);
        } else if (relay.isAwaitingUpstream()) {
            checkRelay(current, now);
        }
        if (current != null && !settings.stream() && isOver(settings.timeout().request(), exchange.started(), now)) {
            current.abort(new UpstreamFailure(ProxyError.REQUEST_TIMEOUT));
        }
    }

    private void checkAttempt(Attempt current, long now) {
        Duration connect = group.settings().timeout().connect();
        Duration firstByte = group.settings().timeout().firstByte();
        long since = Math.max(current.lease().acquired(), body.isFlowing() ? body.lastActivity() : Long.MIN_VALUE);
        if (!current.isConnected() && isOver(connect, current.lease().acquired(), now)) {
            current.abort(new UpstreamFailure(ProxyError.CONNECT_TIMEOUT));
        } else if (isOver(firstByte, since, now)) {
            current.abort(new UpstreamFailure(ProxyError.FIRST_BYTE_TIMEOUT));
        }
    }

    private void checkRelay(@Nullable Attempt current, long now) {
        Duration heartbeat = group.settings().heartbeat();
        if (current != null && isOver(group.settings().timeout().stall(), relay.lastPiece(), now)) {
            current.abort(new UpstreamFailure(ProxyError.STALLED));
        } else if (!heartbeat.isZero() && isOver(heartbeat, relay.lastWrite(), now)) {
            relay.heartbeat();
        }
    }

    private static boolean isOver(Duration allowed, long since, long now) {
        return now - since > allowed.toNanos();
    }
}
