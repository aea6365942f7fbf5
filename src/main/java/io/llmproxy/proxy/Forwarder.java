package io.llmproxy.proxy;

import io.llmproxy.auth.Credential;
import io.llmproxy.balance.Load;
import io.llmproxy.config.CooldownConfig;
import io.llmproxy.config.HttpClientConfig;
import io.llmproxy.protocol.RetryAfter;
import io.llmproxy.protocol.StreamOpening;
import io.llmproxy.ratelimit.ConcurrencyLimit;
import io.llmproxy.upstream.Lease;
import io.llmproxy.upstream.SlotWait;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import jakarta.servlet.AsyncContext;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
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
final class Forwarder
        implements RequestBody.Owner,
                Attempt.Owner,
                CommitPoint.Owner,
                ResponseRelay.Owner,
                ConcurrencyLimit.Waiter,
                OpenExchanges.Watched {
    private static final Logger LOG = LoggerFactory.getLogger(Forwarder.class);

    private final Exchange exchange;
    private final UpstreamGroup group;
    private final OpenExchanges open;
    private final ContainerSide container;
    private final RequestBody body;
    private final ResponseRelay relay;
    private final RetryPolicy policy;
    private final Set<Upstream> tried = new HashSet<>(2);
    private final AtomicReference<@Nullable Pause> pause = new AtomicReference<>();
    private volatile @Nullable Attempt attempt;
    private volatile @Nullable CommitPoint commitPoint;
    private final AtomicReference<@Nullable ConcurrencyLimit> slot = new AtomicReference<>();
    private int rounds;
    private boolean replaced;
    private volatile boolean clientGone;

    Forwarder(Exchange exchange, AsyncContext async, OpenExchanges open, BufferBudget budget) throws IOException {
        this.exchange = exchange;
        this.group = Objects.requireNonNull(exchange.group(), "routed");
        this.open = open;
        this.container = new ContainerSide(async);
        this.body = new RequestBody(exchange.clientRequest(), exchange.forward(), budget, container, this);
        this.relay = new ResponseRelay(exchange, container, this);
        this.policy = RetryPolicy.of(
                exchange.method(), exchange.path(), group.settings().retry());
    }

    void start(AsyncContext async) {
        open.watch(this);
        relay.open(async);
        ConcurrencyLimit slots = exchange.forward().admission().concurrency();
        if (slots == null) {
            body.collect();
            return;
        }
        Duration limit = exchange.forward().config().queueTimeout();
        pause(Pause.inLine(System.nanoTime(), limit, () -> shed(Shed.QUEUE_TIMEOUT), () -> slots.cancel(this)));
        if (!slots.enqueue(this) && pause.getAndSet(null) != null) {
            shed(Shed.QUEUE_FULL);
        }
    }

    private void pause(Pause next) {
        pause.set(next);
        if (clientGone) {
            clientGone();
        }
    }

    /** The forward may serve it now. */
    @Override
    public void granted() {
        ConcurrencyLimit slots =
                Objects.requireNonNull(exchange.forward().admission().concurrency());
        if (pause.getAndSet(null) == null) {
            slots.release();
        } else {
            slot.set(slots);
            body.collect();
        }
    }

    private void shed(Shed because) {
        exchange.shed(because);
        answer(new Refusal(ProxyError.OVERLOADED, Duration.ofSeconds(1).toNanos(), false));
    }

    @Override
    public void bodyReady() {
        long now = System.nanoTime();
        group.budget().request(now);
        Lease lease = clientGone ? null : group.acquire(this::isUntried, now);
        if (lease != null) {
            send(lease);
        } else {
            awaitSlot(now);
        }
    }

    @Override
    public void bodyRefused(ProxyError error) {
        if (error == ProxyError.OVERLOADED) {
            shed(Shed.BUFFERS_FULL);
        } else {
            answer(Refusal.of(error));
        }
    }

    @Override
    public void bodyBroken(UpstreamFailure failure) {
        abortAttempt(failure);
    }

    private boolean isUntried(Upstream upstream) {
        return !tried.contains(upstream);
    }

    /** No upstream is free. If one would be but for the number of its requests, it is worth waiting for. */
    private void awaitSlot(long now) {
        SlotWait wait = clientGone ? null : group.busy(this::isUntried, now);
        if (wait == null) {
            turnAway(now, false);
            return;
        }
        pause(Pause.inLine(now, wait.limit(), () -> shed(Shed.QUEUE_TIMEOUT), wait::cancel));
        if (!wait.start(this::slotGranted) && pause.getAndSet(null) != null) {
            shed(Shed.QUEUE_FULL);
        }
    }

    private void slotGranted(@Nullable Lease lease) {
        long now = System.nanoTime();
        if (pause.getAndSet(null) == null) {
            if (lease != null) {
                lease.close(Load.Outcome.NEUTRAL, now);
            }
        } else if (lease == null) {
            turnAway(now, false);
        } else {
            send(lease);
        }
    }

    private void turnAway(long now, boolean attempted) {
        if (!clientGone) {
            group.rejected(now);
            exchange.attempted(new AttemptResult(group.name(), null, 0, ProxyError.NO_UPSTREAM, 0));
        }
        ProxyError error = group.isCoolingDown(now) ? ProxyError.UPSTREAM_RATE_LIMITED : ProxyError.NO_UPSTREAM;
        answer(new Refusal(error, group.retryAfterNanos(now), attempted));
    }

    private void send(Lease lease) {
        tried.add(lease.upstream());
        exchange.attempting(lease.upstream().name());
        dispatch(lease);
    }

    private void dispatch(Lease lease) {
        try {
            Request upstreamRequest = container.touch(() -> UpstreamRequests.of(exchange, lease, group.settings()));
            if (upstreamRequest == null) {
                lease.close(Load.Outcome.NEUTRAL, System.nanoTime());
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
            answer(Refusal.of(ProxyError.INTERNAL));
        }
    }

    @Override
    public void answered(Attempt answering, Response upstreamResponse, Content.Source content) {
        try {
            judge(answering, upstreamResponse, content);
        } catch (RuntimeException e) {
            // Without this nobody would: the client's library only logs what its listeners throw.
            LOG.error("{}: the answer could not be passed on", exchange.id(), e);
            answering.abort(new UpstreamFailure(ProxyError.INTERNAL));
            answer(Refusal.of(ProxyError.INTERNAL));
        }
    }

    /** Passes an answer on, unless it is one that another upstream may better. */
    private void judge(Attempt answering, Response upstreamResponse, Content.Source content) {
        int status = upstreamResponse.getStatus();
        if (status >= 400) {
            judgeError(answering, upstreamResponse, content);
            return;
        }
        StreamOpening opening = opening(upstreamResponse, status);
        if (opening == null) {
            Content.Chunk first = content.read();
            if (Content.Chunk.isFailure(first)) {
                setBack(answering, UpstreamFailure.of(first.getFailure(), true), true);
            } else {
                accept(answering, upstreamResponse, content, first);
            }
        } else {
            CommitPoint point = new CommitPoint(answering, upstreamResponse, content, opening, this);
            commitPoint = point;
            point.run();
        }
    }

    private void judgeError(Attempt answering, Response upstreamResponse, Content.Source content) {
        int status = upstreamResponse.getStatus();
        long now = System.nanoTime();
        Lease lease = answering.lease();
        coolDown(lease, upstreamResponse, now);
        lease.close(UpstreamStatus.outcome(status), now);
        if (UpstreamStatus.isUnauthorized(status) && lease.upstream().credential() instanceof Credential.Header) {
            LOG.warn(
                    "upstream {} does not accept its credential: {}",
                    lease.upstream().name(),
                    status);
            report(answering, status, ProxyError.UPSTREAM_AUTH, now);
            if (!tryAnother(now)) {
                answer(new Refusal(ProxyError.UPSTREAM_AUTH, 0, true));
            }
            new Leftover(answering, content).run();
            return;
        }
        report(answering, status, null, now);
        String advice = upstreamResponse.getHeaders().get(ErrorAnswer.SHOULD_RETRY);
        if (policy.allows(status, advice) && tryAgain(now)) {
            new Leftover(answering, content).run();
        } else {
            commit(answering, upstreamResponse, content, null);
        }
    }

    private @Nullable StreamOpening opening(Response upstreamResponse, int status) {
        boolean watched = status == 200
                && body.isRepeatable()
                && !group.settings().commitDelay().isZero()
                && EventStreams.isEventStream(upstreamResponse.getHeaders())
                && !upstreamResponse.getHeaders().contains("Content-Encoding");
        return watched ? StreamOpening.of(exchange.path()) : null;
    }

    /** An upstream that is asked too much says for how long it wants to be left alone, or is left alone for a while. */
    private static void coolDown(Lease lease, Response upstreamResponse, long now) {
        int status = upstreamResponse.getStatus();
        if (!UpstreamStatus.isRefusal(status)) {
            return;
        }
        CooldownConfig config = lease.upstream().config().rateLimited();
        OptionalLong asked = RetryAfter.nanos(upstreamResponse.getHeaders()::get, Instant.now());
        if (asked.isPresent()) {
            Duration time =
                    Duration.ofNanos(Math.min(asked.getAsLong(), config.max().toNanos()));
            lease.coolDown(time, now);
        } else if (status == 429) {
            lease.coolDown(config.otherwise(), now);
        }
    }

    @Override
    public void reached(CommitPoint point) {
        int refusal = point.refusal();
        if (UpstreamStatus.isRefusal(refusal)) {
            long now = System.nanoTime();
            point.attempt().lease().close(UpstreamStatus.outcome(refusal), now);
            if (policy.allows(refusal, null) && tryAgain(now)) {
                report(point.attempt(), refusal, null, now);
                new Leftover(point.attempt(), point).run();
                return;
            }
        }
        accept(point.attempt(), point.upstreamResponse(), point, null);
    }

    @Override
    public void missed(CommitPoint point, UpstreamFailure failure) {
        setBack(point.attempt(), failure, true);
    }

    private void accept(
            Attempt answering, Response upstreamResponse, Content.Source content, Content.@Nullable Chunk first) {
        long now = System.nanoTime();
        answering.lease().responded(now);
        report(answering, upstreamResponse.getStatus(), null, now);
        commit(answering, upstreamResponse, content, first);
    }

    /** From here on the client sees this answer, and no other. */
    private void commit(
            Attempt answering, Response upstreamResponse, Content.Source content, Content.@Nullable Chunk first) {
        int status = upstreamResponse.getStatus();
        body.release();
        exchange.answering(status, null);
        long now = System.nanoTime();
        container.touch(() -> {
            var clientResponse = ResponseHeaders.copy(upstreamResponse, exchange);
            if (status >= 400 && exchange.attempts() > 1) {
                clientResponse.setHeader(ErrorAnswer.SHOULD_RETRY, "false");
            }
            if (status == 429 && group.isCoolingDown(now)) {
                Refusal told = new Refusal(ProxyError.UPSTREAM_RATE_LIMITED, group.retryAfterNanos(now), true);
                clientResponse.setHeader("Retry-After", Long.toString(told.retryAfterSeconds()));
            }
            return clientResponse;
        });
        relay.relay(content, first);
        if (clientGone) {
            answering.abort(new UpstreamFailure(ProxyError.CLIENT_GONE));
        }
    }

    @Override
    public void failed(Attempt failing, UpstreamFailure failure) {
        if (isStale(failing, failure)) {
            replaced = true;
            dispatch(failing.lease());
        } else {
            setBack(failing, failure, failing.isConnected());
        }
    }

    /** Whether the upstream had closed a pooled connection, and has not seen the request: another one may do. */
    private boolean isStale(Attempt failing, UpstreamFailure failure) {
        return failure.error() == ProxyError.RESET && failing.isOnUsedConnection() && !replaced && body.isRepeatable();
    }

    private void setBack(Attempt failing, UpstreamFailure failure, boolean connected) {
        long now = System.nanoTime();
        ProxyError error = failure.error();
        failing.lease().close(blame(error), now);
        report(failing, 0, error, now);
        if (!policy.allows(error, connected) || !tryAgain(now)) {
            answer(new Refusal(error, 0, error != ProxyError.SHUTTING_DOWN));
        }
    }

    /** Sends the request again, to another upstream at once or to any after a pause, if that is allowed and possible. */
    private boolean tryAgain(long now) {
        if (tryAnother(now)) {
            return true;
        }
        long cooling = group.isCoolingDown(now) ? group.retryAfterNanos(now) : 0;
        if (clientGone
                || !body.isRepeatable()
                || !policy.allowsRound(exchange.attempts())
                || !RetryPolicy.isBearable(cooling)
                || !isWithinBudget(now)) {
            return false;
        }
        long delay = policy.pauseNanos(rounds++, ThreadLocalRandom.current());
        tried.clear();
        pause(Pause.until(now + Math.max(delay, cooling), this::nextRound));
        return true;
    }

    /** Sends the request to an upstream that was not tried yet. */
    private boolean tryAnother(long now) {
        Lease lease = clientGone || !body.isRepeatable() ? null : group.acquire(this::isUntried, now);
        if (lease == null) {
            return false;
        }
        boolean allowed = isWithinBudget(now);
        if (allowed) {
            send(lease);
        } else {
            lease.close(Load.Outcome.NEUTRAL, now);
        }
        return allowed;
    }

    private boolean isWithinBudget(long now) {
        boolean within = group.budget().tryRetry(now);
        exchange.retried(within);
        return within;
    }

    private void nextRound() {
        long now = System.nanoTime();
        Lease lease = group.acquire(this::isUntried, now);
        if (lease == null) {
            turnAway(now, true);
        } else {
            send(lease);
        }
    }

    private void report(Attempt reported, int status, @Nullable ProxyError failure, long now) {
        Lease lease = reported.lease();
        exchange.attempted(
                new AttemptResult(group.name(), lease.upstream().name(), status, failure, now - lease.acquired()));
    }

    private void answer(Refusal refusal) {
        body.release();
        if (clientGone) {
            end();
        } else {
            Content.Source content = container.touch(() -> ErrorAnswer.content(exchange, refusal));
            if (content != null) {
                relay.relay(content, null);
            }
        }
    }

    @Override
    public void relayed(boolean failed) {
        Attempt answering = attempt;
        if (answering != null && answering.isAnswered()) {
            Load.Outcome outcome = failed ? Load.Outcome.FAILURE : UpstreamStatus.outcome(exchange.status());
            answering.lease().close(outcome, System.nanoTime());
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
            answering.lease().close(blame(failure.error()), System.nanoTime());
            answering.abort(failure);
        }
    }

    private static Load.Outcome blame(ProxyError error) {
        return error.blamesUpstream() ? Load.Outcome.FAILURE : Load.Outcome.NEUTRAL;
    }

    @Override
    public void clientGone() {
        clientGone = true;
        exchange.clientGone();
        abortAttempt(new UpstreamFailure(ProxyError.CLIENT_GONE));
        Pause waiting = pause.getAndSet(null);
        if (waiting != null) {
            waiting.cancel().run();
            end();
            return;
        }
        Attempt answering = attempt;
        if (answering == null || answering.isAnswered()) {
            end();
        }
    }

    @Override
    public void breakOff(ProxyError because) {
        Pause waiting = pause.getAndSet(null);
        if (waiting != null) {
            waiting.cancel().run();
            answer(Refusal.of(because));
        } else {
            body.giveUp(because);
            abortAttempt(new UpstreamFailure(because));
        }
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
        body.release();
        exchange.end();
        relay.close();
        ConcurrencyLimit slots = slot.getAndSet(null);
        if (slots != null) {
            slots.release();
        }
    }

    @Override
    public void checkDeadlines(long now) {
        Pause waiting = pause.get();
        if (waiting != null) {
            if (waiting.isOver(now) && pause.compareAndSet(waiting, null)) {
                waiting.cancel().run();
                waiting.over().run();
            }
            return;
        }
        HttpClientConfig settings = group.settings();
        Attempt current = attempt;
        CommitPoint point = commitPoint;
        if (body.isAwaitingClient()) {
            checkBody(now);
        } else if (current != null && !current.isAnswered()) {
            checkAttempt(current, now);
        } else if (point != null && !point.isDecided()) {
            checkCommitPoint(point, now);
        } else if (relay.isAwaitingUpstream()) {
            checkRelay(current, now);
        } else if (relay.isAwaitingClient()
                && isOver(exchange.forward().config().timeout().write(), relay.lastWrite(), now)) {
            relay.abandon();
        }
        if (current != null && !settings.stream() && isOver(settings.timeout().request(), exchange.started(), now)) {
            current.abort(new UpstreamFailure(ProxyError.REQUEST_TIMEOUT));
        }
    }

    private void checkBody(long now) {
        Duration grace = exchange.forward().config().timeout().connect();
        int rate = exchange.forward().config().minBodyRate();
        if (isOver(grace, body.lastActivity(), now) || body.isTooSlow(grace, rate, now)) {
            body.expire();
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

    private void checkCommitPoint(CommitPoint point, long now) {
        if (isOver(group.settings().timeout().stall(), point.lastPiece(), now)) {
            point.attempt().abort(new UpstreamFailure(ProxyError.STALLED));
        } else if (isOver(group.settings().commitDelay(), point.since(), now)) {
            point.expire();
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
