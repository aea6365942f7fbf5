package io.llmproxy.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.llmproxy.convert.Conversion;
import io.llmproxy.convert.Converted;
import io.llmproxy.convert.Embeddings;
import io.llmproxy.convert.Flavours;
import io.llmproxy.convert.StreamConverter;
import io.llmproxy.convert.Upstream;
import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.Envelope;
import io.llmproxy.convert.codec.Ids;
import io.llmproxy.convert.codec.Limits;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.codec.RequestLine;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonException;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.model.Dialect;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a client or an upstream sends, it is converted, or an error in words is told; never anything else. */
final class ConversionFuzz {
    private static final Path CASES = Path.of("src/test/resources/convert");
    private static final Dialect[] DIALECTS = Dialect.values();

    /** The first byte says who speaks; the rest is what is said. */
    static Stream<byte[]> requests() {
        return seeds("client", "request");
    }

    static Stream<byte[]> answers() {
        return seeds("upstream", "answer");
    }

    static Stream<byte[]> streams() {
        return seeds("upstream", "stream");
    }

    @MethodSource("requests")
    @FuzzTest(maxDuration = "1m")
    void aRequestIsConvertedOrRefused(byte[] data) {
        if (data.length == 0) {
            return;
        }
        Dialect client = DIALECTS[data[0] & 3];
        byte[] body = Arrays.copyOfRange(data, 1, data.length);
        for (Dialect upstream : DIALECTS) {
            try {
                Conversion conversion = Conversion.of(
                        client, new RequestLine("m", false, false), body, Policy.DEFAULT, Limits.DEFAULT, ids());
                Converted converted = conversion.attempt(Upstream.of(upstream, "gemini-3-x"), 0);
                assertThat(JsonReader.read(converted.requestBody())).isInstanceOf(Json.Obj.class);
                assertThat(converted.header()).hasSizeLessThanOrEqualTo(512).matches("[ -~]+");
                assertThat(conversion
                                .attempt(Upstream.of(upstream, "gemini-3-x"), 0)
                                .requestBody())
                        .isEqualTo(converted.requestBody());
            } catch (ConversionException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
    }

    /** Completions of old, embeddings, counts, flavours and envelopes. */
    @MethodSource("requests")
    @FuzzTest(maxDuration = "1m")
    void anyOtherRequestIsConvertedOrRefused(byte[] data) {
        if (data.length == 0) {
            return;
        }
        Dialect client = DIALECTS[data[0] & 3];
        byte[] body = Arrays.copyOfRange(data, 1, data.length);
        RequestLine line = new RequestLine("m", false, false);
        Upstream upstream = Upstream.of(Dialect.MESSAGES, "m");
        isMadeOrRefused(() -> Conversion.ofCompletions(body, Policy.DEFAULT, Limits.DEFAULT, ids())
                .attempt(upstream, 0)
                .requestBody());
        isMadeOrRefused(() -> Embeddings.ofOpenAi(body, "m").toGemini("m"));
        isMadeOrRefused(() -> Embeddings.ofGemini(body, "m", false).toOpenAi("m"));
        isMadeOrRefused(() -> Embeddings.ofGemini(body, "m", true).toOpenAi("m"));
        isMadeOrRefused(() -> Conversion.ofCount(client, line, body, Policy.DEFAULT)
                .attempt(upstream, 0)
                .requestBody());
        isMadeOrRefused(() -> Flavours.toVertexMessages(body));
        isMadeOrRefused(() -> Flavours.toStudioGemini(body));
        String text = new String(body, StandardCharsets.UTF_8);
        for (Envelope envelope : Envelope.openAll(text)) {
            assertThat(Envelope.open(envelope.seal())).isEqualTo(envelope);
        }
    }

    private static void isMadeOrRefused(Supplier<byte[]> conversion) {
        try {
            assertThat(JsonReader.read(conversion.get())).isInstanceOf(Json.Obj.class);
        } catch (ConversionException | JsonException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    @MethodSource("answers")
    @FuzzTest(maxDuration = "1m")
    void anAnswerIsConvertedOrAnError(byte[] data) {
        if (data.length == 0) {
            return;
        }
        byte[] body = Arrays.copyOfRange(data, 1, data.length);
        for (Dialect client : DIALECTS) {
            Converted converted = plain(client, DIALECTS[data[0] & 3]);
            try {
                assertThat(JsonReader.read(converted.answer(body).body())).isInstanceOf(Json.Obj.class);
            } catch (BadAnswerException e) {
                assertThat(converted.error(e.fault()).status()).isBetween(400, 599);
            }
            assertThat(converted.error(500, 0, body).status()).isBetween(400, 599);
        }
    }

    @MethodSource("streams")
    @FuzzTest(maxDuration = "1m")
    void aStreamIsConvertedAlikeHoweverItIsCut(byte[] data) {
        if (data.length == 0) {
            return;
        }
        byte[] stream = Arrays.copyOfRange(data, 1, data.length);
        for (Dialect client : DIALECTS) {
            String whole = convert(client, DIALECTS[data[0] & 3], stream, Math.max(1, stream.length));
            assertThat(convert(client, DIALECTS[data[0] & 3], stream, 1)).isEqualTo(whole);
            assertThat(convert(client, DIALECTS[data[0] & 3], stream, 1 + ((data[0] & 0xff) >> 2)))
                    .isEqualTo(whole);
        }
    }

    private static String convert(Dialect client, Dialect upstream, byte[] stream, int piece) {
        StreamConverter converter = plain(client, upstream).stream();
        StringBuilder out = new StringBuilder();
        for (int from = 0; from < stream.length; from += piece) {
            out.append(converter.accept(stream, from, Math.min(piece, stream.length - from)));
        }
        out.append(converter.end());
        assertThat(converter.isOver()).isTrue();
        assertThat(converter.isWhole()).isEqualTo(converter.fault() == null);
        return out + "|" + converter.fault() + converter.usage();
    }

    private static Converted plain(Dialect client, Dialect upstream) {
        String body = switch (client) {
            case CHAT -> "{'messages':[{'role':'user','content':'x'}],'stream':true}";
            case RESPONSES -> "{'input':'x','stream':true}";
            case MESSAGES -> "{'messages':[{'role':'user','content':'x'}],'stream':true}";
            case GEMINI -> "{'contents':[{'parts':[{'text':'x'}]}]}";
        };
        return Conversion.of(
                        client,
                        new RequestLine("m", true, false),
                        body.replace('\'', '"').getBytes(StandardCharsets.UTF_8),
                        Policy.DEFAULT,
                        new Limits(1 << 16, 1 << 12, 1 << 14),
                        ids())
                .attempt(Upstream.of(upstream, "m"), 0);
    }

    private static Ids ids() {
        AtomicInteger count = new AtomicInteger();
        return length -> "i".repeat(length - 3) + (100 + count.getAndIncrement() % 900);
    }

    private static Stream<byte[]> seeds(String speaker, String member) {
        List<byte[]> seeds = new ArrayList<>();
        try (Stream<Path> files = Files.list(CASES)) {
            for (Path file : files.sorted().toList()) {
                Json.Obj told = (Json.Obj) JsonReader.read(Files.readAllBytes(file));
                if (told.members().containsKey(member)) {
                    seeds.add(seed(told, speaker, member));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return seeds.stream();
    }

    private static byte[] seed(Json.Obj told, String speaker, String member) {
        Json.Obj upstream = told.object("upstream");
        String word = speaker.equals("client") || upstream == null
                ? told.string("client", "")
                : upstream.string("dialect", "");
        StringBuilder seed = new StringBuilder();
        for (int index = 0; index < DIALECTS.length; index++) {
            if (DIALECTS[index].word().equals(word)) {
                seed.append(index);
            }
        }
        if (member.equals("stream")) {
            for (Json event : told.array(member)) {
                seed.append(
                        event instanceof Json.Str raw && !raw.value().equals("[DONE]")
                                ? raw.value()
                                : "data: " + (event instanceof Json.Str ? "[DONE]" : event.text()) + "\n\n");
            }
        } else {
            Json value = told.get(member);
            seed.append(value == null ? "" : value.text());
        }
        return seed.toString().getBytes(StandardCharsets.UTF_8);
    }
}
