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
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The cases with members that are missing, doubled, or of another type: converted, or an error in words. */
final class MutatedCasesTest {
    private static final Path CASES = Path.of("src/test/resources/convert");
    private static final long SEED = 20261128;
    private static final int TIMES = 12;

    /** What a prompt may hold: none of it is told to anybody but the upstream. */
    private static final List<Json> CANARIES = List.of(
            new Json.Str("CANARY"),
            new Json.Str("data:CANARY;base64,CANARY"),
            new Json.Str("https://CANARY.example/CANARY"),
            new Json.Num("739182640"),
            new Json.Num("-7391826.40"),
            new Json.Arr().add("CANARY"),
            new Json.Obj().put("type", "CANARY").put("text", "CANARY").put("name", "CANARY"),
            new Json.Arr().add(new Json.Obj().put("type", "CANARY").put("role", "CANARY")));

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
    void nothingOfARequestIsInAnErrorOrAHeader() throws IOException {
        int refused = 0;
        for (Json.Obj told : cases("request")) {
            random.setSeed(SEED + told.string("shows", "").hashCode());
            Dialect client = ConversionCase.dialect(told.string("client", ""));
            Json.Obj request = object(told, "request");
            for (int place = 1; place < places(request); place++) {
                Json canary = CANARIES.get(random.nextInt(CANARIES.size()));
                byte[] body = with(canary, request, new AtomicInteger(place)).bytes();
                int cut = random.nextInt(8) == 0 ? random.nextInt(body.length) : body.length;
                refused += isSilent(client, List.of(Dialect.values()).get(random.nextInt(4)), Arrays.copyOf(body, cut));
            }
        }
        assertThat(refused).isGreaterThan(1000);
    }

    /** Returns how often it was refused. */
    private int isSilent(Dialect client, Dialect upstream, byte[] body) {
        RequestLine line = new RequestLine("m", false, false);
        List<Supplier<String>> conversions = new ArrayList<>();
        for (Policy policy : List.of(Policy.DEFAULT, Policy.DEFAULT.with(Policy.Lossy.STRICT))) {
            conversions.add(
                    () -> header(Conversion.of(client, line, body, policy, Limits.DEFAULT, Ids.random()), upstream));
        }
        if (random.nextInt(8) == 0) {
            conversions.add(() ->
                    header(Conversion.ofCompletions(body, Policy.DEFAULT, Limits.DEFAULT, Ids.random()), upstream));
            conversions.add(() -> header(Conversion.ofCount(client, line, body, Policy.DEFAULT), upstream));
            conversions.add(() -> "" + Embeddings.ofOpenAi(body, "m").toGemini("m").length);
            conversions.add(() -> "" + Embeddings.ofGemini(body, "m", false).toOpenAi("m").length);
        }
        int refused = 0;
        for (Supplier<String> conversion : conversions) {
            String told;
            try {
                told = conversion.get();
            } catch (ConversionException e) {
                told = e.param() + " " + e.getMessage();
                refused++;
            }
            assertThat(told).doesNotContainIgnoringCase("CANARY").doesNotContain("73918264", "7391826.4");
        }
        return refused;
    }

    private static String header(Conversion conversion, Dialect upstream) {
        return conversion.attempt(Upstream.of(upstream, "gemini-3-pro"), 0).header();
    }

    /** Returns how many values there are, itself included. */
    private static int places(Json json) {
        if (json instanceof Json.Obj object) {
            return 1
                    + object.members().values().stream()
                            .mapToInt(MutatedCasesTest::places)
                            .sum();
        }
        return json instanceof Json.Arr array
                ? 1 + array.items().stream().mapToInt(MutatedCasesTest::places).sum()
                : 1;
    }

    /** Returns a document with another value at the place that is counted down to. */
    private static Json with(Json canary, Json json, AtomicInteger place) {
        if (place.getAndDecrement() == 0) {
            return canary;
        }
        if (json instanceof Json.Obj object) {
            Json.Obj changed = new Json.Obj();
            object.members().forEach((name, value) -> changed.put(name, with(canary, value, place)));
            return changed;
        }
        if (json instanceof Json.Arr array) {
            Json.Arr changed = new Json.Arr();
            array.items().forEach(item -> changed.add(with(canary, item, place)));
            return changed;
        }
        return json;
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
