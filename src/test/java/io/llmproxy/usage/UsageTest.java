package io.llmproxy.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class UsageTest {
    @Test
    void absentIsUnknownAndZeroIsKnown() {
        Usage usage = new Usage.Builder()
                .set(Count.OUTPUT, 7)
                .set(Count.CACHE_READ, 0)
                .set(Count.REPORTED_TOTAL, 19)
                .build();

        assertThat(usage.get(Count.INPUT)).isEmpty();
        assertThat(usage.get(Count.INPUT, 5)).isEqualTo(5);
        assertThat(usage.get(Count.CACHE_READ)).isEqualTo(OptionalLong.of(0));
        assertThat(usage.get(Count.OUTPUT, 0)).isEqualTo(7);
        assertThat(usage.get(Count.REPORTED_TOTAL, 0)).isEqualTo(19);
        assertThat(usage).hasToString("{cache_read.input_tokens=0, output_tokens=7, reported_total=19}");
    }

    @Test
    void tellsWhatIsKnownInOrder() {
        List<String> told = new ArrayList<>();

        Usage.of(12, 3).forEach((count, value) -> told.add(count.label() + " " + value));

        assertThat(told).containsExactly("input_tokens 12", "output_tokens 3");
    }

    @Test
    void isEqualByWhatIsKnown() {
        Usage usage = Usage.of(12, 3);

        assertThat(usage)
                .isEqualTo(usage.toBuilder().build())
                .hasSameHashCodeAs(usage.toBuilder().build())
                .isNotEqualTo(usage.toBuilder().unset(Count.OUTPUT).build())
                .isNotEqualTo(Usage.of(12, 4))
                .isNotEqualTo("12");
        assertThat(usage.toBuilder().unset(Count.INPUT).unset(Count.OUTPUT).build())
                .isSameAs(Usage.UNKNOWN);
        assertThat(Usage.UNKNOWN.isUnknown()).isTrue();
        assertThat(usage.isUnknown()).isFalse();
    }

    @Test
    void takesNothingNegative() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Usage.of(-1, 0))
                .withMessage("input_tokens: -1 (expected: at least 0)");
    }

    @Test
    void writesMoneyWithAllItsDigits() {
        assertThat(new Money(123_450_000, "USD").text()).isEqualTo("0.000123450000");
        assertThat(new Money(0, "USD").text()).isEqualTo("0.000000000000");
        assertThat(new Money(Long.MAX_VALUE, "USD").text()).isEqualTo("9223372.036854775807");
    }

    @Test
    void namesAreThoseOfRecords() {
        assertThat(UsageSource.REPORTED.label()).isEqualTo("reported");
        assertThat(UsageMissing.CLIENT_GONE.label()).isEqualTo("client_gone");
        assertThat(UsageAnomaly.PART_EXCEEDS_WHOLE.label()).isEqualTo("part_exceeds_whole");
        assertThat(Cost.State.INCOMPLETE.label()).isEqualTo("incomplete");
        assertThat(Cost.From.TABLE.label()).isEqualTo("table");
    }
}
