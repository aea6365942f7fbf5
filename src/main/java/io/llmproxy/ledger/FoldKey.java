package io.llmproxy.ledger;

import org.jspecify.annotations.Nullable;

/**
 * What records have in common that are counted together.
 *
 * @param of the type of the records
 * @param forward that took the requests
 * @param upstream that was asked
 * @param model that was sent to it
 * @param key the name of the client's key
 * @param source where the counts come from
 */
record FoldKey(
        String of,
        @Nullable String forward,
        @Nullable String upstream,
        @Nullable String model,
        @Nullable String key,
        @Nullable String source) {

    /** Stands for all that find no place of their own. */
    FoldKey other() {
        return new FoldKey(
                of, UsedAttempt.OTHER, UsedAttempt.OTHER, UsedAttempt.OTHER, UsedAttempt.OTHER, UsedAttempt.OTHER);
    }

    void write(LedgerLine line) {
        line.text("of", of)
                .text("forward", forward)
                .text("upstream", upstream)
                .text("request.model", model)
                .text("key", key)
                .text("source", source);
    }
}
