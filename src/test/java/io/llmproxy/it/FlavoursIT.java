package io.llmproxy.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Where an upstream speaks an API in another place than its vendor, requests go where that place has them. */
class FlavoursIT {
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final FakeUpstream UPSTREAM = FakeUpstream.start();
    private static final String AT_VERTEX = "/v1/projects/p/locations/l";
    private static final Deployment DEPLOYMENT = Deployment.start(
            Kind.LAUNCHER,
            new Gateway()
                    .single("gemini", UPSTREAM.url() + AT_VERTEX, "provider: vertex, models: {m: gemini-x}", "", "")
                    .single(
                            "claude",
                            UPSTREAM.url() + AT_VERTEX,
                            "provider: vertex, models: {m: claude-x}",
                            "conversion: {anthropic_betas: [known-2025-01-01]}",
                            "")
                    .single(
                            "azure",
                            UPSTREAM.url() + "/openai",
                            "provider: azure_openai, api_version: 2024-10-21, models: {m: deployed}",
                            "",
                            "")
                    .single("azure-v1", UPSTREAM.url() + "/openai", "provider: azure_openai", "", ""));

    private static final String CHAT_ANSWER =
            json("{'id':'c1','object':'chat.completion','created':1,'model':'up','choices':"
                    + "[{'index':0,'message':{'role':'assistant','content':'hello'},'finish_reason':'stop'}]}");
    private static final String CONTENT =
            json("{'contents' : [{'role':'user','parts':[{'text':'hi'}]}], 'unknown': 1.0}");
    private static final String MESSAGES =
            json("{'model':'m','max_tokens':50,'messages':[{'role':'user','content':'hi'}]}");

    @AfterAll
    static void stop() {
        DEPLOYMENT.close();
        UPSTREAM.close();
    }

    @BeforeEach
    void reset() {
        UPSTREAM.reset();
    }

    private static String json(String text) {
        return text.replace('\'', '"');
    }

    private static Answer ask(String forward, String path, String headers, String body) {
        return RawClient.exchange(DEPLOYMENT.forward(forward, path), "POST", JSON + headers, body.getBytes(UTF_8));
    }

    private static UpstreamRequest asked() {
        return UPSTREAM.requests().get(0);
    }

    @Test
    void geminiAtVertexHasPathsOfItsOwn() {
        UPSTREAM.otherwise(Behaviour.json(json("{'candidates':[], 'modelVersion':'gemini-x'}")));

        Answer answer = ask("gemini", "/v1beta/models/m:generateContent", "", CONTENT);

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(asked().head().path()).isEqualTo(AT_VERTEX + "/publishers/google/models/gemini-x:generateContent");
        assertThat(new String(asked().body(), UTF_8)).isEqualTo(CONTENT);

        UPSTREAM.reset();
        UPSTREAM.otherwise(Behaviour.status(200, "Content-Type: text/event-stream\r\n", "data: {}\n\n"));
        ask("gemini", "/v1beta/models/m:streamGenerateContent?alt=sse", "", CONTENT);
        assertThat(asked().head().target())
                .isEqualTo(AT_VERTEX + "/publishers/google/models/gemini-x:streamGenerateContent?alt=sse");
    }

    @Test
    void vertexCountsWhatAiStudioIsAskedFor() {
        UPSTREAM.otherwise(Behaviour.json(json("{'totalTokens':7}")));

        Answer count = ask(
                "gemini",
                "/v1beta/models/m:countTokens",
                "",
                json("{'generateContentRequest':{'model':'models/m','contents':[{'parts':[{'text':'hi'}]}]}}"));

        assertThat(count.text()).isEqualTo(json("{'totalTokens':7}"));
        assertThat(asked().head().path()).isEqualTo(AT_VERTEX + "/publishers/google/models/gemini-x:countTokens");
        assertThat(new String(asked().body(), UTF_8)).startsWith(json("{'contents':"));
    }

    @Test
    void onlyTrialsThatVertexKnowsAreSentToClaudeThere() {
        UPSTREAM.otherwise(Behaviour.json(json("{'type':'message','content':[]}")));

        ask("claude", "/v1/messages", "anthropic-beta: new-2026-01-01,known-2025-01-01\r\n", MESSAGES);
        assertThat(asked().head().value("anthropic-beta")).hasValue("known-2025-01-01");

        UPSTREAM.reset();
        UPSTREAM.otherwise(Behaviour.json(json("{'type':'message','content':[]}")));
        ask("claude", "/v1/messages", "anthropic-beta: new-2026-01-01\r\n", MESSAGES);
        assertThat(asked().head().value("anthropic-beta")).isEmpty();
    }

    @Test
    void azureHasADeploymentInThePathsOfADatedVersion() {
        UPSTREAM.otherwise(Behaviour.json(CHAT_ANSWER));
        Answer dated = ask("azure", "/v1/messages", "", MESSAGES);
        assertThat(dated.text()).contains("hello", "\"type\":\"message\"");
        assertThat(asked().head().target())
                .isEqualTo("/openai/deployments/deployed/chat/completions?api-version=2024-10-21");

        UPSTREAM.reset();
        UPSTREAM.otherwise(Behaviour.json(json(
                "{'object':'list','data':[{'object':'embedding','index':0,'embedding':[0.5]}],'model':'up','usage':"
                        + "{'prompt_tokens':1,'total_tokens':1}}")));
        Answer embedded =
                ask("azure", "/v1beta/models/m:embedContent", "", json("{'content':{'parts':[{'text':'hi'}]}}"));
        assertThat(embedded.text()).contains("0.5");
        assertThat(asked().head().path()).isEqualTo("/openai/deployments/deployed/embeddings");

        UPSTREAM.reset();
        UPSTREAM.otherwise(Behaviour.json(CHAT_ANSWER));
        assertThat(ask("azure-v1", "/v1/messages", "", MESSAGES).status()).isEqualTo(200);
        assertThat(asked().head().target()).isEqualTo("/openai/v1/chat/completions");
    }
}
