package io.llmproxy.proxy.request;

import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Identifies an exchange: what the client calls it, or a name of our own. */
public record RequestId(String value) {
    public static final String HEADER = "X-Request-Id";

    private static final int MAX_LENGTH = 128;

    /** Returns the client's name for the request if it is harmless in headers and logs, else a new one. */
    public static RequestId of(@Nullable String stated) {
        return new RequestId(stated != null && isHarmless(stated) ? stated : random());
    }

    private static boolean isHarmless(String id) {
        return !id.isEmpty() && id.length() <= MAX_LENGTH && id.chars().allMatch(c -> c > ' ' && c < 0x7f);
    }

    private static String random() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return "req_" + Long.toHexString(random.nextLong() | Long.MIN_VALUE)
                + Long.toHexString(random.nextLong() | Long.MIN_VALUE);
    }
}
