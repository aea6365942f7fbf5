package io.llmproxy.quota;

/**
 * So much of a limit is used that an operator wants to know.
 *
 * @param standing of the limit at that moment
 * @param share the part of it at which a warning is wanted, from 0 to 1
 */
public record LimitWarning(Standing standing, double share) {
    /** Returns it in a sentence. */
    public String text() {
        return standing.limit().subject().text() + " has used " + Math.round(standing.usedPart() * 100)
                + " % of its limit: " + standing.limit().text();
    }
}
