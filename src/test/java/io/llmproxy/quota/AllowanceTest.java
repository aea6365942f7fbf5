package io.llmproxy.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.config.LimitConfig.Period;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AllowanceTest {
    private final Watch watch = new Watch("2026-11-29T10:00:00Z");

    private RefillingBucket perMinute() {
        return new RefillingBucket(Duration.ofMinutes(1), watch.get());
    }

    private CalendarWindow window(Period period, ZoneId zone) {
        return new CalendarWindow(period, zone, watch.get());
    }

    @Test
    void aBucketStartsFullAndRefillsSteadily() {
        RefillingBucket bucket = perMinute();

        assertThat(bucket.take(60, 60, watch.get())).isEqualTo(Take.TAKEN);
        assertThat(bucket.take(1, 60, watch.get())).isEqualTo(Take.SHORT);
        assertThat(bucket.left(60, watch.get())).isZero();
        assertThat(bucket.untilFree(1, 60, watch.get()))
                .isCloseTo(Duration.ofSeconds(1).toNanos(), org.assertj.core.data.Offset.offset(1_000L));
        assertThat(bucket.untilFull(60, watch.get()))
                .isEqualTo(Duration.ofMinutes(1).toNanos());

        watch.pass(Duration.ofNanos(bucket.untilFree(3, 60, watch.get())));
        assertThat(bucket.take(3, 60, watch.get())).isEqualTo(Take.TAKEN);
        assertThat(bucket.take(1, 60, watch.get())).isEqualTo(Take.SHORT);

        watch.pass(Duration.ofHours(1));
        assertThat(bucket.left(60, watch.get())).isEqualTo(60);
        assertThat(bucket.untilFree(60, 60, watch.get())).isZero();
    }

    @Test
    void whatWasNotUsedIsGivenBackAndWhatWasUsedBesidesIsOwed() {
        RefillingBucket bucket = perMinute();
        bucket.take(50, 100, watch.get());

        bucket.settle(50, 10, 100, watch.get(), watch.get());
        assertThat(bucket.left(100, watch.get())).isEqualTo(90);

        bucket.settle(0, 150, 100, watch.get(), watch.get());
        assertThat(bucket.left(100, watch.get())).isZero();
        assertThat(bucket.untilFree(1, 100, watch.get()))
                .isGreaterThan(Duration.ofSeconds(36).toNanos());

        bucket.settle(0, 1_000_000, 100, watch.get(), watch.get());
        assertThat(bucket.untilFull(100, watch.get()))
                .isEqualTo(Duration.ofMinutes(2).toNanos());

        bucket.settle(1_000_000, 0, 100, watch.get(), watch.get());
        assertThat(bucket.left(100, watch.get())).isEqualTo(100);
    }

    @Test
    void aBucketNeverGivesMoreThanItHoldsAndWhatWasFilledIn() {
        Random random = new Random(7);
        RefillingBucket bucket = perMinute();
        long given = 0;
        long passed = 0;
        for (int i = 0; i < 100_000; i++) {
            long amount = 1L + random.nextInt(20);
            given += bucket.take(amount, 1_000, watch.get()) == Take.TAKEN ? amount : 0;
            long nanos = random.nextInt(100_000_000);
            passed += nanos;
            watch.pass(Duration.ofNanos(nanos));
        }
        double most = 1_000 * (1 + passed / (double) Duration.ofMinutes(1).toNanos());
        assertThat((double) given).isLessThanOrEqualTo(most).isGreaterThan(0.99 * most);
    }

    @Test
    void aDayBeginsWhereItsZoneIs() {
        CalendarWindow day = window(Period.DAY, ZoneId.of("Europe/Berlin"));
        assertThat(day.take(10, 10, watch.get())).isEqualTo(Take.TAKEN);
        assertThat(day.take(1, 10, watch.get())).isEqualTo(Take.SHORT);
        assertThat(Duration.ofNanos(day.untilFree(1, 10, watch.get()))).isEqualTo(Duration.ofHours(13));
        assertThat(day.untilFree(0, 10, watch.get())).isZero();

        watch.set("2026-11-29T22:59:59.999Z");
        assertThat(day.take(1, 10, watch.get())).isEqualTo(Take.SHORT);
        watch.set("2026-11-29T23:00:00Z");
        assertThat(day.left(10, watch.get())).isEqualTo(10);
        assertThat(Duration.ofNanos(day.untilFull(10, watch.get()))).isEqualTo(Duration.ofDays(1));
    }

    @Test
    void aMonthRollsOverAndAClockThatIsSetBackDoesNotBeginItAgain() {
        CalendarWindow month = window(Period.MONTH, ZoneOffset.UTC);
        Moment before = watch.get();
        month.take(10, 10, before);

        watch.set("2026-12-01T00:00:00Z");
        assertThat(month.take(4, 10, watch.get())).isEqualTo(Take.TAKEN);
        // It belongs to November.
        month.settle(10, 3, 10, before, watch.get());
        assertThat(month.left(10, watch.get())).isEqualTo(6);

        watch.set("2026-11-30T23:59:00Z");
        assertThat(month.left(10, watch.get())).isEqualTo(6);
        watch.set("2026-12-02T00:00:00Z");
        month.settle(4, 20, 10, watch.get(), watch.get());
        assertThat(month.left(10, watch.get())).isZero();
        month.settle(100, 0, 10, watch.get(), watch.get());
        assertThat(month.left(10, watch.get())).isEqualTo(10);
    }

    @Test
    void aTotalNeverComesBack() {
        CalendarWindow total = window(Period.TOTAL, ZoneOffset.UTC);
        total.take(5, 5, watch.get());
        watch.pass(Duration.ofDays(4000));

        assertThat(total.take(1, 5, watch.get())).isEqualTo(Take.SHORT);
        assertThat(total.untilFree(1, 5, watch.get())).isEqualTo(Allowance.NEVER);
        assertThat(total.untilFull(5, watch.get())).isEqualTo(Allowance.NEVER);
    }

    @Test
    void aMinuteIsNoWindow() {
        assertThatThrownBy(() -> window(Period.MINUTE, ZoneOffset.UTC)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void permitsAreHeldUntilTheyAreSettled() {
        Permits permits = new Permits();
        assertThat(permits.untilFull(2, watch.get())).isZero();
        assertThat(permits.take(1, 2, watch.get())).isEqualTo(Take.TAKEN);
        assertThat(permits.take(1, 2, watch.get())).isEqualTo(Take.TAKEN);
        assertThat(permits.take(1, 2, watch.get())).isEqualTo(Take.SHORT);
        assertThat(permits.left(2, watch.get())).isZero();
        assertThat(permits.untilFree(1, 2, watch.get())).isPositive();
        assertThat(permits.untilFull(2, watch.get())).isPositive();

        permits.settle(1, 0, 2, watch.get(), watch.get());
        assertThat(permits.left(2, watch.get())).isEqualTo(1);
        assertThat(permits.untilFree(1, 2, watch.get())).isZero();
        // Fewer are allowed than are held.
        assertThat(permits.left(0, watch.get())).isZero();
    }
}
