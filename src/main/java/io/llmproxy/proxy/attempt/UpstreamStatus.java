package io.llmproxy.proxy.attempt;

import io.llmproxy.balance.Load;

/** What the status of an answer says about the upstream that gave it. */
public final class UpstreamStatus {
    private UpstreamStatus() {}

    /** Whether the upstream has failed: it broke, or has too much to do. */
    static boolean isFailure(int status) {
        return switch (status) {
            case 500, 502, 503, 504, 529 -> true;
            default -> false;
        };
    }

    /** Whether the upstream has not begun to work on the request, as it is asked too much. */
    static boolean isRefusal(int status) {
        return status == 429 || status == 503 || status == 529;
    }

    /** Whether the upstream does not know the credential, or what it may do. */
    static boolean isUnauthorized(int status) {
        return status == 401 || status == 403;
    }

    /** Other refusals are the client's doing, and show neither that the upstream works nor that it does not. */
    public static Load.Outcome outcome(int status) {
        if (isFailure(status)) {
            return Load.Outcome.FAILURE;
        }
        return switch (status) {
            case 408 -> Load.Outcome.TIMED_OUT;
            case 429 -> Load.Outcome.THROTTLED;
            default -> status < 400 ? Load.Outcome.SUCCESS : Load.Outcome.NEUTRAL;
        };
    }
}
