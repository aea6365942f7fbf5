package io.llmproxy.proxy;

/** Whether a request may be sent again after an attempt, and the one reason for it. */
enum Verdict {
    /** No connection was made, or the upstream says that it took nothing: it cannot have worked on the request. */
    NOT_WORKED_ON(true),
    /** The upstream answered that it failed, or is asked too much. */
    UPSTREAM_FAILED(true),
    /** The upstream answered that the request should be retried. */
    ADVISED(true),
    /** A stream did not begin in time, so that the call was cancelled: nothing of its answer was made, or none was kept. */
    SILENT_STREAM(true),
    /** The upstream may have worked on the request; to repeat it does no harm, or {@code retry.unsafe} allows it. */
    HARMLESS(true),

    /** The upstream answered that the request should not be retried. */
    ADVISED_AGAINST(false),
    /** The answer is about the request, not about the upstream: another one would say the same. */
    FINAL_ANSWER(false),
    /** The connection died under the request, or a plain answer is late: it may have been worked on, and be billed. */
    MAY_BE_WORKED_ON(false),
    /** The client or this gateway ended the attempt; the upstream did not fail. */
    NOT_THE_UPSTREAM(false);

    private final boolean allowed;

    Verdict(boolean allowed) {
        this.allowed = allowed;
    }

    /** Whether the request may be sent again. */
    boolean isAllowed() {
        return allowed;
    }
}
