package io.llmproxy.convert;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.Ids;
import io.llmproxy.convert.codec.Limits;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.codec.RequestLine;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.model.Dialect;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The cases with members that are missing, doubled, or of another type: converted, or an error in words. */
final class MutatedCasesTest {
    private static final Path CASES = Path.of("src/test/resources/convert");
    private static final long SEED = 20261128;
    private static final int TIMES = 12;

    private final Random random = new Random();

    @Test
    void aRequestIsConvertedOrRefused() throws IOException {
        for (Json.Obj told : cases("request")) {
            random.setSeed(SEED + told.string("shows", "").hashCode());
            Dialect client = ConversionCase.dialect(told.string("client", ""));
            for (int time = 0; time < TIMES; time++) {
                byte[] body = mutate(object(told, "request")).bytes();
                for (Dialect upstream : Dialect.values()) {
                    try {
                        byte[] written = Conversion.of(
                                        client, RequestLine.NONE, body, Policy.DEFAULT, Limits.DEFAULT, Ids.random())
                                .attempt(Upstream.of(upstream, "gemini-3-pro"), 0)
                                .requestBody();
                        assertThat(JsonReader.read(written)).isInstanceOf(Json.Obj.class);
                    } catch (ConversionException e) {
                        assertThat(e.getMessage()).isNotBlank();
                    }
                }
            }
        }
    }

    @Test
    void anAnswerIsConvertedOrAnError() throws IOException {
        for (Json.Obj told : cases("answer")) {
            random.setSeed(SEED + told.string("shows", "").hashCode());
            Dialect upstream = ConversionCase.dialect(object(told, "upstream").string("dialect", ""));
            for (int time = 0; time < TIMES; time++) {
                byte[] body = mutate(object(told, "answer")).bytes();
                for (Dialect client : Dialect.values()) {
                    Converted converted = converted(client, upstream);
                    try {
                        assertThat(JsonReader.read(converted.answer(body).body()))
                                .isInstanceOf(Json.Obj.class);
                        assertThat(converted.answerAsStream(body).body()).isNotEmpty();
                    } catch (BadAnswerException e) {
                        assertThat(converted.error(e.fault()).status()).isBetween(400, 599);
                    }
                    assertThat(converted
                                    .error(400 + random.nextInt(200), 0, body)
                                    .status())
                            .isBetween(400, 599);
                }
            }
        }
    }

    @Test
    void aStreamEndsWholeOrWithAnError() throws IOException {
        for (Json.Obj told : cases("stream")) {
            random.setSeed(SEED + told.string("shows", "").hashCode());
            Dialect upstream = ConversionCase.dialect(object(told, "upstream").string("dialect", ""));
            for (int time = 0; time < TIMES; time++) {
                byte[] stream = mutateStream(told).getBytes(StandardCharsets.UTF_8);
                for (Dialect client : Dialect.values()) {
                    StreamConverter converter = converted(client, upstream).stream();
                    StringBuilder out = new StringBuilder();
                    int piece = 1 + random.nextInt(100);
                    for (int from = 0; from < stream.length; from += piece) {
                        out.append(converter.accept(stream, from, Math.min(piece, stream.length - from)));
                    }
                    out.append(converter.end());
                    assertThat(converter.isOver()).isTrue();
                    assertThat(converter.isWhole()).isEqualTo(converter.fault() == null);
                    assertThat(out.isEmpty()).isNotEqualTo(converter.isCommitted());
                    ClientStream.parse(client, out.toString());
                }
            }
        }
    }

    private static Json.Obj object(Json.Obj told, String name) {
        return Objects.requireNonNull(told.object(name));
    }

    private static Converted converted(Dialect client, Dialect upstream) {
        String body = switch (client) {
            case CHAT -> "{'messages':[{'role':'user','content':'x'}],'stream':true}";
            case RESPONSES -> "{'input':'x','stream':true,'include':['reasoning.encrypted_content']}";
            case MESSAGES -> "{'messages':[{'role':'user','content':'x'}],'stream':true}";
            case GEMINI -> "{'contents':[{'parts':[{'text':'x'}]}]}";
        };
        return Conversion.of(
                        client,
                        new RequestLine("m", true, false),
                        body.replace('\'', '"').getBytes(StandardCharsets.UTF_8),
                        Policy.DEFAULT,
                        new Limits(1 << 16, 1 << 10, 1 << 12),
                        Ids.random())
                .attempt(Upstream.of(upstream, "m"), 0);
    }

    private String mutateStream(Json.Obj told) {
        StringBuilder stream = new StringBuilder();
        for (Json event : told.array("stream")) {
            if (event instanceof Json.Obj object) {
                for (int times = random.nextInt(12) == 0 ? 2 : random.nextInt(12) == 0 ? 0 : 1; times > 0; times--) {
                    stream.append("data: ").append(mutate(object).text()).append("\n\n");
                }
            } else if (event instanceof Json.Str raw) {
                stream.append(raw.value().equals("[DONE]") ? "data: [DONE]\n\n" : raw.value());
            }
        }
        return stream.toString();
    }

    private Json mutate(Json json) {
        if (random.nextInt(25) == 0) {
            return other();
        }
        if (json instanceof Json.Obj object) {
            Json.Obj mutated = new Json.Obj();
            object.members().forEach((name, value) -> {
                if (random.nextInt(25) > 0) {
                    mutated.put(random.nextInt(60) == 0 ? "other" : name, mutate(value));
                }
            });
            return mutated;
        }
        if (json instanceof Json.Arr array) {
            Json.Arr mutated = new Json.Arr();
            for (Json item : array.items()) {
                for (int times = random.nextInt(20) == 0 ? 2 : random.nextInt(20) == 0 ? 0 : 1; times > 0; times--) {
                    mutated.add(mutate(item));
                }
            }
            return mutated;
        }
        return json;
    }

    private Json other() {
        return switch (random.nextInt(9)) {
            case 0 -> Json.Null.NULL;
            case 1 -> new Json.Str("");
            case 2 -> new Json.Str("other");
            case 3 -> new Json.Num("-1");
            case 4 -> new Json.Num("1e99");
            case 5 -> new Json.Arr();
            case 6 -> new Json.Obj();
            case 7 -> Json.Bool.TRUE;
            default -> new Json.Arr().add(new Json.Obj().put("type", "text"));
        };
    }

    private static List<Json.Obj> cases(String member) throws IOException {
        List<Json.Obj> cases = new ArrayList<>();
        try (Stream<Path> files = Files.list(CASES)) {
            for (Path file : files.sorted().toList()) {
                Json.Obj told = (Json.Obj) JsonReader.read(Files.readAllBytes(file));
                if (told.members().containsKey(member)) {
                    cases.add(told);
                }
            }
        }
        return cases;
    }
}
