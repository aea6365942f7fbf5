package io.llmproxy.proxy.attempt;

import io.llmproxy.balance.Load;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.UpstreamFailure;
import io.llmproxy.proxy.exchange.AttemptResult;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.HedgeResult;
import io.llmproxy.upstream.Hedging;
import io.llmproxy.upstream.Lease;
import java.util.Objects;
import org.eclipse.jetty.util.thread.SerializedInvoker;
import org.jspecify.annotations.Nullable;

/**
 * The second attempt of one request, beside one whose first content is late, and what follows for both of them from their
 * {@link Race}.
 *
 * <p>What becomes of the two is told on different threads. It is acted on in turn: a thread that finds another one at it leaves its
 * news there, and none waits. All methods are for use in turn, except where they say otherwise.
 *
 * @see <a href="https://cacm.acm.org/research/the-tail-at-scale/">Dean and Barroso, The Tail at Scale, 2013: hedged requests</a>
 */
final class Hedge {
    private final Exchange exchange;
    private final String group;
    private final Hedging hedging;
    private final AwaitedAnswer first;
    private final StreamQuestion stream;
    private final SerializedInvoker turns = new SerializedInvoker();
    private final Race<Lease> race = new Race<>();
    private volatile @Nullable AwaitedAnswer second;
    private boolean told;

    /**
     * Makes one that may be sent.
     *
     * @param group name of the group
     * @param first what is owed by the attempt that is, or will be, alone
     * @param stream whether a stream is asked for; other requests have no hedge
     */
    Hedge(Exchange exchange, String group, Hedging hedging, AwaitedAnswer first, StreamQuestion stream) {
        this.exchange = exchange;
        this.group = group;
        this.hedging = hedging;
        this.first = first;
        this.stream = stream;
    }

    /** Does something in turn, now or as soon as another thread is done. For use by any thread. */
    void inTurn(Runnable step) {
        turns.run(step);
    }

    /** Does something in turn that concerns an attempt, unless that has lost by then. For use by any thread. */
    void inTurn(Attempt attempt, Runnable step) {
        turns.run(() -> {
            if (!race.hasLost(attempt.lease())) {
                step.run();
            }
        });
    }

    /** What the hedge owes; null if none is under way beside another attempt. For use by any thread. */
    @Nullable AwaitedAnswer second() {
        return second;
    }

    /** Does what is due, but for the hedge itself. For use by the thread that looks at deadlines. */
    void checkDeadlines(long now) {
        // While another attempt may have content before it, a stream is held back for longer than usual.
        first.checkDeadlines(now, race.isHedged() || (race.isAlone() && mayFollow()));
        AwaitedAnswer other = second;
        if (other != null) {
            other.checkDeadlines(now, true);
        }
    }

    /** Whether a hedge may follow before its stream is given up. */
    private boolean mayFollow() {
        long delay = hedging.delayNanos();
        return delay >= 0 && first.allowsSilence(delay);
    }

    /**
     * Whether the time has come to ask for the hedge. For use by the thread that looks at deadlines.
     *
     * @param now the time in nanoseconds
     */
    boolean becomesDue(long now) {
        if (!race.isAlone() || late(now) == null) {
            return false;
        }
        if (!stream.isAsked()) {
            race.hasNoHedge();
            return false;
        }
        return race.asksForHedge();
    }

    private @Nullable Lease late(long now) {
        Attempt attempt = first.attempt();
        long delay = hedging.delayNanos();
        if (attempt == null || delay < 0 || !first.lacksContent()) {
            return null;
        }
        return now - attempt.lease().acquired() < delay ? null : attempt.lease();
    }

    /** Whether it is still wanted, once it was asked for. */
    boolean isWanted(long now) {
        return race.wantsHedge(late(now));
    }

    /** It is not sent. */
    void isNotSent(HedgeResult because) {
        race.hasNoHedge();
        exchange.hedged(because);
    }

    /** An upstream is asked, and no other one is under way. */
    void begins(Lease lease) {
        race.begins(lease);
    }

    /**
     * An upstream is asked beside the one that is late.
     *
     * @param owed what it owes
     */
    void beginsBeside(Lease lease, AwaitedAnswer owed) {
        race.beginsBeside(lease);
        second = owed;
    }

    /** Whether a lease is that of the hedge of an attempt that is still under way. */
    boolean isBeside(Lease lease) {
        return race.isBeside(lease);
    }

    /** What an upstream owes that is asked with this lease. */
    AwaitedAnswer owedFor(Lease lease) {
        return race.isBeside(lease) ? Objects.requireNonNull(second) : first;
    }

    /**
     * An attempt has failed.
     *
     * @param abandoned whether because the client has left, or the exchange is to end
     * @return whether another one is under way, which goes on alone
     */
    boolean fails(Lease failing, boolean abandoned) {
        boolean besideAnother = race.isBeside(failing);
        boolean goesOn = race.fails(failing, abandoned) != null;
        tell();
        if (goesOn) {
            goOnWith(besideAnother ? first : Objects.requireNonNull(second));
        }
        return goesOn;
    }

    /**
     * Whether the client gets at once what an attempt has answered about the request. It does not if that is the hedge, or if the hedge
     * has begun to answer: the other attempt may serve the request.
     */
    boolean hasLastWord(Lease speaking) {
        AwaitedAnswer other = second;
        Attempt beside = other == null ? null : other.attempt();
        return !race.isBeside(speaking) && (beside == null || !beside.isAnswered());
    }

    private void goOnWith(AwaitedAnswer remaining) {
        if (remaining != first) {
            first.takeOver(remaining);
        }
        second = null;
        Attempt alone = Objects.requireNonNull(first.attempt());
        exchange.goesOnWith(alone.meter(), alone.lease().upstream().name());
    }

    /** What an attempt has brought is what the client gets: the other one, if there is one, is given up. */
    void wins(Lease winner, long now) {
        AwaitedAnswer winning = owedFor(winner);
        AwaitedAnswer losing = winning == first ? second : first;
        boolean raced = race.wins(winner) != null;
        tell();
        boolean overtaken = raced && losing == first;
        if (!overtaken) {
            measure(winning.stream(), now);
        }
        if (raced && losing != null) {
            Attempt loser = Objects.requireNonNull(losing.attempt());
            if (overtaken) {
                // It would have taken longer than that.
                hedging.took(now - loser.lease().acquired());
                loser.lease().overtaken(now);
            }
            giveUp(loser, now);
            goOnWith(winning);
        }
    }

    /** The upstream is not to blame: it was slower than another, this time. */
    private void giveUp(Attempt loser, long now) {
        loser.lease().close(Load.Outcome.NEUTRAL, now);
        exchange.attempted(AttemptResult.of(group, loser.lease(), 0, ProxyError.HEDGE_LOST, now), loser.meter());
        loser.abort(new UpstreamFailure(ProxyError.HEDGE_LOST));
    }

    /**
     * Learns how long the first content of a stream takes. What was passed on without content has it later. A hedge follows a slow
     * attempt, and says nothing of what is usual.
     */
    private void measure(@Nullable CommitPoint stream, long now) {
        if (stream == null || race.isHedge(stream.attempt().lease()) || stream.refusal() != 0) {
            return;
        }
        long began = stream.attempt().lease().acquired();
        if (stream.hasContent()) {
            hedging.took(now - began);
        } else {
            stream.attempt().meter().whenFirstText(at -> hedging.took(at - began));
        }
    }

    /** The exchange is over. */
    void ends() {
        race.ends();
        tell();
    }

    private void tell() {
        HedgeResult result = race.result();
        if (result != null && !told) {
            told = true;
            exchange.hedged(result);
        }
    }
}
