package io.llmproxy.protocol;

import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the headers of an answer say of the provider's own limits: {@code x-ratelimit-…} as OpenAI has them, and
 * {@code anthropic-ratelimit-…}. Only that nothing is left counts; the times at which limits are full again are of no use, as some is
 * there long before.
 */
public final class ProviderLimits {
    private static final String OPENAI = "x-ratelimit-";
    private static final String ANTHROPIC = "anthropic-ratelimit-";
    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);
    private static final long TOKENS_AGAIN = TimeUnit.SECONDS.toNanos(1);

    private long requests = -1;
    private long requestsLeft = -1;
    private long tokens = -1;
    private long tokensLeft = -1;

    /** Takes note of a header, if it is one of these. */
    public void accept(String name, @Nullable String value) {
        if (value == null || !isOne(name)) {
            return;
        }
        switch (name.toLowerCase(Locale.ROOT)) {
            case "x-ratelimit-limit-requests", "anthropic-ratelimit-requests-limit" -> requests = number(value);
            case "x-ratelimit-remaining-requests", "anthropic-ratelimit-requests-remaining" ->
                requestsLeft = number(value);
            case "x-ratelimit-limit-tokens", "anthropic-ratelimit-tokens-limit" -> tokens = number(value);
            case "x-ratelimit-remaining-tokens", "anthropic-ratelimit-tokens-remaining" -> tokensLeft = number(value);
            default -> {}
        }
    }

    private static boolean isOne(String name) {
        return name.regionMatches(true, 0, OPENAI, 0, OPENAI.length())
                || name.regionMatches(true, 0, ANTHROPIC, 0, ANTHROPIC.length());
    }

    private static long number(String value) {
        try {
            return Long.parseLong(value.strip());
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /**
     * Returns for how long another request would be refused, in nanoseconds; 0 if something is left, or nothing is known. Some
     * servers say 0 or -1 of limits that they do not have.
     */
    public long untilNanos() {
        long request = requests > 0 && requestsLeft == 0 ? MINUTE / Math.min(requests, MINUTE) : 0;
        long words = tokens > 0 && tokensLeft == 0 ? TOKENS_AGAIN : 0;
        return Math.max(request, words);
    }
}
