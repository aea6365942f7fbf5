package io.llmproxy.proxy.attempt;

import io.llmproxy.auth.Credential;
import io.llmproxy.balance.Load;
import io.llmproxy.config.CooldownConfig;
import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.protocol.ProviderLimits;
import io.llmproxy.protocol.RetryAfter;
import io.llmproxy.protocol.StreamOpening;
import io.llmproxy.protocol.ToldError;
import io.llmproxy.proxy.answer.ErrorAnswer;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.error.UpstreamFailure;
import io.llmproxy.proxy.exchange.AttemptResult;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.Shed;
import io.llmproxy.proxy.passage.Answer;
import io.llmproxy.proxy.passage.Conversions;
import io.llmproxy.proxy.passage.EventStreams;
import io.llmproxy.proxy.passage.Passage;
import io.llmproxy.upstream.KeyFailure;
import io.llmproxy.upstream.Lease;
import io.llmproxy.upstream.UpstreamGroup;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges what upstreams answer: the answer is passed on, or it is a {@link Setback}. Tells the upstream's lease what the answer
 * says of the upstream and its key.
 */
final class Judgement implements Signals {
    private static final Logger LOG = LoggerFactory.getLogger(Judgement.class);

    private final Exchange exchange;
    private final UpstreamGroup group;
    private final Selection selection;
    private final Conversions conversions;
    private final Attempts attempts;
    private final Attempts.Owner owner;
    private final Signals signals;

    /** @param hedge the attempt that may be sent beside another; null if one attempt follows the other */
    Judgement(
            Exchange exchange,
            UpstreamGroup group,
            Selection selection,
            Conversions conversions,
            Attempts attempts,
            Attempts.Owner owner,
            @Nullable Hedge hedge) {
        this.exchange = exchange;
        this.group = group;
        this.selection = selection;
        this.conversions = conversions;
        this.attempts = attempts;
        this.owner = owner;
        this.signals = hedge == null ? this : new InTurn(hedge, this);
    }

    /** Is to be told what becomes of attempts. */
    Signals signals() {
        return signals;
    }

    @Override
    public void failed(Attempt failing, UpstreamFailure failure) {
        attempts.failed(failing, failure);
    }

    @Override
    public void answered(Attempt answering, Response upstreamResponse, Content.Source content) {
        try {
            spareKey(answering.lease(), upstreamResponse.getHeaders());
            if (upstreamResponse.getStatus() < 400) {
                judge(answering, upstreamResponse, content);
            } else {
                judgeError(answering, upstreamResponse, content);
            }
        } catch (RuntimeException e) {
            // The client's library only logs what its listeners throw: without this the client would wait for ever.
            LOG.error("{}: the answer could not be passed on", exchange.id(), e);
            answering.abort(new UpstreamFailure(ProxyError.INTERNAL));
            attempts.wins(answering, System.nanoTime());
            owner.refused(Refusal.of(ProxyError.INTERNAL));
        }
    }

    @Override
    public void upgraded(Attempt answering, Response upstreamResponse, EndPoint endPoint) {
        good(answering, upstreamResponse.getStatus());
        owner.upgraded(new Upgraded(answering, upstreamResponse, endPoint));
    }

    /** A provider that says that nothing is left would refuse the next request; what it says of a client's own key is for that client. */
    private static void spareKey(Lease lease, HttpFields headers) {
        if (lease.credential() instanceof Credential.None) {
            return;
        }
        ProviderLimits limits = new ProviderLimits();
        for (int index = 0; index < headers.size(); index++) {
            HttpField header = headers.getField(index);
            limits.accept(header.getName(), header.getValue());
        }
        long nanos = limits.untilNanos();
        if (nanos > 0) {
            lease.sparesKey(nanos, System.nanoTime());
        }
    }

    private void judge(Attempt answering, Response upstreamResponse, Content.Source content) {
        if (answering.passage().takesWhole(upstreamResponse)) {
            collect(answering, upstreamResponse, content);
            return;
        }
        StreamOpening opening = opening(answering.passage(), upstreamResponse);
        if (opening != null) {
            CommitPoint point = new CommitPoint(answering, upstreamResponse, content, opening, signals);
            attempts.owedFor(answering.lease()).await(point);
            point.run();
            return;
        }
        Content.Source heard = mayTellError(answering, upstreamResponse)
                ? new OverheardContent(content, false, error -> learn(answering.lease(), error))
                : content;
        Content.Chunk first = heard.read();
        if (Content.Chunk.isFailure(first)) {
            UpstreamFailure failure = UpstreamFailure.of(first.getFailure(), UpstreamFailure.Progress.SENDING);
            attempts.setBack(answering, failure, true, false);
        } else {
            accept(answering, upstreamResponse, heard, first);
        }
    }

    /** Whether an answer that passes as it comes is one that can be read, and may be an error though its status is good. */
    private boolean mayTellError(Attempt answering, Response upstreamResponse) {
        HttpFields headers = upstreamResponse.getHeaders();
        String type = headers.get(HttpHeader.CONTENT_TYPE);
        return upstreamResponse.getStatus() == 200
                && answering.passage().endpoint().isComputed(exchange.method())
                && type != null
                && type.regionMatches(true, 0, "application/json", 0, "application/json".length())
                && !headers.contains(HttpHeader.CONTENT_ENCODING);
    }

    /** The client has an error already that an upstream has told with a good status: the next request need not get it, too. */
    private static void learn(Lease lease, ToldError error) {
        long now = System.nanoTime();
        int status = error.status();
        lease.close(UpstreamStatus.outcome(status), now);
        coolDown(lease, status, error.waitNanos(), now);
        if (turnsKeyAway(lease, status)) {
            lease.keyRefused(reason(status), now);
        }
    }

    private @Nullable StreamOpening opening(Passage passage, Response upstreamResponse) {
        boolean heldBack = upstreamResponse.getStatus() == 200
                && !group.settings().commitDelay().isZero()
                && EventStreams.isEventStream(upstreamResponse.getHeaders())
                && !upstreamResponse.getHeaders().contains("Content-Encoding");
        return heldBack ? StreamOpening.of(passage.endpoint()) : null;
    }

    private void accept(
            Attempt answering, Response upstreamResponse, Content.Source content, Content.@Nullable Chunk first) {
        good(answering, upstreamResponse.getStatus());
        if (answering.passage().showsOurs(upstreamResponse)) {
            exchange.metering()
                    .refused(answering.lease().upstream(), "compresses its streams though it is told not to");
        }
        owner.answered(answering.passage().answer(upstreamResponse, content, first));
    }

    private void good(Attempt answering, int status) {
        long now = System.nanoTime();
        attempts.wins(answering, now);
        conversions.taken(answering.lease().upstream());
        answering.lease().responded(now);
        report(answering, status, null, now);
    }

    @Override
    public void reached(CommitPoint point) {
        int refusal = point.refusal();
        if (refusal == 0) {
            accept(point.attempt(), point.upstreamResponse(), point, null);
        } else if (!isSentAgain(point, refusal)) {
            passOn(point, refusal);
        }
    }

    /** The client gets a stream that says nothing but an error: as it is, or as an error with a status. */
    private void passOn(CommitPoint point, int refusal) {
        Attempt answering = point.attempt();
        long now = System.nanoTime();
        answering.lease().close(UpstreamStatus.outcome(refusal), now);
        Answer told = answering.passage().refusal(point.upstreamResponse(), point.beginning());
        if (told == null) {
            accept(answering, point.upstreamResponse(), point, null);
            return;
        }
        attempts.wins(answering, now);
        report(answering, refusal, null, now);
        new Leftover(answering, point).run();
        owner.answered(told);
    }

    /** Whether another upstream or key takes over from a stream that says nothing but an error of this status. */
    private boolean isSentAgain(CommitPoint point, int refusal) {
        long now = System.nanoTime();
        Attempt answering = point.attempt();
        Lease lease = answering.lease();
        ToldError error = point.error();
        coolDown(
                lease,
                refusal,
                asked(point.upstreamResponse(), error == null ? OptionalLong.empty() : error.waitNanos()),
                now);
        if (UpstreamStatus.isFailure(refusal) || UpstreamStatus.isRefusal(refusal)) {
            lease.close(UpstreamStatus.outcome(refusal), now);
        }
        answering.meter().refused(refusal);
        if (isKeyRefused(answering, refusal, now)) {
            new Leftover(answering, point).run();
            return true;
        }
        mayHaveAnotherKey(lease, refusal);
        if (attempts.recover(lease, new Setback.Answered(refusal, null), now) instanceof Next.PassOn) {
            return false;
        }
        report(answering, refusal, null, now);
        new Leftover(answering, point).run();
        return true;
    }

    @Override
    public void missed(CommitPoint point, UpstreamFailure failure) {
        attempts.setBack(point.attempt(), failure, true, true);
    }

    private void collect(Attempt answering, Response upstreamResponse, Content.Source content) {
        WholeContent whole = new WholeContent(answering, upstreamResponse, content, conversions.share(), signals);
        attempts.owedFor(answering.lease()).await(whole);
        whole.run();
    }

    @Override
    public void collected(WholeContent content, byte[] whole) {
        Attempt answering = content.attempt();
        Response upstreamResponse = content.upstreamResponse();
        if (answering.passage().isToBlame(upstreamResponse, whole) && attempts.askPlainly(answering)) {
            content.discard();
            return;
        }
        try {
            Answer answer = answering.passage().answer(upstreamResponse, whole);
            if (upstreamResponse.getStatus() < 400) {
                good(answering, upstreamResponse.getStatus());
            }
            content.keep(answer.length());
            owner.answered(answer);
        } catch (BadAnswerException e) {
            content.discard();
            Answer told = answering.passage().refusal(upstreamResponse, e.fault());
            if (told == null) {
                unreadable(answering, e);
            } else {
                refuses(answering, upstreamResponse, e.fault(), told);
            }
        } catch (RuntimeException | Error e) {
            LOG.error("{}: the answer could not be converted", exchange.id(), e);
            content.discard();
            attempts.wins(answering, System.nanoTime());
            owner.refused(Refusal.of(ProxyError.INTERNAL));
        }
    }

    /** The upstream has told an error in place of an answer: it is judged like one that has the status of that error. */
    private void refuses(Attempt answering, Response upstreamResponse, Fault fault, Answer told) {
        long now = System.nanoTime();
        Lease lease = answering.lease();
        int status = fault.status();
        long wait = TimeUnit.SECONDS.toNanos(fault.retryAfterSeconds());
        coolDown(lease, status, asked(upstreamResponse, wait == 0 ? OptionalLong.empty() : OptionalLong.of(wait)), now);
        lease.close(UpstreamStatus.outcome(status), now);
        answering.meter().refused(status);
        if (isKeyRefused(answering, status, now)) {
            return;
        }
        mayHaveAnotherKey(lease, status);
        report(answering, status, null, now);
        if (attempts.recover(lease, new Setback.Answered(status, null), now) instanceof Next.PassOn) {
            attempts.wins(answering, now);
            owner.answered(told);
        }
    }

    /** What the upstream has said is no answer: it is done with the request, as after a status that says that it failed. */
    private void unreadable(Attempt answering, BadAnswerException e) {
        long now = System.nanoTime();
        Lease lease = answering.lease();
        LOG.debug(
                "{}: {} has answered with {}",
                exchange.id(),
                lease.upstream().name(),
                e.fault().cause());
        lease.close(Load.Outcome.FAILURE, now);
        report(answering, 0, ProxyError.BAD_RESPONSE, now);
        attempts.recover(lease, new Setback.Unreadable(), now);
    }

    @Override
    public void missed(WholeContent content, UpstreamFailure failure) {
        if (content.upstreamResponse().getStatus() < 400) {
            attempts.setBack(content.attempt(), failure, true, false);
        } else {
            owner.refused(new Refusal(failure.error(), 0, true));
        }
    }

    /** The upstream has worked; another one would hardly say less. */
    @Override
    public void outgrown(WholeContent content, Refusal refusal) {
        if (content.upstreamResponse().getStatus() < 400) {
            long now = System.nanoTime();
            attempts.wins(content.attempt(), now);
            content.attempt().lease().close(Load.Outcome.NEUTRAL, now);
            report(content.attempt(), 0, refusal.error(), now);
        }
        if (refusal.error() == ProxyError.OVERLOADED) {
            exchange.shed(Shed.BUFFERS_FULL);
        }
        owner.refused(refusal);
    }

    private void judgeError(Attempt answering, Response upstreamResponse, Content.Source content) {
        int status = upstreamResponse.getStatus();
        long now = System.nanoTime();
        Lease lease = answering.lease();
        OptionalLong asked = asked(upstreamResponse, OptionalLong.empty());
        coolDown(lease, status, asked, now);
        lease.close(UpstreamStatus.outcome(status), now);
        boolean heard = UpstreamStatus.isRefusal(status)
                && asked.isEmpty()
                && !upstreamResponse.getHeaders().contains(HttpHeader.CONTENT_ENCODING);
        Content.Source told = heard
                ? new OverheardContent(content, true, error -> goOnCooling(lease, status, error.waitNanos()))
                : content;
        if (isKeyRefused(answering, status, now)) {
            new Leftover(answering, told).run();
            return;
        }
        mayHaveAnotherKey(lease, status);
        report(answering, status, null, now);
        String advice = upstreamResponse.getHeaders().get(ErrorAnswer.SHOULD_RETRY);
        Setback setback = selection.looksFor(status)
                ? new Setback.NotThere(selection.isNotAt(lease.upstream()))
                : new Setback.Answered(status, advice);
        if (!(attempts.recover(lease, setback, now) instanceof Next.PassOn)) {
            new Leftover(answering, told).run();
        } else if (answering.passage().takesWhole(upstreamResponse)) {
            collect(answering, upstreamResponse, told);
        } else {
            owner.answered(answering.passage().answer(upstreamResponse, told, null));
        }
    }

    /** Whether it was the key that was turned away, and not the request: then it is sent again with another one, if there is any. */
    private boolean isKeyRefused(Attempt answering, int status, long now) {
        Lease lease = answering.lease();
        if (selection.looksFor(status) || !turnsKeyAway(lease, status)) {
            return false;
        }
        lease.close(UpstreamStatus.outcome(status), now);
        attempts.keyRefused(lease, answering, status, reason(status), now);
        return true;
    }

    /** What one key has used up, another one of the upstream may have left. */
    private void mayHaveAnotherKey(Lease lease, int status) {
        if (status == 429) {
            selection.mayReturnTo(lease.upstream());
        }
    }

    private static boolean turnsKeyAway(Lease lease, int status) {
        return UpstreamStatus.isUnauthorized(status) && !(lease.credential() instanceof Credential.None);
    }

    private static KeyFailure reason(int status) {
        return status == 401 ? KeyFailure.UNAUTHORIZED : KeyFailure.FORBIDDEN;
    }

    /** How long an upstream wants to be left alone: as its head says, else as its body does. */
    private static OptionalLong asked(Response upstreamResponse, OptionalLong inBody) {
        OptionalLong inHead = RetryAfter.nanos(upstreamResponse.getHeaders()::get, Instant.now());
        return inHead.isPresent() ? inHead : inBody;
    }

    /**
     * An upstream that is overloaded says when to ask it again, or cools down for a while. A 429 is meant for the key, the others
     * for the whole upstream.
     */
    private static void coolDown(Lease lease, int status, OptionalLong asked, long now) {
        if (!UpstreamStatus.isRefusal(status)) {
            return;
        }
        CooldownConfig config = lease.upstream().config().rateLimited();
        Duration time = asked.isPresent() ? atMost(config.max(), asked.getAsLong()) : config.otherwise();
        if (status == 429) {
            lease.coolKeyDown(time, asked.isPresent(), now);
        } else if (asked.isPresent()) {
            lease.coolDown(time, now);
        }
    }

    /** Google says in the body how long nothing more is to be asked for; by then a cool-down has begun, and the request is sent elsewhere. */
    private static void goOnCooling(Lease lease, int status, OptionalLong asked) {
        if (asked.isEmpty()) {
            return;
        }
        Duration time = atMost(lease.upstream().config().rateLimited().max(), asked.getAsLong());
        if (status == 429) {
            lease.sparesKey(time.toNanos(), System.nanoTime());
        } else {
            lease.coolDown(time, System.nanoTime());
        }
    }

    private static Duration atMost(Duration most, long nanos) {
        return Duration.ofNanos(Math.min(nanos, most.toNanos()));
    }

    private void report(Attempt attempt, int status, @Nullable ProxyError failure, long now) {
        exchange.attempted(AttemptResult.of(group.name(), attempt.lease(), status, failure, now), attempt.meter());
    }
}
