package io.llmproxy.explain;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.AskedModel;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeUsage;
import io.llmproxy.proxy.exchange.Step;
import io.llmproxy.proxy.exchange.Verdict;
import io.llmproxy.upstream.UpstreamGroup;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of one exchange, and why. It holds names of the configuration, codes and numbers: no body, query, address, nor what an
 * upstream said.
 *
 * @param id the id that the client was told; clients may choose it, so that several exchanges may have one
 * @param at when it ended
 * @param forward name of the forward
 * @param key name of the client's key; null for none
 * @param path the known API path
 * @param model as the configuration names it; {@code other} for one that it does not name; null if the request names none that was looked at
 * @param rule the rule of the routing that it was sent by; null if it did not come that far
 * @param group name of the group; null if it did not come that far
 * @param steps what happened, in order
 * @param truncated whether there were more steps
 * @param notRetried why it was not sent again after its last attempt; null if that was good enough
 * @param status what the client was sent
 * @param outcome how it went
 * @param error code of the gateway's error; null for none
 * @param firstByteNanos to the head of the answer
 * @param nanos to its end
 * @param usage what it used
 */
public record Explanation(
        String id,
        Instant at,
        String forward,
        @Nullable String key,
        String path,
        @Nullable String model,
        @Nullable String rule,
        @Nullable String group,
        List<Step> steps,
        boolean truncated,
        @Nullable String notRetried,
        int status,
        String outcome,
        @Nullable String error,
        long firstByteNanos,
        long nanos,
        ExchangeUsage usage) {

    static Explanation of(Exchange exchange) {
        ClientKey key = exchange.clientKey();
        UpstreamGroup group = exchange.group();
        Verdict notRetried = exchange.notRetried();
        ProxyError error = exchange.error();
        return new Explanation(
                exchange.id(),
                Instant.now(),
                exchange.forward().name(),
                key == null ? null : key.name(),
                exchange.endpoint().label(),
                model(exchange.model(), group),
                exchange.rule(),
                group == null ? null : group.name(),
                exchange.steps(),
                exchange.isTruncated(),
                notRetried == null ? null : notRetried.word(),
                exchange.status(),
                exchange.outcome().label(),
                error == null ? null : error.code(),
                exchange.firstByteNanos(),
                exchange.nanos(),
                exchange.usage());
    }

    private static @Nullable String model(@Nullable AskedModel asked, @Nullable UpstreamGroup group) {
        if (asked == null) {
            return null;
        }
        String configured = group == null ? null : group.configured(asked.name());
        return configured == null ? "other" : configured;
    }

    /** Name of the last upstream that was asked; null if none was. */
    public @Nullable String upstream() {
        String last = null;
        for (Step step : steps) {
            if (step instanceof Step.Attempted attempted && attempted.result().upstream() != null) {
                last = attempted.result().upstream();
            }
        }
        return last;
    }

    /** How many upstreams were asked, one after the other. */
    public int attempts() {
        return (int) steps.stream()
                .filter(step -> step instanceof Step.Attempted attempted
                        && attempted.result().upstream() != null)
                .count();
    }

    /** Whether the client got less than a good answer. */
    public boolean isError() {
        return error != null || status >= 400;
    }

    /** Whether an upstream was asked. */
    public boolean asked(String upstream) {
        return steps.stream()
                .anyMatch(step -> step instanceof Step.Attempted attempted
                        && upstream.equals(attempted.result().upstream()));
    }
}
