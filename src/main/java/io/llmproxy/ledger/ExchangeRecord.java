package io.llmproxy.ledger;

import org.jspecify.annotations.Nullable;

/**
 * One exchange: what a client asked for and got, after however many attempts.
 *
 * @param at when it ended, in milliseconds since 1970
 * @param exchange its number, as {@link Ledger#nextExchange} gives them
 * @param requestId the identifier that the client was shown. It may be the client's own and come twice: it is data, no key
 * @param forward that took the request
 * @param key the name of the client's key
 * @param attempts how many upstreams were asked
 * @param status that the client was sent; 0 if none was
 * @param outcome such as {@code completed}, {@code refused}, {@code cut}, {@code client_gone}
 * @param error the code of what went wrong; null if nothing did
 * @param totalMillis how long it took
 * @param traceId of the trace that it belongs to
 * @param decision a digest of how its upstream was chosen
 */
public record ExchangeRecord(
        long at,
        long exchange,
        String requestId,
        String forward,
        @Nullable String key,
        int attempts,
        int status,
        String outcome,
        @Nullable String error,
        long totalMillis,
        @Nullable String traceId,
        @Nullable String decision)
        implements LedgerRecord {
    @Override
    public String type() {
        return "exchange";
    }

    @Override
    public FoldKey foldKey() {
        return new FoldKey(type(), forward, null, null, key, null);
    }

    @Override
    public void write(LedgerLine line) {
        line.exchange(exchange).text("request_id", requestId).text("forward", forward);
        line.text("key", key).number("attempts", attempts).number("status", status);
        line.text("outcome", outcome).text("error", error).number("total_ms", totalMillis);
        line.text("trace_id", traceId).text("decision", decision);
    }
}
