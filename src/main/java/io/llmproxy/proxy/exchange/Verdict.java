package io.llmproxy.proxy.exchange;

import java.util.Locale;

/** Whether a request is sent again after an attempt, and the one reason for it. */
public enum Verdict {
    /** No connection was made, or the upstream says that it took nothing: it cannot have worked on the request. */
    NOT_WORKED_ON(true),
    /** The upstream answered that it failed or is overloaded. */
    UPSTREAM_FAILED(true),
    /** The upstream answered that the request should be retried. */
    ADVISED(true),
    /** A stream did not begin in time, so that the call was cancelled: nothing of its answer was made, or none was kept. */
    SILENT_STREAM(true),
    /** The upstream may have worked on the request; to repeat it does no harm, or {@code retry.unsafe} allows it. */
    HARMLESS(true),
    /** The upstream did not accept the gateway's key; another key of it, or another upstream, may serve. */
    KEY_REFUSED(true),
    /** The upstream does not have what the request names, and it is not known which one has. */
    NOT_THERE(true),
    /** The request cannot be expressed in the API of this upstream; perhaps in the API of another one. */
    UNCONVERTIBLE(true),
    /** The first content of a stream is late: another upstream is asked, too, and the one that begins first is listened to. */
    HEDGED(true),

    /** The upstream answered that the request should not be retried. */
    ADVISED_AGAINST(false),
    /** The answer is about the request, not about the upstream: another one would say the same. */
    FINAL_ANSWER(false),
    /** The connection died under the request, or a plain answer is late: it may have been worked on, and be billed. */
    MAY_BE_WORKED_ON(false),
    /** This gateway ended the attempt, or failed itself; the upstream did not fail. */
    NOT_THE_UPSTREAM(false),
    /** The client has left: there is no one to answer. */
    CLIENT_GONE(false),
    /** The client has the beginning of the answer already. */
    COMMITTED(false),
    /** The body is larger than {@code replay_buffer}: it cannot be sent a second time. */
    BODY_NOT_KEPT(false),
    /** All upstreams that may serve the request were asked, and rounds are not configured or would not help. */
    NO_OTHER_UPSTREAM(false),
    /** {@code retry.attempts} are used up. */
    ATTEMPTS_USED_UP(false),
    /** All upstreams are rate limited for longer than a client is made to wait. */
    COOLING_DOWN(false),
    /** The retry budget of the group is used up. */
    OVER_BUDGET(false);

    private final boolean allowed;
    private final String word = name().toLowerCase(Locale.ROOT);

    Verdict(boolean allowed) {
        this.allowed = allowed;
    }

    /** Whether the request is sent again. */
    public boolean isAllowed() {
        return allowed;
    }

    /** The reason as metrics and the access log tell it. */
    public String word() {
        return word;
    }
}
