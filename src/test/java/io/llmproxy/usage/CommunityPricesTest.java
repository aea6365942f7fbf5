package io.llmproxy.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.config.document.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CommunityPricesTest {
    private static final String TABLE = """
            {"sample_spec": {"input_cost_per_token": 1},
             "gpt-x": {"litellm_provider": "openai", "mode": "chat", "max_tokens": 4096,
               "input_cost_per_token": 1.25e-06, "output_cost_per_token": 0.00001, "cache_read_input_token_cost": 1.25e-07,
               "input_cost_per_token_flex": 6.25e-07, "output_cost_per_token_flex": 5e-06,
               "input_cost_per_token_priority": 2.5e-06, "input_cost_per_token_above_272k_tokens_priority": 5e-06,
               "regional_processing_uplift_multiplier_eu": 1.1, "supports_vision": true},
             "claude-x": {"litellm_provider": "anthropic", "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
               "cache_creation_input_token_cost": 3.75e-06, "cache_creation_input_token_cost_above_1hr": 6e-06,
               "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05,
               "input_cost_per_token_above_200k_tokens": 6e-06,
               "search_context_cost_per_query": {"search_context_size_low": 0.01, "search_context_size_high": 0.01}},
             "azure/gpt-x": {"litellm_provider": "azure", "input_cost_per_token": 2e-06, "output_cost_per_token": 2e-05,
               "search_context_cost_per_query": {"search_context_size_low": 0.01, "search_context_size_high": 0.02}},
             "groq/llama": {"litellm_provider": "groq", "input_cost_per_token": 5e-08, "output_cost_per_token": 8e-08},
             "qwen-x": {"litellm_provider": "dashscope", "tiered_pricing": [
               {"range": [0, 256000.0], "input_cost_per_token": 5e-08, "output_cost_per_token": 4e-07},
               {"range": [256000.0, 1000000.0], "input_cost_per_token": 2.5e-07, "output_cost_per_token": 2e-06}]},
             "whisper": {"litellm_provider": "openai", "input_cost_per_second": 0.0001, "output_cost_per_second": 0.0001},
             "listen": {"litellm_provider": "groq", "input_cost_per_second": 3.083e-05, "output_cost_per_second": 0.0},
             "speak": {"litellm_provider": "openai", "input_cost_per_second": 0.0, "output_cost_per_second": 0.0002},
             "both": {"litellm_provider": "x", "output_cost_per_second": 0.0002, "input_cost_per_second": 0.0001,
               "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06,
               "input_cost_per_token_cache_hit": 3e-07, "cache_read_input_token_cost": 2e-07},
             "dalle": {"litellm_provider": "openai", "output_cost_per_image": 0.04, "input_cost_per_pixel": 1.9e-08},
             "ocr": {"litellm_provider": "x", "ocr_cost_per_page": 0.001},
             "zero": {"litellm_provider": "x", "input_cost_per_token": 0.0, "output_cost_per_token": 0},
             "odd": {"litellm_provider": "x", "input_cost_per_token": "cheap", "output_cost_per_token": -1, "tiered_pricing": [3]},
             "only-flex": {"litellm_provider": "x", "input_cost_per_token_flex": 1e-06},
             "a*": {"litellm_provider": "x", "input_cost_per_token": 1e-06},
             "text": "nothing"
            }
            """;

    private final CommunityPrices.Imported imported = CommunityPrices.parse(TABLE, "table.json", "community");
    private final Prices prices = PriceFile.parse(imported.yaml(), "imported").prices();

    private String cost(String upstream, String provider, String model, Usage usage, String tier) {
        AttemptUsage used = new AttemptUsage(
                usage,
                UsageSource.REPORTED,
                UsageSource.REPORTED,
                UsageSource.REPORTED,
                null,
                0,
                new AttemptUsage.Answer(null, null, tier, null, null, null),
                Set.of(),
                null);
        Money amount = prices.cost(new Prices.Asked(upstream, provider, model, Instant.EPOCH), used)
                .amount();
        return amount == null ? "unknown" : amount.text();
    }

    @Test
    void c11WritesAFileOfOurs() {
        assertThat(imported.models()).isEqualTo(10).isEqualTo(prices.size());
        assertThat(imported.yaml()).contains("""
                version: "community"
                currency: USD
                models:
                  - {model: "gpt-x", upstream: "azure_openai", per_million: {input: "2", output: "20"}}
                  - {model: "llama", upstream: "groq", per_million: {input: "0.05", output: "0.08"}}
                  - {model: "gpt-x", per_million: {cache_read: "0.125", input: "1.25", output: "10"}, \
                tiers: {flex: {per_million: {input: "0.625", output: "5"}}, \
                priority: {per_million: {input: "2.5"}, above: [{input_tokens: 272000, per_million: {input: "5"}}]}}}
                """);
    }

    @Test
    void c11ItsPricesAreTheSame() {
        Usage million = Usage.of(1_000_000, 0);
        Usage few = Usage.of(100, 10);

        assertThat(cost("up", "openai", "gpt-x", few, "default")).isEqualTo("0.000225000000");
        assertThat(cost("up", "openai", "gpt-x", few, "flex")).isEqualTo("0.000112500000");
        assertThat(cost("up", "openai", "gpt-x", million, "priority")).isEqualTo("5.000000000000");
        assertThat(cost("up", "azure_openai", "gpt-x", million, "default")).isEqualTo("2.000000000000");
        assertThat(cost("groq", "custom", "llama", million, "default")).isEqualTo("0.050000000000");
        assertThat(cost("up", "custom", "qwen-x", few, "default")).isEqualTo("0.000009000000");
        assertThat(cost("up", "custom", "qwen-x", million, "default")).isEqualTo("0.250000000000");
        Usage claude = Usage.of(300_000, 0).toBuilder()
                .set(Count.CACHE_WRITE, 100_000)
                .set(Count.CACHE_WRITE_1H, 100_000)
                .set(Count.WEB_SEARCHES, 1)
                .build();
        assertThat(cost("up", "anthropic", "claude-x", claude, "standard")).isEqualTo("2.410000000000");
    }

    @Test
    void c11SaysWhatItLeavesOut() {
        assertThat(imported.leftOut())
                .containsExactlyInAnyOrder(
                        "gpt-x: regional_processing_uplift_multiplier_eu",
                        "azure/gpt-x: search_context_cost_per_query",
                        "dalle: input_cost_per_pixel",
                        "ocr: ocr_cost_per_page",
                        "ocr: no price that is known here",
                        "zero: all its prices are 0, which may mean that they are not known"
                                + " (if it is free, say `free: true`)",
                        "odd: input_cost_per_token",
                        "odd: output_cost_per_token",
                        "odd: tiered_pricing",
                        "odd: no price that is known here",
                        "only-flex: no price that is known here",
                        "a*: a pattern, and not the name of a model",
                        "text: a single value (expected: a section)");
    }

    @Test
    void readsAFile(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("table.json"), "{\"m\": {\"mode\": \"chat\"}}");

        CommunityPrices.Imported none = CommunityPrices.read(file, "v");

        assertThat(none.models()).isZero();
        assertThat(PriceFile.parse(none.yaml(), "none").prices().size()).isZero();
        ConfigException refused =
                catchThrowableOfType(ConfigException.class, () -> CommunityPrices.parse("[]", "table.json", "v"));
        assertThat(refused).hasMessage("table.json:1: a list (expected: a section with a model for each key)");
    }

    @Test
    void a0TakesThePlaceOfNoPrice() {
        Usage minute = new Usage.Builder().set(Count.SECONDS, 60).build();

        assertThat(cost("groq", "custom", "listen", minute, "default")).isEqualTo("0.001849800000");
        assertThat(cost("up", "openai", "speak", minute, "default")).isEqualTo("0.012000000000");
        assertThat(cost("up", "openai", "both", minute, "default")).isEqualTo("0.006000000000");
        Usage cached = Usage.of(10, 0).toBuilder().set(Count.CACHE_READ, 10).build();
        assertThat(cost("up", "openai", "both", cached, "default")).isEqualTo("0.000002000000");
    }
}
