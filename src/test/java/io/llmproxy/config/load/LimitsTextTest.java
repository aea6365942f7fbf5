package io.llmproxy.config.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.LimitConfig.Mode;
import io.llmproxy.config.LimitConfig.OnStoreLoss;
import io.llmproxy.config.LimitConfig.Period;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.document.Problem;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LimitsTextTest {
    private static final LimitConfig REQUESTS =
            new LimitConfig(Metric.REQUESTS, Period.MINUTE, 100.0, List.of(), null, Mode.ENFORCE, null, List.of());

    private static ModelPattern model(String text) {
        return ModelPattern.parse(text).orElseThrow();
    }

    private static List<String> problems(String text) {
        LimitsText.Read read = LimitsText.read(text.replace('\'', '"'));
        assertThat(read.limits()).isEmpty();
        return read.problems().stream()
                .map(problem -> problem.path() + ": " + problem.message())
                .toList();
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        LimitConfig full = new LimitConfig(
                Metric.COST,
                Period.MONTH,
                0.000123,
                List.of(model("gpt-*"), model("a\\.b|\"c\""), model("\u00fc\u007f\ud83d\ude00")),
                ZoneId.of("Europe/Berlin"),
                Mode.SHADOW,
                OnStoreLoss.OPEN,
                List.of(0.8, 1.0),
                LimitConfig.Unmeasured.REFUSE);
        LimitConfig concurrent =
                new LimitConfig(Metric.CONCURRENT, null, 1e15, List.of(), null, Mode.ENFORCE, null, List.of());
        List<LimitConfig> limits = List.of(REQUESTS, full, concurrent);

        String text = LimitsText.write(limits);

        assertThat(text)
                .isEqualTo(
                        "[{\"metric\":\"requests\",\"per\":\"minute\",\"amount\":100},{\"metric\":\"cost\",\"per\":\"month\","
                                + "\"amount\":0.000123,\"models\":[\"gpt-*\",\"a\\\\.b|\\\"c\\\"\",\"\\u00fc\\u007f\\ud83d\\ude00\"],"
                                + "\"zone\":\"Europe/Berlin\",\"mode\":\"shadow\",\"on_store_loss\":\"open\",\"warn_at\":[0.8,1],\"unmeasured\":\"refuse\"},"
                                + "{\"metric\":\"concurrent\",\"amount\":1000000000000000}]");
        assertThat(LimitsText.read(text)).isEqualTo(new LimitsText.Read(limits, List.of()));
    }

    @Test
    void noLimitsAreNoText() {
        assertThat(LimitsText.write(List.of())).isEmpty();
        assertThat(LimitsText.read("").limits()).isEmpty();
        assertThat(LimitsText.read("[]")).isEqualTo(LimitsText.read(""));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            [{'metric':'requests','per':'minute','amount':0}]  | limits[0].amount: 0 (expected: 0.000001 to 1000000000000000)
            [{'metric':'requests','per':'minute','amount':-1}] | limits[0].amount: -1 (expected: 0.000001 to 1000000000000000)
            [{'metric':'requests','per':'minute','amount':'1E+3'}] | limits[0].amount: 1E+3 (expected: 0.000001 to 1000000000000000)
            [{'metric':'requests','per':'minute','amount':1.5}] | limits[0].amount: 1.5 (expected: a whole number, because only a cost may have a fraction)
            [{'metric':'cost','per':'minute','amount':9000001}] | limits[0].amount: 9000001 (expected: a cost of at most 9000000)
            [{'metric':'requests','per':'minute'}]             | limits[0].amount: missing (expected: 0.000001 to 1000000000000000)
            [{'metric':'requests','amount':1}]                 | limits[0].per: missing (expected: second, minute, hour, day, month, total)
            [{'metric':'concurrent','per':'day','amount':1}]   | limits[0].per: day (expected: no `per`, which is not allowed with concurrent)
            [{'metric':'requests','per':'week','amount':1}]    | limits[0].per: week (expected: second, minute, hour, day, month, total)
            [{'metric':'words','per':'day','amount':1}]        | limits[0].metric: words (expected: requests, input, output, total, cost, concurrent)
            [{'per':'day','amount':1}]                         | limits[0].metric: missing (expected: requests, input, output, total, cost, concurrent)
            [{'metric':'requests','per':'day','amount':1,'mode':'off'}] | limits[0].mode: off (expected: enforce, shadow)
            [{'metric':'requests','per':'hour','amount':1,'zone':'UTC'}] | limits[0].zone: UTC (expected: no `zone`, which is only allowed if `per` is day or month)
            [{'metric':'requests','per':'day','amount':1,'zone':'Mars'}] | limits[0].zone: Mars (expected: a time zone such as UTC or Europe/Berlin)
            [{'metric':'requests','per':'day','amount':1,'models':['(']}] | limits[0].models[0]: ( (expected: the name of a model, a name with `*`, or a regular expression)
            [{'metric':'requests','per':'hour','amount':1,'warn_at':[0.5]}] | limits[0].warn_at: not allowed here (expected: no `warn_at`, unless `per` is day, month or total)
            [{'metric':'requests','per':'day','amount':1,'warn_at':[2]}] | limits[0].warn_at[0]: 2 (expected: 0.01 to 1)
            [{'metric':'requests','per':'day','amount':1,'colour':1}] | limits[0].colour: unknown key (expected: metric, per, amount, models, zone, mode, on_store_loss, warn_at, unmeasured)
            [{'metric':'requests','per':'day','amount':1},{'metric':'requests','per':'day','amount':2}] | limits[1]: duplicate limit, see limits[0] (expected: one for each metric, period and set of models)
            [null]                                             | limits[0]: nothing (expected: a section)
            [[]]                                               | limits[0]: a list (expected: a section)
            {'metric':'requests'}                              | limits: a section (expected: a list)
            """)
    void whatIsWrongIsToldAsOfAConfiguration(String text, String problem) {
        assertThat(problems(text)).containsExactly(problem);
    }

    @Test
    void allProblemsAreToldAtOnce() {
        assertThat(problems("[{'metric':'requests'},{'metric':'cost','per':'day','amount':1,'zone':''}]"))
                .hasSize(2)
                .allSatisfy(problem -> assertThat(problem).matches("limits\\[[01]]\\.(amount|zone): .*"));
    }

    /** A model of an issued key could be told to the one who has issued it: nothing of the node may be put into it. */
    @ParameterizedTest
    @ValueSource(strings = {"${HOME}", "${file:/etc/hostname}", "$${x}", "${unfinished"})
    void nothingIsPutIn(String model) {
        LimitsText.Read read = LimitsText.read(
                "[{\"metric\":\"requests\",\"per\":\"day\",\"amount\":1,\"models\":[\"" + model + "*\"]}]");

        assertThat(read.problems()).isEmpty();
        assertThat(read.limits().get(0).models()).extracting(ModelPattern::text).containsExactly(model + "*");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "{]", "\u0001", "[] []", "!!java.lang.String x", "*anchor", "\"a\": ["})
    void whatIsNoListIsTold(String text) {
        LimitsText.Read read = LimitsText.read(text);

        assertThat(read.limits()).isEmpty();
        assertThat(read.problems()).isNotEmpty();
    }

    @Test
    void thereIsAnEnd() {
        String one = "{'metric':'requests','per':'day','amount':1,'models':['m%d']}";
        StringBuilder many = new StringBuilder();
        for (int i = 0; i < 51; i++) {
            many.append(i == 0 ? "[" : ",").append(one.formatted(i));
        }
        assertThat(problems(many + "]")).containsExactly("limits: 51 items (expected: at most 50)");

        String tooLong = "limits: too long (expected: at most 16000 characters as JSON)";
        assertThat(problems("['" + "x".repeat(16_000) + "']")).containsExactly(tooLong);
        // Six characters for each in the text that is kept.
        assertThat(problems(
                        one.formatted(1).replace("m1", "\u00fc".repeat(5000)).replaceFirst("^", "[") + "]"))
                .containsExactly(tooLong);
    }

    @Test
    void theLongestTextFitsWhereItIsKept() {
        String text = LimitsText.write(List.of(new LimitConfig(
                Metric.REQUESTS,
                Period.DAY,
                1.0,
                List.of(model("\u00fc".repeat(2600))),
                null,
                Mode.ENFORCE,
                null,
                List.of())));

        assertThat(text.getBytes(StandardCharsets.UTF_8)).hasSize(text.length()).hasSizeLessThan(65_536);
        assertThat(LimitsText.read(text).problems())
                .extracting(Problem::message)
                .isEmpty();
    }
}
