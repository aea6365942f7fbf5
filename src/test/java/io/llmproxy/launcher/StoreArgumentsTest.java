package io.llmproxy.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.launcher.LauncherOptions.UsageException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class StoreArgumentsTest {
    private static final List<String> ALLOWED =
            List.of("--config", "--store", "--expect", "--confirm-within", "--json");

    private static StoreArguments parse(String... arguments) throws UsageException {
        return StoreArguments.parse("config import", ALLOWED, List.of(arguments));
    }

    @Test
    void optionsMayStandAnywhere() throws UsageException {
        StoreArguments parsed = parse("--json", "file.yaml", "-c", "node.yaml", "--expect", "v12");

        assertThat(parsed.values()).containsExactly("file.yaml");
        assertThat(parsed.has("--json")).isTrue();
        assertThat(parsed.option("--config")).isEqualTo("node.yaml");
        assertThat(parsed.version("--expect")).isEqualTo(12);
        assertThat(parsed.version("--nothing")).isNull();
        assertThat(parsed.time("--confirm-within")).isNull();
        assertThat(String.valueOf(parsed.source().file())).isEqualTo("node.yaml");
    }

    @ParameterizedTest
    @CsvSource({"90, 90", "90s, 90", "2m, 120", "1h, 3600"})
    void timesHaveUnits(String text, long seconds) throws UsageException {
        assertThat(parse("--confirm-within", text).time("--confirm-within")).hasSeconds(seconds);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "soon", "1d"})
    void otherTimesAreWrong(String text) {
        assertThatThrownBy(() -> parse("--confirm-within", text).time("--confirm-within"))
                .hasMessageContaining("(expected: a time such as 120s or 2m)");
    }

    @Test
    void whatMakesNoSenseIsTold() {
        assertThatThrownBy(() -> parse("--force")).hasMessageContaining("--force: not an option of config import");
        assertThatThrownBy(() -> parse("--expect")).hasMessageContaining("--expect: no value");
        assertThatThrownBy(() -> parse("--expect", "head").version("--expect"))
                .hasMessageContaining("the number of a version, such as v3");
        assertThatThrownBy(() -> parse("--store", "s", "-c", "c").source()).hasMessageContaining("one of them");
        assertThatThrownBy(() -> parse("a", "b").expect(1, 1, "config import FILE"))
                .hasMessage("2 arguments (expected: config import FILE)");
    }
}
