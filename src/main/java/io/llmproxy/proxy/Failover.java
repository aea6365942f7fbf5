package io.llmproxy.proxy;

import io.llmproxy.auth.Credential;
import io.llmproxy.auth.GoogleTokens;
import io.llmproxy.balance.Load;
import io.llmproxy.config.CooldownConfig;
import io.llmproxy.config.TimeoutConfig;
import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.protocol.RetryAfter;
import io.llmproxy.protocol.StreamOpening;
import io.llmproxy.upstream.KeyFailure;
import io.llmproxy.upstream.Lease;
import io.llmproxy.upstream.SlotWait;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import io.llmproxy.upstream.UpstreamKey;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
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
final class Failover implements Attempt.Owner, CommitPoint.Owner, WholeContent.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(Failover.class);

    /** How many pooled connections to one upstream may say goodbye to a request before it counts as refused. */
    private static final int MOST_REPLACEMENTS = 4;

    private final Exchange exchange;
    private final UpstreamGroup group;
    private final ContainerSide container;
    private final RequestBody body;
    private final Waiting waiting;
    private final Owner owner;
    private final RetryPolicy policy;
    private final StreamQuestion stream;
    private final Conversions conversions;
    private final Predicate<Upstream> fit;
    private final Predicate<Upstream> acceptable;
    private final Set<Upstream> tried = new HashSet<>(2);
    private final Set<UpstreamKey> spent = new HashSet<>(2);
    private volatile @Nullable Attempt attempt;
    private volatile @Nullable CommitPoint commitPoint;
    private volatile @Nullable WholeContent collecting;
    private volatile boolean stopped;
    private int rounds;
    private int replacements;

    /** Who gets the answer: one of the three is called, once. */
    interface Owner {
        /** An upstream's answer is to be passed on. */
        void answered(Answer answer);

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
        this.stream = new StreamQuestion(exchange, container, body);
        this.conversions = new Conversions(exchange, group, body);
        AskedModel model = exchange.model();
        this.fit = upstream -> conversions.serves(upstream)
                && exchange.mayUse(upstream)
                && (model == null || model.isServedBy(upstream));
        this.acceptable = fit.and(upstream -> !tried.contains(upstream));
    }

    /** The attempt that is under way, or was last; null before the first one. */
    @Nullable Attempt attempt() {
        return attempt;
    }

    /** Begins to ask. */
    void start() {
        long now = System.nanoTime();
        group.budget().request(now);
        Lease lease = stopped ? null : acquire(now);
        if (lease != null) {
            send(lease);
        } else {
            awaitSlot(now);
        }
    }

    private @Nullable Lease acquire(long now) {
        Lease alike =
                conversions.prefersAlike() ? group.acquire(acceptable.and(conversions::isAlike), spent, now) : null;
        return alike == null ? group.acquire(acceptable, spent, now) : alike;
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
        WholeContent whole = collecting;
        return current != null
                && (!current.isAnswered()
                        || (point != null && !point.isDecided())
                        || (whole != null && !whole.isOver()));
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
        WholeContent whole = collecting;
        if (whole != null
                && !whole.isOver()
                && now - whole.lastPiece() > group.settings().timeout().stall().toNanos()) {
            whole.attempt().abort(new UpstreamFailure(ProxyError.STALLED));
        }
    }

    private void check(Attempt current, long now) {
        Duration connect = group.settings().timeout().connect();
        long acquired = current.lease().acquired();
        long since = body.isFlowing() ? Math.max(acquired, body.lastActivity()) : acquired;
        if (!current.isConnected() && now - acquired > connect.toNanos()) {
            current.abort(new UpstreamFailure(ProxyError.CONNECT_TIMEOUT));
        } else if (isHeadLate(now - since)) {
            current.abort(new UpstreamFailure(ProxyError.FIRST_BYTE_TIMEOUT));
        }
    }

    /** Whether a stream was asked for is looked up only between the two limits, where it matters. */
    private boolean isHeadLate(long waited) {
        TimeoutConfig timeout = group.settings().timeout();
        long plain = timeout.head().toNanos();
        long ofStream = timeout.streamHead().toNanos();
        return waited > Math.max(plain, ofStream)
                || (waited > Math.min(plain, ofStream) && waited > (stream.isAsked() ? ofStream : plain));
    }

    private void check(CommitPoint point, long now) {
        if (now - point.lastPiece() > group.settings().timeout().stall().toNanos()) {
            point.attempt().abort(new UpstreamFailure(ProxyError.STALLED));
        } else if (now - point.since() > group.settings().timeout().streamHead().toNanos()) {
            point.attempt().abort(new UpstreamFailure(ProxyError.FIRST_BYTE_TIMEOUT));
        } else if (now - point.since() > group.settings().commitDelay().toNanos()) {
            point.expire();
        }
    }

    /** Whether all upstreams that serve such requests have asked to be left alone. */
    boolean isCoolingDown(long now) {
        return group.isCoolingDown(fit, now);
    }

    /** When one of the upstreams that serve such requests may be available again, in nanoseconds from now. */
    long retryAfterNanos(long now) {
        return group.retryAfterNanos(fit, now);
    }

    /** No upstream is free. If one would be but for the number of its requests, it is worth waiting for. */
    private void awaitSlot(long now) {
        SlotWait slot = stopped ? null : group.busy(acceptable, spent, now);
        if (slot == null) {
            askWithLastKey(now);
            return;
        }
        waiting.inLine(now, slot.limit(), () -> owner.shed(Shed.QUEUE_TIMEOUT), slot::cancel);
        if (!slot.start(this::slotGranted) && waiting.end()) {
            owner.shed(Shed.QUEUE_FULL);
        }
    }

    /** A key that was refused before may be good by now: if there is no other, it is worth a try. */
    private void askWithLastKey(long now) {
        Lease lease = stopped ? null : group.lastResort(acceptable, spent, now);
        if (lease == null) {
            turnAway(now);
        } else {
            send(lease);
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
        if (!group.has(fit)) {
            owner.refused(notServed());
            return;
        }
        group.rejected(now);
        exchange.attempted(new AttemptResult(group.name(), null, 0, ProxyError.NO_UPSTREAM, 0));
        ProxyError error = isCoolingDown(now) ? ProxyError.UPSTREAM_RATE_LIMITED : ProxyError.NO_UPSTREAM;
        owner.refused(new Refusal(error, retryAfterNanos(now), exchange.attempts() > 0));
    }

    /** There is no upstream for such requests at all. */
    private Refusal notServed() {
        AskedModel model = exchange.model();
        return model != null && group.has(conversions::serves) ? model.notFound() : Refusal.of(ProxyError.NOT_SERVED);
    }

    private void send(Lease lease) {
        tried.add(lease.upstream());
        spent.add(lease.key());
        exchange.attempting(lease.upstream().name());
        authorize(lease);
    }

    /** Gets what the upstream is shown, which may have to be fetched first. */
    private void authorize(Lease lease) {
        if (lease.credential() instanceof GoogleTokens tokens) {
            awaitToken(lease, tokens.fetch());
        } else {
            dispatch(lease, lease.credential() instanceof Credential.Header header ? header : null);
        }
    }

    private void awaitToken(Lease lease, CompletableFuture<Credential.Header> token) {
        if (token.isDone()) {
            var unused = token.whenComplete((header, failure) -> tokenFetched(lease, header, failure));
            return;
        }
        // A token that comes too late must not end a later wait.
        AtomicBoolean awaited = new AtomicBoolean(true);
        Duration limit = group.settings().timeout().connect();
        Runnable over = () -> tokenFetched(lease, null, new TimeoutException("no token within " + limit));
        waiting.inLine(System.nanoTime(), limit, over, () -> {
            awaited.set(false);
            lease.close(Load.Outcome.NEUTRAL, System.nanoTime());
        });
        var unused = token.whenComplete((header, failure) -> {
            if (awaited.getAndSet(false) && waiting.end()) {
                tokenFetched(lease, header, failure);
            }
        });
    }

    private void tokenFetched(Lease lease, Credential.@Nullable Header header, @Nullable Throwable failure) {
        if (header != null) {
            dispatch(lease, header);
            return;
        }
        long now = System.nanoTime();
        LOG.debug("{}: no token for {}", exchange.id(), lease.upstream().name(), failure);
        lease.keyRefused(KeyFailure.NO_TOKEN, now);
        lease.close(Load.Outcome.NEUTRAL, now);
        report(lease, 0, ProxyError.UPSTREAM_AUTH, now);
        askWithAnotherKey(lease, now);
    }

    /** The upstream turned away the key, not the request: another key of it may do, or another upstream. */
    private void askWithAnotherKey(Lease refused, long now) {
        tried.remove(refused.upstream());
        if (!tryAnother(now)) {
            owner.refused(new Refusal(ProxyError.UPSTREAM_AUTH, 0, true));
        }
    }

    private Attempt attempt(Lease lease, Credential.@Nullable Header shown) {
        Passage passage = conversions.passage(lease.upstream());
        Request upstreamRequest = UpstreamRequests.of(exchange, lease, passage, shown, group.settings());
        Request.Content content = passage.content(body);
        AttemptMeter meter = new AttemptMeter(exchange, lease, passage, body, content);
        return new Attempt(lease, passage, upstreamRequest.body(content), meter, this);
    }

    private void dispatch(Lease lease, Credential.@Nullable Header shown) {
        try {
            Attempt next = container.touch(() -> attempt(lease, shown));
            if (next == null) {
                lease.close(Load.Outcome.NEUTRAL, System.nanoTime());
                owner.refused(Refusal.of(ProxyError.CLIENT_GONE));
                return;
            }
            attempt = next;
            next.send();
            if (stopped) {
                next.abort(new UpstreamFailure(ProxyError.CLIENT_GONE));
            }
        } catch (ConversionException e) {
            unconvertible(lease, e);
        } catch (UpstreamRequests.UnwritableException e) {
            LOG.debug("{}: the {} cannot be written", exchange.id(), e.getMessage());
            lease.close(Load.Outcome.NEUTRAL, System.nanoTime());
            owner.refused(Refusal.of(ProxyError.INVALID_REQUEST));
        } catch (RuntimeException | Error e) {
            LOG.error(
                    "{}: no request could be made for {}",
                    exchange.id(),
                    lease.upstream().name(),
                    e);
            lease.close(Load.Outcome.NEUTRAL, System.nanoTime());
            owner.refused(Refusal.of(ProxyError.INTERNAL));
        }
    }

    /** The request cannot be expressed in the upstream's API; perhaps in that of another. */
    private void unconvertible(Lease lease, ConversionException reason) {
        long now = System.nanoTime();
        lease.close(Load.Outcome.NEUTRAL, now);
        boolean invalid = reason.code().equals("invalid_request");
        if (invalid || !tryAnother(now)) {
            owner.refused(Refusal.of(ProxyError.INVALID_REQUEST, String.valueOf(reason.getMessage())));
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
        if (answering.passage().takesWhole(upstreamResponse)) {
            collect(answering, upstreamResponse, content);
            return;
        }
        StreamOpening opening = opening(answering.passage(), upstreamResponse);
        if (opening != null) {
            CommitPoint point = new CommitPoint(answering, upstreamResponse, content, opening, this);
            commitPoint = point;
            point.run();
            return;
        }
        Content.Chunk first = content.read();
        if (Content.Chunk.isFailure(first)) {
            setBack(answering, UpstreamFailure.of(first.getFailure(), UpstreamFailure.Progress.SENDING), true, false);
        } else {
            accept(answering, upstreamResponse, content, first);
        }
    }

    private void collect(Attempt answering, Response upstreamResponse, Content.Source content) {
        WholeContent whole = new WholeContent(answering, upstreamResponse, content, this);
        collecting = whole;
        whole.run();
    }

    @Override
    public void collected(WholeContent content, byte[] whole) {
        Attempt answering = content.attempt();
        Response upstreamResponse = content.upstreamResponse();
        if (answering.passage().isToBlame(upstreamResponse, whole) && askPlainly(answering)) {
            return;
        }
        try {
            Answer answer = answering.passage().answer(upstreamResponse, whole);
            if (upstreamResponse.getStatus() < 400) {
                long now = System.nanoTime();
                answering.lease().responded(now);
                report(answering.lease(), upstreamResponse.getStatus(), null, now);
            }
            owner.answered(answer);
        } catch (BadAnswerException e) {
            LOG.debug(
                    "{}: {} has answered with {}",
                    exchange.id(),
                    answering.lease().upstream().name(),
                    e.fault().cause());
            badAnswer(answering);
        } catch (RuntimeException e) {
            LOG.error("{}: the answer could not be converted", exchange.id(), e);
            owner.refused(Refusal.of(ProxyError.INTERNAL));
        }
    }

    /** The upstream refuses what we have put into the request: it is asked again without it, and so are its next requests. */
    private boolean askPlainly(Attempt refused) {
        Upstream upstream = refused.lease().upstream();
        exchange.metering().refused(upstream);
        Lease lease = stopped || !body.isRepeatable()
                ? null
                : group.acquire(other -> other == upstream, Set.of(), System.nanoTime());
        if (lease != null) {
            send(lease);
        }
        return lease != null;
    }

    /** What the upstream has said is no answer: it is done with the request, as after a status that says that it failed. */
    private void badAnswer(Attempt answering) {
        long now = System.nanoTime();
        answering.lease().close(Load.Outcome.FAILURE, now);
        report(answering.lease(), 0, ProxyError.BAD_RESPONSE, now);
        if (!policy.afterAnswer(ProxyError.BAD_RESPONSE.status(), null).isAllowed() || !tryAgain(now)) {
            owner.refused(new Refusal(ProxyError.BAD_RESPONSE, 0, true));
        }
    }

    @Override
    public void missed(WholeContent content, UpstreamFailure failure) {
        if (content.upstreamResponse().getStatus() < 400) {
            setBack(content.attempt(), failure, true, false);
        } else {
            owner.refused(new Refusal(failure.error(), 0, true));
        }
    }

    private @Nullable StreamOpening opening(Passage passage, Response upstreamResponse) {
        boolean heldBack = upstreamResponse.getStatus() == 200
                && !group.settings().commitDelay().isZero()
                && EventStreams.isEventStream(upstreamResponse.getHeaders())
                && !upstreamResponse.getHeaders().contains("Content-Encoding");
        return heldBack ? StreamOpening.of(passage.operation()) : null;
    }

    private void judgeError(Attempt answering, Response upstreamResponse, Content.Source content) {
        int status = upstreamResponse.getStatus();
        long now = System.nanoTime();
        Lease lease = answering.lease();
        coolDown(lease, upstreamResponse, now);
        lease.close(UpstreamStatus.outcome(status), now);
        if (UpstreamStatus.isUnauthorized(status) && !(lease.credential() instanceof Credential.None)) {
            lease.keyRefused(status == 401 ? KeyFailure.UNAUTHORIZED : KeyFailure.FORBIDDEN, now);
            report(lease, status, ProxyError.UPSTREAM_AUTH, now);
            askWithAnotherKey(lease, now);
            new Leftover(answering, content).run();
            return;
        }
        if (status == 429) {
            tried.remove(lease.upstream());
        }
        report(answering.lease(), status, null, now);
        String advice = upstreamResponse.getHeaders().get(ErrorAnswer.SHOULD_RETRY);
        if (policy.afterAnswer(status, advice).isAllowed() && tryAgain(now)) {
            new Leftover(answering, content).run();
        } else if (answering.passage().takesWhole(upstreamResponse)) {
            collect(answering, upstreamResponse, content);
        } else {
            owner.answered(answering.passage().answer(upstreamResponse, content, null));
        }
    }

    /**
     * Who is asked too much says for how long to be left alone, or is left alone for a while. A 429 is meant for the key, the
     * others for all.
     */
    private static void coolDown(Lease lease, Response upstreamResponse, long now) {
        int status = upstreamResponse.getStatus();
        if (!UpstreamStatus.isRefusal(status)) {
            return;
        }
        CooldownConfig config = lease.upstream().config().rateLimited();
        OptionalLong asked = RetryAfter.nanos(upstreamResponse.getHeaders()::get, Instant.now());
        Duration time = asked.isPresent()
                ? Duration.ofNanos(Math.min(asked.getAsLong(), config.max().toNanos()))
                : config.otherwise();
        if (status == 429) {
            lease.coolKeyDown(time, now);
        } else if (asked.isPresent()) {
            lease.coolDown(time, now);
        }
    }

    @Override
    public void reached(CommitPoint point) {
        int refusal = point.refusal();
        if (policy.afterAnswer(refusal, null).isAllowed()) {
            long now = System.nanoTime();
            point.attempt().lease().close(UpstreamStatus.outcome(refusal), now);
            if (tryAgain(now)) {
                report(point.attempt().lease(), refusal, null, now);
                new Leftover(point.attempt(), point).run();
                return;
            }
        }
        accept(point.attempt(), point.upstreamResponse(), point, null);
    }

    @Override
    public void missed(CommitPoint point, UpstreamFailure failure) {
        setBack(point.attempt(), failure, true, true);
    }

    private void accept(
            Attempt answering, Response upstreamResponse, Content.Source content, Content.@Nullable Chunk first) {
        long now = System.nanoTime();
        answering.lease().responded(now);
        report(answering.lease(), upstreamResponse.getStatus(), null, now);
        owner.answered(answering.passage().answer(upstreamResponse, content, first));
    }

    @Override
    public void failed(Attempt failing, UpstreamFailure failure) {
        Lease lease = failing.lease();
        if (isStale(failing, failure)) {
            replacements++;
            // Not in here: the client's library still has to take the connection, and others like it, out of its pool.
            lease.client().getExecutor().execute(() -> authorize(lease));
        } else {
            boolean late = failure.error() == ProxyError.FIRST_BYTE_TIMEOUT;
            setBack(failing, failure, failing.isConnected(), late && stream.isAsked());
        }
    }

    /**
     * Whether the connection is to blame: the upstream had closed it while it lay in the pool, or says that it takes no more
     * requests on it. It has not begun to work on the request, and may do so on another connection.
     */
    private boolean isStale(Attempt failing, UpstreamFailure failure) {
        boolean unworked = failure.error() == ProxyError.REFUSED
                || (failure.error() == ProxyError.RESET
                        && failing.lostConnection(System.nanoTime()).isUnworked());
        // The next connection of the pool may have said goodbye, too, which is seen when it is used.
        int most = failing.isLeftOutOfPooled() ? MOST_REPLACEMENTS : 1;
        return unworked && replacements < most && !stopped && body.isRepeatable();
    }

    private void setBack(Attempt failing, UpstreamFailure failure, boolean connected, boolean ofStream) {
        long now = System.nanoTime();
        ProxyError error = failure.error();
        LOG.debug(
                "{}: {} after {}",
                exchange.id(),
                error.code(),
                failing.lease().upstream().name(),
                failure.getCause());
        failing.lease().close(blame(error), now);
        report(failing.lease(), 0, error, now);
        if (error == ProxyError.INTERNAL) {
            LOG.error(
                    "{}: the request could not be sent to {}",
                    exchange.id(),
                    failing.lease().upstream().name(),
                    failure.getCause());
        }
        if (error == ProxyError.OVERLOADED) {
            owner.shed(Shed.NO_DESCRIPTORS);
        } else if (!policy.afterFailure(error, connected, ofStream).isAllowed() || !tryAgain(now)) {
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

    /** Sends the request to an upstream, or with a key, that was not tried yet. */
    private boolean tryAnother(long now) {
        Lease lease = another(now);
        return lease != null && sendWithinBudget(lease, now);
    }

    private @Nullable Lease another(long now) {
        boolean allowed = rounds == 0 || policy.allowsRound(exchange.attempts());
        return stopped || !allowed || !body.isRepeatable() ? null : acquire(now);
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
        long cooling = isCoolingDown(now) ? retryAfterNanos(now) : 0;
        if (stopped
                || !body.isRepeatable()
                || !policy.allowsRound(exchange.attempts())
                || !RetryPolicy.isBearable(cooling)
                || !isWithinBudget(now)) {
            return false;
        }
        long delay = policy.pauseNanos(rounds++, ThreadLocalRandom.current());
        tried.clear();
        spent.clear();
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
        Lease lease = acquire(now);
        if (lease == null) {
            awaitSlot(now);
        } else {
            send(lease);
        }
    }

    private void report(Lease lease, int status, @Nullable ProxyError failure, long now) {
        exchange.attempted(
                new AttemptResult(group.name(), lease.upstream().name(), status, failure, now - lease.acquired()));
    }
}
