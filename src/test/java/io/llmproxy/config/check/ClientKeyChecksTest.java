package io.llmproxy.config.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.load.ConfigFixtures;
import io.llmproxy.config.load.ConfigLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code broken.txt} cannot say of keys. */
final class ClientKeyChecksTest {
    private static final String UPSTREAMS = """
            upstreams:
              - {name: u, url: 'http://u', keys: [{name: a, key: sk-012345}]}
              - {name: v, url: 'http://v', keys: [{name: a, key: sk-012345%s}]}
            upstream_groups: [{name: g, upstreams: [{name: u}%s]}]
            """;

    private static ConfigLoader.Loaded load(String yaml) {
        return ConfigFixtures.parse(yaml, Path.of(""), Map.of());
    }

    private static List<String> problems(String yaml) {
        return catchThrowableOfType(ConfigException.class, () -> load(yaml)).problems().stream()
                .map(Problem::toString)
                .toList();
    }

    @Test
    void aShortKeyIsWarnedOf() {
        assertThat(load("keys: [{name: a, key: hunter2}, {name: b, key: hunter22}]")
                        .warnings())
                .extracting(Problem::toString)
                .containsExactly(
                        "config.yaml:1: keys[0].key: too short, can be guessed (expected: at least 8 characters)");
    }

    @Test
    void aLongKeyIsRefused() {
        assertThat(load("keys: [{name: a, key: " + "k".repeat(512) + "}]")
                        .config()
                        .keys())
                .hasSize(1);
        assertThat(problems("keys: [{name: a, key: " + "k".repeat(513) + "}]"))
                .containsExactly("config.yaml:1: keys[0].key: too long (expected: at most 512 characters)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sha256:CANARY", "CANARY CANARY", "CANARY\u00e9", "\"CANARY\\u007f\""})
    void aKeyThatIsRefusedIsNotShown(String key) {
        assertThat(problems("keys: [{name: a, key: " + key + "}]"))
                .singleElement()
                .asString()
                .doesNotContain("CANARY");
    }

    @Test
    void severalUpstreamsMayShareAKey() {
        assertThat(load(UPSTREAMS.formatted("", ", {name: v}")).warnings()).isEmpty();
    }

    @Test
    void upstreamsThatDoNotMeetMayHaveTheSameNamesAndKeys() {
        assertThat(load(UPSTREAMS.formatted(", max_concurrent: 1", "")).warnings())
                .isEmpty();
        assertThat(problems(UPSTREAMS.formatted(", max_concurrent: 1", ", {name: v}")))
                .hasSize(2)
                .allMatch(problem -> problem.contains("upstreams[1].keys[0]"));
    }

    @Test
    void aKeyThatCannotBeReadHidesNoOtherProblem() {
        assertThat(problems("keys: [{name: a}, {name: a, key: '${MISSING}'}, {name: b, key: [x]}]"))
                .hasSize(4);
    }

    @Test
    void tenThousandKeysLoad() {
        String keys = IntStream.range(0, 10_000)
                .mapToObj(number -> "  - {name: key-%d, key: sk-%d}\n".formatted(number, 100_000 + number))
                .collect(Collectors.joining());

        assertThat(load("keys:\n" + keys).config().keys()).hasSize(10_000);
    }
}
