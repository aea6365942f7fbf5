package io.llmproxy.admin.api;

import io.llmproxy.explain.Explanation;
import jakarta.ws.rs.core.MultivaluedMap;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which requests are wanted. What is null is of no importance.
 *
 * @param status a status, or a class such as {@code 5xx}
 * @param error code of the gateway's error, or {@code any} for every request that failed
 */
record RequestFilter(
        @Nullable String forward,
        @Nullable String upstream,
        @Nullable String key,
        @Nullable String model,
        @Nullable String outcome,
        @Nullable String status,
        @Nullable String error,
        long slowerThanNanos,
        @Nullable Instant from,
        @Nullable Instant to)
        implements Predicate<Explanation> {
    private static final Pattern STATUS = Pattern.compile("[1-5]([0-9]{2}|xx)");
    private static final Set<String> KNOWN = Set.of(
            "forward",
            "upstream",
            "key",
            "model",
            "outcome",
            "status",
            "error",
            "slower_than",
            "from",
            "to",
            "limit",
            "cursor");

    static RequestFilter of(MultivaluedMap<String, String> query) {
        for (String name : query.keySet()) {
            if (!KNOWN.contains(name)) {
                throw Refused.invalid(
                        "query", "an unknown parameter (expected: " + String.join(", ", new TreeSet<>(KNOWN)) + ")");
            }
        }
        String status = query.getFirst("status");
        if (status != null && !STATUS.matcher(status).matches()) {
            throw Refused.invalid("status", "not a status (expected: one such as 429, or 5xx)");
        }
        return new RequestFilter(
                query.getFirst("forward"),
                query.getFirst("upstream"),
                query.getFirst("key"),
                query.getFirst("model"),
                query.getFirst("outcome"),
                status,
                query.getFirst("error"),
                TimeUnit.MILLISECONDS.toNanos(
                        Page.number("slower_than", query.getFirst("slower_than"), 0, 0, TimeUnit.DAYS.toMillis(1))),
                Times.read("from", query.getFirst("from")),
                Times.read("to", query.getFirst("to")));
    }

    @Override
    public boolean test(Explanation found) {
        return is(forward, found.forward())
                && (upstream == null || found.asked(upstream))
                && is(key, found.key())
                && is(model, found.model())
                && is(outcome, found.outcome())
                && (status == null || hasStatus(found.status()))
                && (error == null || (error.equals("any") ? found.isError() : error.equals(found.error())))
                && found.nanos() >= slowerThanNanos
                && (from == null || !found.at().isBefore(from))
                && (to == null || found.at().isBefore(to));
    }

    private boolean hasStatus(int found) {
        String text = Integer.toString(found);
        return status != null
                && (status.endsWith("xx") ? text.startsWith(status.substring(0, 1)) : text.equals(status));
    }

    private static boolean is(@Nullable String wanted, @Nullable String found) {
        return wanted == null || wanted.equals(found);
    }
}
