package io.llmproxy.alert;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.quota.LimitWarning;
import io.llmproxy.quota.LimitWatch;
import io.llmproxy.quota.Standing;
import io.llmproxy.quota.Subject;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Warns of limits that are nearly used up: in the log, in a metric and at a webhook. */
public final class LimitAlerts {
    private static final Logger LOG = LoggerFactory.getLogger(LimitAlerts.class);
    private static final int NANOS = 9;

    private final LimitWatch watch = new LimitWatch();
    private final Supplier<String> node;
    private final Clock clock;
    private final Consumer<LimitWarning> counter;
    private final Consumer<String> webhook;

    /**
     * @param node what this node is called
     * @param clock tells when
     * @param counter counts each warning
     * @param webhook sends each as a JSON object
     */
    public LimitAlerts(Supplier<String> node, Clock clock, Consumer<LimitWarning> counter, Consumer<String> webhook) {
        this.node = node;
        this.clock = clock;
        this.counter = counter;
        this.webhook = webhook;
    }

    /**
     * Warns of what has come since the last look.
     *
     * @param standings of all limits that have warnings
     */
    public void look(List<Standing> standings) {
        for (LimitWarning warning : watch.look(standings)) {
            LOG.warn("{}", warning.text());
            counter.accept(warning);
            webhook.accept(json(warning));
        }
    }

    private String json(LimitWarning warning) {
        Standing standing = warning.standing();
        LimitConfig limit = standing.limit().config();
        Subject subject = standing.limit().subject();
        Instant now = clock.instant();
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("type", "limit_warning");
        json.put("text", warning.text());
        json.put("at", now.toString());
        json.put("node", node.get());
        json.put("subject", subject.kind().label());
        json.put("name", subject.name());
        json.put("metric", limit.metric().label());
        json.put("per", limit.periodLabel());
        ArrayNode models = json.putArray("models");
        limit.models().forEach(model -> models.add(model.text()));
        json.put("share", warning.share());
        json.put("used", amount(limit, standing.size() - standing.left()));
        json.put("amount", amount(limit, standing.size()));
        if (standing.untilFull() != Long.MAX_VALUE) {
            json.put(
                    "resets_at",
                    now.plus(Duration.ofNanos(standing.untilFull())).toString());
        }
        return json.toString();
    }

    private static BigDecimal amount(LimitConfig limit, long units) {
        BigDecimal amount = BigDecimal.valueOf(units, limit.metric() == Metric.COST ? NANOS : 0);
        // Without a power of ten: 2000, not 2E+3.
        return new BigDecimal(amount.stripTrailingZeros().toPlainString());
    }
}
