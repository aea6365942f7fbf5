package io.llmproxy.ledger;

import io.llmproxy.usage.AttemptUsage;
import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Money;
import io.llmproxy.usage.UsageAnomaly;
import io.llmproxy.usage.UsageMissing;
import io.llmproxy.usage.UsageSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One attempt: one request to one upstream, also one that failed or was thrown away.
 *
 * @param at when it was settled, in milliseconds since 1970
 * @param exchange the exchange that it belongs to, as {@link Ledger#nextExchange} numbers them
 * @param n which of the exchange's attempts it is, from 1
 * @param where which upstream it asked, and for which client
 * @param modelAsked the model that the client asked for, if the configuration knows it
 * @param modelSent the model that the upstream was asked for, likewise
 * @param stream whether a stream was asked for
 * @param ending how it ended
 * @param times how long it took
 * @param bytesIn bytes of the request's body that were sent
 * @param bytesOut bytes of the answer's body that came
 * @param usage what it used
 * @param cost what it cost
 */
public record AttemptRecord(
        long at,
        long exchange,
        int n,
        Where where,
        @Nullable String modelAsked,
        @Nullable String modelSent,
        boolean stream,
        Ending ending,
        Times times,
        long bytesIn,
        long bytesOut,
        AttemptUsage usage,
        Cost cost)
        implements LedgerRecord {

    /**
     * Which upstream an attempt asked, and for which client. All of them are names of the configuration or of a closed set.
     *
     * @param forward that took the request
     * @param group that served it
     * @param upstream that was asked
     * @param keyIndex which of the upstream's keys was shown, from 0; negative if there is none
     * @param key the name of the client's key
     * @param provider as OpenTelemetry names it
     * @param operation as OpenTelemetry names it
     * @param path the known path or the pattern that was asked for
     */
    public record Where(
            String forward,
            @Nullable String group,
            String upstream,
            int keyIndex,
            @Nullable String key,
            @Nullable String provider,
            @Nullable String operation,
            @Nullable String path) {}

    /**
     * How an attempt ended.
     *
     * @param status of the upstream's answer; 0 if there was none
     * @param outcome such as {@code completed}, {@code failed}, {@code cut}
     * @param error the code of what went wrong; null if nothing did
     * @param finishReasons what the answer says of its end
     */
    public record Ending(
            int status, String outcome, @Nullable String error, List<String> finishReasons) {
        /** Makes it. */
        public Ending {
            finishReasons = List.copyOf(finishReasons);
        }
    }

    /**
     * How long an attempt took, in milliseconds. What is negative is unknown.
     *
     * @param queue until it was sent
     * @param ttfb from there to the head of the answer
     * @param ttft from there to the first token
     * @param lastToken from there to the last token
     * @param total from there to its end
     */
    public record Times(long queue, long ttfb, long ttft, long lastToken, long total) {}

    @Override
    public String type() {
        return "attempt";
    }

    @Override
    public FoldKey foldKey() {
        return new FoldKey(
                type(),
                where.forward(),
                where.upstream(),
                modelSent,
                where.key(),
                usage.source().label());
    }

    @Override
    public void addTo(FoldSums sums) {
        sums.traffic(bytesIn, bytesOut);
        sums.usage(usage.usage());
        sums.cost(cost);
    }

    @Override
    public void write(LedgerLine line) {
        line.exchange(exchange).number("n", n);
        line.text("forward", where.forward()).text("group", where.group()).text("upstream", where.upstream());
        line.known("key_index", where.keyIndex()).text("key", where.key());
        line.text("gen_ai.provider.name", where.provider()).text("operation", where.operation());
        line.text("path", where.path()).text("model_asked", modelAsked).text("request.model", modelSent);
        AttemptUsage.Answer answer = usage.answer();
        line.text("response.model", answer.model()).text("response.id", answer.id());
        line.flag("stream", stream).number("status", ending.status());
        line.text("outcome", ending.outcome()).text("error", ending.error());
        line.texts("finish_reasons", ending.finishReasons());
        line.known("queue_ms", times.queue()).known("ttfb_ms", times.ttfb()).known("ttft_ms", times.ttft());
        line.known("last_token_ms", times.lastToken()).number("total_ms", times.total());
        line.number("bytes_in", bytesIn).number("bytes_out", bytesOut);
        writeUsage(line);
        line.text("service_tier", answer.serviceTier()).text("inference_geo", answer.geo());
        line.text("speed", answer.speed());
        writeCost(cost, line);
    }

    private void writeUsage(LedgerLine line) {
        if (!usage.usage().isUnknown()) {
            line.begin("usage");
            usage.usage().forEach((count, value) -> line.number(count.label(), value));
            line.end();
        }
        line.text("source", usage.source().label());
        if (usage.source() != UsageSource.NONE) {
            line.text("input_source", usage.inputSource().label());
            line.text("output_source", usage.outputSource().label());
        }
        if (usage.isMaybeBilled()) {
            line.flag("maybe_billed", true);
        }
        UsageMissing missing = usage.missing();
        line.text("usage_missing_because", missing == null ? null : missing.label());
        line.number("delivered_output_bytes", usage.deliveredBytes());
        line.texts(
                "anomalies",
                usage.anomalies().stream().map(UsageAnomaly::label).sorted().toList());
        AttemptUsage.Estimate estimate = usage.estimate();
        if (estimate != null) {
            line.begin("estimate")
                    .decimal("bytes_per_input_token", estimate.bytesPerInputToken())
                    .decimal("bytes_per_output_token", estimate.bytesPerOutputToken())
                    .flag("learned", estimate.learned())
                    .end();
        }
    }

    static void writeCost(Cost cost, LedgerLine line) {
        Money amount = cost.amount();
        Money reported = cost.reported();
        Cost.From from = cost.from();
        line.text("cost", amount == null ? null : amount.text());
        line.text("cost_state", cost.state().label());
        line.text("cost_from", from == null ? null : from.label());
        line.text("currency", amount == null ? null : amount.currency());
        if (reported != null) {
            line.text("cost_reported", reported.text()).text("cost_reported_currency", reported.currency());
        }
        line.text("price_version", cost.priceVersion());
    }
}
