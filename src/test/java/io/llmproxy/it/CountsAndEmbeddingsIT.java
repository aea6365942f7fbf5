package io.llmproxy.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;

/** Tokens are counted, and texts embedded, for clients of each API by upstreams of others. Documents have {@code '} for the quote. */
class CountsAndEmbeddingsIT {
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final Map<Kind, Deployment> DEPLOYMENTS = new EnumMap<>(Kind.class);
    private static final FakeUpstream UPSTREAM = FakeUpstream.start();

    private static final Gateway GATEWAY = gateway();

    private static Gateway gateway() {
        Gateway gateway = new Gateway();
        for (String api : List.of("openai", "responses", "anthropic", "gemini")) {
            gateway.single("to-" + api, UPSTREAM.url(), "dialect: " + api, "", "");
        }
        return gateway.single("openai", UPSTREAM.url(), "provider: openai", "", "")
                .single("strict", UPSTREAM.url(), "dialect: openai", "conversion: {lossy: strict}", "")
                .single(
                        "breaking",
                        UPSTREAM.url(),
                        "dialect: gemini, breaker: {threshold: 0.5, cooldown: 60, window: 4}",
                        "",
                        "");
    }

    /** How a client asks for a count, and how it is told 12. */
    private enum Counted {
        ANTHROPIC(
                "/v1/messages/count_tokens",
                "{'model':'MODEL','messages':[{'role':'user','content':'tell me more'}]}",
                "{'input_tokens':12}"),
        RESPONSES(
                "/v1/responses/input_tokens",
                "{'model':'MODEL','input':'tell me more'}",
                "{'object':'response.input_tokens','input_tokens':12}"),
        GEMINI(
                "/v1beta/models/MODEL:countTokens",
                "{'contents':[{'parts':[{'text':'tell me more'}]}]}",
                "{'totalTokens':12}");

        final String path;
        final String body;
        final String told;

        Counted(String path, String body, String told) {
            this.path = path;
            this.body = body;
            this.told = told;
        }
    }

    @AfterAll
    static void stop() {
        DEPLOYMENTS.values().forEach(Deployment::close);
        UPSTREAM.close();
    }

    @BeforeEach
    void reset() {
        UPSTREAM.reset();
    }

    private static Answer ask(Kind kind, String forward, String path, String body) {
        Deployment deployment =
                DEPLOYMENTS.computeIfAbsent(kind, missing -> Deployment.start(missing, GATEWAY, "-Xmx128m"));
        return RawClient.exchange(
                deployment.forward(forward, path), "POST", JSON, quoted(body).getBytes(UTF_8));
    }

    private static Answer count(Kind kind, String forward, Counted client, String model) {
        return ask(kind, forward, client.path.replace("MODEL", model), client.body.replace("MODEL", model));
    }

    private static String quoted(String text) {
        return text.replace('\'', '"');
    }

    @ParameterizedTest
    @KindSource
    void anUpstreamOfAnotherApiCounts(Kind kind) {
        for (Counted upstream : Counted.values()) {
            for (Counted client : Counted.values()) {
                String pair = client + " to " + upstream;
                UPSTREAM.reset();
                UPSTREAM.otherwise(Behaviour.json(quoted(upstream.told)));

                Answer answer = count(kind, "to-" + upstream.name().toLowerCase(java.util.Locale.ROOT), client, "m");

                assertThat(answer.status()).as(pair + answer.text()).isEqualTo(200);
                assertThat(answer.text()).as(pair).isEqualTo(quoted(client.told));
                assertThat(answer.header("x-llmproxy-estimate")).as(pair).isEmpty();
                UpstreamRequest asked = UPSTREAM.requests().get(0);
                assertThat(asked.head().path()).as(pair).isEqualTo(upstream.path.replace("MODEL", "m"));
                assertThat(new String(asked.body(), UTF_8)).as(pair).contains("tell me more");
            }
        }
    }

    @ParameterizedTest
    @KindSource
    void openAiCountsInItsOtherApi(Kind kind) {
        UPSTREAM.otherwise(Behaviour.json(quoted(Counted.RESPONSES.told)));

        Answer answer = count(kind, "openai", Counted.ANTHROPIC, "gpt-5");

        assertThat(answer.text()).isEqualTo(quoted(Counted.ANTHROPIC.told));
        assertThat(UPSTREAM.requests().get(0).head().path()).isEqualTo(Counted.RESPONSES.path);
    }

    @ParameterizedTest
    @KindSource
    void whereTheUpstreamDoesNotCountTheGatewayDoes(Kind kind) {
        for (Counted client : Counted.values()) {
            Answer counted = count(kind, "to-openai", client, "gpt-4o");
            assertThat(counted.status()).as(counted.text()).isEqualTo(200);
            assertThat(counted.header("x-llmproxy-estimate")).isEqualTo("tokenizer");
            // Three words, and what a turn takes.
            assertThat(counted.text()).isEqualTo(quoted(client.told).replace("12", "7"));

            Answer guessed = count(kind, "to-openai", client, "llama-3");
            assertThat(guessed.header("x-llmproxy-estimate")).isEqualTo("tokens");
            assertThat(guessed.text()).isEqualTo(quoted(client.told).replace("12", "9"));
        }
        assertThat(UPSTREAM.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void anUpstreamThatDoesNotKnowThePathCostsNothingButAnEstimate(Kind kind) {
        for (int status : List.of(404, 405, 501, 404, 501)) {
            UPSTREAM.otherwise(Behaviour.status(status, JSON, "{}"));

            Answer answer = count(kind, "breaking", Counted.ANTHROPIC, "m");

            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            assertThat(answer.header("x-llmproxy-estimate")).isEqualTo("tokens");
            assertThat(answer.text()).isEqualTo(quoted("{'input_tokens':9}"));
        }
        assertThat(UPSTREAM.requests()).hasSize(5);
    }

    @ParameterizedTest
    @KindSource
    void whatIsNoRequestIsNotCounted(Kind kind) {
        String body = "{'model':'gpt-4o','messages':[{'role':'user','content':7}]}";

        Answer answer = ask(kind, "to-openai", Counted.ANTHROPIC.path, body);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).contains("messages[0].content").startsWith(quoted("{'type':'error'"));
        assertThat(UPSTREAM.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void clientsOfOpenAiGetGooglesEmbeddings(Kind kind) {
        UPSTREAM.otherwise(Behaviour.json(quoted("{'embeddings':[{'values':[1.0,0.25]},{'values':[2,3]}]}")));

        Answer numbers =
                ask(kind, "to-gemini", "/v1/embeddings", "{'model':'e','input':['a','b'],'dimensions':2,'user':'u'}");
        assertThat(numbers.status()).as(numbers.text()).isEqualTo(200);
        assertThat(numbers.text())
                .contains(quoted("'embedding':[1.0,0.25]"), quoted("'embedding':[2,3]"), quoted("'model':'e'"));
        assertThat(numbers.header("x-llmproxy-conversion")).isEqualTo("chat>gemini; dropped=user");
        UpstreamRequest asked = UPSTREAM.requests().get(0);
        assertThat(asked.head().path()).isEqualTo("/v1beta/models/e:batchEmbedContents");
        assertThat(new String(asked.body(), UTF_8)).contains(quoted("'outputDimensionality':2"));

        Answer bytes =
                ask(kind, "to-gemini", "/v1/embeddings", "{'model':'e','input':['a','b'],'encoding_format':'base64'}");
        assertThat(bytes.text()).contains(quoted("'embedding':'AACAPwAAgD4='"));
    }

    @ParameterizedTest
    @KindSource
    void clientsOfGoogleGetOpenAisEmbeddings(Kind kind) {
        UPSTREAM.otherwise(Behaviour.json(quoted(
                "{'object':'list','data':[{'object':'embedding','index':0,'embedding':[1.0,0.25]}],'model':'up'}")));

        Answer one = ask(
                kind,
                "to-openai",
                "/v1beta/models/e:embedContent",
                "{'content':{'parts':[{'text':'a'}]},'taskType':'RETRIEVAL_QUERY'}");
        assertThat(one.text()).isEqualTo(quoted("{'embedding':{'values':[1.0,0.25]}}"));
        assertThat(one.header("x-llmproxy-conversion")).isEqualTo("gemini>chat; dropped=taskType");
        assertThat(UPSTREAM.requests().get(0).head().path()).isEqualTo("/v1/embeddings");

        Answer batch = ask(
                kind,
                "to-openai",
                "/v1beta/models/e:batchEmbedContents",
                "{'requests':[{'model':'models/e','content':{'parts':[{'text':'a'}]}}]}");
        assertThat(batch.text()).isEqualTo(quoted("{'embeddings':[{'values':[1.0,0.25]}]}"));
    }

    @ParameterizedTest
    @KindSource
    void embeddingsThatCannotBeHadAreRefused(Kind kind) {
        Answer strict = ask(
                kind,
                "strict",
                "/v1beta/models/e:embedContent",
                "{'content':{'parts':[{'text':'a'}]},'taskType':'RETRIEVAL_QUERY'}");
        assertThat(strict.status()).isEqualTo(400);
        assertThat(strict.text()).contains("taskType");

        Answer tokens = ask(kind, "to-gemini", "/v1/embeddings", "{'model':'e','input':[1,2]}");
        assertThat(tokens.status()).isEqualTo(400);
        assertThat(tokens.text()).contains("input[0]");

        Answer nowhere = ask(kind, "to-anthropic", "/v1/embeddings", "{'model':'e','input':'a'}");
        assertThat(nowhere.status()).isEqualTo(404);
        assertThat(nowhere.header("X-LLMProxy-Error")).isEqualTo("unsupported_path");
        assertThat(UPSTREAM.requests()).isEmpty();
    }
}
