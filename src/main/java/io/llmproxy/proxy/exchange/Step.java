package io.llmproxy.proxy.exchange;

import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.upstream.Candidate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What happened to an exchange on its way to its end. */
public sealed interface Step {
    /**
     * An upstream was chosen, or none could be.
     *
     * @param candidates the first upstreams of the group
     * @param chosen name of the upstream; null for none
     * @param key the place of its key among the upstream's; of no meaning if none was chosen
     */
    record Picked(List<Candidate> candidates, @Nullable String chosen, int key) implements Step {}

    /** An upstream answered, or failed to. */
    record Attempted(AttemptResult result) implements Step {}

    /** An answer broke off. */
    record BrokeOff(ProxyError failure) implements Step {}

    /** After an attempt that was not good enough it was decided what follows. */
    record Decided(Verdict why) implements Step {}
}
