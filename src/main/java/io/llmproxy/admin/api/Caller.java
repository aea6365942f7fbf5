package io.llmproxy.admin.api;

/**
 * Who calls.
 *
 * @param name what the log and the history of the configuration call the caller
 * @param role what the caller may do
 */
record Caller(String name, Role role) {
    /** The one who knows the operators' token. */
    static final Caller OPERATOR = new Caller("operator", Role.ADMIN);
}
