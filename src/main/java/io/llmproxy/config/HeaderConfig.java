package io.llmproxy.config;

import org.jspecify.annotations.Nullable;

/** One change to a request's headers. */
public record HeaderConfig(
        @Setting(
                value = "`insert` adds the header when it is absent, `replace` sets it, `remove` removes it.",
                required = true)
        Op op,

        @Setting(value = "Name of the header.", required = true)
        String key,

        @Setting("Value for `insert` and `replace`. It may be a credential, so it is never printed.") @Nullable Secret value) {

    /** What happens to the header. */
    public enum Op {
        INSERT,
        REPLACE,
        REMOVE
    }
}
