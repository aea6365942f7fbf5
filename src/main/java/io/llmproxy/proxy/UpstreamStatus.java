package io.llmproxy.proxy;

import io.llmproxy.balance.Load;

/** What the status of an answer says about the upstream that gave it. */
final class UpstreamStatus {
    private UpstreamStatus() {}

    /** Whether the upstream has failed: it broke, or has too much to do. */
    static boolean isFailure(int status) {
        return switch (status) {
            case 500, 502, 503, 504, 529 -> true;
            default -> false;
        };
    }

    /** A rate limit says nothing about how well an upstream works; any other refusal shows that it does. */
    static Load.Outcome outcome(int status) {
        if (isFailure(status)) {
            return Load.Outcome.FAILURE;
        }
        return status == 429 ? Load.Outcome.NEUTRAL : Load.Outcome.SUCCESS;
    }
}
