package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.LedgerLines;
import io.llmproxy.testing.LockStep;
import io.llmproxy.testing.Metrics;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * The ledger and the metrics have what the upstream knows, to the token: for each API, in whole answers and in streams, for clients
 * that leave, for answers that break off, for attempts that another followed, and for answers that are converted.
 */
class UsageIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/v1/messages";
    private static final String RESPONSES = "/v1/responses";
    private static final String GEMINI = "/v1beta/models/m-1:generateContent";
    private static final String GEMINI_STREAM = "/v1beta/models/m-1:streamGenerateContent";

    private static final String CHAT_USAGE =
            "'usage':{'prompt_tokens':2006,'completion_tokens':300,'total_tokens':2306,"
                    + "'prompt_tokens_details':{'cached_tokens':1920},'completion_tokens_details':{'reasoning_tokens':64}}";
    private static final String CHAT_ANSWER =
            "{'id':'c-1','object':'chat.completion','created':1,'model':'m-1-x','choices':[{'index':0,'message':{'role':'assistant',"
                    + "'content':'\\'usage\\':{\\'prompt_tokens\\':9}'},'finish_reason':'stop'}]," + CHAT_USAGE + "}";
    private static final List<String> CHAT_EVENTS = List.of(
            chunk("{'index':0,'delta':{'role':'assistant','content':'first'},'finish_reason':null}", "'usage':null"),
            chunk("{'index':0,'delta':{'content':' second'},'finish_reason':'stop'}", "'usage':null"));
    private static final String USAGE_EVENT = chunk("", CHAT_USAGE);
    private static final String DONE = "data: [DONE]\n\n";
    private static final String QUESTION = "{'model':'m-1','messages':[{'role':'user','content':'hello'}]%s}";

    @TempDir
    private Path directory;

    private static String chunk(String choice, String usage) {
        return "data: {'id':'c-1','object':'chat.completion.chunk','created':1,'model':'m-1-x','choices':[%s],%s}\n\n"
                .formatted(choice, usage)
                .replace('\'', '"');
    }

    private static String event(String type, String rest) {
        return "event: %s\ndata: {'type':'%s'%s}\n\n"
                .formatted(type, type, rest)
                .replace('\'', '"');
    }

    /** A gateway, what it asks, and what it has recorded. */
    private final class Scene implements AutoCloseable {
        private final FakeUpstream upstream = FakeUpstream.start();
        private final FakeUpstream second = FakeUpstream.start();
        private final LedgerLines ledger;
        private final Path prices;
        private final Deployment deployment;
        private int requests;

        Scene(Deployment.Kind kind) {
            Path home = directory.resolve("ledger-" + kind);
            prices = directory.resolve("prices-" + kind + ".yaml");
            price("1", "per_million: {input: \"1.25\"");
            ledger = new LedgerLines(home);
            Gateway gateway = new Gateway()
                    .admin("token: operators")
                    .upstream("up", upstream.url(), "usage: ask, models: [m-1, \"x-*\"]")
                    .upstream("second", second.url(), "models: [m-1]")
                    .upstream("claude", upstream.url(), "provider: anthropic, models: [m-1]")
                    .group("up", "{name: up}", "")
                    .group(
                            "both",
                            "{name: up}, {name: second}",
                            "balance: {strategy: failover}, http_client: {retry: {unsafe: true, initial: 100}}")
                    .group("claude", "{name: claude}", "")
                    .group("late", "{name: up}", "http_client: {timeout: {first_byte: 500ms}}")
                    .forward("up", "up", "")
                    .forward("late", "late", "")
                    .forward("both", "both", "")
                    .forward("claude", "claude", "")
                    .top("ledger: {directory: \"%s\"}".formatted(home))
                    .top("prices: \"%s\"".formatted(prices));
            deployment = Deployment.start(kind, gateway);
        }

        private void price(String version, String begin) {
            try {
                Files.writeString(
                        prices,
                        "version: \"" + version + "\"\ncurrency: USD\nmodels:\n  - model: \"m-*\"\n    " + begin
                                + ", cache_read: \"0.125\", cache_write: \"1.5\", output: \"10\"}\n");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        Answer reload() {
            String head = "Authorization: Bearer operators\r\n";
            return RawClient.exchange(deployment.admin("/admin/reload"), "POST", head, new byte[0]);
        }

        String nextId() {
            requests++;
            return "usage-" + requests;
        }

        /** Asks, and returns the whole answer. */
        Answer ask(String forward, String path, String body) {
            return RawClient.exchange(deployment.forward(forward, path), "POST", head("usage-" + requests), json(body));
        }

        /** Asks for a stream, and leaves when so many events have come. */
        void leaveAfter(int events, String path, String body) {
            try (RawClient client = RawClient.connect(deployment.forward("up"))) {
                client.send("POST", path, head("usage-" + requests), json(body)).head();
                for (int seen = 1; seen <= events; seen++) {
                    client.event();
                }
                client.reset();
            }
        }

        private static String head(String id) {
            return "Content-Type: application/json\r\nX-Request-Id: " + id + "\r\n";
        }

        private static byte[] json(String text) {
            return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        }

        List<JsonNode> attempts() {
            return ledger.attempts("usage-" + requests);
        }

        JsonNode attempt() {
            List<JsonNode> attempts = attempts();
            assertThat(attempts).hasSize(1);
            return attempts.get(0);
        }

        @Override
        public void close() {
            deployment.close();
            upstream.close();
            second.close();
        }
    }

    private static String json(String text) {
        return text.replace('\'', '"');
    }

    private static void assertUsed(JsonNode attempt, long input, long cached, long output, long reasoning) {
        JsonNode usage = attempt.path("usage");
        assertThat(attempt.path("source").asText()).as("%s", attempt).isEqualTo("reported");
        assertThat(usage.path("input_tokens").asLong()).as("%s", attempt).isEqualTo(input);
        assertThat(usage.path("cache_read.input_tokens").asLong())
                .as("%s", attempt)
                .isEqualTo(cached);
        assertThat(usage.path("output_tokens").asLong()).as("%s", attempt).isEqualTo(output);
        assertThat(usage.path("reasoning.output_tokens").asLong())
                .as("%s", attempt)
                .isEqualTo(reasoning);
    }

    @ParameterizedTest
    @KindSource
    void allIsCountedAsTheUpstreamKnowsIt(Deployment.Kind kind) {
        try (Scene scene = new Scene(kind)) {
            wholeAnswers(scene);
            streams(scene);
            clientsThatLeave(scene);
            answersThatBreakOff(scene);
            attemptsThatAnotherFollows(scene);
            converted(scene);
            whatIsOddIsCountedAndNotTrusted(scene);
            whatMayBeBilledThoughNothingCame(scene);
            whatCostsNothing(scene);
            metricsAndLedgerAgree(scene);
            pricesThatAreReplaced(scene);
        }
    }

    private static void wholeAnswers(Scene scene) {
        scene.upstream.on(CHAT, Behaviour.json(json(CHAT_ANSWER)));
        scene.nextId();
        assertThat(scene.ask("up", CHAT, QUESTION.formatted("")).status()).isEqualTo(200);
        JsonNode chat = scene.attempt();
        assertUsed(chat, 2006, 1920, 300, 64);
        assertThat(chat.path("outcome").asText()).isEqualTo("completed");
        assertThat(chat.path("request.model").asText()).isEqualTo("m-1");
        assertThat(chat.path("response.model").asText()).isEqualTo("m-1-x");
        // 86 x 1.25 + 1920 x 0.125 + 300 x 10 of a millionth.
        assertThat(chat.path("cost").asText()).isEqualTo("0.003347500000");

        scene.upstream.on(CHAT, Behaviour.gzip(Behaviour.compress(json(CHAT_ANSWER))));
        scene.nextId();
        scene.ask("up", CHAT, QUESTION.formatted(""));
        assertUsed(scene.attempt(), 2006, 1920, 300, 64);

        scene.upstream.on(
                MESSAGES,
                Behaviour.json(
                        json(
                                "{'id':'m','type':'message','role':'assistant','model':'m-1','content':[],'usage':"
                                        + "{'input_tokens':10,'cache_read_input_tokens':20,'cache_creation_input_tokens':30,'output_tokens':7}}")));
        scene.nextId();
        scene.ask("up", MESSAGES, QUESTION.formatted(",'max_tokens':9"));
        assertUsed(scene.attempt(), 60, 20, 7, 0);

        scene.upstream.on(
                GEMINI,
                Behaviour.json(json("{'candidates':[{'content':{'parts':[{'text':'hi'}]},'finishReason':'STOP'}],"
                        + "'usageMetadata':{'promptTokenCount':11,'cachedContentTokenCount':4,'toolUsePromptTokenCount':5,"
                        + "'candidatesTokenCount':3,'thoughtsTokenCount':8,'totalTokenCount':27}}")));
        scene.nextId();
        scene.ask("up", GEMINI, "{'contents':[]}");
        assertUsed(scene.attempt(), 16, 4, 11, 8);

        scene.upstream.on(
                RESPONSES,
                Behaviour.json(
                        json("{'id':'r','object':'response','status':'completed','model':'m-1','output':[],'usage':"
                                + "{'input_tokens':13,'input_tokens_details':{'cached_tokens':2},'output_tokens':9,"
                                + "'output_tokens_details':{'reasoning_tokens':6},'total_tokens':22}}")));
        scene.nextId();
        scene.ask("up", RESPONSES, "{'model':'m-1','input':'hello'}");
        assertUsed(scene.attempt(), 13, 2, 9, 6);

        scene.upstream.on(
                "/v1/embeddings",
                Behaviour.json(json("{'object':'list','data':[],'usage':{'prompt_tokens':8,'total_tokens':8}}")));
        scene.nextId();
        scene.ask("up", "/v1/embeddings", "{'model':'m-1','input':'hello'}");
        assertUsed(scene.attempt(), 8, 0, 0, 0);
    }

    private static void streams(Scene scene) {
        List<String> events = new ArrayList<>(CHAT_EVENTS);
        events.add(USAGE_EVENT);
        events.add(DONE);
        scene.upstream.on(CHAT, Behaviour.streams(Duration.ZERO, events));
        scene.nextId();
        Answer unasked = scene.ask("up", CHAT, QUESTION.formatted(",'stream':true"));
        assertThat(unasked.text()).isEqualTo(String.join("", CHAT_EVENTS) + DONE);
        assertThat(scene.upstream.awaitRequest(CHAT).body())
                .asString(StandardCharsets.UTF_8)
                .contains("include_usage");
        assertUsed(scene.attempt(), 2006, 1920, 300, 64);

        scene.nextId();
        Answer refused =
                scene.ask("up", CHAT, QUESTION.formatted(",'stream':true,'stream_options':{'include_usage':false}"));
        assertThat(refused.text()).isEqualTo(unasked.text());
        assertUsed(scene.attempt(), 2006, 1920, 300, 64);

        scene.nextId();
        Answer asked =
                scene.ask("up", CHAT, QUESTION.formatted(",'stream':true,'stream_options':{'include_usage':true}"));
        assertThat(asked.text()).isEqualTo(String.join("", events));
        assertUsed(scene.attempt(), 2006, 1920, 300, 64);
        assertThat(scene.attempt().path("stream").asBoolean()).isTrue();

        scene.upstream.on(MESSAGES, Behaviour.streams(Duration.ZERO, messages(true)));
        scene.nextId();
        scene.ask("up", MESSAGES, QUESTION.formatted(",'max_tokens':9,'stream':true"));
        assertUsed(scene.attempt(), 60, 20, 7, 0);

        scene.upstream.on(
                GEMINI_STREAM,
                Behaviour.streams(Duration.ZERO, List.of(gemini(3, ""), gemini(5, ",'finishReason':'STOP'"))));
        scene.nextId();
        scene.ask("up", GEMINI_STREAM, "{'contents':[]}");
        assertUsed(scene.attempt(), 11, 0, 5, 0);

        scene.upstream.on(
                RESPONSES,
                Behaviour.streams(
                        Duration.ZERO,
                        List.of(
                                event("response.created", ",'response':{'id':'r','model':'m-1','usage':null}"),
                                event("response.output_text.delta", ",'delta':'hi'"),
                                event(
                                        "response.incomplete",
                                        ",'response':{'id':'r','status':'incomplete','usage':{'input_tokens':13,"
                                                + "'output_tokens':9,'total_tokens':22}}"))));
        scene.nextId();
        scene.ask("up", RESPONSES, "{'model':'m-1','input':'hello','stream':true}");
        assertUsed(scene.attempt(), 13, 0, 9, 0);
    }

    private static List<String> messages(boolean whole) {
        List<String> events = new ArrayList<>(List.of(
                event(
                        "message_start",
                        ",'message':{'id':'m','type':'message','role':'assistant','model':'m-1','content':[],'usage':"
                                + "{'input_tokens':10,'cache_read_input_tokens':20,'cache_creation_input_tokens':30,'output_tokens':1}}"),
                event("content_block_start", ",'index':0,'content_block':{'type':'text','text':''}"),
                event("content_block_delta", ",'index':0,'delta':{'type':'text_delta','text':'four bytes, or more'}")));
        if (whole) {
            events.add(event("content_block_stop", ",'index':0"));
            events.add(event("message_delta", ",'delta':{'stop_reason':'end_turn'},'usage':{'output_tokens':7}"));
            events.add(event("message_stop", ""));
        }
        return events;
    }

    private static String gemini(int output, String finish) {
        return json(
                "data: {'candidates':[{'content':{'parts':[{'text':'hi there'}]}%s}],'usageMetadata':{'promptTokenCount':11,"
                                .formatted(finish)
                        + "'candidatesTokenCount':" + output + ",'totalTokenCount':" + (11 + output) + "}}\n\n");
    }

    private static void clientsThatLeave(Scene scene) {
        Duration pace = Duration.ofMillis(5);
        List<String> counting = IntStream.rangeClosed(101, 900)
                .mapToObj(output -> gemini(output, ""))
                .toList();
        scene.upstream.on(GEMINI_STREAM, Behaviour.streams(pace, counting));
        scene.nextId();
        scene.leaveAfter(3, GEMINI_STREAM, "{'contents':[]}");
        JsonNode gemini = scene.attempt();
        assertThat(gemini.path("outcome").asText()).isEqualTo("client_gone");
        assertThat(gemini.path("source").asText()).isEqualTo("partial");
        assertThat(gemini.path("usage").path("input_tokens").asLong()).isEqualTo(11);
        // Each event has the same length, and counts one token more.
        long came = gemini.path("bytes_out").asLong() / counting.get(0).length();
        assertThat(came).isGreaterThanOrEqualTo(3);
        assertThat(gemini.path("usage").path("output_tokens").asLong()).isEqualTo(100 + came);
        assertThat(gemini.path("usage_missing_because").asText()).isEqualTo("client_gone");

        List<String> deltas = new ArrayList<>(messages(false));
        String delta = deltas.get(deltas.size() - 1);
        deltas.addAll(Collections.nCopies(800, delta));
        scene.upstream.on(MESSAGES, Behaviour.streams(pace, deltas));
        scene.nextId();
        scene.leaveAfter(4, MESSAGES, QUESTION.formatted(",'max_tokens':9,'stream':true"));
        JsonNode messages = scene.attempt();
        assertThat(messages.path("outcome").asText()).isEqualTo("client_gone");
        assertThat(messages.path("usage").path("input_tokens").asLong()).isEqualTo(60);
        assertThat(messages.path("input_source").asText()).isEqualTo("reported");
        assertThat(messages.path("output_source").asText()).isEqualTo("estimated");
        long begin = (long) deltas.get(0).length() + deltas.get(1).length();
        long texts = (messages.path("bytes_out").asLong() - begin) / delta.length();
        assertThat(messages.path("delivered_output_bytes").asLong()).isEqualTo(texts * "four bytes, or more".length());

        // It has all that it wants, and saves itself the end.
        LockStep steps = new LockStep();
        scene.upstream.on(
                CHAT,
                Behaviour.lockStep(
                        steps,
                        List.of(
                                json(
                                        "data: {'choices':[{'index':0,'delta':{'content':'hi'},'finish_reason':null}]}\n\n"),
                                json("data: {'choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}\n\n"),
                                json("data: {'choices':[],'usage':{'prompt_tokens':11,'completion_tokens':7}}\n\n"),
                                "data: [DONE]\n\n")));
        scene.nextId();
        scene.leaveAfter(1, CHAT, QUESTION.formatted(",'stream':true"));
        steps.finish();
        assertUsed(scene.attempt(), 11, 0, 7, 0);
    }

    private static void answersThatBreakOff(Scene scene) {
        scene.upstream.on(GEMINI_STREAM, Behaviour.resetsMidStream(List.of(gemini(3, ""), gemini(5, ""))));
        scene.nextId();
        scene.ask("up", GEMINI_STREAM, "{'contents':[]}");
        JsonNode cut = scene.attempt();
        assertThat(cut.path("outcome").asText()).isEqualTo("cut");
        assertThat(cut.path("error").asText()).isEqualTo("upstream_reset");
        assertThat(cut.path("usage").path("output_tokens").asLong()).isEqualTo(5);
        assertThat(cut.path("source").asText()).isEqualTo("partial");
    }

    private static void attemptsThatAnotherFollows(Scene scene) {
        scene.upstream.on(MESSAGES, Behaviour.resetsMidStream(messages(false).subList(0, 2)));
        scene.second.on(MESSAGES, Behaviour.streams(Duration.ZERO, messages(true)));
        scene.nextId();
        Answer answer = scene.ask("both", MESSAGES, QUESTION.formatted(",'max_tokens':9,'stream':true"));
        assertThat(answer.status()).isEqualTo(200);
        List<JsonNode> attempts = scene.attempts();
        assertThat(attempts).hasSize(2);
        assertUsed(attempts.get(1), 60, 20, 7, 0);
        assertThat(attempts.get(1).path("upstream").asText()).isEqualTo("second");
        JsonNode first = attempts.get(0);
        assertThat(first.path("upstream").asText()).isEqualTo("up");
        assertThat(first.path("usage").path("input_tokens").asLong())
                .as("%s", first)
                .isEqualTo(60);
        assertThat(first.path("source").asText()).isEqualTo("partial");

        scene.upstream.on(CHAT, Behaviour.status(429, "Retry-After: 0\r\n", "{}"));
        scene.second.on(CHAT, Behaviour.json(json(CHAT_ANSWER)));
        scene.nextId();
        assertThat(scene.ask("both", CHAT, QUESTION.formatted("")).status()).isEqualTo(200);
        List<JsonNode> moved = scene.attempts();
        assertThat(moved).extracting(line -> line.path("source").asText()).containsExactly("none", "reported");
        assertThat(moved).extracting(line -> line.path("status").asInt()).containsExactly(429, 200);
    }

    private static void converted(Scene scene) {
        scene.upstream.on(
                MESSAGES,
                Behaviour.json(
                        json("{'id':'m','type':'message','role':'assistant','model':'m-1','content':[{'type':'text',"
                                + "'text':'hi'}],'stop_reason':'end_turn','usage':{'input_tokens':10,'cache_read_input_tokens':20,"
                                + "'cache_creation_input_tokens':30,'output_tokens':7}}")),
                Behaviour.streams(Duration.ZERO, messages(true)));
        scene.nextId();
        Answer whole = scene.ask("claude", CHAT, QUESTION.formatted(""));
        assertThat(whole.text()).contains("\"prompt_tokens\":60").contains("\"completion_tokens\":7");
        assertUsed(scene.attempt(), 60, 20, 7, 0);

        scene.nextId();
        Answer stream =
                scene.ask("claude", CHAT, QUESTION.formatted(",'stream':true,'stream_options':{'include_usage':true}"));
        assertThat(stream.text()).contains("\"prompt_tokens\":60").contains("\"completion_tokens\":7");
        assertUsed(scene.attempt(), 60, 20, 7, 0);
    }

    private static void whatCostsNothing(Scene scene) {
        scene.upstream.on(MESSAGES + "/count_tokens", Behaviour.json(json("{'input_tokens':99}")));
        scene.nextId();
        scene.ask("up", MESSAGES + "/count_tokens", QUESTION.formatted(""));
        assertThat(scene.attempt().path("source").asText()).isEqualTo("none");
        assertThat(scene.attempt().has("usage")).isFalse();

        // A name that the configuration has as a pattern only may be anything.
        scene.upstream.on(CHAT, Behaviour.json(json(CHAT_ANSWER)));
        scene.nextId();
        scene.ask("up", CHAT, QUESTION.formatted("").replace("m-1", "x-secret"));
        JsonNode unnamed = scene.attempt();
        assertUsed(unnamed, 2006, 1920, 300, 64);
        assertThat(unnamed.path("request.model").asText()).startsWith("other:").doesNotContain("secret");

        // What a client has got wrong itself says nothing of the upstream.
        Behaviour wrong = Behaviour.status(
                400, "Content-Type: application/json\r\n", "{\"error\":\"stream_options.include_obfuscation: no\"}");
        scene.upstream.on(
                CHAT,
                wrong,
                wrong,
                wrong,
                wrong,
                Behaviour.streams(Duration.ZERO, List.of(CHAT_EVENTS.get(0), CHAT_EVENTS.get(1), USAGE_EVENT, DONE)));
        scene.nextId();
        String own = QUESTION.formatted(",'stream':true,'stream_options':{'include_obfuscation':'x'}");
        assertThat(scene.ask("up", CHAT, own).status()).isEqualTo(400);
        scene.nextId();
        assertThat(scene.ask("up", CHAT, QUESTION.formatted(",'stream':true")).status())
                .isEqualTo(400);
        scene.nextId();
        scene.ask("up", CHAT, QUESTION.formatted(",'stream':true"));
        assertUsed(scene.attempt(), 2006, 1920, 300, 64);

        // An upstream that does not know the option is asked again without it, and then no more.
        scene.upstream.on(
                CHAT,
                Behaviour.status(400, "Content-Type: application/json\r\n", "{\"error\":\"stream_options: unknown\"}"),
                Behaviour.streams(Duration.ZERO, List.of(CHAT_EVENTS.get(0), CHAT_EVENTS.get(1), DONE)));
        scene.nextId();
        Answer answer = scene.ask("up", CHAT, QUESTION.formatted(",'stream':true"));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(String.join("", CHAT_EVENTS) + DONE);
        List<JsonNode> attempts = scene.attempts();
        assertThat(attempts).extracting(line -> line.path("status").asInt()).containsExactly(400, 200);
        assertThat(attempts.get(1).path("source").asText()).isEqualTo("estimated");
        scene.nextId();
        scene.ask("up", CHAT, QUESTION.formatted(",'stream':true"));
        assertThat(scene.attempts()).hasSize(1);
    }

    private static void whatMayBeBilledThoughNothingCame(Scene scene) {
        scene.upstream.on(CHAT, Behaviour.hangs());
        scene.nextId();
        assertThat(scene.ask("late", CHAT, QUESTION.formatted("")).status()).isEqualTo(504);
        JsonNode unanswered = scene.attempt();
        assertThat(unanswered.path("source").asText()).as("%s", unanswered).isEqualTo("estimated");
        assertThat(unanswered.path("maybe_billed").asBoolean()).isTrue();
        assertThat(unanswered.path("usage").path("input_tokens").asLong()).isPositive();
        assertThat(unanswered.path("usage").has("output_tokens")).isFalse();
        assertThat(unanswered.path("usage_missing_because").asText()).isEqualTo("cut");
        assertThat(unanswered.path("cost_state").asText()).isEqualTo("incomplete");
    }

    private static void whatIsOddIsCountedAndNotTrusted(Scene scene) {
        scene.upstream.on(
                CHAT,
                odd("{'prompt_tokens':-5,'completion_tokens':3}"),
                odd("{'prompt_tokens':5,'completion_tokens':99999999999999}"),
                odd("{'prompt_tokens':'many','completion_tokens':3}"),
                odd("{'prompt_tokens':5,'completion_tokens':3,'total_tokens':100}"),
                odd("{'prompt_tokens':5,'completion_tokens':3,'prompt_tokens_details':{'cached_tokens':50}}"));
        for (String anomaly : List.of("negative", "too_large", "not_a_count", "total_differs", "part_exceeds_whole")) {
            scene.nextId();
            assertThat(scene.ask("up", CHAT, QUESTION.formatted("")).status()).isEqualTo(200);
            assertThat(scene.attempt().path("anomalies").toString()).contains(anomaly);
        }
        Metrics metrics = scene.deployment.metricsAtRest();
        for (String anomaly : List.of("negative", "too_large", "not_a_count", "total_differs", "part_exceeds_whole")) {
            assertThat(metrics.samples().entrySet().stream()
                            .filter(sample -> sample.getKey().startsWith("llmproxy_usage_anomalies_total{")
                                    && sample.getKey().contains('"' + anomaly + '"'))
                            .mapToDouble(Map.Entry::getValue)
                            .sum())
                    .as(anomaly)
                    .isPositive();
        }
    }

    private static void pricesThatAreReplaced(Scene scene) {
        scene.upstream.on(CHAT, Behaviour.json(json(CHAT_ANSWER)));
        scene.price("2", "per_milion: {input: \"2.5\"");

        Answer refused = scene.reload();

        assertThat(refused.status()).isBetween(400, 499);
        assertThat(refused.text())
                .contains(scene.prices.getFileName().toString(), "\"line\":5", "models[0].per_milion");
        scene.nextId();
        scene.ask("up", CHAT, QUESTION.formatted(""));
        assertThat(scene.attempt().path("cost").asText()).isEqualTo("0.003347500000");
        assertThat(scene.attempt().path("price_version").asText()).isEqualTo("1");

        scene.price("2", "per_million: {input: \"2.5\"");
        assertThat(scene.reload().status()).isEqualTo(200);
        scene.nextId();
        scene.ask("up", CHAT, QUESTION.formatted(""));
        // 86 x 2.5 + 1920 x 0.125 + 300 x 10 of a millionth.
        assertThat(scene.attempt().path("cost").asText()).isEqualTo("0.003455000000");
        assertThat(scene.attempt().path("price_version").asText()).isEqualTo("2");
    }

    private static Behaviour odd(String usage) {
        return Behaviour.json(json("{'id':'c','model':'m-1','choices':[{'index':0,'message':{'content':'hi'},"
                + "'finish_reason':'stop'}],'usage':" + usage + "}"));
    }

    private static void metricsAndLedgerAgree(Scene scene) {
        Metrics metrics = scene.deployment.metricsAtRest();
        for (String kind : List.of("input", "output")) {
            assertThat((long) metrics.sum("llmproxy_usage_" + kind + "_tokens_total"))
                    .isEqualTo(scene.ledger.sum(kind + "_tokens"));
        }
        assertThat((long) metrics.sum("llmproxy_usage_cache_read_tokens_total"))
                .isEqualTo(scene.ledger.sum("cache_read.input_tokens"));
        assertThat((long) metrics.sum("llmproxy_usage_reasoning_tokens_total"))
                .isEqualTo(scene.ledger.sum("reasoning.output_tokens"));
        assertThat((long) metrics.sum("llmproxy_usage_records_total"))
                .isEqualTo(scene.ledger.all("attempt").size())
                .isEqualTo(scene.upstream.requests().size()
                        + (long) scene.second.requests().size());
        assertThat(metrics.samples().keySet().stream()
                        .filter(sample -> sample.startsWith("llmproxy_usage_input"))
                        .map(sample -> sample.replaceAll(".*model=\"([^\"]*)\".*", "$1"))
                        .collect(Collectors.toSet()))
                .containsExactlyInAnyOrder("m-1", "x-*");
        assertThat(metrics.has("llmproxy_ttft_seconds_count")).isTrue();
    }
}
