package io.llmproxy.proxy;

import io.llmproxy.auth.Credential;
import io.llmproxy.balance.Load;
import io.llmproxy.config.CooldownConfig;
import io.llmproxy.protocol.RetryAfter;
import io.llmproxy.protocol.StreamOpening;
import io.llmproxy.upstream.Lease;
import io.llmproxy.upstream.SlotWait;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks one upstream after the other until one gives an answer that the client can be given, or there is none left to ask.
 * Until then the client has seen nothing; after that, nothing can be taken back.
 */
final class Failover implements Attempt.Owner, CommitPoint.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(Failover.class);

    private final Exchange exchange;
    private final UpstreamGroup group;
    private final ContainerSide container;
    private final RequestBody body;
    private final Waiting waiting;
    private final Owner owner;
    private final RetryPolicy policy;
    private final Set<Upstream> tried = new HashSet<>(2);
    private volatile @Nullable Attempt attempt;
    private volatile @Nullable CommitPoint commitPoint;
    private volatile boolean stopped;
    private int rounds;
    private boolean replaced;

    /** Who gets the answer: one of the three is called, once. */
    interface Owner {
        /**
         * An upstream's answer is to be passed on.
         *
         * @param upstreamResponse its head
         * @param content its body
         * @param first what was read of the body already, or null
         */
        void answered(Response upstreamResponse, Content.Source content, Content.@Nullable Chunk first);

        /** There is no answer but our own. */
        void refused(Refusal refusal);

        /** There is no answer, as there is too much to do. */
        void shed(Shed because);
    }

    Failover(
            Exchange exchange,
            UpstreamGroup group,
            ContainerSide container,
            RequestBody body,
            Waiting waiting,
            Owner owner) {
        this.exchange = exchange;
        this.group = group;
        this.container = container;
        this.body = body;
        this.waiting = waiting;
        this.owner = owner;
        this.policy = RetryPolicy.of(
                exchange.method(), exchange.upstreamPath(), group.settings().retry());
    }

    /** The attempt that is under way, or was last; null before the first one. */
    @Nullable Attempt attempt() {
        return attempt;
    }

    /** Begins to ask. */
    void start() {
        long now = System.nanoTime();
        group.budget().request(now);
        Lease lease = stopped ? null : group.acquire(this::isUntried, now);
        if (lease != null) {
            send(lease);
        } else {
            awaitSlot(now);
        }
    }

    /** Asks nobody any more, and ends what is under way in whatever state it is. */
    void stop(UpstreamFailure because) {
        stopped = true;
        abort(because);
    }

    /** Ends the attempt that is under way; another may follow. */
    void abort(UpstreamFailure because) {
        Attempt current = attempt;
        if (current != null) {
            current.abort(because);
        }
    }

    /** Gives the last upstream back. */
    void close(Load.Outcome outcome) {
        Attempt last = attempt;
        if (last != null) {
            last.lease().close(outcome, System.nanoTime());
        }
    }

    /** Whether the upstream still owes the head of its answer, or the first content of a stream. */
    boolean isAwaitingAnswer() {
        Attempt current = attempt;
        CommitPoint point = commitPoint;
        return current != null && (!current.isAnswered() || (point != null && !point.isDecided()));
    }

    /** Does what is due while an answer is awaited. */
    void checkDeadlines(long now) {
        Attempt current = attempt;
        CommitPoint point = commitPoint;
        if (current != null && !current.isAnswered()) {
            check(current, now);
        } else if (point != null && !point.isDecided()) {
            check(point, now);
        }
    }

    private void check(Attempt current, long now) {
        Duration connect = group.settings().timeout().connect();
        Duration firstByte = group.settings().timeout().firstByte();
        long acquired = current.lease().acquired();
        long since = body.isFlowing() ? Math.max(acquired, body.lastActivity()) : acquired;
        if (!current.isConnected() && now - acquired > connect.toNanos()) {
            current.abort(new UpstreamFailure(ProxyError.CONNECT_TIMEOUT));
        } else if (now - since > firstByte.toNanos()) {
            current.abort(new UpstreamFailure(ProxyError.FIRST_BYTE_TIMEOUT));
        }
    }

    private void check(CommitPoint point, long now) {
        if (now - point.lastPiece() > group.settings().timeout().stall().toNanos()) {
            point.attempt().abort(new UpstreamFailure(ProxyError.STALLED));
        } else if (now - point.since() > group.settings().commitDelay().toNanos()) {
            point.expire();
        }
    }

    private boolean isUntried(Upstream upstream) {
        return !tried.contains(upstream);
    }

    /** No upstream is free. If one would be but for the number of its requests, it is worth waiting for. */
    private void awaitSlot(long now) {
        SlotWait slot = stopped ? null : group.busy(this::isUntried, now);
        if (slot == null) {
            turnAway(now);
            return;
        }
        waiting.inLine(now, slot.limit(), () -> owner.shed(Shed.QUEUE_TIMEOUT), slot::cancel);
        if (!slot.start(this::slotGranted) && waiting.end()) {
            owner.shed(Shed.QUEUE_FULL);
        }
    }

    private void slotGranted(@Nullable Lease lease) {
        long now = System.nanoTime();
        if (!waiting.end()) {
            if (lease != null) {
                lease.close(Load.Outcome.NEUTRAL, now);
            }
        } else if (lease == null) {
            turnAway(now);
        } else {
            send(lease);
        }
    }

    private void turnAway(long now) {
        group.rejected(now);
        exchange.attempted(new AttemptResult(group.name(), null, 0, ProxyError.NO_UPSTREAM, 0));
        ProxyError error = group.isCoolingDown(now) ? ProxyError.UPSTREAM_RATE_LIMITED : ProxyError.NO_UPSTREAM;
        owner.refused(new Refusal(error, group.retryAfterNanos(now), exchange.attempts() > 0));
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
                owner.refused(Refusal.of(ProxyError.CLIENT_GONE));
                return;
            }
            Attempt next = new Attempt(lease, upstreamRequest.body(body.content()), this);
            attempt = next;
            next.send();
            if (stopped) {
                next.abort(new UpstreamFailure(ProxyError.CLIENT_GONE));
            }
        } catch (RuntimeException e) {
            LOG.error(
                    "{}: no request could be made for {}",
                    exchange.id(),
                    lease.upstream().name(),
                    e);
            lease.close(Load.Outcome.NEUTRAL, System.nanoTime());
            owner.refused(Refusal.of(ProxyError.INTERNAL));
        }
    }

    @Override
    public void answered(Attempt answering, Response upstreamResponse, Content.Source content) {
        try {
            if (upstreamResponse.getStatus() < 400) {
                judge(answering, upstreamResponse, content);
            } else {
                judgeError(answering, upstreamResponse, content);
            }
        } catch (RuntimeException e) {
            // Without this nobody would: the client's library only logs what its listeners throw.
            LOG.error("{}: the answer could not be passed on", exchange.id(), e);
            answering.abort(new UpstreamFailure(ProxyError.INTERNAL));
            owner.refused(Refusal.of(ProxyError.INTERNAL));
        }
    }

    private void judge(Attempt answering, Response upstreamResponse, Content.Source content) {
        StreamOpening opening = opening(upstreamResponse);
        if (opening != null) {
            CommitPoint point = new CommitPoint(answering, upstreamResponse, content, opening, this);
            commitPoint = point;
            point.run();
            return;
        }
        Content.Chunk first = content.read();
        if (Content.Chunk.isFailure(first)) {
            setBack(answering, UpstreamFailure.of(first.getFailure(), true), true);
        } else {
            accept(answering, upstreamResponse, content, first);
        }
    }

    private @Nullable StreamOpening opening(Response upstreamResponse) {
        boolean heldBack = upstreamResponse.getStatus() == 200
                && !group.settings().commitDelay().isZero()
                && EventStreams.isEventStream(upstreamResponse.getHeaders())
                && !upstreamResponse.getHeaders().contains("Content-Encoding");
        return heldBack ? StreamOpening.of(exchange.upstreamPath()) : null;
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
                owner.refused(new Refusal(ProxyError.UPSTREAM_AUTH, 0, true));
            }
            new Leftover(answering, content).run();
            return;
        }
        report(answering, status, null, now);
        String advice = upstreamResponse.getHeaders().get(ErrorAnswer.SHOULD_RETRY);
        if (policy.allows(status, advice) && tryAgain(now)) {
            new Leftover(answering, content).run();
        } else {
            owner.answered(upstreamResponse, content, null);
        }
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
            lease.coolDown(
                    Duration.ofNanos(Math.min(asked.getAsLong(), config.max().toNanos())), now);
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
            if (tryAgain(now)) {
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
        owner.answered(upstreamResponse, content, first);
    }

    @Override
    public void failed(Attempt failing, UpstreamFailure failure) {
        if (isStale(failing, failure)) {
            replaced = true;
            if (failure.error() == ProxyError.REFUSED) {
                // Not at once: the client is still about to take the refused stream off the connection that both would
                // share.
                waiting.until(System.nanoTime(), () -> dispatch(failing.lease()));
            } else {
                dispatch(failing.lease());
            }
        } else {
            setBack(failing, failure, failing.isConnected());
        }
    }

    /**
     * Whether the connection is to blame: the upstream had closed it while it lay in the pool, or takes no more requests on
     * it. It has not begun to work on the request, and may do so on another connection.
     */
    private boolean isStale(Attempt failing, UpstreamFailure failure) {
        boolean unworked = failure.error() == ProxyError.REFUSED
                || (failure.error() == ProxyError.RESET && failing.isOnUsedConnection());
        return unworked && !replaced && !stopped && body.isRepeatable();
    }

    private void setBack(Attempt failing, UpstreamFailure failure, boolean connected) {
        long now = System.nanoTime();
        ProxyError error = failure.error();
        LOG.debug(
                "{}: {} after {}",
                exchange.id(),
                error.code(),
                failing.lease().upstream().name(),
                failure.getCause());
        failing.lease().close(blame(error), now);
        report(failing, 0, error, now);
        if (error == ProxyError.OVERLOADED) {
            owner.shed(Shed.NO_DESCRIPTORS);
        } else if (!policy.allows(error, connected) || !tryAgain(now)) {
            owner.refused(new Refusal(error, 0, error != ProxyError.SHUTTING_DOWN));
        }
    }

    /** What a failure says about the upstream. */
    static Load.Outcome blame(ProxyError error) {
        return error.blamesUpstream() ? Load.Outcome.FAILURE : Load.Outcome.NEUTRAL;
    }

    /** Sends the request again, to another upstream at once or to any after a pause, if that is allowed and possible. */
    private boolean tryAgain(long now) {
        Lease lease = another(now);
        return lease == null ? tryLater(now) : sendWithinBudget(lease, now);
    }

    /** Sends the request to an upstream that was not tried yet. */
    private boolean tryAnother(long now) {
        Lease lease = another(now);
        return lease != null && sendWithinBudget(lease, now);
    }

    private @Nullable Lease another(long now) {
        boolean allowed = rounds == 0 || policy.allowsRound(exchange.attempts());
        return stopped || !allowed || !body.isRepeatable() ? null : group.acquire(this::isUntried, now);
    }

    private boolean sendWithinBudget(Lease lease, long now) {
        boolean allowed = isWithinBudget(now);
        if (allowed) {
            send(lease);
        } else {
            lease.close(Load.Outcome.NEUTRAL, now);
        }
        return allowed;
    }

    private boolean tryLater(long now) {
        long cooling = group.isCoolingDown(now) ? group.retryAfterNanos(now) : 0;
        if (stopped
                || !body.isRepeatable()
                || !policy.allowsRound(exchange.attempts())
                || !RetryPolicy.isBearable(cooling)
                || !isWithinBudget(now)) {
            return false;
        }
        long delay = policy.pauseNanos(rounds++, ThreadLocalRandom.current());
        tried.clear();
        waiting.until(now + Math.max(delay, cooling), this::nextRound);
        return true;
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
            awaitSlot(now);
        } else {
            send(lease);
        }
    }

    private void report(Attempt reported, int status, @Nullable ProxyError failure, long now) {
        Lease lease = reported.lease();
        exchange.attempted(
                new AttemptResult(group.name(), lease.upstream().name(), status, failure, now - lease.acquired()));
    }
}
