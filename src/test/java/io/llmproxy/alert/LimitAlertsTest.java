package io.llmproxy.alert;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.LimitConfig.Mode;
import io.llmproxy.config.LimitConfig.Period;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.quota.Limit;
import io.llmproxy.quota.LimitWarning;
import io.llmproxy.quota.Standing;
import io.llmproxy.quota.Subject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LimitAlertsTest {
    private final List<LimitWarning> counted = new ArrayList<>();
    private final List<String> sent = new ArrayList<>();
    private final LimitAlerts alerts = new LimitAlerts(
            () -> "node-1",
            Clock.fixed(Instant.parse("2026-11-29T12:00:00Z"), ZoneOffset.UTC),
            counted::add,
            sent::add);

    private static Standing standing(Metric metric, Period per, double amount, long left, long untilFull) {
        List<ModelPattern> models = List.of(ModelPattern.parse("gpt-*").orElseThrow());
        LimitConfig config = new LimitConfig(metric, per, amount, models, null, Mode.ENFORCE, null, List.of(0.8));
        return new Standing(new Limit(Subject.key("id-7", "indexer"), config), config.units(), left, untilFull, 0);
    }

    @Test
    void aCostIsToldInTheCurrency() throws Exception {
        alerts.look(List.of(standing(
                Metric.COST,
                Period.DAY,
                20.5,
                2_050_000_000L,
                Duration.ofHours(12).toNanos())));

        assertThat(counted).singleElement().returns(0.8, LimitWarning::share);
        assertThat(sent).hasSize(1);
        JsonNode expected = new ObjectMapper().readTree("""
                {"type":"limit_warning","text":"the API key 'indexer' has used 90 % of its limit: 20.5 of cost per day",
                "at":"2026-11-29T12:00:00Z","node":"node-1","subject":"key","name":"indexer","metric":"cost","per":"day",
                "models":["gpt-*"],"share":0.8,"used":18.45,"amount":20.5,"resets_at":"2026-11-30T00:00:00Z"}""");
        assertThat(new ObjectMapper().readTree(sent.get(0))).isEqualTo(expected);
    }

    @Test
    void aKeyThatIsIssuedIsToldByItsName() {
        Standing standing = standing(Metric.REQUESTS, Period.DAY, 1000, 100, 1);
        Limit issued =
                new Limit(Subject.issuedKey("id-8", "team"), standing.limit().config());

        alerts.look(List.of(new Standing(issued, standing.size(), standing.left(), 1, 0)));

        assertThat(sent.get(0))
                .contains(
                        "\"text\":\"the API key 'team' has used 90 % of its limit: 1000 requests per day\"",
                        "\"subject\":\"issued_key\",\"name\":\"team\"");
    }

    @Test
    void whatNeverBeginsAnewHasNoTimeForThat() throws Exception {
        alerts.look(List.of(standing(Metric.REQUESTS, Period.TOTAL, 1000, 100, Long.MAX_VALUE)));

        JsonNode told = new ObjectMapper().readTree(sent.get(0));
        assertThat(told.has("resets_at")).isFalse();
        assertThat(told.get("used").asLong()).isEqualTo(900);
        assertThat(sent.get(0)).contains("\"amount\":1000");
    }

    @Test
    void whatIsNotReachedIsNotTold() {
        alerts.look(List.of(standing(Metric.REQUESTS, Period.DAY, 1000, 201, 1)));

        assertThat(counted).isEmpty();
        assertThat(sent).isEmpty();
    }
}
