package io.llmproxy.convert;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.protocol.UsageShape;
import io.llmproxy.usage.Count;
import io.llmproxy.usage.TokenRatio;
import io.llmproxy.usage.Usage;
import io.llmproxy.usage.UsageReader;
import io.llmproxy.usage.UsageReader.Ended;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is metered of an upstream's answer is what the client is told in its own API, so that no bill differs from what was shown. */
class UsageAgreementTest {
    private static final Path CASES = Path.of("src/test/resources/convert");
    private static final List<Count> SHOWN = List.of(Count.INPUT, Count.OUTPUT, Count.CACHE_READ);

    static Stream<Path> answers() throws IOException {
        return cases("\"answer\"");
    }

    static Stream<Path> streams() throws IOException {
        return cases("\"stream\": ");
    }

    private static Stream<Path> cases(String member) throws IOException {
        try (Stream<Path> files = Files.list(CASES)) {
            List<Path> found =
                    files.filter(file -> text(file).contains(member)).sorted().toList();
            return found.stream();
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static UsageShape shape(Dialect dialect) {
        return switch (dialect) {
            case MESSAGES -> UsageShape.MESSAGES;
            case RESPONSES -> UsageShape.RESPONSES;
            case GEMINI -> UsageShape.GEMINI;
            default -> UsageShape.CHAT;
        };
    }

    private static Usage read(Dialect dialect, String type, byte[] body) {
        UsageReader reader = new UsageReader(shape(dialect), type);
        reader.accept(body, 0, body.length);
        // Without a request nothing is estimated of it.
        return reader.settle(Ended.COMPLETE, -1, TokenRatio.ASSUMED).usage();
    }

    @ParameterizedTest
    @MethodSource("answers")
    void aWholeAnswer(Path file) {
        Json.Obj told = (Json.Obj) JsonReader.read(text(file).getBytes(StandardCharsets.UTF_8));
        Json.Obj answer = told.object("answer");
        ConversionCase shown = new ConversionCase(told);
        if (answer == null) {
            return;
        }
        byte[] client;
        try {
            client = shown.converted().answer(answer.bytes()).body();
        } catch (BadAnswerException | ConversionException e) {
            return;
        }
        assertAgree(
                file,
                read(shown.upstream().dialect(), "application/json", answer.bytes()),
                read(shown.client(), "application/json", client));
    }

    @ParameterizedTest
    @MethodSource("streams")
    void aStream(Path file) {
        Json.Obj told = (Json.Obj) JsonReader.read(text(file).getBytes(StandardCharsets.UTF_8));
        ConversionCase shown = new ConversionCase(told);
        StreamConverter converter;
        byte[] stream = shown.upstreamStream();
        try {
            converter = shown.converted().stream();
        } catch (ConversionException e) {
            return;
        }
        StringBuilder out = new StringBuilder();
        out.append(converter.accept(stream, 0, stream.length));
        out.append(converter.end());
        if (converter.fault() != null || !converter.isWhole()) {
            return;
        }
        byte[] client = out.toString().getBytes(StandardCharsets.UTF_8);
        assertAgree(
                file,
                read(shown.upstream().dialect(), "text/event-stream", stream),
                read(shown.client(), "text/event-stream", client));
    }

    private static void assertAgree(Path file, Usage metered, Usage shown) {
        for (Count count : SHOWN) {
            if (metered.knows(Count.INPUT) && metered.knows(Count.OUTPUT) && shown.knows(Count.INPUT)) {
                assertThat(shown.get(count, 0))
                        .as("%s: %s of %s, metered %s", file.getFileName(), count.label(), shown, metered)
                        .isEqualTo(metered.get(count, 0));
            }
        }
    }
}
