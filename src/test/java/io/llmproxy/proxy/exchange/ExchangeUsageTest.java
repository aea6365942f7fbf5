package io.llmproxy.proxy.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.Provider;
import io.llmproxy.usage.AttemptUsage;
import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Money;
import io.llmproxy.usage.TokenRatio;
import io.llmproxy.usage.Usage;
import io.llmproxy.usage.UsageMissing;
import io.llmproxy.usage.UsageSource;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ExchangeUsageTest {
    private static final AttemptUsage REPORTED = new AttemptUsage(
            Usage.of(10, 5),
            UsageSource.REPORTED,
            UsageSource.REPORTED,
            UsageSource.REPORTED,
            null,
            20,
            AttemptUsage.Answer.UNKNOWN,
            Set.of(),
            null);

    private static Cost cost(long picos, String currency) {
        return new Cost(Cost.State.PRICED, new Money(picos, currency), Cost.From.TABLE, null, "1");
    }

    private static SettledAttempt attempt(AttemptUsage usage, Cost cost) {
        return new SettledAttempt(
                1,
                1,
                "g",
                "u",
                Provider.OPENAI,
                0,
                null,
                SettledAttempt.Model.UNKNOWN,
                false,
                200,
                SettledAttempt.Ending.COMPLETED,
                null,
                new SettledAttempt.Times(0, 0, 0, 0, 0),
                1,
                1,
                usage,
                cost);
    }

    @Test
    void attemptsAddUp() {
        ExchangeUsage used = ExchangeUsage.NOTHING
                .with(attempt(REPORTED, cost(3, "USD")), -1)
                .with(attempt(REPORTED, cost(4, "USD")), -1);

        assertThat(used.input()).isEqualTo(20);
        assertThat(used.cost()).isEqualTo(new Money(7, "USD"));
    }

    @Test
    void whatStandsInTwoCurrenciesHasNoSum() {
        ExchangeUsage used = ExchangeUsage.NOTHING
                .with(attempt(REPORTED, cost(3, "EUR")), -1)
                .with(attempt(REPORTED, cost(4, "USD")), -1)
                .with(attempt(REPORTED, cost(5, "USD")), -1);

        assertThat(used.cost()).isNull();
        assertThat(used.costKnown()).isFalse();
        assertThat(used.output()).isEqualTo(15);
    }

    @Test
    void whatAnUpstreamMayBillThatNeverAnsweredIsNotTheClients() {
        AttemptUsage unanswered = AttemptUsage.unanswered(400, TokenRatio.ASSUMED, UsageMissing.CLIENT_GONE);

        assertThat(unanswered.isMaybeBilled()).isTrue();
        assertThat(unanswered.usage()).hasToString("{input_tokens=100}");
        assertThat(ExchangeUsage.NOTHING.with(attempt(unanswered, cost(3, "USD")), -1))
                .isEqualTo(ExchangeUsage.NOTHING);
    }
}
