package io.llmproxy.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.LimitConfig.Mode;
import io.llmproxy.config.LimitConfig.Period;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LimitWatchTest {
    private static final long DAYS_LEFT = Duration.ofDays(20).toNanos();

    private final LimitWatch watch = new LimitWatch();

    private static Standing used(String scope, long amount, long used, Double... warnAt) {
        return standing(scope, amount, used, DAYS_LEFT, warnAt);
    }

    private static Standing refusing(long refused, long used, Double... warnAt) {
        Standing standing = used("a", 1000, used, warnAt);
        return new Standing(standing.limit(), standing.size(), standing.left(), standing.untilFull(), refused);
    }

    private static Standing standing(String scope, long amount, long used, long untilFull, Double... warnAt) {
        LimitConfig config = new LimitConfig(
                Metric.TOTAL, Period.MONTH, (double) amount, List.of(), null, Mode.ENFORCE, null, List.of(warnAt));
        return new Standing(new Limit(Subject.scope(scope), config), amount, amount - used, untilFull, 0);
    }

    private List<String> look(Standing... standings) {
        return watch.look(List.of(standings)).stream()
                .map(warning -> warning.standing().limit().subject().name() + " " + warning.share())
                .toList();
    }

    private Stream<List<String>> looks(long... used) {
        return java.util.Arrays.stream(used).mapToObj(each -> look(used("a", 100, each, 0.5, 0.9)));
    }

    @Test
    void eachWarningIsToldOnce() {
        assertThat(looks(0, 49, 50, 60, 89, 90, 100, 100))
                .containsExactly(
                        List.of(),
                        List.of(),
                        List.of("a 0.5"),
                        List.of(),
                        List.of(),
                        List.of("a 0.9"),
                        List.of(),
                        List.of());
    }

    @Test
    void onlyTheHighestOfThoseThatAreReachedAtOnceIsTold() {
        assertThat(looks(0, 95)).containsExactly(List.of(), List.of("a 0.9"));
    }

    /** Open requests have reserved more than they use in the end. */
    @Test
    void whatWasReservedAndIsGivenBackIsNotWarnedOfAgain() {
        assertThat(looks(92, 45, 92, 49, 60, 95))
                .containsExactly(List.of("a 0.9"), List.of(), List.of(), List.of(), List.of(), List.of());
        assertThat(look(used("b", 100, 55, 0.5, 0.9))).containsExactly("b 0.5");
        assertThat(look(used("b", 100, 40, 0.5, 0.9))).isEmpty();
        assertThat(look(used("b", 100, 91, 0.5, 0.9))).containsExactly("b 0.9");
    }

    @Test
    void theNextMonthIsWarnedOfAgain() {
        long second = Duration.ofSeconds(1).toNanos();
        assertThat(look(standing("a", 100, 95, second, 0.5, 0.9))).containsExactly("a 0.9");

        assertThat(look(standing("a", 100, 0, DAYS_LEFT, 0.5, 0.9))).isEmpty();
        assertThat(look(standing("a", 100, 50, DAYS_LEFT, 0.5, 0.9))).containsExactly("a 0.5");
        assertThat(look(standing("a", 100, 95, DAYS_LEFT, 0.5, 0.9))).containsExactly("a 0.9");
    }

    /** No second of the new month need pass before that. */
    @Test
    void aMonthThatBeginsAsTheLastOneEndedIsWarnedOfAtOnce() {
        assertThat(look(standing("a", 100, 95, 1, 0.9))).containsExactly("a 0.9");

        assertThat(look(standing("a", 100, 95, DAYS_LEFT, 0.9))).containsExactly("a 0.9");
    }

    @Test
    void aClockThatIsSetBackBeginsNoMonth() {
        assertThat(look(standing("a", 100, 95, DAYS_LEFT, 0.9))).containsExactly("a 0.9");

        long later = DAYS_LEFT + Duration.ofMinutes(2).toNanos();
        assertThat(look(standing("a", 100, 95, later, 0.9))).isEmpty();
    }

    @Test
    void whatNeverBeginsAnewIsWarnedOfOnce() {
        assertThat(look(standing("a", 100, 95, Long.MAX_VALUE, 0.9))).containsExactly("a 0.9");

        assertThat(look(standing("a", 100, 80, Long.MAX_VALUE, 0.9))).isEmpty();
        assertThat(look(standing("a", 100, 95, Long.MAX_VALUE, 0.9))).isEmpty();
    }

    @Test
    void aLargerAmountIsWarnedOfAgain() {
        assertThat(look(used("a", 100, 100, 0.9))).containsExactly("a 0.9");

        assertThat(look(used("a", 200, 100, 0.9))).isEmpty();
        assertThat(look(used("a", 200, 180, 0.9))).containsExactly("a 0.9");
    }

    @Test
    void limitsDoNotMixUp() {
        assertThat(look(used("a", 100, 60, 0.5), used("b", 100, 10, 0.5))).containsExactly("a 0.5");

        assertThat(look(used("a", 100, 60, 0.5), used("b", 100, 50, 0.5))).containsExactly("b 0.5");
    }

    /** A request that wants more than is left is refused, and what is left stays. */
    @Test
    void aLimitThatRefusesIsUsedUp() {
        assertThat(look(refusing(3, 870, 0.8, 1.0))).containsExactly("a 0.8");

        assertThat(watch.look(List.of(refusing(4, 920, 0.8, 1.0))))
                .singleElement()
                .returns(1.0, LimitWarning::share)
                .returns("'a' has used 100 % of its limit: 1000 tokens per month", LimitWarning::text);
        assertThat(look(refusing(5, 920, 0.8, 1.0))).isEmpty();
        assertThat(look(refusing(5, 990, 0.8, 1.0))).isEmpty();
    }

    @Test
    void whatWasRefusedBeforeTheFirstLookSaysNothing() {
        assertThat(look(refusing(3, 100, 0.8, 1.0))).isEmpty();
    }

    /** The store is away: each node has a part only, or refuses all. */
    @Test
    void whatIsRefusedWhileANodeKnowsItsPartOnlySaysNothing() {
        assertThat(look(refusing(0, 850, 0.8, 1.0))).containsExactly("a 0.8");
        Standing part = refusing(7, 999, 0.8, 1.0);
        assertThat(look(new Standing(part.limit(), part.size(), part.left(), part.untilFull(), part.refused(), false)))
                .isEmpty();

        assertThat(look(refusing(7, 850, 0.8, 1.0))).isEmpty();
        assertThat(look(refusing(8, 850, 0.8, 1.0))).containsExactly("a 1.0");
    }

    @Test
    void whereOneLimitIsKnownInPartOthersAreWarnedOf() {
        Standing part = used("a", 100, 95, 0.9);
        Standing unknown = new Standing(part.limit(), 100, 5, DAYS_LEFT, 3, false);
        assertThat(look(unknown, used("b", 100, 95, 0.9))).containsExactly("b 0.9");
        assertThat(look(part, used("b", 100, 95, 0.9))).containsExactly("a 0.9");
    }

    @Test
    void notQuiteAllIsNotAHundredPercent() {
        assertThat(watch.look(List.of(used("search", 1000, 999, 0.29))))
                .singleElement()
                .returns("'search' has used 99 % of its limit: 1000 tokens per month", LimitWarning::text);
        assertThat(watch.look(List.of(used("b", 1000, 290, 0.29))))
                .singleElement()
                .returns("'b' has used 29 % of its limit: 1000 tokens per month", LimitWarning::text);
    }

    @Test
    void aWarningIsASentence() {
        assertThat(watch.look(List.of(used("search", 500, 412, 0.8))))
                .singleElement()
                .returns("'search' has used 82 % of its limit: 500 tokens per month", LimitWarning::text);
    }
}
