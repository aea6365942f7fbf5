package io.llmproxy.admin.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.KeyRateLimitConfig;
import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.LimitConfig.Mode;
import io.llmproxy.config.LimitConfig.OnStoreLoss;
import io.llmproxy.config.LimitConfig.Period;
import io.llmproxy.config.ModelPattern;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyLinesTest {
    private static final String DIGEST = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";

    @Test
    void whatIsWrittenIsReadAgain() {
        ClientKeyConfig config = new ClientKeyConfig(
                "team \"a\"",
                KeyDigest.of("one").configured(),
                false,
                Instant.parse("2030-01-01T00:00:00Z"),
                List.of(ModelPattern.parse("gpt-*").orElseThrow()),
                new KeyRateLimitConfig(5, 7),
                3,
                true,
                "search",
                List.of(new LimitConfig(
                        Metric.COST,
                        Period.MONTH,
                        2.5,
                        List.of(ModelPattern.parse("gpt-*").orElseThrow()),
                        ZoneId.of("Europe/Berlin"),
                        Mode.SHADOW,
                        OnStoreLoss.OPEN,
                        List.of(0.8, 1.0))));
        IssuedKey key = new IssuedKey("1", config, "sk-abc", List.of("main"), null, "ann", Instant.EPOCH, 1);

        String line = KeyLines.write(key);

        assertThat(line).doesNotContain("\n").contains("\"digest\":\"sha256:" + DIGEST + '"');
        KeyLines.Read read = KeyLines.read(List.of("", line, " "));
        assertThat(read.problems()).isEmpty();
        assertThat(read.keys()).containsExactly(new KeyLines.Line(config, "sk-abc", List.of("main")));
    }

    @Test
    void aDigestOrTheKeyItselfSaysWhichKeyItIs() {
        KeyLines.Read read = KeyLines.read(List.of(
                "{\"name\":\"a\",\"digest\":\"" + DIGEST.toUpperCase(java.util.Locale.ROOT) + "\"}",
                "{\"name\":\"b\",\"key\":\"sk-0123456789-0123456789\"}",
                "{\"name\":\"c\",\"key\":\"sk-01234567\",\"enabled\":false}"));

        assertThat(read.problems()).isEmpty();
        assertThat(read.keys()).extracting(KeyLines.Line::hint).containsExactly(null, "sk-012", null);
        assertThat(read.keys())
                .extracting(line -> KeyDigest.configured(line.config().key()))
                .containsExactly(
                        KeyDigest.of("one"), KeyDigest.of("sk-0123456789-0123456789"), KeyDigest.of("sk-01234567"));
        assertThat(KeyLines.write(
                        new IssuedKey("1", read.keys().get(1).config(), null, List.of(), null, "", Instant.EPOCH, 1)))
                .doesNotContain("hint", "expires_at", "sk-0", "scope", "limits");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    [1]                                                   |                     | not a JSON object
                    {                                                     |                     | not JSON
                    {"name":"a"}                                          | digest              | sha256:
                    {"name":"a","digest":"sha256:12"}                     | digest              | sha256:
                    {"name":"a","digest":"sk-0123456789"}                 | digest              | sha256:
                    {"name":"a","digest":1}                               | digest              | sha256:
                    {"name":"a","key":1}                                  | key                 | sha256:
                    {"name":"a","key":"sk 123456789"}                     | key                 | sha256:
                    {"name":"a","key":"sha256:0123"}                      | key                 | sha256:
                    {"name":"a","key":"sk-0123456","digest":"%s"}         | key                 | sha256:
                    {"digest":"%s"}                                       | name                | 1 to 200
                    {"name":"a\\u000a","digest":"%s"}                     | name                | one line
                    {"name":"a","digest":"%s","hint":"a b"}               | hint                | at most 20
                    {"name":"a","digest":"%s","hint":1}                   | hint                | at most 20
                    {"name":"a","digest":"%s","enabled":1}                | enabled             | wrong type
                    {"name":"a","digest":"%s","colour":1}                 | colour              | allowed_models
                    {"name":"a","digest":"%s","expires_at":"soon"}        | expires_at          | 2026-01-31
                    {"name":"a","digest":"%s","allowed_models":[""]}      | allowed_models[0]   | regular
                    {"name":"a","digest":"%s","allowed_models":["a\\u000ab"]} | allowed_models[0] | regular
                    {"name":"a","digest":"%s","allowed_models":[null]}    | allowed_models[0]   | regular
                    {"name":"a","digest":"%s","requests_per_second":0}    | requests_per_second | 1 to 10000
                    {"name":"a","digest":"%s","burst_size":5}             | burst_size          | both
                    {"name":"a","digest":"%s","max_concurrent":-1}        | max_concurrent      | 0 to 1000000
                    {"name":"a","digest":"%s","forwards":[""]}            | forwards            | names of forwards
                    {"name":"a","digest":"%s","scope":" "}                | scope               | 1 to 200
                    {"name":"a","digest":"%s","scope":{}}                 | scope               | wrong type
                    {"name":"a","digest":"%s","limits":{}}                | limits              | wrong type
                    {"name":"a","digest":"%s","limits":[null]}            | limits[0]           | a section
                    {"name":"a","digest":"%s","limits":[{"metric":"requests","per":"day","amount":0}]} | limits[0].amount | 0 (expected: 0.000001 to
                    {"name":"a","digest":"%s","limits":[{"metric":"requests","per":"day","amount":1e400}]} | limits[0].amount | Infinity (expected:
                    {"name":"a","digest":"%s","limits":[{"metric":"requests","per":"day","amount":"1"}]} | limits[0].amount | wrong type
                    {"name":"a","digest":"%s","limits":[{"metric":"requests","per":"day","amount":1,"color":1}]} | limits[0].color | unknown (expected: amount, metric
                    {"name":"a","digest":"%s","limits":[{"metric":"requests","per":"day","amount":1,"models":[null]}]} | limits[0].models[0] | "" (expected: the name of a model
                    {"name":"a","digest":"%s","limits":[{"metric":"requests","per":"day","amount":1,"warn_at":[null]}]} | limits[0].warn_at[0] | "" (expected: 0.01 to 1)
                    """)
    void aLineThatIsNoKeyIsToldWithWhatWasExpected(String line, String path, String message) {
        String whole = line.replace("%s", "sha256:" + DIGEST).strip();

        KeyLines.Read read = KeyLines.read(List.of("", whole));

        assertThat(read.keys()).isEmpty();
        assertThat(read.problems()).hasSize(1).first().satisfies(problem -> {
            assertThat(problem.line()).isEqualTo(2);
            assertThat(problem.path()).isEqualTo(path == null ? "" : path);
            assertThat(problem.message()).contains(message).doesNotContain("sk-");
        });
    }

    @Test
    void tooManyModelsAreRefused() {
        String models = "\"m\",".repeat(1000) + "\"m\"";
        assertThat(KeyLines.read(List.of("{\"name\":\"a\",\"key\":\"sk-0123456\",\"allowed_models\":[" + models + "]}"))
                        .problems())
                .extracting(KeyLines.Problem::path)
                .containsExactly("allowed_models");
    }

    @Test
    void twoLinesAreTwoKeys() {
        assertThat(KeyLines.read(List.of(
                                "{\"name\":\"a\",\"key\":\"sk-0123456\"}",
                                "{\"name\":\"A\",\"key\":\"sk-1234567\"}",
                                "{\"name\":\"b\",\"key\":\"sk-0123456\"}"))
                        .problems())
                .extracting(problem -> problem.line() + " " + problem.path() + " " + problem.message())
                .containsExactly(
                        "2 name the same as in line 1 (expected: a unique name)",
                        "3 digest the same as in line 1 (expected: a unique key)");
    }
}
