package io.llmproxy.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.load.ConfigLoader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a file holds, it is a configuration, or all that is wrong with it is told; and soon. */
final class ConfigLoaderFuzz {
    private static final Path SAMPLES = Path.of("src/test/resources/config");
    private static final Duration SOON = Duration.ofSeconds(10);

    static Stream<byte[]> seeds() {
        try (Stream<Path> files = Files.list(SAMPLES)) {
            return Stream.concat(
                    Stream.of("a: &a [*a]", "a: !!java.net.URL [x]", "{? {a: b} : c}", "a: ${A:-${B}}")
                            .map(seed -> seed.getBytes(StandardCharsets.UTF_8)),
                    files
                            .filter(file -> file.toString().endsWith(".yaml"))
                            .map(ConfigLoaderFuzz::read)
                            .toList()
                            .stream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "1m")
    void isLoadedOrItsProblemsAreTold(byte[] data) {
        long start = System.nanoTime();
        try {
            ConfigLoader.parse(
                    new String(data, StandardCharsets.UTF_8), "config.yaml", Path.of("target"), Map.of("KEY", "value"));
        } catch (ConfigException e) {
            assertThat(e.problems()).isNotEmpty();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
