package io.llmproxy.admin.api;

import io.llmproxy.access.Digest;
import org.jspecify.annotations.Nullable;

/** What a caller shows at each attempt to do the same: the second finds what the first has done. */
final class RequestKey {
    private static final int LONGEST = 150;

    private RequestKey() {}

    /**
     * Returns the key of a caller's, as two may think of the same; null for none.
     *
     * @throws Refused if it is not one
     */
    static @Nullable String of(Caller caller, @Nullable String shown) {
        return shown == null ? null : caller.name() + ' ' + checked(shown);
    }

    /** The same in 64 characters. */
    static @Nullable String digest(Caller caller, @Nullable String shown) {
        String key = of(caller, shown);
        return key == null ? null : Digest.of(key);
    }

    private static String checked(String shown) {
        if (shown.isBlank() || shown.length() > LONGEST) {
            throw Refused.invalid("Idempotency-Key", "no such key (expected: 1 to " + LONGEST + " characters)");
        }
        return shown;
    }
}
