package io.llmproxy.convert;

import static org.assertj.core.api.Assertions.assertThatCode;

import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.genai.types.Content;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.GenerationConfig;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.model.Dialect;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What comes out of each case is what the vendor's own types take, by their own validation. */
final class VendorTypesTest {
    private static final Path CASES = Path.of("src/test/resources/convert");
    private static final JsonMapper OPENAI = com.openai.core.ObjectMappers.jsonMapper();
    private static final JsonMapper ANTHROPIC = com.anthropic.core.ObjectMappers.jsonMapper();

    /** Some servers take images from tools. OpenAI has no custom calls in chunks yet, though in answers, and sends codes of errors that its types do not list. */
    private static final Set<String> AHEAD_OF_THE_TYPES = Set.of(
            "s-m2c-custom.json",
            "s-m2c-custom-too-large.json",
            "s-r2c-custom.json",
            "s-r2c-custom-json.json",
            "s-m2r-failed.json",
            "rich-m2c-tool-images.json");

    /** Google's types take this for base64; its servers take it as it is. */
    private static final String BYPASS = "skip_thought_signature_validator";

    static Stream<String> cases() throws IOException {
        try (Stream<Path> files = Files.list(CASES)) {
            return files
                    .map(file -> file.getFileName().toString())
                    .filter(file -> !AHEAD_OF_THE_TYPES.contains(file))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isTaken(String file) throws IOException {
        Json.Obj told = (Json.Obj) JsonReader.read(Files.readAllBytes(CASES.resolve(file)));
        Json.Obj upstream = told.object("upstream");
        Dialect client = ConversionCase.dialect(told.string("client", ""));
        Json.Obj request = told.object("upstreamRequest");
        if (upstream != null && request != null) {
            Dialect dialect = ConversionCase.dialect(upstream.string("dialect", ""));
            assertThatCode(() -> request(dialect, request)).doesNotThrowAnyException();
        }
        Json.Obj answer = told.object("clientAnswer");
        if (answer != null) {
            assertThatCode(() -> answer(client, answer)).doesNotThrowAnyException();
        }
        for (Json event : told.array("clientStream")) {
            if (event instanceof Json.Obj object && object.get("error") == null) {
                assertThatCode(() -> event(client, object)).as(object.text()).doesNotThrowAnyException();
            }
        }
    }

    private static void request(Dialect dialect, Json.Obj request) throws IOException {
        switch (dialect) {
            case CHAT ->
                OPENAI.readValue(request.bytes(), ChatCompletionCreateParams.Body.class)
                        .validate();
            case RESPONSES ->
                OPENAI.readValue(request.bytes(), ResponseCreateParams.Body.class)
                        .validate();
            case MESSAGES -> {
                if (request.get("model") != null) {
                    ANTHROPIC
                            .readValue(request.bytes(), MessageCreateParams.Body.class)
                            .validate();
                }
            }
            case GEMINI -> {
                request.array("contents")
                        .forEach(content -> Content.fromJson(content.text().replace(BYPASS, "AAAA")));
                request.array("tools").forEach(tool -> com.google.genai.types.Tool.fromJson(tool.text()));
                Json.Obj config = request.object("generationConfig");
                if (config != null) {
                    GenerationConfig.fromJson(config.text());
                }
            }
        }
    }

    private static void answer(Dialect dialect, Json.Obj answer) throws IOException {
        switch (dialect) {
            case CHAT -> OPENAI.readValue(answer.bytes(), ChatCompletion.class).validate();
            case RESPONSES -> OPENAI.readValue(answer.bytes(), Response.class).validate();
            case MESSAGES -> ANTHROPIC.readValue(answer.bytes(), Message.class).validate();
            case GEMINI -> GenerateContentResponse.fromJson(answer.text());
        }
    }

    private static void event(Dialect dialect, Json.Obj event) throws IOException {
        switch (dialect) {
            case CHAT ->
                OPENAI.readValue(event.bytes(), ChatCompletionChunk.class).validate();
            case RESPONSES ->
                OPENAI.readValue(event.bytes(), ResponseStreamEvent.class).validate();
            case MESSAGES -> {
                if (!"ping".equals(event.string("type"))) {
                    ANTHROPIC
                            .readValue(event.bytes(), RawMessageStreamEvent.class)
                            .validate();
                }
            }
            case GEMINI -> GenerateContentResponse.fromJson(event.text());
        }
    }
}
