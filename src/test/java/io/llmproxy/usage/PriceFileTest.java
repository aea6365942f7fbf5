package io.llmproxy.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PriceFileTest {
    private static final String HEAD = "version: v1\ncurrency: USD\nmodels:\n";

    private static List<String> problems(String text) {
        ConfigException refused =
                catchThrowableOfType(ConfigException.class, () -> PriceFile.parse(text, "prices.yaml"));
        return refused.problems().stream().map(Problem::toString).toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{per_million: {input: '1'}} | model: missing (expected: the name of a model, or a pattern of names)",
                "{model: '[', per_million: {input: '1'}} | .model: [ (expected: the name of a model, or a pattern of names)",
                "{model: m, per_millon: {input: '1'}} | .per_millon: unknown key (expected: model, upstream, from, until, free, per_million, above, tiers, per, multiply)",
                "{model: m} | no price (expected: per_million, per, or free: true)",
                "{model: m, free: true, per: {request: '1'}} | both free and with prices (expected: one of them)",
                "{model: m, free: perhaps, per: {request: '1'}} | .free: perhaps (expected: true or false)",
                "{model: m, per_million: {inptu: '1'}} | .per_million.inptu: unknown key (expected: input, cache_read, cache_write, cache_write_1h, audio_input, image_input, audio_cache_read, image_cache_read, output, reasoning, audio_output, image_output)",
                "{model: m, per_million: {input: '-1'}} | .per_million.input: -1 (expected: a price, such as \"1.25\")",
                "{model: m, per_million: {input: 1e3}} | .per_million.input: 1e3 (expected: a price, such as \"1.25\")",
                "{model: m, per_million: {input: '1000000'}} | .per_million.input: 1000000 (expected: a price, such as \"1.25\")",
                "{model: m, per_million: {input: [1]}} | .per_million.input: a list (expected: a price, such as \"1.25\")",
                "{model: m, per_million: 3} | .per_million: 3 (expected: a section)",
                "{model: m, per_million: {input: ''}} | .per_million.input: \"\" (expected: a price, such as \"1.25\")",
                "{model: m, per: {picture: '1'}} | .per.picture: unknown key (expected: request, image, second, character, web_search, web_fetch)",
                "{model: m, per: {request: '1'}, from: yesterday} | .from: yesterday (expected: a time, such as 2026-11-01T00:00:00Z)",
                "{model: m, per: {request: '1'}, from: 2026-11-02T00:00:00Z, until: 2026-11-01T00:00:00Z} | .until: 2026-11-01T00:00:00Z (expected: a time after from)",
                "{model: m, per_million: {input: 1}, above: 3} | .above: 3 (expected: a list)",
                "{model: m, per_million: {input: 1}, above: [{input_tokens: many, per_million: {input: 1}}]} | .above[0].input_tokens: many (expected: a number of tokens)",
                "{model: m, per_million: {input: 1}, above: [{input_tokens: 5}]} | .above[0]: incomplete (expected: input_tokens and per_million)",
                "{model: m, per_million: {input: 1}, above: [{input_tokens: 5, per_million: {}}, {input_tokens: 5, per_million: {}}]} | .above[1]: a second one for 5 tokens (expected: one)",
                "{model: m, per_million: {input: 1}, tiers: {flex: half}} | .tiers.flex: half (expected: a factor, such as \"0.5\")",
                "{model: m, per_million: {input: 1}, tiers: {flex: {factor: 1}}} | .tiers.flex.factor: unknown key (expected: per_million, above)",
                "{model: m, per_million: {input: 1}, tiers: [flex]} | .tiers: a list (expected: a section)",
                "{model: m, per_million: {input: 1}, multiply: {region.us: '1.1'}} | .multiply.region.us: unknown key (expected: inference_geo. or speed., followed by what the answer says)",
                "{model: m, per_million: {input: 1}, multiply: {speed.fast: much}} | .multiply.speed.fast: much (expected: a factor, such as \"0.5\")",
                "just text | : just text (expected: a section with model and its prices)",
            })
    void saysWithLineAndMemberWhatIsWrong(String rule, String expected) {
        List<String> problems = problems(HEAD + "  - {model: good, per_million: {input: '1'}}\n  - " + rule);

        String place = expected.startsWith(".")
                ? "models[1]" + expected
                : "models[1]" + (expected.startsWith(":") ? expected : ": " + expected);
        assertThat(problems).containsExactly("prices.yaml:5: " + place);
    }

    @Test
    void saysAllThatIsWrongAtOnce() {
        assertThat(problems("currency: dollars\nmodel: []\n"))
                .containsExactly(
                        "prices.yaml:2: model: unknown key (expected: version, currency, models)",
                        "prices.yaml:1: version: missing (expected: a text that tells these prices from others)",
                        "prices.yaml:1: currency: dollars (expected: three capital letters, such as USD)",
                        "prices.yaml:1: models: missing (expected: a list of prices)");
        assertThat(problems("version: v\ncurrency: USD\nmodels: 3\n"))
                .containsExactly("prices.yaml:3: models: 3 (expected: a list)");
        assertThat(problems("- 1"))
                .containsExactly("prices.yaml:1: a list (expected: a section with version, currency, models)");
        assertThat(problems("")).containsExactly("prices.yaml:1: empty (expected: version, currency, models)");
        assertThat(problems("version: v\nversion: w\n")).first().asString().contains("duplicate key (first in line 1)");
    }

    @Test
    void whatIsRoundedIsWarnedOf() {
        PriceFile.Loaded loaded = PriceFile.parse(
                HEAD
                        + "  - {model: a, per_million: {input: '0.0000015'}}\n"
                        + "  - {model: b, per_million: {input: '0.000001'}, tiers: {flex: '0.5'}}\n"
                        + "  - {model: c, per_million: {input: '0.000001'}, multiply: {speed.fast: '2.5'}}\n"
                        + "  - {model: d, per_million: {input: '0.000002'}, tiers: {flex: '0.5'}}\n",
                "prices.yaml");

        assertThat(loaded.warnings())
                .extracting(Problem::toString)
                .containsExactly(
                        "prices.yaml:4: models[0].per_million.input: a price is rounded to a millionth of a millionth, half to even",
                        "prices.yaml:5: models[1].tiers.flex: a price is rounded to a millionth of a millionth, half to even",
                        "prices.yaml:6: models[2]: a price is rounded to a millionth of a millionth, half to even");
    }

    @Test
    void factorsMayBeLarge() {
        PriceFile.Loaded loaded = PriceFile.parse(
                HEAD
                        + "  - {model: a, per_million: {input: '999999'}, tiers: {t: '999999'}, multiply: {speed.x: '999999'}}\n",
                "prices.yaml");

        assertThat(loaded.prices().size()).isEqualTo(1);
    }

    @Test
    void readsFilesOfYamlAndJson(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(
                directory.resolve("prices.json"),
                "{\"version\": \"1\", \"currency\": \"EUR\", \"models\": [{\"model\": \"m\", \"per\": {\"request\": 0.5}}]}");

        assertThat(PriceFile.read(file).prices().currency()).isEqualTo("EUR");
        ConfigException missing =
                catchThrowableOfType(ConfigException.class, () -> PriceFile.read(directory.resolve("none.yaml")));
        assertThat(missing).hasMessageContaining("no such file (expected: a file that exists)");
    }
}
