package io.llmproxy.convert;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.genai.JsonSerializable;
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

/** What comes out of each case is what the vendor's own types take, by their own validation, and has no member that they do not know. */
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

    /** Schemas, arguments and pairs of the client's own, whose members have any name. */
    private static final Set<String> FREE =
            Set.of("FunctionParameters", "Parameters", "InputSchema", "Schema", "Properties", "Input", "Metadata");

    /**
     * Members that these types do not know: those of tools that may be chosen, which have no type; what the builders of requests set by other means, or
     * older models take; what OpenAI's API has and its types for other languages know; what other servers and their clients have made usual; and what
     * is cached for how long, which Anthropic tells at the beginning only.
     */
    private static final Set<String> BEYOND = Set.of(
            "Tool.type",
            "Tool.function",
            "Tool.name",
            "Body.stream",
            "Body.temperature",
            "Body.top_p",
            "Body.top_k",
            "Response.store",
            "ResponseFunctionCallArgumentsDoneEvent.name",
            "ResponseCustomToolCall.status",
            "ChatCompletionMessage.reasoning_content",
            "ChatCompletionAssistantMessageParam.reasoning_content",
            "Delta.reasoning_content",
            "ChatCompletionMessageFunctionToolCall.extra_content",
            "ToolCall.extra_content",
            "MessageDeltaUsage.cache_creation");

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
                knows(OPENAI.readValue(request.bytes(), ChatCompletionCreateParams.Body.class)
                        .validate());
            case RESPONSES ->
                knows(OPENAI.readValue(request.bytes(), ResponseCreateParams.Body.class)
                        .validate());
            case MESSAGES -> {
                if (request.get("model") != null) {
                    knows(ANTHROPIC
                            .readValue(request.bytes(), MessageCreateParams.Body.class)
                            .validate());
                }
            }
            case GEMINI -> {
                request.array("contents")
                        .forEach(content ->
                                keeps(content, Content.fromJson(content.text().replace(BYPASS, "AAAA"))));
                request.array("tools").forEach(tool -> keeps(tool, com.google.genai.types.Tool.fromJson(tool.text())));
                Json.Obj config = request.object("generationConfig");
                if (config != null) {
                    keeps(config, GenerationConfig.fromJson(config.text()));
                }
            }
        }
    }

    private static void answer(Dialect dialect, Json.Obj answer) throws IOException {
        switch (dialect) {
            case CHAT ->
                knows(OPENAI.readValue(answer.bytes(), ChatCompletion.class).validate());
            case RESPONSES ->
                knows(OPENAI.readValue(answer.bytes(), Response.class).validate());
            case MESSAGES ->
                knows(ANTHROPIC.readValue(answer.bytes(), Message.class).validate());
            case GEMINI -> keeps(answer, GenerateContentResponse.fromJson(answer.text()));
        }
    }

    private static void event(Dialect dialect, Json.Obj event) throws IOException {
        switch (dialect) {
            case CHAT ->
                knows(OPENAI.readValue(event.bytes(), ChatCompletionChunk.class).validate());
            case RESPONSES ->
                knows(OPENAI.readValue(event.bytes(), ResponseStreamEvent.class).validate());
            case MESSAGES -> {
                if (!"ping".equals(event.string("type"))) {
                    knows(ANTHROPIC
                            .readValue(event.bytes(), RawMessageStreamEvent.class)
                            .validate());
                }
            }
            case GEMINI -> keeps(event, GenerateContentResponse.fromJson(event.text()));
        }
    }

    private static void knows(Object model) {
        Set<String> unknown = UnknownMembers.in(model);
        unknown.removeIf(member -> BEYOND.contains(member) || FREE.contains(member.substring(0, member.indexOf('.'))));
        assertThat(unknown).isEmpty();
    }

    private static void keeps(Json sent, JsonSerializable read) {
        assertThat(UnknownMembers.lost(sent, JsonReader.read(read.toJson().getBytes(UTF_8))))
                .isEmpty();
    }
}
