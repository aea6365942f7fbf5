package io.llmproxy.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.LimitConfig.Mode;
import io.llmproxy.config.LimitConfig.Period;
import io.llmproxy.quota.LimitHistory.Course;
import io.llmproxy.quota.LimitHistory.Point;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LimitHistoryTest {
    private static final long NOON = Instant.parse("2026-11-29T12:00:00Z").toEpochMilli();
    private static final long STEP = LimitHistory.CLOSEST.toMillis();

    private final LimitHistory history = new LimitHistory();

    private static Standing used(@Nullable Period per, @Nullable String zone, long used) {
        LimitConfig config = new LimitConfig(
                per == null ? Metric.CONCURRENT : Metric.REQUESTS,
                per,
                1000.0,
                List.of(),
                zone == null ? null : ZoneId.of(zone),
                Mode.ENFORCE,
                null,
                List.of());
        return new Standing(new Limit(Subject.scope("team"), config), 1000, 1000 - used, 1, 0);
    }

    private void look(long millis, Standing... standings) {
        history.look(() -> List.of(standings), millis);
    }

    private Course course(Standing now, long millis) {
        return Objects.requireNonNull(history.course(now, millis));
    }

    @Test
    void aBudgetHasACourseFromTheBeginningOfItsWindowToNow() {
        look(NOON, used(Period.DAY, "Europe/Berlin", 0));
        look(NOON + STEP, used(Period.DAY, "Europe/Berlin", 7));

        assertThat(course(used(Period.DAY, "Europe/Berlin", 9), NOON + STEP + 1))
                .isEqualTo(new Course(
                        Instant.parse("2026-11-28T23:00:00Z").toEpochMilli(),
                        Instant.parse("2026-11-29T23:00:00Z").toEpochMilli(),
                        List.of(new Point(NOON, 0), new Point(NOON + STEP, 7), new Point(NOON + STEP + 1, 9))));
    }

    @Test
    void whatWasNeverLookedAtIsAsItIsNow() {
        assertThat(course(used(Period.MONTH, null, 9), NOON))
                .isEqualTo(new Course(
                        Instant.parse("2026-11-01T00:00:00Z").toEpochMilli(),
                        Instant.parse("2026-12-01T00:00:00Z").toEpochMilli(),
                        List.of(new Point(NOON, 9))));
    }

    @Test
    void aBudgetWithoutEndBeginsWithTheFirstLook() {
        look(NOON, used(Period.TOTAL, null, 3));

        assertThat(course(used(Period.TOTAL, null, 5), NOON + 1))
                .isEqualTo(new Course(NOON, null, List.of(new Point(NOON, 3), new Point(NOON + 1, 5))));
    }

    @Test
    void anotherDayBeginsAnew() {
        long late = Instant.parse("2026-11-29T23:59:59Z").toEpochMilli();
        look(late, used(Period.DAY, null, 900));

        assertThat(course(used(Period.DAY, null, 1), late + 1000).points()).containsExactly(new Point(late + 1000, 1));
        look(late + STEP, used(Period.DAY, null, 2));
        assertThat(course(used(Period.DAY, null, 2), late + STEP).points()).containsExactly(new Point(late + STEP, 2));
    }

    @Test
    void itLooksNoMoreOftenThanItHasTo() {
        look(NOON, used(Period.DAY, null, 1));
        look(NOON + STEP - 1, used(Period.DAY, null, 2));

        assertThat(course(used(Period.DAY, null, 3), NOON + STEP).points())
                .containsExactly(new Point(NOON, 1), new Point(NOON + STEP, 3));
    }

    @Test
    void aClockThatIsSetBackDoesNotBlindIt() {
        look(NOON, used(Period.TOTAL, null, 1));
        long before = NOON - Duration.ofHours(1).toMillis();
        look(before, used(Period.TOTAL, null, 2));
        look(NOON + STEP, used(Period.TOTAL, null, 3));

        assertThat(course(used(Period.TOTAL, null, 3), NOON + STEP).points())
                .containsExactly(new Point(NOON, 1), new Point(NOON + STEP, 3));
    }

    @Test
    void ofALongWindowItKeepsFewPointsFarApart() {
        long last = NOON;
        for (int i = 0; i < 10 * LimitHistory.MOST; i++) {
            last = NOON + i * STEP;
            look(last, used(Period.MONTH, null, Math.min(1000, i / 3)));
        }

        List<Point> points = course(used(Period.MONTH, null, 999), last + 1).points();
        assertThat(points).hasSizeBetween(LimitHistory.MOST / 2, LimitHistory.MOST + 1);
        assertThat(points.get(0)).isEqualTo(new Point(NOON, 0));
        assertThat(points).isSortedAccordingTo((one, other) -> Long.compare(one.at(), other.at()));
    }

    @Test
    void whatIsGoneIsForgotten() {
        look(NOON, used(Period.TOTAL, null, 1));
        look(NOON + STEP);

        assertThat(course(used(Period.TOTAL, null, 1), NOON + 2 * STEP).points())
                .containsExactly(new Point(NOON + 2 * STEP, 1));
    }

    @ParameterizedTest
    @EnumSource(names = {"SECOND", "MINUTE", "HOUR"})
    void whatRefillsIsNoBudget(Period per) {
        look(NOON, used(per, null, 1), used(null, null, 1));

        assertThat(history.course(used(per, null, 1), NOON)).isNull();
        assertThat(history.course(used(null, null, 1), NOON)).isNull();
    }

    @Test
    void aLimitKeepsItsCodeWhateverItsAmountAndIsToldFromOthersByIt() {
        Limit limit = used(Period.DAY, null, 1).limit();
        assertThat(limit.code())
                .matches("[0-9a-f]{16}")
                .isEqualTo(used(Period.DAY, null, 7).limit().code());
        assertThat(limit.code())
                .isNotEqualTo(used(Period.MONTH, null, 1).limit().code())
                .isNotEqualTo(new Limit(Subject.scope("other"), limit.config()).code());
    }
}
