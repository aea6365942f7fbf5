package io.llmproxy.proxy.forward;

import io.llmproxy.balance.Load;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.net.ClientPresence;
import io.llmproxy.protocol.AskedChoices;
import io.llmproxy.protocol.RetryAfter;
import io.llmproxy.proxy.answer.ErrorAnswer;
import io.llmproxy.proxy.answer.ResponseHeaders;
import io.llmproxy.proxy.answer.ResponseRelay;
import io.llmproxy.proxy.attempt.Attempt;
import io.llmproxy.proxy.attempt.Attempts;
import io.llmproxy.proxy.attempt.FutureWait;
import io.llmproxy.proxy.attempt.LineWatch;
import io.llmproxy.proxy.attempt.References;
import io.llmproxy.proxy.attempt.Selection;
import io.llmproxy.proxy.attempt.Upgraded;
import io.llmproxy.proxy.attempt.UpstreamStatus;
import io.llmproxy.proxy.attempt.Waiting;
import io.llmproxy.proxy.body.BufferBudget;
import io.llmproxy.proxy.body.RequestBody;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.error.UpstreamFailure;
import io.llmproxy.proxy.exchange.AskedModel;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.Line;
import io.llmproxy.proxy.exchange.Shed;
import io.llmproxy.proxy.exchange.Verdict;
import io.llmproxy.proxy.passage.Answer;
import io.llmproxy.proxy.passage.EventStreams;
import io.llmproxy.proxy.request.ContainerSide;
import io.llmproxy.quota.Limit;
import io.llmproxy.quota.Outcome;
import io.llmproxy.quota.Pending;
import io.llmproxy.ratelimit.ConcurrencyLimit;
import io.llmproxy.route.RouteTable;
import io.llmproxy.upstream.UpstreamGroup;
import io.llmproxy.websocket.SessionEnd;
import io.llmproxy.websocket.Side;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * Carries one exchange through: waits for its turn, collects the body, has an upstream asked, hands the answer to the relay,
 * and sees to it that the exchange ends once, whatever fails.
 */
public final class Forwarder
        implements ConcurrencyLimit.Waiter,
                RequestBody.Owner,
                Attempts.Owner,
                ResponseRelay.Owner,
                Tunnel.Owner,
                OpenExchanges.Watched {

    /** What the store has not said of a limit by then is decided without it, whatever it had to answer before. */
    private static final Duration LONGEST_STORE = Duration.ofMillis(50);

    /** It is known, or decided without the store, much sooner. */
    private static final Duration LONGEST_LIMITS = Duration.ofSeconds(1);

    /** What is asked of other nodes is answered, or given up, much sooner. */
    private static final Duration LONGEST_RESOURCES = Duration.ofSeconds(1);

    /** Some upstreams keep a stream open that has come to its end; usage follows at once where it does. */
    private static final Duration LONGEST_END = Duration.ofSeconds(2);

    /** The client waits for nothing any more, but its place among those that are served is taken. */
    private static final Duration LONGEST_READ_ON = Duration.ofMillis(500);

    private final Exchange exchange;
    private final RouteTable<UpstreamGroup>.Lookup route;
    private final OpenExchanges open;
    private final Executor workers;
    private final ContainerSide container;
    private final @Nullable ClientPresence presence;
    private final RequestBody body;
    private final ResponseRelay relay;
    private final Waiting waiting = new Waiting();
    /** How it waits for its turn at the forward, if it does. */
    private volatile @Nullable LineWatch line;

    private final AtomicReference<@Nullable ConcurrencyLimit> permit = new AtomicReference<>();
    private volatile @Nullable Attempts attempts;
    private volatile @Nullable Tunnel tunnel;
    private volatile boolean clientGone;

    /**
     * @param route tells the group, perhaps not before the model is known
     * @param workers look into large bodies, which takes milliseconds that others on this thread would wait
     */
    public Forwarder(
            Exchange exchange,
            RouteTable<UpstreamGroup>.Lookup route,
            AsyncContext async,
            OpenExchanges open,
            BufferBudget budget,
            Executor workers)
            throws IOException {
        this.exchange = exchange;
        this.route = route;
        this.open = open;
        this.workers = workers;
        this.container = new ContainerSide(async, exchange.clientRequest());
        this.presence = (ClientPresence) exchange.clientRequest().getAttribute(ClientPresence.ATTRIBUTE);
        this.body = new RequestBody(exchange.clientRequest(), exchange.forward().config(), budget, container, this);
        this.relay = new ResponseRelay(exchange, container, this);
    }

    public void start(AsyncContext async) {
        open.watch(this);
        relay.open(async);
        ConcurrencyLimit permits = exchange.forward().admission().concurrency();
        if (permits == null) {
            collect();
        } else if (permits.tryAcquire()) {
            permit.set(permits);
            collect();
        } else {
            queue(permits);
        }
        if (clientGone && container.isHandedBack() && attempts == null) {
            // It left while this was under way, so that what was begun since has no end yet.
            end();
        }
    }

    private void queue(ConcurrencyLimit permits) {
        long now = System.nanoTime();
        LineWatch watch = new LineWatch(exchange, Line.FORWARD, now);
        line = watch;
        Duration limit = exchange.forward().config().queueTimeout();
        waiting.inLine(now, limit, () -> shed(Shed.QUEUE_TIMEOUT), () -> {
            permits.cancel(this);
            watch.left();
        });
        if (!permits.enqueue(this) && waiting.end()) {
            shed(Shed.QUEUE_FULL);
        } else {
            // Also if the client has just left, which was told already.
            watch.entered();
        }
    }

    /** The forward may serve it now. */
    @Override
    public void granted() {
        ConcurrencyLimit permits =
                Objects.requireNonNull(exchange.forward().admission().concurrency());
        if (waiting.end()) {
            if (line != null) {
                line.left();
            }
            permit.set(permits);
            collect();
        } else {
            permits.release();
        }
    }

    /** What follows a handshake is read by the session. */
    private void collect() {
        if (exchange.webSocket() == null) {
            body.collect();
        } else {
            body.leave();
        }
    }

    @Override
    public void bodyReady() {
        exchange.received(body::collected);
        if (body.isLarge()) {
            workers.execute(this::askForModel);
        } else {
            askForModel();
        }
    }

    private void askForModel() {
        ModelQuestion.Answer asked = container.touch(() -> ModelQuestion.ask(exchange, body));
        if (asked == null) {
            end();
        } else if (asked.refusal() == null) {
            ask(asked.model());
        } else if (asked.refusal().error() == ProxyError.OVERLOADED) {
            shed(Shed.BUFFERS_FULL);
        } else {
            refused(asked.refusal());
        }
    }

    private void ask(@Nullable AskedModel model) {
        exchange.asks(model);
        Refusal refusal =
                exchange.group() == null ? Routing.decide(exchange, route, model == null ? null : model.name()) : null;
        if (refusal != null) {
            refused(refusal);
            return;
        }
        Outcome outcome = LimitQuestion.ask(exchange, body);
        if (outcome instanceof Pending pending) {
            awaitLimits(pending);
        } else {
            bounded(outcome);
        }
    }

    /** Waits for what only the store knows that nodes share. The thread that speaks with it has more to do than this exchange. */
    private void awaitLimits(Pending pending) {
        waiting.inLine(System.nanoTime(), LONGEST_LIMITS, this::limitsUnknown, () -> {});
        Future<?> late = open.after(LONGEST_STORE, () -> pending.giveUp().accept(LimitQuestion.now(exchange)));
        var unused = pending.outcome()
                .thenAcceptAsync(
                        known -> {
                            late.cancel(false);
                            if (waiting.end()) {
                                bounded(known);
                            } else {
                                LimitQuestion.giveBack(exchange, known);
                            }
                        },
                        workers);
    }

    private void limitsUnknown() {
        refused(new Refusal(ProxyError.LIMITS_UNKNOWN, Refusal.SOON.toNanos(), false));
    }

    private void bounded(@Nullable Outcome outcome) {
        Refusal refusal = outcome == null ? null : LimitQuestion.settle(exchange, outcome);
        if (refusal != null) {
            refused(refusal);
            return;
        }
        UpstreamGroup group = Objects.requireNonNull(exchange.group(), "routed");
        References references = References.of(exchange, group, body);
        CompletableFuture<Boolean> asked = references.ask(group);
        if (asked == null) {
            askUpstreams(group, references);
        } else {
            new FutureWait<Boolean>(waiting, LONGEST_RESOURCES)
                    .start(
                            asked,
                            (all, failure) ->
                                    workers.execute(() -> resourcesKnown(group, references, Boolean.TRUE.equals(all))),
                            () -> {});
        }
    }

    /** What has an owner is not taken for what has none because there was no time to ask. */
    private void resourcesKnown(UpstreamGroup group, References references, boolean all) {
        if (all || exchange.clientKey() == null) {
            askUpstreams(group, references);
        } else {
            refused(new Refusal(ProxyError.RESOURCES_UNKNOWN, Refusal.SOON.toNanos(), false));
        }
    }

    private void askUpstreams(UpstreamGroup group, References references) {
        Attempts asking = new Attempts(exchange, group, container, body, references, waiting, this);
        attempts = asking;
        if (clientGone) {
            asking.stop(new UpstreamFailure(ProxyError.CLIENT_GONE));
        }
        asking.start();
    }

    private @Nullable Attempt attempt() {
        Attempts asking = attempts;
        return asking == null ? null : asking.attempt();
    }

    private void stop(UpstreamFailure because) {
        Attempts asking = attempts;
        if (asking != null) {
            asking.stop(because);
        }
    }

    private void abort(UpstreamFailure because) {
        Attempts asking = attempts;
        if (asking != null) {
            asking.abort(because);
        }
    }

    private void close(Load.Outcome outcome) {
        Attempts asking = attempts;
        if (asking != null) {
            asking.close(outcome);
        }
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
        abort(failure);
    }

    /** From here on the client sees this answer, and no other. */
    @Override
    public void answered(Answer answer) {
        if (EventStreams.isEventStream(answer.headers())) {
            exchange.asksFor(AskedChoices.of(exchange.upstreamEndpoint(), body.collected()));
        }
        body.release();
        exchange.answering(answer.status(), null);
        exchange.forgetHead();
        container.touch(() -> head(answer));
        relay.relay(answer.content(), answer.first());
        if (clientGone && !relay.isReadingOn()) {
            stop(new UpstreamFailure(ProxyError.CLIENT_GONE));
        }
    }

    /** From here on the client's connection is no longer one of HTTP. */
    @Override
    public void upgraded(Upgraded upgraded) {
        body.release();
        exchange.answering(upgraded.upstreamResponse().getStatus(), null);
        exchange.forgetHead();
        Tunnel opened = new Tunnel(exchange, upgraded, this);
        tunnel = opened;
        opened.open(container);
        if (clientGone) {
            opened.abort();
        }
    }

    @Override
    public void tunnelEnded(SessionEnd how) {
        Load.Outcome outcome = how.by() == Side.UPSTREAM ? upstreamEnded(how) : clientEnded(how);
        close(outcome);
        end();
    }

    private Load.Outcome upstreamEnded(SessionEnd how) {
        if (how.cause() == SessionEnd.Cause.CLOSED) {
            sessionClosed();
            return Load.Outcome.SUCCESS;
        }
        ProxyError failure = switch (how.cause()) {
            case VIOLATION -> ProxyError.BAD_RESPONSE;
            case SLOW -> ProxyError.STALLED;
            default -> ProxyError.RESET;
        };
        exchange.brokeOff(failure);
        exchange.cut(failure);
        return Load.Outcome.FAILURE;
    }

    /** The upstream has no part in it. */
    private Load.Outcome clientEnded(SessionEnd how) {
        switch (how.cause()) {
            case CLOSED, IDLE -> sessionClosed();
            case CUT -> exchange.clientGone();
            case VIOLATION -> exchange.cut(ProxyError.INVALID_REQUEST);
            case SLOW -> exchange.cut(ProxyError.CLIENT_TOO_SLOW);
            case STOPPED -> exchange.cut(whyStopped());
        }
        return Load.Outcome.SUCCESS;
    }

    private ProxyError whyStopped() {
        Tunnel session = tunnel;
        ProxyError refused = session == null ? null : session.refused();
        if (refused != null) {
            return refused;
        }
        Limit reached = exchange.reached();
        return reached == null ? ProxyError.SHUTTING_DOWN : LimitQuestion.error(reached);
    }

    private void sessionClosed() {
        Attempt current = attempt();
        if (current != null) {
            current.sessionClosed();
        }
    }

    /** An error that others were asked about, too, says so; and when it is worth asking again, as far as all are concerned. */
    private HttpServletResponse head(Answer answer) {
        HttpServletResponse clientResponse = ResponseHeaders.copy(answer, exchange);
        int status = answer.status();
        if (status >= 400 && exchange.attempts() > 1) {
            clientResponse.setHeader(ErrorAnswer.SHOULD_RETRY, "false");
        }
        long now = System.nanoTime();
        Selection asked =
                Objects.requireNonNull(attempts, "they have the answer").selection();
        boolean inVain = "false".equals(answer.headers().get(ErrorAnswer.SHOULD_RETRY));
        if (status == 429 && asked.isCoolingDown(now) && !inVain) {
            clientResponse.setHeader("Retry-After", Long.toString(RetryAfter.seconds(asked.retryAfterNanos(now))));
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
            if (clientGone) {
                // It left just when this began.
                end();
            }
        }
    }

    @Override
    public void shed(Shed because) {
        exchange.shed(because);
        refused(Refusal.overloaded());
    }

    @Override
    public void relayed(boolean failed) {
        Attempt answering = attempt();
        if (answering != null && answering.isAnswered()) {
            close(failed ? Load.Outcome.FAILURE : UpstreamStatus.outcome(exchange.status()));
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
        if (failure.error().blamesUpstream()) {
            exchange.retried(Verdict.COMMITTED);
        }
        close(failure.outcome());
        stop(failure);
    }

    @Override
    public void clientGone() {
        clientGone = true;
        Tunnel session = tunnel;
        if (session != null) {
            session.abort();
            return;
        }
        exchange.clientGone();
        if (readsOn()) {
            return;
        }
        stop(new UpstreamFailure(ProxyError.CLIENT_GONE));
        Attempts asking = attempts;
        boolean waited = waiting.giveUp();
        boolean unanswered = asking != null && asking.attempt() != null && !asking.isAnswered();
        if (waited || !unanswered || relay.isAttached()) {
            end();
        }
    }

    /** Only for usage, and not while the upstream waits for what the client would have gone on to send. */
    private boolean readsOn() {
        Attempt answering = attempt();
        boolean learns = answering != null && answering.mayTellMore() && !body.isFlowing();
        return (learns || relay.isReadingOn()) && relay.readOn(drains());
    }

    private boolean drains() {
        return exchange.forward().config().onClientGone() == ForwardConfig.OnClientGone.DRAIN;
    }

    @Override
    public void readOn(boolean whole) {
        if (!whole) {
            stop(new UpstreamFailure(ProxyError.CLIENT_GONE));
        }
        end();
    }

    @Override
    public void breakOff(ProxyError because) {
        Tunnel session = tunnel;
        if (session != null) {
            session.shutDown();
        } else if (waiting.giveUp()) {
            refused(Refusal.of(because));
        } else {
            body.refuse(because);
            abort(new UpstreamFailure(because));
        }
    }

    /** An answer that breaks off is the container's to end; a session of WebSocket is ours. */
    @Override
    public void abandon() {
        Tunnel session = tunnel;
        if (session != null) {
            session.abort();
        }
    }

    private void end() {
        open.forget(this);
        close(Load.Outcome.NEUTRAL);
        body.release();
        Attempts asking = attempts;
        if (asking != null) {
            asking.release();
        }
        exchange.end();
        relay.close();
        ConcurrencyLimit permits = permit.getAndSet(null);
        if (permits != null) {
            permits.release();
        }
    }

    @Override
    public void checkDeadlines(long now) {
        Tunnel session = tunnel;
        if (session != null) {
            session.checkDeadlines(now);
            return;
        }
        if (relay.isReadingOn()) {
            if (hasReadOnForLong(now)) {
                readOn(false);
            }
            return;
        }
        Attempts asking = attempts;
        boolean awaited = asking != null && asking.isAwaited() && !relay.isAttached();
        if ((waiting.isWaiting() || awaited) && isClientGone(now)) {
            clientGone();
        } else if (waiting.isWaiting()) {
            waiting.check(now);
        } else if (body.isAwaitingClient()) {
            checkBody(now);
        } else if (asking != null && awaited) {
            asking.checkDeadlines(now);
        } else {
            checkRelay(now);
        }
        if (clientGone && waiting.giveUp()) {
            // It began to wait just when the client left.
            end();
        }
        if (takesTooLong(now)) {
            abort(new UpstreamFailure(ProxyError.REQUEST_TIMEOUT));
        }
    }

    private boolean takesTooLong(long now) {
        UpstreamGroup group = exchange.group();
        return group != null
                && !group.settings().stream()
                && isOver(group.settings().timeout().request(), exchange.started(), now);
    }

    private boolean hasReadOnForLong(long now) {
        ForwardConfig config = exchange.forward().config();
        Duration longest = relay.isReadingLittle() ? LONGEST_READ_ON : config.drainTimeout();
        return isOver(longest, relay.readingOnSince(), now) || isSilent(now) || takesTooLong(now);
    }

    /** Whether the upstream has sent nothing for longer than it may, be it for a client or for none. */
    private boolean isSilent(long now) {
        UpstreamGroup group = exchange.group();
        return (relay.isEnding() && isOver(LONGEST_END, relay.lastPiece(), now))
                || (group != null && isOver(group.settings().timeout().stall(), relay.lastPiece(), now));
    }

    /** Whether a client to which nothing was written yet is known to have left; only a server that looks can tell. */
    private boolean isClientGone(long now) {
        if (presence == null || clientGone) {
            return false;
        }
        Boolean gone = container.touch(() -> !exchange.clientResponse().isCommitted() && presence.isGone(now));
        return gone != null && gone;
    }

    /** Whether the client of a silent answer has said its last word, and perhaps left; only a server that looks can tell. */
    private boolean mayHaveLeft(long now) {
        return presence != null && presence.hasEnded(now);
    }

    private void checkBody(long now) {
        Duration grace = exchange.forward().config().timeout().connect();
        int rate = exchange.forward().config().minBodyRate();
        if (isOver(grace, body.lastActivity(), now) || body.isTooSlow(grace, rate, now)) {
            body.expire();
        }
    }

    private void checkRelay(long now) {
        UpstreamGroup group = exchange.group();
        if (relay.isAwaitingClient()) {
            if (isOver(exchange.forward().config().timeout().write(), relay.lastWrite(), now)) {
                relay.abandon();
            }
        } else if (relay.isAwaitingUpstream() && group != null) {
            Duration heartbeat = group.settings().heartbeat();
            if (relay.isEnding() && isOver(LONGEST_END, relay.lastPiece(), now)) {
                abort(new UpstreamFailure(ProxyError.RESET));
            } else if (isOver(group.settings().timeout().stall(), relay.lastPiece(), now)) {
                abort(new UpstreamFailure(ProxyError.STALLED));
            } else if (!heartbeat.isZero()
                    && isOver(heartbeat, relay.lastWrite(), now)
                    && (relay.hasHeartbeat() || mayHaveLeft(now))) {
                relay.heartbeat();
            }
        }
    }

    private static boolean isOver(Duration allowed, long since, long now) {
        return now - since > allowed.toNanos();
    }
}
