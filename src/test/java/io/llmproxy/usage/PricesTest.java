package io.llmproxy.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.protocol.UsageShape;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class PricesTest {
    private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");
    private static final Prices PRICES = PriceFile.parse("""
            version: "2026-11-28"
            currency: USD
            models:
              - {model: "cached", per_million: {input: "2.5", cache_read: "1.25", output: "10"}}
              - model: "claude-*"
                per_million: {input: "3", cache_read: "0.3", cache_write: "3.75", cache_write_1h: "6", output: "15"}
                per: {web_search: "0.01"}
                multiply: {inference_geo.us: "1.1", speed.fast: "6"}
              - {model: "c3", per_million: {input: "1.25", cache_read: "0.625", output: "10"}}
              - {model: "c4", per_million: {input: "1.25", cache_read: "0.2", output: "2.5"}}
              - model: "long"
                per_million: {input: "1.25", cache_read: "0.31", output: "10"}
                above:
                  - {input_tokens: 200000, per_million: {input: "2.5", output: "15"}}
                  - {input_tokens: 500000, per_million: {input: "5"}}
                tiers: {batch: "0.5"}
              - model: "tiers"
                per_million: {input: "2", output: "8", reasoning: "4"}
                tiers:
                  flex: "0.5"
                  priority: {per_million: {input: "3.5", output: "14"}, above: [{input_tokens: 1000, per_million: {input: "7"}}]}
              - model: "audio"
                per_million: {input: "2.5", cache_read: "1.25", audio_input: "40", audio_cache_read: "2.5", output: "10", audio_output: "80"}
              - {model: "image", per_million: {input: "5", image_input: "10", image_output: "40"}, per: {image: "0.04"}}
              - {model: "whisper", per: {second: "0.0001", request: "0.001"}}
              - {model: "no-cache-price", per_million: {input: "2", output: "4"}}
              - {model: "dated", until: 2026-11-01T00:00:00Z, per_million: {input: "9", output: "9"}}
              - {model: "dated", from: 2026-11-01T00:00:00Z, until: "2026-12-01T00:00:00+01:00", per_million: {input: "1", output: "1"}}
              - {model: "dated", per_million: {input: "5", output: "5"}}
              - {model: "shared", upstream: azure_openai, per_million: {input: "1", output: "1"}}
              - {model: "shared", upstream: eu, per_million: {input: "2", output: "2"}}
              - {model: "shared", per_million: {input: "3", output: "3"}}
              - {model: "half", per_million: {input: "1"}}
              - {model: "other-half", per_million: {output: "1"}, per: {request: "1"}}
              - {model: "picture", per_million: {input: "1", image_output: "40"}}
              - {model: "per-picture", per: {image: "1"}}
              - {model: "sound", per_million: {audio_input: "1", output: "1"}}
              - {model: "enormous", per_million: {input: "999999", output: "999999"}}
              - {model: "local/*", free: true}
            """, "prices.yaml").prices();

    private static Prices.Asked asked(@Nullable String model) {
        return new Prices.Asked("up", "openai", model, NOW);
    }

    private static AttemptUsage used(Usage usage) {
        return used(usage, AttemptUsage.Answer.UNKNOWN);
    }

    private static AttemptUsage used(Usage usage, AttemptUsage.Answer answer) {
        return new AttemptUsage(
                usage,
                UsageSource.REPORTED,
                UsageSource.REPORTED,
                UsageSource.REPORTED,
                null,
                0,
                answer,
                Set.of(),
                null);
    }

    private static AttemptUsage.Answer answer(@Nullable String tier, @Nullable String geo, @Nullable String speed) {
        return new AttemptUsage.Answer(null, null, tier, geo, speed, null);
    }

    @ParameterizedTest
    @CsvSource({
        // Model, form, whether it embeds, whether its cost will be known.
        "cached,CHAT,false,true",
        "local/any,RESPONSES,false,true",
        "half,CHAT,false,false",
        "half,MESSAGES,false,false",
        "other-half,CHAT,false,false",
        "none,CHAT,false,false",
        "whisper,CHAT,false,false",
        "half,EMBEDDINGS,false,true",
        "half,GEMINI,true,true",
        "half,GEMINI,false,false",
        "other-half,EMBEDDINGS,false,false",
        "cached,EMBEDDINGS,false,true",
        "whisper,TRANSCRIPTION,false,true",
        "sound,TRANSCRIPTION,false,true",
        "half,TRANSCRIPTION,false,false",
        "picture,IMAGES,false,true",
        "per-picture,IMAGES,false,true",
        "half,IMAGES,false,false",
    })
    void aPriceForAPartIsNoPrice(String model, UsageShape shape, boolean embeds, boolean known) {
        assertThat(PRICES.knows(asked(model), shape, embeds)).isEqualTo(known);
    }

    private static Usage.Builder counts(long input, long output) {
        return Usage.of(input, output).toBuilder();
    }

    /**
     * Something that was used, and what it costs.
     *
     * @param cost with the state behind it, if it is not priced
     */
    private record Case(String name, String model, AttemptUsage used, String cost) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Case of(String name, String model, Usage.Builder usage, String cost) {
        return new Case(name, model, used(usage.build()), cost);
    }

    private static Case of(String name, String model, Usage.Builder usage, AttemptUsage.Answer answer, String cost) {
        return new Case(name, model, used(usage.build(), answer), cost);
    }

    static Stream<Case> cases() {
        Usage.Builder claude = counts(3_000, 100)
                .set(Count.CACHE_READ, 1_000)
                .set(Count.CACHE_WRITE, 900)
                .set(Count.CACHE_WRITE_1H, 400);
        Usage.Builder tiers = counts(1_000, 100).set(Count.REASONING, 40);
        Usage.Builder audio = counts(1_000, 100)
                .set(Count.CACHE_READ, 300)
                .set(Count.AUDIO_INPUT, 500)
                .set(Count.AUDIO_CACHE_READ, 200)
                .set(Count.AUDIO_OUTPUT, 60);
        return Stream.of(
                of("C1 cached", "cached", counts(2_006, 300).set(Count.CACHE_READ, 1_920), "0.005615000000"),
                of("C2 four buckets of input", "claude-4", claude, "0.009375000000"),
                of("C2 place", "claude-4", claude, answer("standard", "us", null), "0.010312500000"),
                of("C2 speed and place", "claude-4", claude, answer(null, "us", "fast"), "0.061875000000"),
                of("C2 another place", "claude-4", claude, answer(null, "eu", "standard"), "0.009375000000"),
                of("searches", "claude-4", counts(1_000, 0).set(Count.WEB_SEARCHES, 3), "0.033000000000"),
                of("fetches are free", "claude-4", counts(1_000, 0).set(Count.WEB_FETCHES, 3), "0.003000000000"),
                of("C3", "c3", counts(262_960, 1_744).set(Count.CACHE_READ, 257_955), "0.184918125000"),
                of(
                        "C4",
                        "c4",
                        counts(10_120, 4_308).set(Count.CACHE_READ, 128).set(Count.REASONING, 2_809),
                        "0.023285600000"),
                of("C5 at the threshold", "long", counts(200_000, 10), "0.250100000000"),
                of("C5 above it: all tokens", "long", counts(200_001, 10), "0.500152500000"),
                of(
                        "C5 what a step does not say",
                        "long",
                        counts(200_001, 0).set(Count.CACHE_READ, 200_001),
                        "0.062000310000"),
                of("C5 a second step", "long", counts(600_000, 10), "3.000150000000"),
                of("C5 a tier above it", "long", counts(200_001, 10), answer("batch", null, null), "0.250076250000"),
                of("reasoning with a price", "tiers", tiers, "0.002640000000"),
                of("C6 flex answered", "tiers", tiers, answer("flex", null, null), "0.001320000000"),
                of(
                        "C6 flex asked for, default answered",
                        "tiers",
                        tiers,
                        answer("default", null, null),
                        "0.002640000000"),
                of("priority", "tiers", tiers, answer("Priority", null, null), "0.004500000000"),
                of(
                        "priority above a threshold",
                        "tiers",
                        counts(1_001, 0),
                        answer("priority", null, null),
                        "0.007007000000"),
                of("a tier without a price", "tiers", tiers, answer("scale", null, null), "0.002640000000 incomplete"),
                of("C7 audio, and audio from the cache", "audio", audio, "0.018825000000"),
                of(
                        "images by tokens",
                        "image",
                        counts(50, 4_160).set(Count.IMAGE_INPUT, 40).set(Count.IMAGE_OUTPUT, 4_160),
                        "0.166850000000"),
                of("images by the piece", "image", new Usage.Builder().set(Count.IMAGES, 2), "0.080000000000"),
                of("seconds and a request", "whisper", new Usage.Builder().set(Count.SECONDS, 30), "0.004000000000"),
                of(
                        "a count without a price",
                        "no-cache-price",
                        counts(10, 1).set(Count.CACHE_READ, 4),
                        "0.000016000000 incomplete"),
                of("no part of it", "no-cache-price", counts(10, 1).set(Count.CACHE_READ, 0), "0.000024000000"),
                of(
                        "a price without a count",
                        "no-cache-price",
                        new Usage.Builder().set(Count.INPUT, 10),
                        "0.000020000000 incomplete"),
                of(
                        "parts that are more than the whole",
                        "cached",
                        counts(5, 1).set(Count.CACHE_READ, 6),
                        "0.000017500000"),
                of("dates", "dated", counts(1_000_000, 0), "1.000000000000"),
                of("C8 free", "local/llama", counts(10, 10), "0.000000000000 free"),
                of("C8 unknown", "unknown", counts(10, 10), "null unpriced"),
                of("more than there is room for", "enormous", counts(9_000_000_000L, 1), "null incomplete"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void costs(Case used) {
        Cost cost = PRICES.cost(asked(used.model), used.used);

        String amount = cost.amount() == null ? "null" : cost.amount().text();
        String state =
                cost.state() == Cost.State.PRICED ? "" : " " + cost.state().label();
        assertThat(amount + state).isEqualTo(used.cost);
        assertThat(cost.priceVersion()).isEqualTo("2026-11-28");
        assertThat(cost.from() == null).isEqualTo(cost.amount() == null);
    }

    @Test
    void anUpstreamByNameOrProviderComesBeforeAll() {
        AttemptUsage used = used(Usage.of(1_000_000, 0));

        assertThat(PRICES.cost(new Prices.Asked("eu", "openai", "shared", NOW), used)
                        .amount())
                .isEqualTo(new Money(2_000_000_000_000L, "USD"));
        assertThat(PRICES.cost(new Prices.Asked("x", "azure_openai", "shared", NOW), used)
                        .amount())
                .isEqualTo(new Money(1_000_000_000_000L, "USD"));
        assertThat(PRICES.cost(asked("shared"), used).amount()).isEqualTo(new Money(3_000_000_000_000L, "USD"));
    }

    @Test
    void theTimeOfTheAttemptDecides() {
        AttemptUsage used = used(Usage.of(1_000_000, 0));
        Stream<String> costs = Stream.of("2026-10-31T23:59:59Z", "2026-11-01T00:00:00Z", "2026-11-30T23:00:00Z")
                .map(at -> new Prices.Asked("up", "openai", "dated", Instant.parse(at)))
                .map(asked -> String.valueOf(PRICES.cost(asked, used).amount()));

        assertThat(costs)
                .containsExactly(
                        "Money[picos=9000000000000, currency=USD]",
                        "Money[picos=1000000000000, currency=USD]",
                        "Money[picos=5000000000000, currency=USD]");
    }

    @Test
    void theAnswersModelCountsWhereTheOneThatWasSentSaysNothing() {
        AttemptUsage used = used(Usage.of(1_000_000, 0), new AttemptUsage.Answer("c4", null, null, null, null, null));

        assertThat(PRICES.cost(asked("my-deployment"), used).amount()).isEqualTo(new Money(1_250_000_000_000L, "USD"));
        assertThat(PRICES.cost(asked(null), used).state()).isEqualTo(Cost.State.PRICED);
        assertThat(PRICES.covers(asked("my-deployment"), used)).isTrue();
        assertThat(PRICES.covers(asked(null), used(Usage.UNKNOWN))).isFalse();
    }

    @Test
    void whatTheUpstreamSaysStandsBesideAndCountsWhereThereIsNoPrice() {
        Money reported = new Money(7, "USD");
        AttemptUsage used = used(
                counts(10, 1).set(Count.CACHE_READ, 4).build(),
                new AttemptUsage.Answer(null, null, null, null, null, reported));

        assertThat(PRICES.cost(asked("cached"), used))
                .isEqualTo(new Cost(
                        Cost.State.PRICED, new Money(30_000_000, "USD"), Cost.From.TABLE, reported, "2026-11-28"));
        Cost fromUpstream = new Cost(Cost.State.PRICED, reported, Cost.From.REPORTED, reported, "2026-11-28");
        assertThat(PRICES.cost(asked("unknown"), used)).isEqualTo(fromUpstream);
        assertThat(PRICES.cost(asked("no-cache-price"), used)).isEqualTo(fromUpstream);
    }

    @Test
    void whatWasNeverAskedForCostsNothingAndIsNotUnpriced() {
        assertThat(PRICES.cost(asked("unknown"), AttemptUsage.NONE))
                .isEqualTo(new Cost(Cost.State.NONE, null, null, null, null));
    }

    @Test
    void c10TheSameRecordCostsTheSameAgain() {
        AttemptUsage used = used(counts(2_006, 300).set(Count.CACHE_READ, 1_920).build());

        assertThat(PRICES.cost(asked("cached"), used)).isEqualTo(PRICES.cost(asked("cached"), used));
    }

    @Test
    void c12AMillionRecordsAddUpAsDecimalsDo() {
        Random random = new Random(12);
        BigDecimal input = new BigDecimal("0.000002500000");
        BigDecimal read = new BigDecimal("0.000001250000");
        BigDecimal output = new BigDecimal("0.000010000000");
        BigDecimal expected = BigDecimal.ZERO;
        BigDecimal sum = BigDecimal.ZERO;
        Prices.Asked asked = asked("cached");
        for (int record = 0; record < 1_000_000; record++) {
            long all = random.nextInt(1_000_000);
            long cached = random.nextLong(all + 1);
            long made = random.nextInt(100_000);
            Money cost = PRICES.cost(
                            asked,
                            used(counts(all, made).set(Count.CACHE_READ, cached).build()))
                    .amount();
            sum = sum.add(new BigDecimal(cost == null ? "0" : cost.text()));
            expected = expected.add(input.multiply(BigDecimal.valueOf(all - cached)))
                    .add(read.multiply(BigDecimal.valueOf(cached)))
                    .add(output.multiply(BigDecimal.valueOf(made)));
        }

        assertThat(sum).isEqualByComparingTo(expected);
    }

    @Test
    void withoutPricesNothingHasOne() {
        Cost cost = Prices.NONE.cost(asked("m"), used(Usage.of(1, 1)));

        assertThat(cost.state()).isEqualTo(Cost.State.UNPRICED);
        assertThat(cost.amount()).isNull();
        assertThat(Prices.NONE.size()).isZero();
        assertThat(PRICES.currency()).isEqualTo("USD");
        assertThat(PRICES.version()).isEqualTo("2026-11-28");
        assertThat(PRICES.size()).isEqualTo(23);
    }
}
