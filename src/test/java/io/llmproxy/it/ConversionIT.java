package io.llmproxy.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.Event;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.LockStep;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;

/** Clients of each API are served by upstreams of each other one. */
class ConversionIT {
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String BETWEEN = "\u0000";
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Map<Kind, Deployment> DEPLOYMENTS = new EnumMap<>(Kind.class);
    private static final FakeUpstream UPSTREAM = FakeUpstream.start();
    private static final FakeUpstream SECOND = FakeUpstream.start();

    /** An API, as clients ask for it and as upstreams answer. Documents are written with {@code '} for the quote. */
    private enum Api {
        OPENAI(
                "/v1/chat/completions",
                "/v1/chat/completions",
                "{'model':'m','messages':[{'role':'user','content':'hi'}]%s}",
                ",'stream':true",
                "{'id':'c1','object':'chat.completion','created':1,'model':'up','choices':[{'index':0,'message':"
                        + "{'role':'assistant','content':'hello'},'finish_reason':'stop'}],"
                        + "'usage':{'prompt_tokens':3,'completion_tokens':2,'total_tokens':5}}",
                List.of(
                        "data: {'id':'c1','object':'chat.completion.chunk','created':1,'model':'up','choices':[{'index':0,"
                                + "'delta':{'role':'assistant','content':'first'},'finish_reason':null}]}\n\n",
                        "data: {'id':'c1','object':'chat.completion.chunk','created':1,'model':'up','choices':[{'index':0,"
                                + "'delta':{'content':'second'},'finish_reason':null}]}\n\n",
                        "data: {'id':'c1','object':'chat.completion.chunk','created':1,'model':'up','choices':[{'index':0,"
                                + "'delta':{},'finish_reason':'stop'}]}\n\ndata: [DONE]\n\n"),
                "'object':'chat.completion'",
                "data: [DONE]"),
        RESPONSES(
                "/v1/responses",
                "/v1/responses",
                "{'model':'m','input':'hi'%s}",
                ",'stream':true",
                "{'id':'resp_1','object':'response','created_at':1,'status':'completed','model':'up','output':[{'type':'message',"
                        + "'id':'msg_1','role':'assistant','status':'completed','content':[{'type':'output_text','text':'hello',"
                        + "'annotations':[]}]}],'usage':{'input_tokens':3,'output_tokens':2,'total_tokens':5}}",
                List.of(
                        event(
                                        "response.created",
                                        ",'response':{'id':'resp_1','object':'response','created_at':1,'status':'in_progress',"
                                                + "'model':'up','output':[]}")
                                + event(
                                        "response.output_item.added",
                                        ",'output_index':0,'item':{'type':'message','id':'msg_1','role':'assistant',"
                                                + "'status':'in_progress','content':[]}")
                                + event(
                                        "response.content_part.added",
                                        ",'item_id':'msg_1','output_index':0,'content_index':0,'part':{'type':'output_text',"
                                                + "'text':'','annotations':[]}")
                                + event(
                                        "response.output_text.delta",
                                        ",'item_id':'msg_1','output_index':0,'content_index':0,'delta':'first'"),
                        event(
                                "response.output_text.delta",
                                ",'item_id':'msg_1','output_index':0,'content_index':0,'delta':'second'"),
                        event(
                                        "response.output_text.done",
                                        ",'item_id':'msg_1','output_index':0,'content_index':0,'text':'firstsecond'")
                                + event(
                                        "response.completed",
                                        ",'response':{'id':'resp_1','object':'response','created_at':1,"
                                                + "'status':'completed','model':'up','output':[],"
                                                + "'usage':{'input_tokens':3,'output_tokens':2,'total_tokens':5}}")),
                "'object':'response'",
                "response.completed"),
        ANTHROPIC(
                "/v1/messages",
                "/v1/messages",
                "{'model':'m','max_tokens':50,'messages':[{'role':'user','content':'hi'}]%s}",
                ",'stream':true",
                "{'id':'msg_1','type':'message','role':'assistant','model':'up','content':[{'type':'text','text':'hello'}],"
                        + "'stop_reason':'end_turn','stop_sequence':null,'usage':{'input_tokens':3,'output_tokens':2}}",
                List.of(
                        event(
                                        "message_start",
                                        ",'message':{'id':'msg_1','type':'message','role':'assistant','model':'up','content':[],"
                                                + "'stop_reason':null,'stop_sequence':null,'usage':{'input_tokens':3,'output_tokens':1}}")
                                + event("content_block_start", ",'index':0,'content_block':{'type':'text','text':''}")
                                + event(
                                        "content_block_delta",
                                        ",'index':0,'delta':{'type':'text_delta','text':'first'}"),
                        event("content_block_delta", ",'index':0,'delta':{'type':'text_delta','text':'second'}"),
                        event("content_block_stop", ",'index':0")
                                + event(
                                        "message_delta",
                                        ",'delta':{'stop_reason':'end_turn','stop_sequence':null},'usage':{'output_tokens':2}")
                                + event("message_stop", "")),
                "'type':'message'",
                "message_stop"),
        GEMINI(
                "/v1beta/models/m:generateContent",
                "/v1beta/models/m:streamGenerateContent?alt=sse",
                "{'contents':[{'role':'user','parts':[{'text':'hi'}]}]}",
                "",
                "{'candidates':[{'content':{'role':'model','parts':[{'text':'hello'}]},'finishReason':'STOP','index':0}],"
                        + "'usageMetadata':{'promptTokenCount':3,'candidatesTokenCount':2,'totalTokenCount':5},"
                        + "'modelVersion':'up','responseId':'r1'}",
                List.of(
                        "data: {'candidates':[{'content':{'role':'model','parts':[{'text':'first'}]},'index':0}],"
                                + "'modelVersion':'up','responseId':'r1'}\r\n\r\n",
                        "data: {'candidates':[{'content':{'role':'model','parts':[{'text':'second'}]},'index':0}],"
                                + "'modelVersion':'up','responseId':'r1'}\r\n\r\n",
                        "data: {'candidates':[{'content':{'role':'model','parts':[{'text':''}]},'finishReason':'STOP','index':0}],"
                                + "'usageMetadata':{'promptTokenCount':3,'candidatesTokenCount':2,'totalTokenCount':5},"
                                + "'modelVersion':'up','responseId':'r1'}\r\n\r\n"),
                "'candidates':",
                "'finishReason':'STOP'");

        final String plainPath;
        final String streamPath;
        final String question;
        final String streaming;
        final String answer;
        private final String stream;
        final String shape;
        final String end;

        Api(
                String plainPath,
                String streamPath,
                String question,
                String streaming,
                String answer,
                List<String> events,
                String shape,
                String end) {
            this.plainPath = plainPath;
            this.streamPath = streamPath;
            this.question = question;
            this.streaming = streaming;
            this.answer = quoted(answer);
            this.stream = quoted(String.join(BETWEEN, events));
            this.shape = quoted(shape);
            this.end = quoted(end);
        }

        /** The pieces of a stream: a first word, a second one, and the end. */
        List<String> events() {
            return List.of(stream.split(BETWEEN, -1));
        }

        String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        byte[] body(boolean stream) {
            return quoted(question.contains("%s") ? question.formatted(stream ? streaming : "") : question)
                    .getBytes(UTF_8);
        }

        String path(boolean stream) {
            return stream ? streamPath : plainPath;
        }

        List<Api> others() {
            return Stream.of(values()).filter(other -> other != this).toList();
        }
    }

    private static String event(String type, String members) {
        return "event: " + type + "\ndata: {'type':'" + type + "'" + members + "}\n\n";
    }

    private static String quoted(String text) {
        return text.replace('\'', '"');
    }

    private static final Gateway GATEWAY = gateway();

    private static Gateway gateway() {
        Gateway gateway = new Gateway();
        for (Api api : Api.values()) {
            String speaks = "dialect: " + api.word() + ", auth: {type: api_key, header: x-key, token: upstream-secret}";
            gateway.single("to-" + api.word(), UPSTREAM.url(), speaks, "", "");
        }
        gateway.single("never", UPSTREAM.url(), "provider: anthropic", "convert: never", "")
                .single("strict", UPSTREAM.url(), "provider: anthropic", "conversion: {lossy: strict}", "")
                .single(
                        "vertex",
                        UPSTREAM.url() + "/v1/projects/p/locations/l",
                        "provider: vertex, models: {m: claude-x}",
                        "",
                        "")
                .single("studio", UPSTREAM.url(), "provider: gemini", "", "")
                .single(
                        "dropping",
                        UPSTREAM.url(),
                        "dialect: openai",
                        "conversion: {hosted: drop, forward: [top_k]}",
                        "")
                .single(
                        "known",
                        UPSTREAM.url(),
                        "dialect: openai, capabilities: {max_tokens_name: max_completion_tokens, system_role: developer,"
                                + " web_search: true}",
                        "conversion: {forward_user: true}",
                        "")
                .single("renamed", UPSTREAM.url(), "provider: gemini, models: {m: 'tuned/x?y'}", "", "")
                .upstream("broken", UPSTREAM.url(), "dialect: anthropic")
                .upstream("sound", SECOND.url(), "dialect: gemini")
                .group("crossing", "{name: broken}, {name: sound}", "balance: {strategy: failover}")
                .forward("crossing", "crossing", "")
                .upstream("foreign", UPSTREAM.url(), "dialect: anthropic")
                .upstream("alike", SECOND.url(), "dialect: openai")
                .group("preferring", "{name: foreign}, {name: alike}", "balance: {strategy: failover}")
                .forward("preferring", "preferring", "")
                .group("equal", "{name: foreign}, {name: alike}", "convert: always, balance: {strategy: failover}")
                .forward("equal", "equal", "")
                .group(
                        "rounds",
                        "{name: broken}, {name: sound}",
                        "balance: {strategy: failover}, http_client: {retry: {attempts: 4, initial: 100ms}}")
                .forward("rounds", "rounds", "");
        return gateway;
    }

    @AfterAll
    static void stop() {
        DEPLOYMENTS.values().forEach(Deployment::close);
        UPSTREAM.close();
        SECOND.close();
    }

    @BeforeEach
    void reset() {
        UPSTREAM.reset();
        SECOND.reset();
    }

    private static Deployment deployment(Kind kind) {
        return DEPLOYMENTS.computeIfAbsent(kind, missing -> Deployment.start(missing, GATEWAY, "-Xmx128m"));
    }

    private static Answer ask(Kind kind, String forward, Api client, boolean stream, byte[] body) {
        URI uri = uri(kind, forward, client, stream);
        return RawClient.exchange(uri, "POST", JSON, body);
    }

    private static URI uri(Kind kind, String forward, Api client, boolean stream) {
        return URI.create(deployment(kind).forward(forward, "") + client.path(stream));
    }

    @ParameterizedTest
    @KindSource
    void aWholeAnswerIsToldInTheClientsApi(Kind kind) {
        for (Api upstream : Api.values()) {
            for (Api client : upstream.others()) {
                String pair = client + " to " + upstream;
                UPSTREAM.reset();
                UPSTREAM.otherwise(Behaviour.json(upstream.answer));

                Answer answer = ask(kind, "to-" + upstream.word(), client, false, client.body(false));

                assertThat(answer.status()).as(pair + answer.text()).isEqualTo(200);
                assertThat(answer.text()).as(pair).contains("hello").contains(client.shape);
                assertThat(answer.header("Content-Type")).startsWith("application/json");
                assertThat(answer.header("Content-Length"))
                        .as(pair)
                        .isEqualTo(Integer.toString(answer.text().getBytes(UTF_8).length));
                UpstreamRequest asked = UPSTREAM.requests().get(0);
                assertThat(asked.head().path()).as(pair).isEqualTo(upstream.plainPath);
                assertThat(new String(asked.body(), UTF_8)).as(pair).contains("hi");
                assertThat(asked.head().value("x-key")).as(pair).hasValue("upstream-secret");
            }
        }
    }

    @ParameterizedTest
    @KindSource
    void eachEventReachesTheClientBeforeTheUpstreamMakesTheNextOne(Kind kind) {
        for (Api upstream : Api.values()) {
            for (Api client : upstream.others()) {
                String pair = client + " to " + upstream;
                LockStep steps = new LockStep();
                UPSTREAM.reset();
                UPSTREAM.otherwise(Behaviour.lockStep(steps, upstream.events()));
                URI uri = uri(kind, "to-" + upstream.word(), client, true);
                try (RawClient reading = RawClient.connect(uri)) {
                    reading.send("POST", RawClient.target(uri), JSON, client.body(true))
                            .head();
                    awaitText(reading, "first", pair);
                    assertThat(steps.made()).as(pair).isEqualTo(1);
                    steps.next();
                    awaitText(reading, "second", pair);
                    assertThat(steps.made()).as(pair).isEqualTo(2);
                    steps.next();
                    Answer rest = reading.answer();
                    assertThat(rest.whole()).as(pair).isTrue();
                    assertThat(rest.text()).as(pair).contains(client.end).doesNotContain("\"error\":{");
                }
            }
        }
    }

    private static void awaitText(RawClient reading, String text, String pair) {
        List<String> read = new ArrayList<>();
        do {
            Event event = reading.event(SOON);
            read.add(event.text());
            assertThat(read).as(pair).hasSizeLessThan(20);
        } while (!read.get(read.size() - 1).contains("\"" + text + "\""));
    }

    @ParameterizedTest
    @KindSource
    void aToolOfAnotherProviderIsRefusedOrLeftOutAsConfigured(Kind kind) {
        String tools =
                "'tools':[{'type':'web_search_20250305','name':'web_search'},{'name':'f','input_schema':{'type':'object'}}]";
        byte[] body = quoted("{'model':'m','max_tokens':50,'top_k':7," + tools
                        + ",'messages':[{'role':'user','content':'hi'}]}")
                .getBytes(UTF_8);
        UPSTREAM.otherwise(Behaviour.json(Api.OPENAI.answer));

        Answer refused = ask(kind, "to-openai", Api.ANTHROPIC, false, body);
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.text()).contains("tools[0]");
        assertThat(UPSTREAM.requests()).isEmpty();

        Answer served = ask(kind, "dropping", Api.ANTHROPIC, false, body);
        assertThat(served.status()).as(served.text()).isEqualTo(200);
        assertThat(served.header("x-llmproxy-conversion"))
                .contains("dropped=tools[]")
                .doesNotContain("top_k");
        assertThat(new String(UPSTREAM.requests().get(0).body(), UTF_8))
                .contains(quoted("'name':'f'"), quoted("'top_k':7"))
                .doesNotContain("web_search");
    }

    @ParameterizedTest
    @KindSource
    void aModelSeesItsThoughtsAgainThroughAClientThatCannotSendThem(Kind kind) {
        String first =
                "{'model':'claude-sonnet-4-5','max_tokens':30000,'reasoning_effort':'high','tools':[{'type':'function',"
                        + "'function':{'name':'f','parameters':{'type':'object'}}}],'messages':[{'role':'user','content':'hi'}%s]}";
        String back = ",{'role':'assistant','content':null,'tool_calls':[{'id':'toolu_9','type':'function','function':"
                + "{'name':'f','arguments':'{}'}}]},{'role':'tool','tool_call_id':'toolu_9','content':'done'}";
        String thought = "{'type':'thinking','thinking':'step by step','signature':'c2lnbmVk'}";
        UPSTREAM.otherwise(
                Behaviour.json(quoted("{'id':'msg_1','type':'message','role':'assistant','model':'up','content':["
                        + thought
                        + ",{'type':'tool_use','id':'toolu_9','name':'f','input':{}}],'stop_reason':'tool_use',"
                        + "'stop_sequence':null,'usage':{'input_tokens':3,'output_tokens':2}}")));

        Answer called = ask(
                kind,
                "to-anthropic",
                Api.OPENAI,
                false,
                quoted(first.formatted("")).getBytes(UTF_8));
        assertThat(called.status()).as(called.text()).isEqualTo(200);
        ask(
                kind,
                "to-anthropic",
                Api.OPENAI,
                false,
                quoted(first.formatted(back)).getBytes(UTF_8));

        assertThat(new String(UPSTREAM.requests().get(1).body(), UTF_8))
                .contains(quoted("'role':'assistant','content':[" + thought + ",{'type':'tool_use'"));
    }

    @ParameterizedTest
    @KindSource
    void whatModelsTakeIsConfigured(Kind kind) {
        byte[] body = quoted(
                        "{'model':'m','max_tokens':50,'system':'be brief','metadata':{'user_id':'u-1'},"
                                + "'tools':[{'type':'web_search_20250305','name':'web_search'}],'messages':[{'role':'user','content':'hi'}]}")
                .getBytes(UTF_8);
        UPSTREAM.otherwise(Behaviour.json(Api.OPENAI.answer));

        assertThat(ask(kind, "known", Api.ANTHROPIC, false, body).status()).isEqualTo(200);

        assertThat(new String(UPSTREAM.requests().get(0).body(), UTF_8))
                .contains(
                        quoted("'max_completion_tokens':50"),
                        quoted("'role':'developer'"),
                        "web_search_options",
                        "u-1");
    }

    @ParameterizedTest
    @KindSource
    void aStreamThatIsCutEndsWithAnErrorInTheClientsApi(Kind kind) {
        for (Api upstream : Api.values()) {
            for (Api client : upstream.others()) {
                String pair = client + " to " + upstream;
                UPSTREAM.reset();
                UPSTREAM.otherwise(Behaviour.closesMidStream(upstream.events().subList(0, 2)));

                Answer answer = ask(kind, "to-" + upstream.word(), client, true, client.body(true));

                assertThat(answer.status()).as(pair).isEqualTo(200);
                assertThat(answer.text())
                        .as(pair)
                        .contains("second")
                        .contains("error")
                        .doesNotContain(client.end);
            }
        }
    }

    @ParameterizedTest
    @KindSource
    void anErrorOfTheUpstreamIsToldInTheClientsApi(Kind kind) {
        for (Api client : Api.ANTHROPIC.others()) {
            UPSTREAM.reset();
            UPSTREAM.otherwise(
                    Behaviour.status(
                            400,
                            JSON,
                            quoted(
                                    "{'type':'error','error':{'type':'invalid_request_error','message':'max_tokens: too large'}}")));

            Answer answer = ask(kind, "to-anthropic", client, false, client.body(false));

            assertThat(answer.status()).as(client.name()).isEqualTo(400);
            assertThat(answer.text()).as(client.name()).contains("max_tokens: too large");
            assertThat(answer.text()).as(client.name()).startsWith("{\"error\":{");
        }
    }

    @ParameterizedTest
    @KindSource
    void anInvalidRequestReachesNoUpstream(Kind kind) {
        byte[] body =
                quoted("{'model':'m','messages':[{'role':'user','content':7}]}").getBytes(UTF_8);

        Answer answer = ask(kind, "to-anthropic", Api.OPENAI, false, body);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).contains("messages[0].content").contains("invalid_request");
        assertThat(UPSTREAM.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void aRequestThatIsTooDeepReachesNoUpstream(Kind kind) {
        String deep = "[".repeat(300) + "]".repeat(300);
        for (Api client : Api.values()) {
            boolean contents = client == Api.GEMINI;
            String place = client == Api.RESPONSES ? "input" : contents ? "contents" : "messages";
            String body = quoted("{'model':'m','%s':[{'role':'user','%s':%s}]}"
                    .formatted(place, contents ? "parts" : "content", deep));
            Api upstream = client == Api.ANTHROPIC ? Api.OPENAI : Api.ANTHROPIC;

            Answer answer = ask(kind, "to-" + upstream.word(), client, false, body.getBytes(UTF_8));

            assertThat(answer.status()).as(client.name()).isEqualTo(400);
            assertThat(answer.text())
                    .contains(
                            place + "[0]." + (contents ? "parts" : "content") + "[0] is nested deeper than 256 levels")
                    .contains(
                            switch (client) {
                                case OPENAI, RESPONSES -> "\"param\":\"" + place + "[0]";
                                case ANTHROPIC -> "\"type\":\"invalid_request_error\"";
                                case GEMINI -> "\"status\":\"INVALID_ARGUMENT\"";
                            });
        }
        assertThat(UPSTREAM.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void anAnswerThatIsNoneIsABadGateway(Kind kind) {
        UPSTREAM.otherwise(Behaviour.status(200, "Content-Type: text/html\r\n", "<html>Welcome</html>"));

        Answer answer = ask(kind, "to-anthropic", Api.OPENAI, false, Api.OPENAI.body(false));

        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.header("X-LLMProxy-Error")).isEqualTo("upstream_bad_response");
        assertThat(answer.text()).doesNotContain("Welcome");
    }

    @ParameterizedTest
    @KindSource
    void anotherUpstreamOfAnotherApiTakesOver(Kind kind) {
        takesOver(kind, Behaviour.status(503, "", "busy"), true);
        takesOver(kind, Behaviour.status(200, JSON, "<html>"), false);
        takesOver(
                kind,
                Behaviour.status(200, JSON, quoted("{'error':{'type':'overloaded_error','message':'busy'}}")),
                false);
    }

    private static void takesOver(Kind kind, Behaviour fails, boolean stream) {
        UPSTREAM.reset();
        SECOND.reset();
        UPSTREAM.otherwise(fails);
        SECOND.otherwise(
                stream
                        ? Behaviour.streams(Duration.ofMillis(1), Api.GEMINI.events())
                        : Behaviour.json(Api.GEMINI.answer));

        Answer answer = ask(kind, "crossing", Api.OPENAI, stream, Api.OPENAI.body(stream));

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.text()).contains(stream ? "second" : "hello");
        assertThat(UPSTREAM.requests()).hasSize(1);
    }

    @ParameterizedTest
    @KindSource
    void anUpstreamOfTheClientsApiGoesFirst(Kind kind) {
        SECOND.otherwise(Behaviour.json(quoted("{'bytes':  'pass'}")));
        UPSTREAM.otherwise(Behaviour.json(Api.ANTHROPIC.answer));

        assertThat(ask(kind, "preferring", Api.OPENAI, false, Api.OPENAI.body(false))
                        .text())
                .isEqualTo(quoted("{'bytes':  'pass'}"));
        assertThat(UPSTREAM.requests()).isEmpty();

        SECOND.otherwise(Behaviour.status(503, "", ""));
        assertThat(ask(kind, "preferring", Api.OPENAI, false, Api.OPENAI.body(false))
                        .text())
                .contains("hello")
                .contains(Api.OPENAI.shape);
    }

    @ParameterizedTest
    @KindSource
    void allUpstreamsHaveEqualRightsWhereTheGroupSaysSo(Kind kind) {
        UPSTREAM.otherwise(Behaviour.json(Api.ANTHROPIC.answer));

        Answer answer = ask(kind, "equal", Api.OPENAI, false, Api.OPENAI.body(false));

        assertThat(answer.text()).contains("hello").contains(Api.OPENAI.shape);
        assertThat(UPSTREAM.requests()).hasSize(1);
        assertThat(SECOND.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void aFurtherRoundIsEncodedAnewForEachApi(Kind kind) {
        UPSTREAM.otherwise(Behaviour.status(503, "", "busy"));
        SECOND.on(Api.GEMINI.plainPath, Behaviour.status(503, "", "busy"), Behaviour.json(Api.GEMINI.answer));

        Answer answer = ask(kind, "rounds", Api.OPENAI, false, Api.OPENAI.body(false));

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.text()).contains("hello").contains(Api.OPENAI.shape);
        assertThat(UPSTREAM.requests(Api.ANTHROPIC.plainPath)).hasSameSizeAs(UPSTREAM.requests());
        assertThat(SECOND.requests(Api.GEMINI.plainPath))
                .hasSize(2)
                .allSatisfy(request -> assertThat(request.body())
                        .isEqualTo(SECOND.requests().get(0).body()));
    }

    @ParameterizedTest
    @KindSource
    void completionsOfOldAreServedByChatsOfEachApi(Kind kind) {
        byte[] whole = quoted("{'model':'m','prompt':'hi'}").getBytes(UTF_8);
        byte[] streamed = quoted("{'model':'m','prompt':'hi','stream':true}").getBytes(UTF_8);
        for (Api api : List.of(Api.RESPONSES, Api.ANTHROPIC, Api.GEMINI)) {
            URI uri = deployment(kind).forward("to-" + api.word(), "/v1/completions");

            UPSTREAM.otherwise(Behaviour.json(api.answer));
            assertThat(RawClient.exchange(uri, "POST", JSON, whole).text())
                    .as(api.word())
                    .contains(quoted("'object':'text_completion'"), quoted("'text':'hello'"));

            UPSTREAM.otherwise(Behaviour.streams(Duration.ofMillis(1), api.events()));
            assertThat(RawClient.exchange(uri, "POST", JSON, streamed).text())
                    .as(api.word())
                    .contains(quoted("'text':'first'"), quoted("'text':'second'"))
                    .endsWith("data: [DONE]\n\n");
        }
    }

    @ParameterizedTest
    @KindSource
    void nothingIsConvertedWhereTheGroupSaysSo(Kind kind) {
        UPSTREAM.otherwise(Behaviour.json(Api.ANTHROPIC.answer));

        Answer answer = ask(kind, "never", Api.OPENAI, false, Api.OPENAI.body(false));

        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.header("X-LLMProxy-Error")).isEqualTo("unsupported_path");
        assertThat(UPSTREAM.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void whatCannotBeExpressedIsToldOrRefused(Kind kind) {
        byte[] body = quoted("{'model':'m','messages':[{'role':'user','content':'hi'}],'seed':7,'logprobs':true}")
                .getBytes(UTF_8);
        UPSTREAM.otherwise(Behaviour.json(Api.ANTHROPIC.answer));

        Answer told = ask(kind, "to-anthropic", Api.OPENAI, false, body);
        assertThat(told.status()).as(told.text()).isEqualTo(200);
        assertThat(told.header("x-llmproxy-conversion"))
                .startsWith("chat>messages")
                .contains("seed", "logprobs");

        UPSTREAM.reset();
        Answer refused = ask(kind, "strict", Api.OPENAI, false, body);
        assertThat(refused.status()).as(refused.text()).isEqualTo(400);
        assertThat(refused.text()).contains("logprobs");
        assertThat(UPSTREAM.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void theModelHasTheNameThatEachSideKnows(Kind kind) {
        UPSTREAM.otherwise(Behaviour.json(Api.GEMINI.answer));

        Answer answer = ask(kind, "renamed", Api.OPENAI, false, Api.OPENAI.body(false));

        assertThat(answer.text()).contains("\"model\":\"m\"");
        assertThat(UPSTREAM.requests().get(0).head().path()).isEqualTo("/v1beta/models/tuned%2Fx%3Fy:generateContent");
    }

    /** No conversion: what no other API could express passes, and each byte that is not named stays. */
    @ParameterizedTest
    @KindSource
    void theSameApiInAnotherFlavourIsNotConverted(Kind kind) {
        UPSTREAM.otherwise(Behaviour.json(Api.ANTHROPIC.answer.replace("\"model\":\"up\"", "\"model\":\"claude-x\"")));
        byte[] body = quoted("{'model':'m', 'container' : 'c', 'max_tokens':50, 'messages':[], 'unknown': 1.0}")
                .getBytes(UTF_8);

        Answer claude = ask(kind, "vertex", Api.ANTHROPIC, false, body);
        assertThat(claude.text()).isEqualTo(Api.ANTHROPIC.answer.replace("\"model\":\"up\"", "\"model\":\"m\""));
        UpstreamRequest asked = UPSTREAM.requests().get(0);
        assertThat(asked.head().path())
                .isEqualTo("/v1/projects/p/locations/l/publishers/anthropic/models/claude-x:rawPredict");
        assertThat(new String(asked.body(), UTF_8))
                .isEqualTo(quoted("{'anthropic_version':'vertex-2023-10-16','container' : 'c', 'max_tokens':50,"
                        + " 'messages':[], 'unknown': 1.0}"));

        UPSTREAM.reset();
        UPSTREAM.otherwise(Behaviour.status(429, JSON, quoted("{'error':{'code':429,'message':'slow','status':'X'}}")));
        Answer error = ask(kind, "vertex", Api.ANTHROPIC, false, body);
        assertThat(error.status()).isEqualTo(429);
        assertThat(error.text()).contains("rate_limit_error", "slow");

        UPSTREAM.reset();
        UPSTREAM.otherwise(Behaviour.json(Api.GEMINI.answer));
        String ofVertex = "/v1/projects/p/locations/l/publishers/google/models/g:generateContent";
        Answer gemini = RawClient.exchange(
                deployment(kind).forward("studio", ofVertex),
                "POST",
                JSON,
                quoted("{'labels':{'a':'b'}, 'contents' : []}").getBytes(UTF_8));
        assertThat(gemini.text()).isEqualTo(Api.GEMINI.answer);
        assertThat(UPSTREAM.requests().get(0).head().path()).isEqualTo("/v1beta/models/g:generateContent");
        assertThat(new String(UPSTREAM.requests().get(0).body(), UTF_8)).isEqualTo(quoted("{'contents' : []}"));
    }

    @ParameterizedTest
    @KindSource
    void aSignatureThatAChatClientSendsBackReachesItsVendor(Kind kind) {
        UPSTREAM.otherwise(Behaviour.json(Api.GEMINI.answer));
        String body = quoted("{'model':'m','messages':[{'role':'user','content':'hi'},{'role':'assistant','tool_calls':"
                + "[{'id':'c1','type':'function','function':{'name':'f','arguments':'{}'},"
                + "'extra_content':{'google':{'thought_signature':'U0lH'}}}]},"
                + "{'role':'tool','tool_call_id':'c1','content':'done'}]}");

        Answer answer = ask(kind, "renamed", Api.OPENAI, false, body.getBytes(UTF_8));

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(new String(UPSTREAM.requests().get(0).body(), UTF_8)).contains("\"thoughtSignature\":\"U0lH\"");
    }

    @ParameterizedTest
    @KindSource
    void aModelIsListedForClientsOfEachApi(Kind kind) {
        Answer list = RawClient.exchange(deployment(kind).forward("renamed", "/v1/models"), "GET", "", new byte[0]);

        assertThat(list.text()).contains("\"id\":\"m\"");
    }

    @ParameterizedTest
    @KindSource
    void aClientThatLeavesStopsTheUpstream(Kind kind) {
        UPSTREAM.otherwise(Behaviour.fallsSilent(Api.ANTHROPIC.events().subList(0, 1)));
        URI uri = uri(kind, "to-anthropic", Api.OPENAI, true);
        RawClient leaving = RawClient.connect(uri);
        leaving.send("POST", RawClient.target(uri), JSON, Api.OPENAI.body(true)).head();
        awaitText(leaving, "first", "leaves");
        UpstreamRequest request = UPSTREAM.awaitRequest(Api.ANTHROPIC.plainPath);

        leaving.reset();

        assertThat(request.awaitAborted(SOON)).isTrue();
    }

    @ParameterizedTest
    @KindSource
    void keysAndHeadersOfTheClientsVendorDoNotPass(Kind kind) {
        UPSTREAM.otherwise(Behaviour.json(Api.OPENAI.answer));
        URI uri = uri(kind, "to-openai", Api.ANTHROPIC, false);

        Answer answer = RawClient.exchange(
                uri,
                "POST",
                JSON + "x-api-key: client-secret\r\nanthropic-version: 2023-06-01\r\nanthropic-beta: b\r\n",
                Api.ANTHROPIC.body(false));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(UPSTREAM.requests().get(0).head().fields().toString().toLowerCase(java.util.Locale.ROOT))
                .doesNotContain("client-secret")
                .doesNotContain("anthropic");
    }
}
