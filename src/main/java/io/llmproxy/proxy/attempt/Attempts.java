package io.llmproxy.proxy.attempt;

import io.llmproxy.auth.Credential;
import io.llmproxy.auth.GoogleTokens;
import io.llmproxy.balance.Load;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.proxy.body.RequestBody;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.error.UpstreamFailure;
import io.llmproxy.proxy.exchange.AttemptResult;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.HedgeResult;
import io.llmproxy.proxy.exchange.Shed;
import io.llmproxy.proxy.exchange.Verdict;
import io.llmproxy.proxy.passage.Answer;
import io.llmproxy.proxy.passage.Conversions;
import io.llmproxy.proxy.passage.Passage;
import io.llmproxy.proxy.request.ContainerSide;
import io.llmproxy.upstream.Hedging;
import io.llmproxy.upstream.KeyFailure;
import io.llmproxy.upstream.Lease;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks one upstream after the other until one gives an answer that the client can be given, or there is none left to ask.
 * Until then the client has seen nothing; after that, nothing can be taken back. {@link Selection} chooses the upstream,
 * {@link Judgement} what an answer is worth, {@link Recovery} what follows a setback.
 */
public final class Attempts {
    private static final Logger LOG = LoggerFactory.getLogger(Attempts.class);

    private final Exchange exchange;
    private final UpstreamGroup group;
    private final ContainerSide container;
    private final RequestBody body;
    private final Waiting waiting;
    private final Owner owner;
    private final RetryPolicy policy;
    private final StreamQuestion stream;
    private final Conversions conversions;
    private final Resources resources;
    private final Selection selection;
    private final AwaitedAnswer awaited;
    private final @Nullable Hedge hedge;
    private final Signals signals;
    private volatile boolean stopped;
    private volatile boolean aborted;
    private int rounds;
    private int replacements;

    /** Gets the answer: one of these is called, once. */
    public interface Owner {
        /** An upstream's answer is to be passed on. */
        void answered(Answer answer);

        /** An upstream speaks WebSocket with us, for the client. */
        void upgraded(Upgraded upgraded);

        /** There is no answer but our own. */
        void refused(Refusal refusal);

        /** There is no answer, as there is too much to do. */
        void shed(Shed because);
    }

    /** @param references what the request names that an upstream may keep */
    public Attempts(
            Exchange exchange,
            UpstreamGroup group,
            ContainerSide container,
            RequestBody body,
            References references,
            Waiting waiting,
            Owner owner) {
        this.exchange = exchange;
        this.group = group;
        this.container = container;
        this.body = body;
        this.waiting = waiting;
        this.owner = owner;
        this.policy = RetryPolicy.of(
                exchange.method(), exchange.upstreamEndpoint(), group.settings().retry());
        this.stream = new StreamQuestion(exchange, container, body);
        this.conversions = new Conversions(exchange, group, body);
        this.resources = Resources.of(exchange, group, references);
        this.selection = new Selection(
                exchange, group, conversions, resources, AffinityKey.of(exchange, group.affinity(), body));
        this.awaited = new AwaitedAnswer(group.settings(), body, stream);
        this.hedge = possibleHedge();
        Judgement judgement = new Judgement(exchange, group, selection, conversions, this, owner, hedge);
        this.signals = judgement.signals();
    }

    /** A request that belongs to one upstream has no hedge, nor one that cannot, or must not, be sent twice. */
    private @Nullable Hedge possibleHedge() {
        Hedging hedging = group.hedging();
        if (hedging == null) {
            return null;
        }
        boolean mayHedge = exchange.method().equals("POST")
                && exchange.webSocket() == null
                && exchange.upstreamEndpoint().isHedgeable()
                && resources.keeper() == null
                && !resources.isSought()
                && body.isRepeatable();
        return mayHedge ? new Hedge(exchange, group.name(), hedging, awaited, stream) : null;
    }

    /** The attempt that is under way, or was last; null before the first one. */
    public @Nullable Attempt attempt() {
        return awaited.attempt();
    }

    /** Whether an upstream still owes something before the client can be told anything. */
    public boolean isAwaited() {
        AwaitedAnswer second = second();
        return awaited.isAwaited() || (second != null && second.isAwaited());
    }

    /** Whether the head of an answer has come from an upstream that was not given up. */
    public boolean isAnswered() {
        Attempt beside = beside();
        Attempt current = awaited.attempt();
        return (current != null && current.isAnswered()) || (beside != null && beside.isAnswered());
    }

    private @Nullable AwaitedAnswer second() {
        return hedge == null ? null : hedge.second();
    }

    /** To be read before the one that is alone: a hedge that takes its place is that one before it stops to be beside it. */
    private @Nullable Attempt beside() {
        AwaitedAnswer second = second();
        return second == null ? null : second.attempt();
    }

    /** What an upstream owes that is asked with this lease. */
    AwaitedAnswer owedFor(Lease lease) {
        return hedge == null ? awaited : hedge.owedFor(lease);
    }

    /** Does what is due. */
    public void checkDeadlines(long now) {
        Hedge possible = hedge;
        if (possible == null) {
            awaited.checkDeadlines(now, false);
            return;
        }
        possible.checkDeadlines(now);
        if (possible.becomesDue(now)) {
            // Others wait for their deadlines, too.
            group.client().getExecutor().execute(() -> possible.inTurn(() -> send(possible)));
        }
    }

    /** Asks another upstream beside the one that is late, if there is one and the budget allows it. */
    private void send(Hedge due) {
        long now = System.nanoTime();
        if (stopped || !due.isWanted(now)) {
            return;
        }
        if (!group.budget().allowsRetry(now)) {
            due.isNotSent(HedgeResult.OVER_BUDGET);
            return;
        }
        Lease lease = selection.acquire(now);
        if (lease == null) {
            due.isNotSent(HedgeResult.NO_OTHER_UPSTREAM);
        } else if (group.budget().tryRetry(now)) {
            exchange.retried(Verdict.HEDGED);
            due.beginsBeside(lease, new AwaitedAnswer(group.settings(), body, stream));
            ask(lease);
        } else {
            // Another request has just taken the last of it.
            lease.closeUnsent(now);
            due.isNotSent(HedgeResult.OVER_BUDGET);
        }
    }

    /** Chooses the upstreams that may be asked. */
    public Selection selection() {
        return selection;
    }

    /** Begins to ask. */
    public void start() {
        Refusal refusal = resources.refusal();
        if (refusal != null) {
            owner.refused(refusal);
            return;
        }
        long now = System.nanoTime();
        group.budget().request(now);
        ask(stopped ? null : selection.acquire(now), now);
    }

    /** Asks an upstream, or waits for one if none is free. */
    private void ask(@Nullable Lease lease, long now) {
        if (lease != null) {
            send(lease);
        } else {
            new SlotQueue(exchange, selection, waiting, owner, this).enter(stopped, now);
        }
    }

    /** Sends no further request, and ends what is under way in whatever state it is. */
    public void stop(UpstreamFailure because) {
        stopped = true;
        abort(because);
    }

    /** Ends the attempt that is under way; another may follow. */
    public void abort(UpstreamFailure because) {
        aborted = true;
        Attempt beside = beside();
        Attempt current = awaited.attempt();
        if (current != null) {
            current.abort(because);
        }
        if (beside != null) {
            beside.abort(because);
        }
    }

    /** Gives the last upstream back. */
    public void close(Load.Outcome outcome) {
        Attempt beside = beside();
        Attempt last = awaited.attempt();
        if (last != null) {
            last.lease().close(outcome, System.nanoTime());
        }
        if (beside != null) {
            beside.lease().close(Load.Outcome.NEUTRAL, System.nanoTime());
        }
    }

    /** Frees the memory that a converted answer took: the exchange is over. */
    public void release() {
        conversions.release();
        if (hedge != null) {
            hedge.inTurn(hedge::ends);
        }
    }

    /** Asks an upstream. */
    void send(Lease lease) {
        if (answersHere(lease)) {
            return;
        }
        if (hedge != null) {
            hedge.begins(lease);
        }
        ask(lease);
    }

    private void ask(Lease lease) {
        selection.tried(lease);
        exchange.attempting(lease.upstream().name());
        authorize(lease);
    }

    /** Whether the upstream need not be asked; then the client has its answer, or another upstream is looked for. */
    private boolean answersHere(Lease lease) {
        Answer answer;
        try {
            answer = conversions.answer(lease.upstream());
        } catch (ConversionException e) {
            selection.tried(lease);
            unconvertible(lease, e);
            return true;
        } catch (RuntimeException | Error e) {
            LOG.error("{}: the gateway could not answer the request itself", exchange.id(), e);
            refuse(lease, Refusal.of(ProxyError.INTERNAL));
            return true;
        }
        if (answer == null) {
            return false;
        }
        lease.closeUnsent(System.nanoTime());
        owner.answered(answer);
        return true;
    }

    /** Gets what the upstream is shown, which may have to be fetched first. */
    private void authorize(Lease lease) {
        if (lease.credential() instanceof GoogleTokens tokens && hedge != null && hedge.isBeside(lease)) {
            authorizeAtOnce(lease, tokens.fetch());
        } else if (lease.credential() instanceof GoogleTokens tokens) {
            FutureWait<Credential.Header> wait =
                    new FutureWait<>(waiting, group.settings().timeout().connect());
            wait.start(
                    tokens.fetch(),
                    (header, failure) -> tokenFetched(lease, header, failure),
                    () -> lease.closeUnsent(System.nanoTime()));
        } else {
            dispatch(lease, lease.credential() instanceof Credential.Header header ? header : null);
        }
    }

    /** What must not be late must not wait. */
    private void authorizeAtOnce(Lease lease, CompletableFuture<Credential.Header> token) {
        if (token.isDone() && !token.isCompletedExceptionally()) {
            dispatch(lease, token.join());
        } else {
            refuse(lease, Refusal.of(ProxyError.UPSTREAM_AUTH));
        }
    }

    private void tokenFetched(Lease lease, Credential.@Nullable Header header, @Nullable Throwable failure) {
        if (header != null) {
            dispatch(lease, header);
            return;
        }
        long now = System.nanoTime();
        LOG.debug("{}: no token for {}", exchange.id(), lease.upstream().name(), failure);
        lease.closeUnsent(now);
        keyRefused(lease, null, 0, KeyFailure.NO_TOKEN, now);
    }

    private void dispatch(Lease lease, Credential.@Nullable Header shown) {
        try {
            Attempt next = container.touch(() -> attempt(lease, shown));
            if (next == null) {
                refuse(lease, Refusal.of(ProxyError.CLIENT_GONE));
                return;
            }
            owedFor(lease).await(next);
            next.send();
            if (stopped) {
                next.abort(new UpstreamFailure(ProxyError.CLIENT_GONE));
            }
        } catch (ConversionException e) {
            unconvertible(lease, e);
        } catch (UpstreamRequests.UnwritableException e) {
            LOG.debug("{}: the {} cannot be written", exchange.id(), e.getMessage());
            refuse(lease, Refusal.of(ProxyError.INVALID_REQUEST));
        } catch (RuntimeException | Error e) {
            LOG.error(
                    "{}: could not create the request for upstream {}",
                    exchange.id(),
                    lease.upstream().name(),
                    e);
            refuse(lease, Refusal.of(ProxyError.INTERNAL));
        }
    }

    private Attempt attempt(Lease lease, Credential.@Nullable Header shown) {
        Passage passage = conversions.passage(lease.upstream());
        Request upstreamRequest = UpstreamRequests.of(exchange, lease, passage, shown, group.settings());
        Request.Content content = passage.content(body);
        ResourceLesson lesson = conversions.isAlike(lease.upstream()) ? resources.lesson() : null;
        if (lesson != null) {
            // The answer is looked into for what it names.
            upstreamRequest.headers(fields -> fields.put(HttpHeader.ACCEPT_ENCODING, "identity"));
        }
        boolean beside = hedge != null && hedge.isBeside(lease);
        AttemptMeter meter = new AttemptMeter(exchange, lease, passage, lesson, body, content, beside);
        return new Attempt(lease, passage, upstreamRequest.body(meter.sends(upstreamRequest, content)), meter, signals);
    }

    private void refuse(Lease lease, Refusal refusal) {
        lease.closeUnsent(System.nanoTime());
        if (!leavesToOther(lease)) {
            owner.refused(refusal);
        }
    }

    /** Whether another attempt is under way beside this one, which has failed. */
    private boolean leavesToOther(Lease failing) {
        return hedge != null && hedge.fails(failing, aborted);
    }

    /** What an attempt has brought is what the client gets. */
    void wins(Attempt answering, long now) {
        if (hedge != null) {
            hedge.wins(answering.lease(), now);
        }
    }

    private void unconvertible(Lease lease, ConversionException reason) {
        long now = System.nanoTime();
        lease.closeUnsent(now);
        if (leavesToOther(lease)) {
            return;
        }
        String param = reason.param().isEmpty() ? null : reason.param();
        recover(lease, new Setback.Unconvertible(reason.isInvalid(), String.valueOf(reason.getMessage()), param), now);
    }

    /**
     * The key was turned away, not the request: another key of the upstream may do, or another upstream.
     *
     * @param refused the attempt; null if none was sent
     */
    void keyRefused(Lease lease, @Nullable Attempt refused, int status, KeyFailure reason, long now) {
        lease.keyRefused(reason, now);
        exchange.attempted(
                AttemptResult.of(group.name(), lease, status, ProxyError.UPSTREAM_AUTH, now),
                refused == null ? null : refused.meter());
        selection.mayReturnTo(lease.upstream());
        recover(lease, new Setback.KeyRefused(), now);
    }

    /** The upstream may refuse what we have put into the request: it is asked again without it. */
    boolean askPlainly(Attempt refused) {
        Upstream upstream = refused.lease().upstream();
        conversions.askPlainly(upstream);
        Lease lease = stopped || !body.isRepeatable()
                ? null
                : group.acquire(other -> other == upstream, Set.of(), System.nanoTime());
        if (lease != null) {
            send(lease);
        }
        return lease != null;
    }

    /** There will be no head of an answer. */
    void failed(Attempt failing, UpstreamFailure failure) {
        Lease lease = failing.lease();
        if (isConnectionToBlame(failing, failure)) {
            replacements++;
            // Not in here: the client's library still has to take the connection, and others like it, out of its pool.
            lease.client().getExecutor().execute(() -> reconnect(failing));
        } else {
            boolean late = failure.error() == ProxyError.FIRST_BYTE_TIMEOUT;
            setBack(failing, failure, failing.isConnected(), late && stream.isAsked());
        }
    }

    private void reconnect(Attempt failing) {
        if (hedge == null) {
            authorize(failing.lease());
        } else {
            hedge.inTurn(failing, () -> authorize(failing.lease()));
        }
    }

    private boolean isConnectionToBlame(Attempt failing, UpstreamFailure failure) {
        boolean unworked = failure.error() == ProxyError.RESET
                && failing.lostConnection(System.nanoTime()).isUnworked();
        return Recovery.replacesConnection(failure.error(), unworked, failing.isLeftOutOfPooled(), replacements)
                && !stopped
                && body.isRepeatable();
    }

    /**
     * No answer came, or it broke off before the client saw anything of it.
     *
     * @param connected whether the upstream may have seen the request
     * @param ofStream whether a stream was asked for
     */
    void setBack(Attempt failing, UpstreamFailure failure, boolean connected, boolean ofStream) {
        long now = System.nanoTime();
        Lease lease = failing.lease();
        ProxyError error = failure.error();
        String upstream = lease.upstream().name();
        LOG.debug("{}: {} after {}", exchange.id(), error.code(), upstream, failure.getCause());
        lease.close(failure.outcome(), now);
        exchange.attempted(AttemptResult.of(group.name(), lease, 0, error, now), failing.meter());
        if (error == ProxyError.INTERNAL) {
            LOG.error("{}: the request could not be sent to {}", exchange.id(), upstream, failure.getCause());
        }
        recover(lease, new Setback.Failed(error, connected, ofStream), now);
    }

    /** Decides what follows a setback and does it, except that the caller has the answer that is to be passed on. */
    Next recover(Lease failing, Setback setback, long now) {
        if (hedge != null && setback.verdict(policy) == Verdict.FINAL_ANSWER && hedge.hasLastWord(failing)) {
            hedge.wins(failing, now);
        } else if (leavesToOther(failing)) {
            return new Next.GoOn(Verdict.HEDGED);
        }
        Recovery.Outlook outlook = outlook(now);
        Next next = Recovery.after(setback, policy, outlook, ThreadLocalRandom.current());
        if (next instanceof Next.Send) {
            Lease lease = selection.acquire(now);
            if (lease != null) {
                return sendAgain(setback, next, lease, now);
            }
            // Another request has just taken what was free.
            next = Recovery.after(setback, policy, outlook.withoutAnother(), ThreadLocalRandom.current());
        }
        if (next instanceof Next.Pause pause) {
            return pause(setback, pause, now);
        }
        return end(next);
    }

    private Recovery.Outlook outlook(long now) {
        return new Recovery.Outlook(
                stopped,
                body.isRepeatable(),
                selection.hasAnother(now),
                exchange.attempts(),
                rounds,
                selection.isCoolingDown(now) ? selection.retryAfterNanos(now) : 0,
                group.budget().allowsRetry(now));
    }

    private Next sendAgain(Setback setback, Next next, Lease lease, long now) {
        if (!group.budget().tryRetry(now)) {
            lease.closeUnsent(now);
            return end(setback.end(Verdict.OVER_BUDGET));
        }
        exchange.retried(next.because());
        send(lease);
        return next;
    }

    private Next pause(Setback setback, Next.Pause pause, long now) {
        if (!group.budget().tryRetry(now)) {
            return end(setback.end(Verdict.OVER_BUDGET));
        }
        exchange.retried(pause.because());
        rounds++;
        selection.beginRound();
        waiting.until(now + pause.nanos(), this::nextRound);
        return pause;
    }

    private void nextRound() {
        long now = System.nanoTime();
        ask(selection.acquire(now), now);
    }

    private Next end(Next next) {
        exchange.retried(next.because());
        if (next instanceof Next.Refuse refuse) {
            owner.refused(refuse.refusal());
        } else if (next instanceof Next.TurnAway away) {
            owner.shed(away.shed());
        }
        return next;
    }
}
