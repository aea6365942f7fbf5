package io.llmproxy.health;

import io.llmproxy.upstream.CheckedUpstream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** One look at an upstream that an operator asks for. What it finds changes nothing. */
public final class TestCall {
    private TestCall() {}

    /**
     * What came of it.
     *
     * @param success whether the upstream did what it should
     * @param reason a status or the kind of a failure, nothing that the upstream has said itself
     */
    public record Result(boolean success, String reason) {}

    /** Asks, and answers when the upstream has, or when its time is over. */
    public static CompletableFuture<Result> start(CheckedUpstream target) {
        return Probe.start(target, false)
                .completeOnTimeout(Finding.TIMEOUT, target.check().timeout().toMillis(), TimeUnit.MILLISECONDS)
                .thenApply(found -> new Result(found.success(), found.reason()));
    }
}
