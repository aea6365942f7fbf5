package io.llmproxy.quota;

/**
 * So much of a limit is used that an operator wants to know.
 *
 * @param standing of the limit at that moment
 * @param share the part of it at which a warning is wanted, from 0 to 1
 * @param percent how much of it is used, in percent; 100 if it has refused a request
 */
public record LimitWarning(Standing standing, double share, long percent) {
    /** Returns it in a sentence. */
    public String text() {
        return standing.limit().subject().text() + " has used " + percent + " % of its limit: "
                + standing.limit().text();
    }
}
