package io.llmproxy.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which requests of a group belong together, so that one upstream gets them all and its caches are warm for them. */
@Switchable
public record AffinityConfig(
        @Setting(
                "What requests that belong together have in common; the first of these that a request has counts. By default `prompt_cache_key`, then `prefix`.")
        List<By> by,

        @Setting("The header that `by: [header]` means, such as `X-Session-Id`.") @Nullable String header,

        @Setting(
                value =
                        "How many requests an upstream may have in flight, as a multiple of the mean of the group, before requests that belong there go to their next one.",
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
