package io.llmproxy.store;

import io.llmproxy.access.Mandate;
import io.llmproxy.store.ConfigVersion.Origin;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to become a version. It has been checked.
 *
 * @param content the document, as YAML
 * @param author who makes it
 * @param message what for
 * @param origin which way it comes
 * @param appVersion the release that checked it
 * @param requestKey the same for each attempt to commit the same: the second finds what the first has done; null if there is only
 *     one attempt
 * @param confirmWithin after this time the store goes back to the version before, unless it is confirmed; null for a commit that
 *     needs no confirmation
 * @param mandate in whose name it is made
 * @param secrets what the document refers to and is not stored yet
 */
public record Draft(
        String content,
        String author,
        String message,
        Origin origin,
        String appVersion,
        @Nullable String requestKey,
        @Nullable Duration confirmWithin,
        Mandate mandate,
        List<SealedSecret> secrets) {
    /** Copies the list. */
    public Draft {
        secrets = List.copyOf(secrets);
    }

    /** Returns one of a person that brings no secrets along; see the record for the rest. */
    public static Draft plain(
            String content,
            String author,
            String message,
            Origin origin,
            String appVersion,
            @Nullable String requestKey,
            @Nullable Duration confirmWithin) {
        return new Draft(
                content, author, message, origin, appVersion, requestKey, confirmWithin, Mandate.PERSON, List.of());
    }

    /** Returns the same in another name. */
    public Draft under(Mandate other) {
        return new Draft(content, author, message, origin, appVersion, requestKey, confirmWithin, other, secrets);
    }

    /**
     * Returns the same with its secrets out of the way.
     *
     * @param document refers to them
     * @param moved those that are not stored yet
     */
    public Draft sealed(String document, List<SealedSecret> moved) {
        return new Draft(document, author, message, origin, appVersion, requestKey, confirmWithin, mandate, moved);
    }
}
