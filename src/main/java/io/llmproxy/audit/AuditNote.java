package io.llmproxy.audit;

import org.jspecify.annotations.Nullable;

/**
 * What is noted of an act. Texts that are too long are cut, and control characters in them are replaced. None of it is secret.
 *
 * @param actor who acts
 * @param authentication how that is known, such as {@code operator_token} or {@code session}
 * @param address where the call comes from; empty for a command
 * @param requestId id of the call; empty for a command
 * @param action what is done, such as {@code config.commit}
 * @param object to what it is done; empty if the action says it
 * @param before what was changed, as it was: a JSON object; null if that is not told
 * @param after what was changed, as it is now
 * @param outcome {@code done}, or the code of the refusal
 * @param version the configuration that was made or confirmed; null for none
 */
public record AuditNote(
        String actor,
        String authentication,
        String address,
        String requestId,
        String action,
        String object,
        @Nullable String before,
        @Nullable String after,
        String outcome,
        @Nullable Long version) {
    /** What is noted if the act was carried out. */
    public static final String DONE = "done";

    private static final int LONGEST = 200;

    /** Cuts and cleans texts. */
    public AuditNote {
        actor = clean(actor);
        authentication = clean(authentication);
        address = clean(address);
        requestId = clean(requestId);
        action = clean(action);
        object = clean(object);
        outcome = clean(outcome);
    }

    private static String clean(String text) {
        StringBuilder clean = new StringBuilder(Math.min(text.length(), LONGEST));
        text.codePoints()
                .limit(LONGEST)
                .map(next -> Character.isISOControl(next) || isSurrogate(next) ? '?' : next)
                .forEach(clean::appendCodePoint);
        return clean.toString();
    }

    /** Half of a character can be stored by no database. */
    private static boolean isSurrogate(int next) {
        return next >= Character.MIN_SURROGATE && next <= Character.MAX_SURROGATE;
    }

    /** An act of a command or of a node itself, without a call. */
    public static AuditNote plain(String actor, String authentication, String action) {
        return new AuditNote(actor, authentication, "", "", action, "", null, null, DONE, null);
    }

    /** The same about something that the action does not say. */
    public AuditNote to(String what) {
        return new AuditNote(actor, authentication, address, requestId, action, what, before, after, outcome, version);
    }

    /** Another act of the same call, about the same version. */
    public AuditNote besides(String what, String toWhat) {
        return new AuditNote(actor, authentication, address, requestId, what, toWhat, null, null, DONE, version);
    }

    /** The same with the configuration that was made. */
    public AuditNote of(long made) {
        return new AuditNote(actor, authentication, address, requestId, action, object, before, after, outcome, made);
    }
}
