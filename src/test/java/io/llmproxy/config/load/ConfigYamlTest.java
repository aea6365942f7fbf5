package io.llmproxy.config.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.llmproxy.config.BreakerConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.TextFile;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is YAML, and what of it is refused. */
final class ConfigYamlTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "``|1: empty (expected: http_server, upstreams, upstream_groups)",
                "# nothing|1: empty (expected: http_server, upstreams, upstream_groups)",
                "---|1: empty (expected: http_server, upstreams, upstream_groups)",
                "- a|1: a list (expected: a section with http_server, upstreams, upstream_groups)",
                "text|1: a single value (expected: a section with http_server, upstreams, upstream_groups)",
                "log: {}\\n---\\nlog: {}|2: a second document (expected: one)",
                "log: *nowhere|1: `*` without its anchor (expected: `&` with the same name further up)",
                "log: &a [*a]|1: `*` without its anchor (expected: `&` with the same name further up)",
                "a: 1\\n? [b]\\n: c|2: the key is not a string (expected: a name)",
                "a: 1\\n*x : c|2: the key is not a string (expected: a name)",
                "a:\\n  - b\\n c: hunter2|3: not YAML: expected <block end>, but found '<block mapping start>'",
                "a: b\\n\\tc: hunter2|2: not YAML: found character '\\t(TAB)' that cannot start any token. "
                        + "(Do not use \\t(TAB) for indentation)",
                "a: \"hunter2|1: not YAML: found unexpected end of stream",
                "a: b\\nc: !hunter2!x y|2: not YAML: a tag or directive that is not allowed",
                "a: b\\nc: d\u0007hunter2|2: not YAML: a control character",
                "a: {b: c|1: not YAML: expected ',' or '}', but got <stream end>",
            })
    void textThatIsNoConfigurationIsOneProblemWithItsLine(String yaml, String expected) {
        String text = yaml.replace("\\n", "\n").replace("\\t", "\t");

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> parse(text))
                .withMessage("config.yaml:" + expected);
    }

    @Test
    void anchorsMergeKeysAndByteOrderMarkAreUnderstood() {
        ProxyConfig config = parse(ConfigFixtures.complete("""
                        \uFEFFx-breakers:
                          - &quick {threshold: 0.1, cooldown: 1}
                          - &small {window: 2, cooldown: 9}
                          - &url http://shared
                        upstreams:
                          - {name: u, url: *url, breaker: *quick}
                          - name: v
                            url: *url
                            breaker:
                              <<: [*quick, *small]
                              threshold: 0.3
                        """)).config();

        assertThat(config.upstreams())
                .extracting(UpstreamConfig::breaker)
                .containsExactly(
                        new BreakerConfig(0.1, Duration.ofSeconds(1), 10),
                        new BreakerConfig(0.3, Duration.ofSeconds(1), 2));
        assertThat(config.upstreams().get(1).url()).hasHost("shared");
    }

    @Test
    void quotedMergeKeyIsAnOrdinaryKey() {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> parse(ConfigFixtures.complete("log: {'<<': {level: info}}")))
                .withMessageStartingWith("config.yaml:1: log.<<: unknown key");
    }

    @Test
    void billionLaughsAreRefusedAtOnce() {
        StringBuilder yaml = new StringBuilder("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
        for (int i = 1; i < 20; i++) {
            String alias = "*a" + (i - 1);
            yaml.append("a%d: &a%d [%s]\n".formatted(i, i, String.join(", ", Collections.nCopies(10, alias))));
        }

        assertTimeoutPreemptively(
                Duration.ofSeconds(1),
                () -> assertThatExceptionOfType(ConfigException.class)
                        .isThrownBy(() -> parse(yaml.toString()))
                        .withMessage("config.yaml:7: too many aliases (expected: at most 50)"));
    }

    @Test
    void fewLaughsThatMultiplyCostNothing() {
        StringBuilder yaml = new StringBuilder("upstreams: &a0 [lol, lol, lol, lol, lol]\n");
        for (int i = 1; i < 10; i++) {
            String alias = "*a" + (i - 1);
            yaml.append("a%d: &a%d [%s]\n".formatted(i, i, String.join(", ", Collections.nCopies(5, alias))));
        }

        assertTimeoutPreemptively(
                Duration.ofSeconds(1),
                () -> assertThatExceptionOfType(ConfigException.class).isThrownBy(() -> parse(yaml.toString())));
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "{a: ", "- ", "? "})
    void deepNestingIsRefusedAtOnce(String opening) {
        assertTimeoutPreemptively(
                Duration.ofSeconds(2),
                () -> assertThatExceptionOfType(ConfigException.class).isThrownBy(() -> parse(opening.repeat(20_000))));
    }

    @Test
    void nestingWithinTheLimitIsNotTheProblem() {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> parse("x-deep: " + "[".repeat(52) + "]".repeat(52)))
                .withMessage("config.yaml:1: nested too deeply (expected: at most 50 levels)");
        assertThat(parse(ConfigFixtures.complete("x-deep: " + "[".repeat(50) + "]".repeat(50)))
                        .warnings())
                .isEmpty();
    }

    @Test
    void textBeyondTheLimitIsRefused() {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> parse("#".repeat(3 * 1024 * 1024 + 1)))
                .withMessage("config.yaml: too long (expected: at most 3 MiB)");
    }

    @Test
    void fileThatIsMissingTooLargeOrNoTextIsAProblem() throws IOException {
        Path large = Files.write(directory.resolve("large.yaml"), new byte[3 * 1024 * 1024 + 1]);
        Path binary = Files.write(directory.resolve("binary.yaml"), new byte[] {'a', ':', (byte) 0xFF});

        assertFileProblem(directory.resolve("no.yaml"), "no such file (expected: a file that exists)");
        assertFileProblem(large, "larger than 3MiB (expected: a file of text)");
        assertFileProblem(binary, "not UTF-8 (expected: text in UTF-8)");
        assertFileProblem(directory, "a directory (expected: a file of text)");
    }

    @Test
    void fileThatMustNotBeReadIsAProblem() {
        assertThat(TextFile.reason(new AccessDeniedException("x")))
                .isEqualTo("access denied (expected: a file that this process may read)");
    }

    @Test
    void fileWithByteOrderMarkLoads() throws IOException {
        Path file = Files.writeString(directory.resolve("bom.yaml"), "\uFEFF" + ConfigFixtures.complete(""));

        assertThat(ConfigLoader.load(file, Map.of()).config().upstreams()).hasSize(1);
    }

    private static void assertFileProblem(Path file, String expected) {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> ConfigLoader.load(file, Map.of()))
                .withMessage(file + ": " + expected);
    }

    private ConfigLoader.Loaded parse(String yaml) {
        return ConfigLoader.parse(yaml, "config.yaml", directory, Map.of());
    }
}
