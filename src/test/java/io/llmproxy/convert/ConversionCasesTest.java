package io.llmproxy.convert;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each file of {@code src/test/resources/convert} is a case. With {@code -Dllmproxy.record=true}, what comes out is written
 * into the files that do not say it yet; read it before it is committed.
 */
final class ConversionCasesTest {
    private static final Path CASES = Path.of("src/test/resources/convert");
    private static final Set<String> OUT =
            Set.of("upstreamRequest", "header", "refused", "clientAnswer", "clientStream", "clientError");

    static Stream<String> cases() throws IOException {
        try (Stream<Path> files = Files.list(CASES)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void comesOutAsTheFileSays(String file) throws IOException {
        Json.Obj told = (Json.Obj) JsonReader.read(Files.readAllBytes(CASES.resolve(file)));
        Map<String, Json> results = new ConversionCase(told).results(0);
        if (Boolean.getBoolean("llmproxy.record")) {
            results.forEach((name, value) -> told.members().putIfAbsent(name, value));
            Files.writeString(CASES.resolve(file), PrettyJson.of(told));
        }
        for (Map.Entry<String, Json> result : results.entrySet()) {
            assertThat(told.members()).containsKey(result.getKey());
            Json expected = Objects.requireNonNull(told.members().get(result.getKey()));
            assertThat(Same.orMarked(result.getValue(), expected))
                    .as(result.getKey())
                    .isEqualTo(expected);
        }
        assertThat(results.keySet())
                .containsAll(
                        told.members().keySet().stream().filter(OUT::contains).toList());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void comesOutAlikeHoweverTheStreamIsCut(String file) throws IOException {
        Json.Obj told = (Json.Obj) JsonReader.read(Files.readAllBytes(CASES.resolve(file)));
        if (!told.members().containsKey("stream")) {
            return;
        }
        Map<String, Json> whole = new ConversionCase(told).results(0);
        int length = new ConversionCase(told).upstreamStream().length;
        for (int piece : length > 20_000 ? List.of(1, 777) : List.of(1, 2, 3, 5, 7, 16, 61, 128, 1000)) {
            assertThat(new ConversionCase(told).results(piece))
                    .as("pieces of %s", piece)
                    .isEqualTo(whole);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isEncodedTwiceIntoTheSameBytes(String file) throws IOException {
        Json.Obj told = (Json.Obj) JsonReader.read(Files.readAllBytes(CASES.resolve(file)));
        if (told.members().containsKey("refused")) {
            return;
        }
        assertThat(new ConversionCase(told).converted().requestBody())
                .isEqualTo(new ConversionCase(told).converted().requestBody());
    }

    /** Lets what a file does not care about be alike. */
    private static final class Same {
        static Json orMarked(Json actual, Json expected) {
            if (expected instanceof Json.Str any && any.value().equals("*")) {
                return expected;
            }
            if (actual instanceof Json.Obj object && expected instanceof Json.Obj other) {
                Json.Obj same = new Json.Obj();
                object.members().forEach((name, value) -> {
                    Json wanted = other.members().get(name);
                    same.put(name, wanted == null ? value : orMarked(value, wanted));
                });
                return same;
            }
            if (actual instanceof Json.Arr array && expected instanceof Json.Arr other) {
                Json.Arr same = new Json.Arr();
                for (int index = 0; index < array.items().size(); index++) {
                    Json value = array.items().get(index);
                    same.add(
                            index < other.items().size()
                                    ? orMarked(value, other.items().get(index))
                                    : value);
                }
                return same;
            }
            return actual;
        }
    }
}
