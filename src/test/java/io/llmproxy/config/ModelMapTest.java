package io.llmproxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.load.ConfigFixtures;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ModelMapTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{gpt-4o: gpt-4o-2024} ~ gpt-4o ~ gpt-4o-2024",
                "{gpt-4o: gpt-4o-2024} ~ gpt-4 ~ ",
                "{gpt-4o: gpt-4o-2024} ~ GPT-4o ~ ",
                "{gpt-4o: } ~ gpt-4o ~ gpt-4o",
                "{'gpt-*': any, gpt-4o: exact} ~ gpt-4o ~ exact",
                "{'gpt-*': first, 'gpt-4*': second} ~ gpt-4o ~ first",
                "{'gpt-4*': second, 'gpt-*': first} ~ gpt-4o ~ second",
                "{'claude-opus-4-5-.*': opus} ~ claude-opus-4-5-20251101 ~ opus",
                "{'claude-opus-4-5-.*': opus} ~ claude-opus-4-5 ~ ",
                "{'a|b': c} ~ b ~ c",
                "{'a|b': c} ~ ax ~ ",
                "{gpt-3.5: c} ~ gpt-3x5 ~ ",
                "{'gpt-*': } ~ gpt-4o ~ gpt-4o",
                "{'openai/*': '*'} ~ openai/gpt-4o ~ gpt-4o",
                "{'openai/*': '*'} ~ other/gpt-4o ~ ",
                "{'a-*-b': 'c/*:d'} ~ a-x-b ~ c/x:d",
                "{'*': 'o/*'} ~ gpt ~ o/gpt",
                "{'*-*': '*'} ~ a-b ~ *",
                "{'a.*': '*'} ~ ab ~ *",
                "[gpt-4o, 'claude-*'] ~ claude-x ~ claude-x",
                "[gpt-4o, 'claude-*'] ~ gemini ~ ",
                "{} ~ whatever ~ whatever",
                "[] ~ whatever ~ whatever",
                "null ~ whatever ~ whatever",
            })
    void aModelHasTheNameThatTheUpstreamKnowsItBy(String models, String requested, String expected) {
        assertThat(read(models).upstreamName(requested)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{gpt-4o: gpt-4o-2024, 'gpt-*': any} ~ gpt-4o ~ gpt-4o",
                "{gpt-4o: gpt-4o-2024, 'o*': any, 'gpt-*': any} ~ gpt-4 ~ gpt-*",
                "{gpt-4o: gpt-4o-2024, 'gpt-*': any} ~ gemini ~ ",
                "{} ~ whatever ~ ",
            })
    void aModelIsFoundUnderTheNameOrThePatternThatIsWritten(String models, String requested, String expected) {
        assertThat(read(models).configured(requested)).isEqualTo(expected);
    }

    @Test
    void mapsThatSayTheSameAreEqual() {
        assertThat(read("{a: b}")).isEqualTo(read("{a: b}")).hasSameHashCodeAs(read("{a: b}"));
        assertThat(read("{a: b}")).isNotEqualTo(read("{a: c}")).isNotEqualTo("{a: b}");
        assertThat(read("{a: b}").texts()).containsExactly("a");
    }

    @Test
    void onlyWhatHasANameCanBeListed() {
        assertThat(read("{b: x, 'c-*': y, a: z}").names()).containsExactly("a", "b");
        assertThat(read("{}").names()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{'a(': b} ~ upstreams[0].models.a(: a( (expected: the name of a model, a name with `*`, or a regular expression)",
                "{a: [b]} ~ upstreams[0].models.a: a list (expected: a single value)",
                "[{a: b}] ~ upstreams[0].models[0]: a section (expected: a single value)",
                "[a, a] ~ upstreams[0].models[1]: a (expected: each model once)",
                "a ~ upstreams[0].models: a single value (expected: a section of models, or a list of them)",
            })
    void whatIsNoMapIsAProblem(String models, String problem) {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> read(models))
                .withMessageContaining(problem);
    }

    @Test
    void namesMayReferToVariables() {
        assertThat(read("{a: '${NAME}'}").upstreamName("a")).isEqualTo("from outside");
    }

    private ModelMap read(String models) {
        String yaml = "upstreams: [{name: u, url: 'http://u', models: " + models + "}]";
        return ConfigFixtures.parse(yaml, directory, Map.of("NAME", "from outside"))
                .config()
                .upstreams()
                .get(0)
                .models();
    }
}
