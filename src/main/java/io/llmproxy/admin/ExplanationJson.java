package io.llmproxy.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.explain.Explanation;
import io.llmproxy.proxy.exchange.AttemptResult;
import io.llmproxy.proxy.exchange.ExchangeUsage;
import io.llmproxy.proxy.exchange.Step;
import io.llmproxy.upstream.Candidate;
import io.llmproxy.usage.Money;
import java.util.concurrent.TimeUnit;

/** An explanation as operators read it. */
public final class ExplanationJson {
    private ExplanationJson() {}

    static void write(Explanation told, ObjectNode json) {
        json.put("id", told.id()).put("at", told.at().toString()).put("forward", told.forward());
        json.put("key", told.key()).put("path", told.path());
        json.putObject("route").put("rule", told.rule()).put("group", told.group());
        steps(told, json);
        if (told.truncated()) {
            json.put("truncated", true);
        }
        ObjectNode end = json.putObject("end")
                .put("status", told.status())
                .put("outcome", told.outcome())
                .put("error", told.error())
                .put("not_retried", told.notRetried())
                .put("first_byte_ms", millis(told.firstByteNanos()))
                .put("total_ms", millis(told.nanos()));
        write(told.usage(), end);
    }

    /** Writes what happened, in order, as the member {@code steps}. */
    public static void steps(Explanation told, ObjectNode json) {
        ArrayNode steps = json.putArray("steps");
        told.steps().forEach(step -> write(step, steps.addObject()));
    }

    private static void write(ExchangeUsage used, ObjectNode end) {
        if (used.input() >= 0) {
            end.put("tokens_in", used.input());
        }
        if (used.output() >= 0) {
            end.put("tokens_out", used.output());
        }
        Money cost = used.cost();
        if (cost != null) {
            end.put("cost", cost.text() + cost.currency());
        }
    }

    private static void write(Step step, ObjectNode json) {
        if (step instanceof Step.Picked picked) {
            json.put("step", "pick").put("chosen", picked.chosen());
            if (picked.chosen() != null) {
                json.put("key_index", picked.key());
            }
            ArrayNode candidates = json.putArray("candidates");
            picked.candidates().forEach(candidate -> write(candidate, candidates.addObject()));
        } else if (step instanceof Step.Attempted attempted) {
            AttemptResult result = attempted.result();
            json.put("step", "attempt").put("upstream", result.upstream()).put("status", result.status());
            if (result.failure() != null) {
                json.put("error", result.failure().code());
            }
            json.put("ms", millis(result.nanos()));
        } else if (step instanceof Step.BrokeOff broke) {
            json.put("step", "broke_off").put("error", broke.failure().code());
        } else if (step instanceof Step.Decided decided) {
            json.put("step", decided.why().isAllowed() ? "sent_again" : "not_sent_again")
                    .put("because", decided.why().word());
        }
    }

    private static void write(Candidate candidate, ObjectNode json) {
        json.put("upstream", candidate.upstream());
        if (candidate.excluded() != null) {
            json.put("excluded", candidate.excluded());
        }
        json.put("in_flight", candidate.inFlight()).put("weight", candidate.weight());
    }

    private static long millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos);
    }
}
