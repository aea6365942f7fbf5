package io.llmproxy.proxy.attempt;

import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.Verdict;
import java.util.random.RandomGenerator;

/** Decides what follows when an attempt has brought no answer that is good enough. Pure: it looks at values only. */
final class Recovery {
    /** How many pooled connections to one upstream may say goodbye to a request before it counts as refused. */
    private static final int MOST_REPLACEMENTS = 4;

    private Recovery() {}

    /**
     * What can be done at the moment.
     *
     * @param clientGone whether the client has left
     * @param repeatable whether the body can be sent again
     * @param another whether an upstream or a key is free that was not tried in this round
     * @param attempts how many attempts there were
     * @param rounds how many pauses there were
     * @param coolingNanos how long all upstreams want to be left alone, in nanoseconds; 0 if one of them does not
     * @param withinBudget whether the group's retry budget has a retry left
     */
    record Outlook(
            boolean clientGone,
            boolean repeatable,
            boolean another,
            int attempts,
            int rounds,
            long coolingNanos,
            boolean withinBudget) {
        /** The same, now that no other upstream or key could be had. */
        Outlook withoutAnother() {
            return new Outlook(clientGone, repeatable, false, attempts, rounds, coolingNanos, withinBudget);
        }
    }

    /**
     * Returns what follows a setback.
     *
     * @param random spreads the pauses
     */
    static Next after(Setback setback, RetryPolicy policy, Outlook outlook, RandomGenerator random) {
        Verdict verdict = setback.verdict(policy);
        if (outlook.clientGone()) {
            return setback.end(Verdict.CLIENT_GONE);
        }
        if (!verdict.isAllowed()) {
            return setback.end(verdict);
        }
        if (!outlook.repeatable()) {
            return setback.end(Verdict.BODY_NOT_KEPT);
        }
        boolean mayGoRound = policy.allowsRound(outlook.attempts());
        // In the first round all upstreams may be asked, however many there are.
        if (outlook.another() && (outlook.rounds() == 0 || mayGoRound)) {
            return outlook.withinBudget() ? new Next.Send(verdict) : setback.end(Verdict.OVER_BUDGET);
        }
        if (outlook.another()) {
            return setback.end(Verdict.ATTEMPTS_USED_UP);
        }
        if (!policy.hasRounds() || !setback.passesWithTime()) {
            return setback.end(Verdict.NO_OTHER_UPSTREAM);
        }
        if (!mayGoRound) {
            return setback.end(Verdict.ATTEMPTS_USED_UP);
        }
        if (!RetryPolicy.isBearable(outlook.coolingNanos())) {
            return setback.end(Verdict.COOLING_DOWN);
        }
        if (!outlook.withinBudget()) {
            return setback.end(Verdict.OVER_BUDGET);
        }
        long pause = policy.pauseNanos(outlook.rounds(), random);
        return new Next.Pause(verdict, Math.max(pause, outlook.coolingNanos()));
    }

    /**
     * Whether a request is sent to the same upstream once more, over another connection, because only the connection was to
     * blame. That is no attempt, and no failure of the upstream.
     *
     * @param failure why there is no answer
     * @param unworked whether a connection that was reset had been closed before the upstream could work on the request
     * @param goodbye whether a connection of the pool said that it takes no more requests; the next one may say so, too
     * @param replacements how often that has been done
     */
    static boolean replacesConnection(ProxyError failure, boolean unworked, boolean goodbye, int replacements) {
        boolean stale = failure == ProxyError.REFUSED || (failure == ProxyError.RESET && unworked);
        return stale && replacements < (goodbye ? MOST_REPLACEMENTS : 1);
    }
}
