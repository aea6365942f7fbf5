package io.llmproxy.proxy.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.UpstreamRequest;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an attempt changes in the bytes on their way. Documents are written with {@code '} for the quote. */
final class PassagesTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/v1/messages";
    private static final String GROUP = "upstreams: [{name: a}]";
    private static final String QUESTION = "{'model':'m','messages':[{'role':'user','content':'hi'}]%s}";
    private static final String MESSAGE =
            "{'id':'msg_1','type':'message','role':'assistant','model':'up','content':[{'type':'text','text':'hello'}],"
                    + "'stop_reason':'end_turn','stop_sequence':null,'usage':{'input_tokens':3,'output_tokens':2}}";
    private static final String COMPLETION =
            "{'id':'c1','object':'chat.completion','created':1,'model':'up','choices':[{'index':0,'message':"
                    + "{'role':'assistant','content':'hello'},'finish_reason':'stop'}],"
                    + "'usage':{'prompt_tokens':3,'completion_tokens':2,'total_tokens':5}}";
    private static final List<String> EVENTS = List.of(
            event(
                            "message_start",
                            ",'message':{'id':'msg_1','type':'message','role':'assistant','model':'up','content':[],"
                                    + "'stop_reason':null,'usage':{'input_tokens':3,'output_tokens':1}}")
                    + event("content_block_start", ",'index':0,'content_block':{'type':'text','text':''}"),
            event("content_block_delta", ",'index':0,'delta':{'type':'text_delta','text':'hello'}"),
            event("content_block_stop", ",'index':0")
                    + event("message_delta", ",'delta':{'stop_reason':'end_turn'},'usage':{'output_tokens':2}")
                    + event("message_stop", ""));

    private final FakeUpstream upstream = FakeUpstream.start();
    private Entrance entrance = entrance("", "", GROUP);

    private static String event(String name, String members) {
        return quoted("event: " + name + "\ndata: {'type':'" + name + "'" + members + "}\n\n");
    }

    private static String quoted(String text) {
        return text.replace('\'', '"');
    }

    private Entrance entrance(String forward, String settings, String group) {
        String upstreams = "{name: a, url: '%s' %s}".formatted(upstream.url(), settings);
        return new Entrance(forward, upstreams, group, new ExchangeListener() {});
    }

    private void serve(String forward, String settings, String group) {
        entrance.close();
        entrance = entrance(forward, settings, group);
    }

    @AfterEach
    void stop() {
        entrance.close();
        upstream.close();
    }

    private FakeClient ask(FakeClient client) throws Exception {
        entrance.forward(client);
        return client.await();
    }

    private FakeClient ask(String path, String body) throws Exception {
        return ask(FakeClient.of("POST", path).sending(quoted(body)));
    }

    private UpstreamRequest asked() {
        return upstream.requests().get(0);
    }

    @ParameterizedTest
    @CsvSource({
        "provider: anthropic, /v1/messages",
        "dialect: anthropic, /v1/messages",
        "provider: openai, /v1/chat/completions"
    })
    void aChatIsAskedInTheApiOfTheUpstream(String settings, String path) throws Exception {
        serve("", ", " + settings, GROUP);
        upstream.on(MESSAGES, Behaviour.json(quoted(MESSAGE))).on(CHAT, Behaviour.json(quoted(COMPLETION)));

        FakeClient client = ask(CHAT, QUESTION.formatted(""));

        assertThat(client.status()).isEqualTo(200);
        assertThat(client.body()).contains(quoted("'object':'chat.completion'"), "hello");
        assertThat(asked().head().path()).isEqualTo(path);
    }

    @Test
    void aStreamIsConvertedWhileItComes() throws Exception {
        serve("", ", provider: anthropic", GROUP);
        upstream.on(MESSAGES, Behaviour.streams(Duration.ZERO, EVENTS));

        FakeClient client = ask(CHAT, QUESTION.formatted(",'stream':true"));

        assertThat(client.header("Content-Type")).startsWith("text/event-stream");
        assertThat(client.body()).contains("hello", quoted("'finish_reason':'stop'"), "data: [DONE]");
    }

    @Test
    void aConvertedStreamThatBreaksOffEndsWithAnError() throws Exception {
        serve("", ", provider: anthropic", GROUP);
        upstream.on(MESSAGES, Behaviour.resetsMidStream(EVENTS.subList(0, 2)));

        FakeClient client = ask(CHAT, QUESTION.formatted(",'stream':true"));

        assertThat(client.body()).contains("hello", quoted("'error'")).doesNotContain("[DONE]");
    }

    @Test
    void anAnswerOfNoApiIsRefusedWhereItIsConverted() throws Exception {
        serve("", ", provider: anthropic", GROUP);
        upstream.on(MESSAGES, Behaviour.json("hello"));

        assertThat(ask(CHAT, QUESTION.formatted("")).status()).isEqualTo(502);
    }

    @Test
    void anErrorOfTheUpstreamIsToldInTheApiOfTheClient() throws Exception {
        serve("", ", provider: anthropic", GROUP);
        upstream.on(
                MESSAGES,
                Behaviour.status(
                        400,
                        "Content-Type: application/json\r\n",
                        quoted("{'type':'error','error':{'type':'invalid_request_error','message':'too long'}}")));

        FakeClient client = ask(CHAT, QUESTION.formatted(""));

        assertThat(client.status()).isEqualTo(400);
        assertThat(client.body()).startsWith(quoted("{'error':{")).contains("too long");
    }

    @Test
    void aRequestThatCannotBeDecodedIsRefused() throws Exception {
        serve("", ", provider: anthropic", GROUP);

        FakeClient client = ask(CHAT, "{'model':'m','messages':7}");

        assertThat(client.status()).isEqualTo(400);
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void tokensAreCountedWithoutAnUpstreamThatCanCount() throws Exception {
        serve("", ", provider: openai, dialect: openai", GROUP);

        FakeClient client = ask(MESSAGES + "/count_tokens", QUESTION.formatted(""));

        assertThat(client.body()).contains(quoted("'input_tokens':"));
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void textsAreEmbeddedInTheApiOfTheUpstream() throws Exception {
        serve("", ", provider: gemini", GROUP);
        upstream.otherwise(Behaviour.json(quoted("{'embeddings':[{'values':[0.5,0.25]}]}")));

        FakeClient client = ask("/v1/embeddings", "{'model':'m','input':['a']}");

        assertThat(client.status()).isEqualTo(200);
        assertThat(client.body()).contains(quoted("'embedding'"), "0.25");
        assertThat(asked().head().path()).contains("mbedContent");
    }

    @Test
    void aModelHasTheUpstreamsNameOnTheWayThereAndTheClientsOnTheWayBack() throws Exception {
        serve("", ", models: {m: up}", GROUP);
        upstream.on(CHAT, Behaviour.json(quoted(COMPLETION)));

        FakeClient client = ask(CHAT, QUESTION.formatted(""));

        assertThat(new String(asked().body(), UTF_8)).contains(quoted("'model':'up'"));
        assertThat(client.body()).contains(quoted("'model':'m'")).doesNotContain(quoted("'up'"));
    }

    @Test
    void aStreamIsAskedForItsUsageWhichTheClientDoesNotSee() throws Exception {
        serve("", ", usage: ask", GROUP);
        upstream.on(
                CHAT,
                Behaviour.streams(
                        Duration.ZERO,
                        List.of(
                                quoted(
                                        "data: {'choices':[{'index':0,'delta':{'content':'hi'},'finish_reason':null}]}\n\n"),
                                quoted("data: {'choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}\n\n"),
                                quoted("data: {'choices':[],'usage':{'prompt_tokens':3,'completion_tokens':2}}\n\n"),
                                "data: [DONE]\n\n")));

        FakeClient client = ask(CHAT, QUESTION.formatted(",'stream':true"));

        assertThat(new String(asked().body(), UTF_8)).contains("include_usage");
        assertThat(client.body()).contains("hi", "[DONE]").doesNotContain("prompt_tokens");
    }

    @Test
    void aListLeavesOutModelsThatTheKeyMayNotUse() throws Exception {
        serve("keys: [{name: k, key: sk-confined-key, allowed_models: [small]}]", "", GROUP);
        upstream.on("/v1/models", Behaviour.json(quoted("{'object':'list','data':[{'id':'small'},{'id':'large'}]}")));

        FakeClient client = ask(FakeClient.of("GET", "/v1/models").with("Authorization", "Bearer sk-confined-key"));

        assertThat(client.body()).contains("small").doesNotContain("large");
    }

    @Test
    void aListThatCannotBeReadIsNotPassedToAConfinedKey() throws Exception {
        serve("keys: [{name: k, key: sk-confined-key, allowed_models: [small]}]", "", GROUP);
        upstream.on("/v1/models", Behaviour.json("large"));

        FakeClient client = ask(FakeClient.of("GET", "/v1/models").with("Authorization", "Bearer sk-confined-key"));

        assertThat(client.body()).doesNotContain("large");
    }
}
