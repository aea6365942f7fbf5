package io.llmproxy.convert.codec;

import java.util.Set;

/**
 * What the operator decides about conversion.
 *
 * @param lossy what is done when something cannot be said
 * @param dropHosted whether tools that only another provider runs are left out, not refused
 * @param forward members of a request that are sent on although the upstream's dialect does not know them
 * @param defaultMaxTokens the limit that Anthropic demands where the client gives none
 * @param forwardUser whether the client's name for its user reaches the upstream as it is, not as a digest
 * @param reasoningContent whether a chat client is told what the model thought, in {@code reasoning_content}
 * @param chatSignatures whether a chat client is given Gemini's signatures, in {@code extra_content}
 */
public record Policy(
        Lossy lossy,
        boolean dropHosted,
        Set<String> forward,
        long defaultMaxTokens,
        boolean forwardUser,
        boolean reasoningContent,
        boolean chatSignatures) {

    /** What holds where nothing is configured. */
    public static final Policy DEFAULT = new Policy(Lossy.WARN, false, Set.of(), 8192, false, true, true);

    /** What is done when something cannot be said. */
    public enum Lossy {
        /** The request is refused if it would mean something else without it. */
        STRICT,
        /** It is left out, and a header says so. */
        WARN,
        /** It is left out. */
        QUIET
    }

    /** Returns this policy with another answer to losses. */
    public Policy with(Lossy other) {
        return new Policy(other, dropHosted, forward, defaultMaxTokens, forwardUser, reasoningContent, chatSignatures);
    }
}
