package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.errors.AnthropicServiceException;
import com.anthropic.models.messages.MessageCreateParams;
import com.google.genai.Client;
import com.google.genai.errors.ApiException;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.InternalServerException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.LockStep;
import java.net.URI;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;

/** What users have in their hands: the vendors' own clients, pointed at the gateway. */
class SdkIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/v1/messages";
    private static final String GENERATE = "/v1beta/models/gemini-2.5-flash:generateContent";
    private static final String STREAM = "/v1beta/models/gemini-2.5-flash:streamGenerateContent";
    private static final String JSON = "Content-Type: application/json\r\n";

    private final World world = World.fresh();

    private static OpenAIClient openai(URI forward) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(forward + "/v1")
                .apiKey("client-key")
                .maxRetries(0)
                .timeout(Duration.ofSeconds(20))
                .build();
    }

    private static AnthropicClient anthropic(URI forward) {
        return AnthropicOkHttpClient.builder()
                .baseUrl(forward.toString())
                .apiKey("client-key")
                .maxRetries(0)
                .build();
    }

    private static Client gemini(URI forward) {
        return Client.builder()
                .apiKey("client-key")
                .httpOptions(HttpOptions.builder()
                        .baseUrl(forward.toString())
                        .retryOptions(HttpRetryOptions.builder().attempts(1).build())
                        .build())
                .build();
    }

    /** Long enough for some heartbeats of the forward called so. */
    private static final Duration SILENCE = Duration.ofMillis(900);

    @ParameterizedTest
    @KindSource
    void clientsReadOnOverHeartbeats(Deployment.Kind kind) {
        URI forward = world.deployment(kind).forward("heartbeat");
        world.upstream.on(
                CHAT,
                Behaviour.streams(
                        SILENCE,
                        List.of("id: 1\n" + chunk("one", "null"), chunk("two", "\"stop\""), "data: [DONE]\n\n")));
        world.upstream.on(
                MESSAGES,
                Behaviour.streams(
                        SILENCE,
                        List.of(
                                event(
                                        "content_block_delta",
                                        ",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hello\"}"),
                                event("message_stop", ""))));
        world.upstream.on(
                STREAM,
                Behaviour.streams(
                        SILENCE,
                        List.of(
                                "data: " + content("one", false) + "\r\n\r\n",
                                "data: " + content("two", true) + "\r\n\r\n")));

        try (var answer = openai(forward).chat().completions().createStreaming(QUESTION)) {
            assertThat(answer.stream()
                            .map(chunk ->
                                    chunk.choices().get(0).delta().content().orElseThrow()))
                    .containsExactly("one", "two");
        }
        try (var answer = anthropic(forward).messages().createStreaming(MESSAGE)) {
            assertThat(answer.stream()).hasSize(2);
        }
        try (Client client = gemini(forward);
                var answer = client.models.generateContentStream(
                        "gemini-2.5-flash",
                        "Count",
                        GenerateContentConfig.builder().build())) {
            StringBuilder text = new StringBuilder();
            answer.forEach(piece -> text.append(piece.text()));
            assertThat(text).hasToString("onetwo");
        }
    }

    private static final ChatCompletionCreateParams QUESTION = ChatCompletionCreateParams.builder()
            .model("gpt-4o-mini")
            .addUserMessage("Say hello")
            .build();
    private static final MessageCreateParams MESSAGE = MessageCreateParams.builder()
            .model("claude-sonnet-4-5")
            .maxTokens(100)
            .addUserMessage("Say hello")
            .build();

    private static String completion(String content) {
        return """
                {"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"gpt-4o-mini","choices":[{"index":0,\
                "message":{"role":"assistant","content":"%s","refusal":null},"logprobs":null,"finish_reason":"stop"}]}""".formatted(content);
    }

    private static String chunk(String content, String finish) {
        return """
                data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o-mini",\
                "choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":%s}]}

                """.formatted(content, finish);
    }

    @ParameterizedTest
    @KindSource
    void openaiGetsACompletion(Deployment.Kind kind) {
        world.upstream.on(CHAT, Behaviour.json(completion("hello")));

        OpenAIClient client = openai(world.deployment(kind).forward("bearer"));

        assertThat(client.chat()
                        .completions()
                        .create(QUESTION)
                        .choices()
                        .get(0)
                        .message()
                        .content())
                .hasValue("hello");
        assertThat(world.upstream.awaitRequest(CHAT).head().values("Authorization"))
                .containsExactly("Bearer upstream-token");
    }

    @ParameterizedTest
    @KindSource
    void openaiSeesEachEventBeforeTheUpstreamMakesTheNext(Deployment.Kind kind) {
        LockStep steps = new LockStep();
        world.upstream.on(
                CHAT,
                Behaviour.lockStep(
                        steps,
                        List.of(
                                chunk("one", "null"),
                                chunk("two", "null"),
                                chunk("", "\"stop\""),
                                "data: [DONE]\n\n")));

        OpenAIClient client = openai(world.deployment(kind).forward("plain"));

        try (var answer = client.chat().completions().createStreaming(QUESTION)) {
            var chunks = answer.stream().iterator();
            for (int n = 1; n <= 3; n++) {
                String content =
                        chunks.next().choices().get(0).delta().content().orElseThrow();
                assertThat(content).isEqualTo(List.of("one", "two", "").get(n - 1));
                assertThat(steps.made()).isEqualTo(n);
                steps.next();
            }
            assertThat(chunks.hasNext()).isFalse();
        }
    }

    @ParameterizedTest
    @KindSource
    void openaiRaisesWhatTheUpstreamSays(Deployment.Kind kind) {
        OpenAIClient client = openai(world.deployment(kind).forward("limited"));

        raises(client, 401, UnauthorizedException.class);
        raises(client, 500, InternalServerException.class);
        raises(client, 429, RateLimitException.class);
    }

    private void raises(OpenAIClient client, int status, Class<? extends OpenAIServiceException> expected) {
        String error =
                "{\"error\":{\"message\":\"as the upstream says\",\"type\":\"t\",\"param\":null,\"code\":\"c\"}}";
        world.upstream.on(CHAT, Behaviour.status(status, JSON, error));
        assertThatThrownBy(() -> client.chat().completions().create(QUESTION))
                .isInstanceOf(expected)
                .hasMessageContaining("as the upstream says");
    }

    @ParameterizedTest
    @KindSource
    void clientsRaiseWhatTheGatewaySays(Deployment.Kind kind) {
        URI forward = world.deployment(kind).forward("unreachable");

        assertThatThrownBy(() -> openai(forward).chat().completions().create(QUESTION))
                .isInstanceOfSatisfying(OpenAIServiceException.class, e -> {
                    assertThat(e.statusCode()).isEqualTo(502);
                    assertThat(e.headers().values("X-LLMProxy-Error")).isNotEmpty();
                })
                .hasMessageNotContaining("127.0.0.1");
        assertThatThrownBy(() -> anthropic(forward).messages().create(MESSAGE))
                .isInstanceOfSatisfying(
                        AnthropicServiceException.class,
                        e -> assertThat(e.statusCode()).isEqualTo(502))
                .hasMessageContaining("api_error");
        try (Client client = gemini(forward)) {
            assertThatThrownBy(() -> client.models.generateContent(
                            "gemini-2.5-flash",
                            "Hi",
                            GenerateContentConfig.builder().build()))
                    .isInstanceOfSatisfying(ApiException.class, e -> {
                        assertThat(e.code()).isEqualTo(502);
                        assertThat(e.message()).isNotBlank();
                    });
        }
    }

    @ParameterizedTest
    @KindSource
    void anthropicGetsAMessage(Deployment.Kind kind) {
        String answer = """
                {"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text",\
                "text":"hello"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}""";
        world.upstream.on(MESSAGES, Behaviour.json(answer));

        AnthropicClient client = anthropic(world.deployment(kind).forward("plain"));

        assertThat(client.messages()
                        .create(MESSAGE)
                        .content()
                        .get(0)
                        .text()
                        .orElseThrow()
                        .text())
                .isEqualTo("hello");
        assertThat(world.upstream.awaitRequest(MESSAGES).head().values("Authorization"))
                .containsExactly("Bearer client-key");
    }

    private static String event(String type, String rest) {
        return "event: %s\ndata: {\"type\":\"%s\"%s}\n\n".formatted(type, type, rest);
    }

    @ParameterizedTest
    @KindSource
    void anthropicSeesEachEventBeforeTheUpstreamMakesTheNext(Deployment.Kind kind) {
        LockStep steps = new LockStep();
        String begin = """
                ,"message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],\
                "stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}""";
        List<String> events = List.of(
                event("message_start", begin),
                event("content_block_start", ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}"),
                event("content_block_delta", ",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hello\"}"),
                event("content_block_stop", ",\"index\":0"),
                event("message_delta", ",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}"),
                event("message_stop", ""));
        world.upstream.on(MESSAGES, Behaviour.lockStep(steps, events));

        AnthropicClient client = anthropic(world.deployment(kind).forward("plain"));

        try (var answer = client.messages().createStreaming(MESSAGE)) {
            var received = answer.stream().iterator();
            for (int n = 1; n <= events.size(); n++) {
                received.next();
                assertThat(steps.made()).isEqualTo(n);
                steps.next();
            }
            assertThat(received.hasNext()).isFalse();
        }
    }

    @ParameterizedTest
    @KindSource
    void geminiGetsContent(Deployment.Kind kind) {
        world.upstream.on(GENERATE, Behaviour.json(content("hello", true)));

        try (Client client = gemini(world.deployment(kind).forward("plain"))) {
            var answer = client.models.generateContent(
                    "gemini-2.5-flash",
                    "Say hello",
                    GenerateContentConfig.builder().build());
            assertThat(answer.text()).isEqualTo("hello");
        }
        assertThat(world.upstream.awaitRequest(GENERATE).head().values("x-goog-api-key"))
                .containsExactly("client-key");
    }

    private static String content(String text, boolean last) {
        return "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"%s\"}],\"role\":\"model\"}%s}]}"
                .formatted(text, last ? ",\"finishReason\":\"STOP\"" : "");
    }

    @ParameterizedTest
    @KindSource
    void geminiSeesEachEventBeforeTheUpstreamMakesTheNextButOne(Deployment.Kind kind) {
        LockStep steps = new LockStep();
        List<String> words = List.of("one", "two", "three");
        List<String> events = words.stream()
                .map(word -> "data: " + content(word, word.equals("three")) + "\r\n\r\n")
                .toList();
        world.upstream.on(STREAM, Behaviour.lockStep(steps, events));
        // This SDK reads one event ahead of the one that it hands out.
        steps.next();

        try (Client client = gemini(world.deployment(kind).forward("plain"));
                var answer = client.models.generateContentStream(
                        "gemini-2.5-flash",
                        "Count",
                        GenerateContentConfig.builder().build())) {
            Iterator<GenerateContentResponse> received = answer.iterator();
            for (int n = 1; n <= words.size(); n++) {
                assertThat(received.next().text()).isEqualTo(words.get(n - 1));
                assertThat(steps.made()).isLessThanOrEqualTo(n + 1);
                steps.next();
            }
            assertThat(received.hasNext()).isFalse();
        }
    }
}
