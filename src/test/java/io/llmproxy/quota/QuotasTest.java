package io.llmproxy.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.LimitConfig.Mode;
import io.llmproxy.config.LimitConfig.Period;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.ScopeConfig;
import io.llmproxy.config.ScopeConfig.Kind;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class QuotasTest {
    private static final Subject KEY = Subject.key("k", "k");
    private static final Asked CHAT = new Asked("gpt", "gpt", true, true, 100, Long.MAX_VALUE);

    private final Watch watch = new Watch("2026-11-29T10:00:00Z");

    private static LimitConfig limit(Metric metric, @Nullable Period per, double amount, String... models) {
        return limit(metric, per, amount, Mode.ENFORCE, models);
    }

    private static LimitConfig limit(Metric metric, @Nullable Period per, double amount, Mode mode, String... models) {
        List<ModelPattern> patterns = Stream.of(models)
                .map(text -> ModelPattern.parse(text).orElseThrow())
                .toList();
        return new LimitConfig(metric, per, amount, patterns, null, mode, null, List.of());
    }

    private static ScopeConfig scope(String name, @Nullable String parent, LimitConfig... limits) {
        return new ScopeConfig(name, Kind.TEAM, parent, List.of(), true, List.of(limits));
    }

    private Quotas quotas(List<ScopeConfig> scopes, LimitConfig... common) {
        return Quotas.of(scopes, List.of(common), watch, null, null);
    }

    private LimitPath alone(LimitConfig... limits) {
        return path(quotas(List.of()), KEY, List.of(limits), null);
    }

    private static LimitPath path(Quotas quotas, Subject key, List<LimitConfig> limits, @Nullable String scope) {
        return Objects.requireNonNull(quotas.path(key, limits, scope));
    }

    private Reservation reserve(LimitPath path, Asked asked) {
        return (Reservation) path.reserve(asked, watch.get());
    }

    private Exhausted exhausted(LimitPath path, Asked asked) {
        return (Exhausted) path.reserve(asked, watch.get());
    }

    private long left(LimitPath path, int limit) {
        return path.meters().get(limit).standing(watch.get()).left();
    }

    @Test
    void withoutLimitsThereIsNothingToAsk() {
        assertThat(Quotas.NONE.open()).isNull();
        assertThat(Quotas.NONE.path(KEY, List.of(), null)).isNull();
        assertThat(Quotas.NONE.now()).isEqualTo(new Moment(0, 0));
    }

    @Test
    void everyAncestorApplies() {
        List<ScopeConfig> scopes = List.of(
                scope("org", null, limit(Metric.REQUESTS, Period.MINUTE, 3)),
                scope("team", "org", limit(Metric.REQUESTS, Period.MINUTE, 2)),
                scope("other", "org"));
        Quotas quotas = quotas(scopes, limit(Metric.REQUESTS, Period.HOUR, 100));
        LimitPath path = path(quotas, KEY, List.of(limit(Metric.REQUESTS, Period.MINUTE, 9)), "team");
        LimitPath neighbour = path(quotas, Subject.key("n", "n"), List.of(), "other");

        reserve(path, CHAT);
        reserve(path, CHAT);
        assertThat(exhausted(path, CHAT).limit().subject()).isEqualTo(Subject.scope("team"));
        // What was taken of the key's was given back.
        assertThat(left(path, 0)).isEqualTo(7);

        reserve(neighbour, CHAT);
        assertThat(exhausted(neighbour, CHAT).limit().subject()).isEqualTo(Subject.scope("org"));
        assertThat(left(Objects.requireNonNull(quotas.open()), 0)).isEqualTo(97);
        assertThat(quotas.standings()).hasSize(4);
    }

    @Test
    void theLongestWaitIsTheTrueOne() {
        LimitPath path = alone(limit(Metric.REQUESTS, Period.MINUTE, 1), limit(Metric.REQUESTS, Period.DAY, 1));
        reserve(path, CHAT);

        Exhausted exhausted = exhausted(path, CHAT);

        assertThat(exhausted.limit().config().per()).isEqualTo(Period.MINUTE);
        assertThat(Duration.ofNanos(exhausted.retryAfter())).isEqualTo(Duration.ofHours(14));
        assertThat(exhausted.limit().isBudget()).isFalse();
        assertThat(exhausted.standings().limits()).extracting(Standing::left).containsExactly(0L, 0L);
        watch.pass(Duration.ofNanos(exhausted.retryAfter()));
        assertThat(path.reserve(CHAT, watch.get())).isInstanceOf(Reservation.class);
    }

    @Test
    void aTotalThatIsUsedUpTellsNoTime() {
        LimitPath path = alone(limit(Metric.REQUESTS, Period.TOTAL, 1));
        reserve(path, CHAT);

        assertThat(exhausted(path, CHAT).retryAfter()).isZero();
        assertThat(exhausted(path, CHAT).limit().isBudget()).isTrue();
    }

    @Test
    void tokensAreReservedAndSettledWithWhatWasUsed() {
        LimitPath path = alone(
                limit(Metric.INPUT, Period.HOUR, 1000),
                limit(Metric.OUTPUT, Period.HOUR, 2000),
                limit(Metric.TOTAL, Period.DAY, 5000),
                limit(Metric.COST, Period.MONTH, 1));
        Reservation first = reserve(path, CHAT);
        assertThat(first.standings(watch.get()).limits())
                .extracting(Standing::left)
                .containsExactly(900L, 2000 - Expected.UNKNOWN_OUTPUT, 4900 - Expected.UNKNOWN_OUTPUT, 999_999_999L);

        first.settle(new Used(80, 20, 1_000_000), watch.get());
        assertThat(left(path, 0)).isEqualTo(920);
        assertThat(left(path, 1)).isEqualTo(1980);
        assertThat(left(path, 2)).isEqualTo(4900);
        assertThat(left(path, 3)).isEqualTo(999_000_000);

        // The next is expected to be like the first: the input a fifth less than it seems, and 10,000 a token.
        reserve(path, CHAT);
        assertThat(left(path, 0)).isEqualTo(840);
        assertThat(left(path, 1)).isEqualTo(1960);
        assertThat(left(path, 3)).isEqualTo(998_000_000);
    }

    @Test
    void costIsReservedAtThePriceWhileNoAnswerHasToldAny() {
        LimitPath path = alone(limit(Metric.COST, Period.TOTAL, 1));
        Asked.Tariff tariff = (input, output) -> 1_000 * input + 5_000 * output;
        Asked asked = new Asked("gpt", "gpt", true, true, 100, 100_000, tariff);

        Reservation first = reserve(path, asked);
        assertThat(left(path, 0)).isEqualTo(1_000_000_000 - 100 * 1_000 - 100_000 * 5_000);
        reserve(path, new Asked("gpt", "gpt", true, true, 100, Long.MAX_VALUE, tariff));
        assertThat(left(path, 0)).isEqualTo(499_900_000 - 100 * 1_000 - Expected.UNKNOWN_OUTPUT * 5_000);
        assertThat(path.reserve(asked, watch.get())).isInstanceOf(Exhausted.class);

        // From then on it is what a token has cost.
        first.settle(new Used(100, 100, 200_000), watch.get());
        long before = left(path, 0);
        reserve(path, asked);
        assertThat(before - left(path, 0)).isEqualTo(200_000);
    }

    /** It looks through all upstreams of a group, and all prices. */
    @Test
    void theTariffIsAskedOnceForEachRequest() {
        LimitPath path = alone(
                limit(Metric.COST, Period.DAY, 1),
                limit(Metric.COST, Period.MONTH, 2),
                limit(Metric.COST, Period.TOTAL, 2));
        AtomicInteger times = new AtomicInteger();
        Asked asked = new Asked("gpt", "gpt", true, true, 100, 100, (input, output) -> {
            times.incrementAndGet();
            return 800_000_000;
        });
        reserve(path, asked).settle(Used.UNKNOWN, watch.get());
        assertThat(times).hasValue(1);
        assertThat(left(path, 1)).isEqualTo(1_200_000_000);
        assertThat(exhausted(path, asked).limit().config().per()).isEqualTo(Period.DAY);
        assertThat(times).hasValue(2);
    }

    private LimitPath refusing(Metric metric, String... models) {
        LimitConfig allowing = limit(metric, Period.DAY, 5, models);
        return alone(
                limit(Metric.REQUESTS, Period.DAY, 5),
                new LimitConfig(
                        metric,
                        Period.DAY,
                        5.0,
                        allowing.models(),
                        null,
                        Mode.ENFORCE,
                        null,
                        List.of(),
                        LimitConfig.Unmeasured.REFUSE));
    }

    @Test
    void whatIsNotMeasuredIsRefusedWhereALimitSaysSo() {
        Asked batch = new Asked("gpt", "gpt", true, false, 0, 1);
        Asked unread = new Asked("gpt", "gpt", true, true, false, 1, 1, Asked.Tariff.UNKNOWN);
        Asked counting = new Asked("gpt", "gpt", false, false, 0, 1);
        for (Metric metric : List.of(Metric.INPUT, Metric.OUTPUT, Metric.TOTAL, Metric.COST)) {
            LimitPath path = refusing(metric);
            for (Asked asked : List.of(batch, unread)) {
                assertThat(path.reserve(asked, watch.get()))
                        .isEqualTo(new Unmeasured(path.meters().get(1).limit()));
            }
            // Nothing was taken, and it is no word about how much is used.
            assertThat(left(path, 0)).isEqualTo(5);
            assertThat(path.meters().get(1).standing(watch.get()).refused()).isZero();
            assertThat(path.reserve(counting, watch.get())).isInstanceOf(Reservation.class);
            assertThat(alone(limit(metric, Period.DAY, 5)).reserve(batch, watch.get()))
                    .isInstanceOf(Reservation.class);
        }
        assertThat(refusing(Metric.TOTAL, "other").reserve(batch, watch.get())).isInstanceOf(Reservation.class);
    }

    @Test
    void whatHasNoPriceIsRefusedWhereALimitOfCostSaysSo() {
        Asked unpriced = new Asked("gpt", "gpt", true, true, 1, 1);
        Asked priced = new Asked("gpt", "gpt", true, true, 1, 1, (input, output) -> 7);
        assertThat(refusing(Metric.COST).reserve(unpriced, watch.get())).isInstanceOf(Unmeasured.class);
        assertThat(refusing(Metric.COST).reserve(priced, watch.get())).isInstanceOf(Reservation.class);
        assertThat(refusing(Metric.OUTPUT).reserve(unpriced, watch.get())).isInstanceOf(Reservation.class);
    }

    @Test
    void aRequestThatIsNotServedAfterAllDoesNotCount() {
        LimitPath path = alone(limit(Metric.REQUESTS, Period.DAY, 5), limit(Metric.TOTAL, Period.DAY, 5_000));
        Reservation reservation = reserve(path, CHAT);
        Reservation old = reserve(path, CHAT);
        reservation.giveBack(watch.get());
        assertThat(left(path, 0)).isEqualTo(4);
        old.giveBack(watch.get());
        assertThat(left(path, 1)).isEqualTo(5_000);
        assertThat(path.expectations().of("gpt")).isEqualTo(Expected.NOTHING);
    }

    @Test
    void whatASessionUsesIsTakenAsItComes() {
        LimitPath path = alone(
                limit(Metric.REQUESTS, Period.HOUR, 10),
                limit(Metric.TOTAL, Period.HOUR, 5_000),
                limit(Metric.TOTAL, Period.DAY, 1, Mode.SHADOW),
                limit(Metric.COST, Period.DAY, 1, "gpt"));
        Reservation session = reserve(path, new Asked(null, null, true, true, 0, Long.MAX_VALUE));

        assertThat(session.grow(new Used(100, 20, 0), watch.get())).isNull();
        assertThat(left(path, 1)).isEqualTo(5_000 - Expected.UNKNOWN_OUTPUT);
        assertThat(session.grow(new Used(2_000, 1_000, 0), watch.get())).isNull();
        assertThat(left(path, 1)).isEqualTo(2_000);
        Limit reached = session.grow(new Used(4_000, 2_000, 0), watch.get());
        assertThat(Objects.requireNonNull(reached).text()).isEqualTo("5000 tokens per hour");

        session.settle(new Used(4_000, 2_000, 0), watch.get());
        assertThat(left(path, 0)).isEqualTo(9);
        assertThat(exhausted(path, CHAT).limit()).isEqualTo(reached);
        // What was learned of other requests is not changed by it.
        assertThat(path.expectations().of(null)).isEqualTo(Expected.NOTHING);
        assertThat(path.limitsModels()).isTrue();
    }

    @Test
    void whatASessionHasReservedIsLeftToIt() {
        LimitPath path = alone(limit(Metric.OUTPUT, Period.DAY, 1_000));
        Reservation session = reserve(path, new Asked(null, null, true, true, 0, Long.MAX_VALUE));
        assertThat(left(path, 0)).isZero();

        assertThat(session.grow(new Used(10, 10, 0), watch.get())).isNull();
        assertThat(session.grow(new Used(10, 999, 0), watch.get())).isNull();
        assertThat(session.grow(new Used(10, 1_000, 0), watch.get())).isNotNull();
    }

    @Test
    void whatASessionUsesAfterMidnightIsOfThatDay() {
        LimitPath path = alone(limit(Metric.TOTAL, Period.DAY, 5_000));
        Reservation session = reserve(path, new Asked(null, null, true, true, 0, Long.MAX_VALUE));
        session.grow(new Used(1_000, 1_000, 0), watch.get());
        watch.pass(Duration.ofDays(1));
        session.grow(new Used(1_500, 1_800, 0), watch.get());
        assertThat(left(path, 0)).isEqualTo(5_000 - 1_300);
        session.settle(new Used(1_500, 1_800, 0), watch.get());
        assertThat(left(path, 0)).isEqualTo(5_000 - 1_300);
    }

    @Test
    void theLastTextOfASessionOverMidnightIsOfTheNewDay() {
        LimitPath path = alone(limit(Metric.TOTAL, Period.DAY, 5_000));
        Reservation session = reserve(path, new Asked(null, null, true, true, 0, Long.MAX_VALUE));
        session.grow(new Used(1_000, 1_000, 0), watch.get());
        watch.pass(Duration.ofDays(1));
        session.settle(new Used(1_500, 1_800, 0), watch.get());
        assertThat(left(path, 0)).isEqualTo(5_000 - 1_300);

        // What was not used of yesterday's is not today's.
        Reservation another = reserve(path, new Asked(null, null, true, true, 0, Long.MAX_VALUE));
        watch.pass(Duration.ofDays(1));
        another.settle(new Used(1, 1, 0), watch.get());
        assertThat(left(path, 0)).isEqualTo(5_000);
    }

    @Test
    void whatIsNotKnownCountsAsItWasReserved() {
        LimitPath path = alone(
                limit(Metric.TOTAL, Period.DAY, 5000),
                limit(Metric.COST, Period.DAY, 5),
                limit(Metric.REQUESTS, Period.DAY, 5),
                limit(Metric.CONCURRENT, null, 2));
        Asked asked = new Asked("gpt", "gpt", true, true, 100, 50);

        reserve(path, asked).settle(Used.UNKNOWN, watch.get());
        assertThat(left(path, 0)).isEqualTo(4850);
        assertThat(left(path, 3)).isEqualTo(2);

        reserve(path, asked).settle(Used.NOTHING, watch.get());
        assertThat(left(path, 0)).isEqualTo(4850);
        assertThat(left(path, 2)).isEqualTo(3);
    }

    @Test
    void moreThanThereIsAtAllIsNeverReserved() {
        LimitPath path = alone(limit(Metric.INPUT, Period.MINUTE, 10));

        reserve(path, CHAT).settle(new Used(100, 1, 0), watch.get());

        assertThat(exhausted(path, CHAT).retryAfter())
                .isCloseTo(Duration.ofMinutes(2).toNanos(), org.assertj.core.data.Offset.offset(100_000L));
    }

    @Test
    void aLimitOfSomeModelsConcernsNoOthers() {
        LimitPath path = alone(limit(Metric.REQUESTS, Period.DAY, 1, "gpt", "o-*"));
        assertThat(path.distinguishesModels()).isTrue();
        reserve(path, CHAT);

        assertThat(exhausted(path, new Asked("x/o-1", "o-1", true, true, 1, 1))
                        .limit()
                        .text())
                .isEqualTo("1 requests per day");
        assertThat(reserve(path, new Asked("claude", "claude", true, true, 1, 1))
                        .standings(watch.get())
                        .limits())
                .isEmpty();
        assertThat(path.reserve(new Asked(null, null, true, false, 0, 1), watch.get()))
                .isInstanceOf(Reservation.class);
    }

    @Test
    void countingIsNoRequestAndTakesNoTokens() {
        LimitPath path = alone(
                limit(Metric.REQUESTS, Period.DAY, 1),
                limit(Metric.INPUT, Period.DAY, 1),
                limit(Metric.OUTPUT, Period.DAY, 1),
                limit(Metric.TOTAL, Period.DAY, 1),
                limit(Metric.COST, Period.DAY, 1));
        Asked counting = new Asked("gpt", "gpt", false, false, 0, 1);

        for (int i = 0; i < 3; i++) {
            reserve(path, counting).settle(Used.NOTHING, watch.get());
        }
        assertThat(left(path, 0)).isEqualTo(1);
    }

    @Test
    void shadowsCountAndRefuseNothing() {
        Quotas quotas = quotas(List.of());
        LimitPath path = path(
                quotas,
                KEY,
                List.of(
                        limit(Metric.REQUESTS, Period.DAY, 1, Mode.SHADOW),
                        limit(Metric.CONCURRENT, null, 1, Mode.SHADOW)),
                null);
        Reservation first = reserve(path, CHAT);
        Reservation second = reserve(path, CHAT);
        assertThat(quotas.standings()).extracting(Standing::refused).containsExactly(1L, 1L);
        first.settle(Used.NOTHING, watch.get());
        second.settle(Used.NOTHING, watch.get());

        assertThat(left(path, 0)).isZero();
        assertThat(left(path, 1)).isEqualTo(1);
    }

    @Test
    void whatWasUsedOutlivesAReloadAlsoOfAnotherAmount() {
        Quotas before = quotas(List.of());
        LimitPath old = path(before, KEY, List.of(limit(Metric.REQUESTS, Period.DAY, 5)), null);
        Reservation open = reserve(old, CHAT);
        reserve(old, CHAT);

        Quotas next = Quotas.of(List.of(), List.of(), watch, null, before);
        LimitPath path = path(next, KEY, List.of(limit(Metric.REQUESTS, Period.DAY, 10)), null);
        assertThat(left(path, 0)).isEqualTo(8);
        reserve(path, CHAT);
        open.settle(Used.NOTHING, watch.get());

        Quotas last = Quotas.of(List.of(), List.of(), watch, null, next);
        assertThat(left(path(last, KEY, List.of(limit(Metric.REQUESTS, Period.DAY, 2)), null), 0))
                .isZero();
        assertThat(left(path(last, Subject.key("l", "l"), List.of(limit(Metric.REQUESTS, Period.DAY, 2)), null), 0))
                .isEqualTo(2);
    }

    private static LimitPath issued(Quotas quotas, Accounts accounts, double amount, @Nullable String scope) {
        return quotas.path(
                Subject.issuedKey("i", "team"), List.of(limit(Metric.REQUESTS, Period.MONTH, amount)), scope, accounts);
    }

    @Test
    void whatAKeyOfAStoreHasUsedOutlivesReloadsWithoutARequest() {
        Accounts accounts = new Accounts();
        Quotas first = quotas(List.of());
        for (int i = 0; i < 5; i++) {
            reserve(issued(first, accounts, 10, null), CHAT).settle(Used.NOTHING, watch.get());
        }

        Quotas second = Quotas.of(List.of(), List.of(), watch, null, first);
        Quotas third = Quotas.of(List.of(), List.of(), watch, null, second);

        assertThat(left(issued(third, accounts, 10, null), 0)).isEqualTo(5);
        // The old generation's requests and the new one's are counted together.
        reserve(issued(first, accounts, 10, null), CHAT);
        assertThat(left(issued(third, accounts, 20, null), 0)).isEqualTo(14);
        assertThat(left(issued(third, new Accounts(), 20, null), 0)).isEqualTo(20);
        assertThat(third.standings()).isEmpty();
    }

    @Test
    void aKeyThatIsRenamedIsTheSameAndALimitThatIsTakenAwayIsForgotten() {
        Accounts accounts = new Accounts();
        Quotas quotas = quotas(List.of());
        List<LimitConfig> limits =
                List.of(limit(Metric.REQUESTS, Period.DAY, 5), limit(Metric.REQUESTS, Period.MONTH, 5));
        reserve(quotas.path(Subject.issuedKey("i", "old"), limits, null, accounts), CHAT);

        Subject renamed = Subject.issuedKey("i", "new");
        LimitPath path = quotas.path(renamed, limits, null, accounts);
        assertThat(path.standings(Subject.Kind.ISSUED_KEY, watch.get()))
                .extracting(Standing::left)
                .containsExactly(4L, 4L);
        assertThat(path.standings(Subject.Kind.SCOPE, watch.get())).isEmpty();

        accounts.retain(renamed, limits.subList(1, 2));
        LimitPath later = quotas.path(renamed, limits, null, accounts);
        assertThat(left(later, 0)).isEqualTo(5);
        assertThat(left(later, 1)).isEqualTo(4);
        reserve(later, CHAT);
        reserve(later, CHAT);
        reserve(later, CHAT);
        reserve(later, CHAT);
        assertThat(exhausted(later, CHAT).limit().subject().text()).isEqualTo("the API key 'new'");
    }

    @Test
    void whatWasUsedOfAScopeIsHandedOnWhetherAKeyIsShownOrNot() {
        List<ScopeConfig> scopes = List.of(scope("team", null, limit(Metric.REQUESTS, Period.MONTH, 10)));
        Accounts accounts = new Accounts();
        Quotas first = quotas(scopes);
        reserve(issued(first, accounts, 9, "team"), CHAT);
        reserve(path(first, KEY, List.of(), "team"), CHAT);

        Quotas second = Quotas.of(scopes, List.of(), watch, null, first);
        Quotas third = Quotas.of(scopes, List.of(), watch, null, second);

        assertThat(left(issued(third, accounts, 9, "team"), 0)).isEqualTo(8);
        assertThat(left(issued(third, accounts, 9, "team"), 1)).isEqualTo(8);
        assertThat(third.standings()).extracting(Standing::left).containsExactly(8L);
    }

    @Test
    void aScopeThatIsNotThereLetsNothingPass() {
        Quotas quotas = quotas(List.of(scope("team", null)));

        assertThat(path(quotas, KEY, List.of(), "gone").isKnown()).isFalse();
        assertThat(path(quotas, KEY, List.of(limit(Metric.REQUESTS, Period.DAY, 1)), "gone")
                        .isKnown())
                .isFalse();
        assertThat(issued(quotas, new Accounts(), 1, "gone").isKnown()).isFalse();
        assertThat(issued(quotas, new Accounts(), 1, "team").isKnown()).isTrue();
        assertThat(issued(quotas, new Accounts(), 1, null).isKnown()).isTrue();
    }

    @Test
    void aPathKnowsWhatItWasMadeOf() {
        Quotas first = quotas(List.of());
        Quotas second = Quotas.of(List.of(), List.of(), watch, null, first);
        LimitPath path = issued(first, new Accounts(), 1, null);

        assertThat(path.isOf(first)).isTrue();
        assertThat(path.isOf(second)).isFalse();
    }

    @Test
    void scopesSayWhatMayBeAskedForAndWhetherAnythingMay() {
        ModelPattern gpt = ModelPattern.parse("gpt*").orElseThrow();
        List<ScopeConfig> scopes = List.of(
                new ScopeConfig("org", Kind.ORG, null, List.of(gpt), true, List.of()),
                new ScopeConfig("team", Kind.TEAM, "org", List.of(), true, List.of()),
                new ScopeConfig("off", Kind.TEAM, "org", List.of(), false, List.of()));
        Quotas quotas = quotas(scopes);
        LimitPath team = path(quotas, KEY, List.of(), "team");

        assertThat(team.isEnabled()).isTrue();
        assertThat(team.isConfined()).isTrue();
        assertThat(team.distinguishesModels()).isTrue();
        assertThat(team.hasLimits()).isFalse();
        assertThat(team.allows("gpt-5", "x")).isTrue();
        assertThat(team.allows("x", "gpt-5")).isTrue();
        assertThat(team.allows("claude", "claude")).isFalse();
        assertThat(path(quotas, KEY, List.of(), "off").isEnabled()).isFalse();
        assertThat(alone(limit(Metric.REQUESTS, Period.DAY, 1)).distinguishesModels())
                .isFalse();
    }

    @Test
    void modelsBeyondAHundredAreExpectedToBeAlike() {
        Expectations expectations = new Expectations();
        for (int i = 0; i < 2 * Expectations.MOST_MODELS; i++) {
            expectations.learn("model-" + i, 10, new Used(20, 30, -1));
        }
        expectations.learn("model-1", 0, new Used(0, 30, 0));
        expectations.learn(null, 10, Used.UNKNOWN);

        assertThat(expectations.of("model-1").answers()).isEqualTo(2);
        assertThat(expectations.of("any").answers()).isEqualTo(20);
        assertThat(expectations.of(null).input(10)).isEqualTo(20);
        assertThat(expectations.of("model-1").output(7)).isEqualTo(7);
    }

    @Test
    void aLimitSaysWhatItAllows() {
        assertThat(text(Metric.INPUT, Period.MINUTE, 1e6)).isEqualTo("1000000 input tokens per minute");
        assertThat(text(Metric.OUTPUT, Period.HOUR, 5)).isEqualTo("5 output tokens per hour");
        assertThat(text(Metric.TOTAL, Period.TOTAL, 5)).isEqualTo("5 tokens in total");
        assertThat(text(Metric.COST, Period.MONTH, 2.5)).isEqualTo("2.5 of cost per month");
        assertThat(text(Metric.CONCURRENT, null, 5)).isEqualTo("5 requests at the same time");
        assertThat(new LimitConfig(
                                Metric.COST, Period.DAY, 0.5, List.of(), ZoneOffset.MAX, Mode.ENFORCE, null, List.of())
                        .units())
                .isEqualTo(500_000_000);
        assertThat(limit(Metric.CONCURRENT, null, 5).periodLabel()).isEqualTo("-");
        assertThat(new Limit(Subject.GATEWAY, limit(Metric.CONCURRENT, null, 5)).isBudget())
                .isFalse();
    }

    private static String text(Metric metric, @Nullable Period per, double amount) {
        return new Limit(Subject.GATEWAY, limit(metric, per, amount)).text();
    }
}
