package io.llmproxy.boot;

import io.llmproxy.admin.api.Decider;
import io.llmproxy.auth.ClientKey;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.Forward;
import io.llmproxy.proxy.forward.DryRun;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Decides by what is served at the moment. */
record DryRuns(Supplier<Generation> served) implements Decider {
    @Override
    public @Nullable Decision decide(Question question) {
        Forward forward = served.get().forwards().stream()
                .filter(known -> known.name().equals(question.forward()))
                .findFirst()
                .orElse(null);
        if (forward == null) {
            return null;
        }
        ClientKey key = question.key() == null
                ? null
                : forward.admission().keys().named(question.key()).orElse(null);
        if (key == null && question.key() != null) {
            return new Decision(false, null, null, "", 0, null, "", List.of());
        }
        DryRun.Question asked = new DryRun.Question(
                question.method(), question.path(), question.host(), question.headers(), question.model(), key);
        DryRun.Decision decision = DryRun.of(forward, asked, System.nanoTime(), Instant.now());
        ProxyError refusal = decision.refusal();
        return new Decision(
                true,
                decision.rule(),
                decision.group(),
                decision.endpoint(),
                refusal == null ? 0 : refusal.status(),
                refusal == null ? null : refusal.code(),
                refusal == null ? "" : refusal.message(),
                decision.candidates().stream().map(DryRuns::told).toList());
    }

    private static Candidate told(DryRun.Seen seen) {
        return new Candidate(
                seen.candidate().upstream(),
                seen.candidate().excluded(),
                seen.candidate().inFlight(),
                seen.candidate().weight(),
                seen.model(),
                seen.converts());
    }
}
