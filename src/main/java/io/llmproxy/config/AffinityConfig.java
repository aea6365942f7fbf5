package io.llmproxy.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which requests of a group belong together, so that one upstream gets them all and its caches are warm for them. */
@Switchable
public record AffinityConfig(
        @Setting(
                "Values that relate requests; the first one that a request has is used. Default: `prompt_cache_key`, then `prefix`.")
        List<By> by,

        @Setting("Name of the header for `by: [header]`, such as `X-Session-Id`.") @Nullable String header,

        @Setting(
                value =
                        "Load of an upstream (requests in flight), as a multiple of the group's mean, above which related requests go to the next upstream.",
                byDefault = "1.25",
                min = 1,
                max = 10)
        double bound) {
    private static final List<By> USUAL = List.of(By.PROMPT_CACHE_KEY, By.PREFIX);

    public AffinityConfig {
        by = by.isEmpty() ? USUAL : List.copyOf(by);
    }

    /** What requests that belong together have in common. */
    public enum By {
        CLIENT_KEY,
        HEADER,
        PROMPT_CACHE_KEY,
        USER,
        PREFIX
    }
}
