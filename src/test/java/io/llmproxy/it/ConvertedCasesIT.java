package io.llmproxy.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each file of {@code src/test/resources/convert} once more, from outside: what the upstream is asked, what the client is answered. Names and
 * times that the gateway makes up count as equal; where a stream is cut, only the gateway knows the words of the error. All are asked at the
 * start, several at a time.
 */
class ConvertedCasesIT {
    private static final Path CASES = Path.of("src/test/resources/convert");
    private static final String CASE = "x-case";
    private static final String CANARY = "CANARY";
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final Pattern MADE_UP = Pattern.compile("(chatcmpl-|msg_|resp_|rs_|fc_|ctc_|call_)\\w{16,}");
    private static final Set<String> TIMES =
            Set.of("created", "created_at", "completed_at", "responseId", "request_id");
    private static final int AT_A_TIME = 8;

    /** Not to be seen from outside: the limits of a gateway are built in, and those of the file are smaller. */
    private static final Set<String> WITH_LIMITS =
            Set.of("s-c2m-too-large", "s-c2m-waiting-too-large", "s-m2c-custom-too-large");

    /** Answers that are none: another upstream could take over, so the gateway tells the client in words of its own that there is none. */
    private static final Set<String> UNREADABLE = Set.of(
            "a-c2m-bad-arguments",
            "a-c2m-no-choices",
            "a-c2m-twice-arguments",
            "a-g2c-malformed",
            "a-g2c-none",
            "a-m2c-no-content",
            "a-r2c-none");

    /** The upstream's first words decide upon the status, but a client of Gemini's gets a call whole: the error follows in the stream. */
    private static final Set<String> TOLD_IN_THE_STREAM = Set.of("s-c2g-bad-arguments");

    /** A rate limit that is told with status 200 and without a time: the key cools down for as long as after a 429. */
    private static final Set<String> COOLS_DOWN = Set.of("a-r2c-failed");

    /** By these words a request is understood at all: with a canary in them, it would come no further. */
    private static final Set<String> NAMES = Set.of("model", "role", "type", "stream");

    private static final Map<String, Json.Obj> FILES = files();
    private static final Map<String, Future<Answer>> ANSWERS = new HashMap<>();
    private static final List<Future<Answer>> SILENT = new ArrayList<>();
    private static final Map<String, List<byte[]>> ASKED = new ConcurrentHashMap<>();

    private static String log = "";

    private static Map<String, Json.Obj> files() {
        try (Stream<Path> files = Files.list(CASES)) {
            Map<String, Json.Obj> cases = new TreeMap<>();
            for (Path file : files.toList()) {
                String name = file.getFileName().toString().replace(".json", "");
                cases.put(name, (Json.Obj) JsonReader.read(Files.readAllBytes(file)));
            }
            return cases;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @BeforeAll
    static void askAll() throws InterruptedException {
        ExecutorService clients = Executors.newFixedThreadPool(AT_A_TIME);
        try (FakeUpstream upstream = FakeUpstream.start()) {
            upstream.otherwise(new Behaviour("answers as the case says", conversation -> {
                conversation.readBody();
                String name = conversation.request().head().value(CASE).orElseThrow();
                if (conversation.request().head().value(CANARY).isEmpty()) {
                    ASKED.computeIfAbsent(name, none -> new CopyOnWriteArrayList<>())
                            .add(conversation.request().body());
                }
                conversation.send(
                        answer(Objects.requireNonNull(FILES.get(name))).getBytes(UTF_8));
            }));
            Gateway gateway = new Gateway().log("level: trace");
            Map<String, String> forwards = new LinkedHashMap<>();
            Map<String, String> places = new HashMap<>();
            for (String name : names()) {
                Json.Obj told = Objects.requireNonNull(FILES.get(name));
                String url = upstream.url() + (isVertex(told) ? "/v1/projects/p/locations/l" : "");
                // An upstream that fails is not asked for a while.
                String apart = told.get("clientError") == null ? "" : name;
                String alike = url + upstream(told) + conversion(told) + apart;
                places.put(name, forwards.computeIfAbsent(alike, settings -> {
                    String forward = "f" + forwards.size();
                    gateway.single(forward, url, upstream(told), conversion(told), "");
                    return forward;
                }));
            }
            try (Deployment deployment = Deployment.start(Deployment.Kind.LAUNCHER, gateway, "-Xmx256m")) {
                for (String name : names()) {
                    URI uri = deployment.forward(
                            Objects.requireNonNull(places.get(name)), path(Objects.requireNonNull(FILES.get(name))));
                    ANSWERS.put(name, clients.submit(() -> ask(name, uri)));
                }
                for (String name : names()) {
                    URI uri = deployment.forward(
                            Objects.requireNonNull(places.get(name)), path(Objects.requireNonNull(FILES.get(name))));
                    for (byte[] body : withCanaries(Objects.requireNonNull(FILES.get(name)))) {
                        SILENT.add(clients.submit(() -> RawClient.exchange(
                                uri, "POST", JSON + CASE + ": " + name + "\r\n" + CANARY + ": yes\r\n", body)));
                    }
                }
                clients.shutdown();
                assertThat(clients.awaitTermination(2, TimeUnit.MINUTES)).isTrue();
                log = deployment.log();
            }
        } finally {
            clients.shutdownNow();
        }
    }

    private static Answer ask(String name, URI uri) {
        Json.Obj told = Objects.requireNonNull(FILES.get(name));
        Json.Obj request = told.object("request");
        byte[] body = request == null ? plain(told.string("client", ""), told.get("stream") != null) : request.bytes();
        return RawClient.exchange(uri, "POST", JSON + CASE + ": " + name + "\r\n", body);
    }

    /** Returns the request with a canary in each text, and with one instead of each value that is none; the model keeps its name. */
    private static List<byte[]> withCanaries(Json.Obj told) {
        Json.Obj request = told.object("request");
        return request == null
                ? List.of()
                : List.of(
                        canaries(request, true, "").bytes(),
                        canaries(request, false, "").bytes());
    }

    private static Json canaries(Json json, boolean texts, String name) {
        if (json instanceof Json.Obj object) {
            Json.Obj changed = new Json.Obj();
            object.members().forEach((member, value) -> changed.put(member, canaries(value, texts, member)));
            return changed;
        }
        if (json instanceof Json.Arr array) {
            Json.Arr changed = new Json.Arr();
            array.items().forEach(item -> changed.add(canaries(item, texts, name)));
            return changed;
        }
        boolean kept = NAMES.contains(name) || (texts != json instanceof Json.Str);
        return kept ? json : new Json.Str(json instanceof Json.Str text ? text.value() + CANARY : CANARY);
    }

    private static boolean isVertex(Json.Obj told) {
        return object(told, "upstream").isTrue("vertex");
    }

    private static Json.Obj object(Json.Obj told, String name) {
        return Objects.requireNonNull(told.object(name), name);
    }

    private static String upstream(Json.Obj told) {
        Json.Obj upstream = object(told, "upstream");
        boolean vertex = isVertex(told);
        String speaks = switch (upstream.string("dialect", "")) {
            case "messages" -> vertex ? "provider: vertex, dialect: anthropic" : "provider: anthropic";
            case "gemini" -> vertex ? "provider: vertex, dialect: gemini" : "provider: gemini";
            case "responses" -> "provider: openai, dialect: responses";
            default -> "provider: openai, dialect: openai";
        };
        Json.Obj capabilities = upstream.object("capabilities");
        String able = capabilities == null
                ? ""
                : capabilities.members().entrySet().stream()
                        .map(one -> one.getKey().replace('-', '_') + ": " + ((Json.Str) one.getValue()).value())
                        .collect(Collectors.joining(", ", ", capabilities: {", "}"));
        return speaks + ", usage: read, models: {'" + model(told) + "': '" + upstream.string("model", "up") + "'}"
                + able;
    }

    private static String model(Json.Obj told) {
        Json.Obj line = told.object("line");
        return line == null ? "m" : line.string("model", "m");
    }

    private static String conversion(Json.Obj told) {
        Json.Obj policy = told.object("policy");
        if (policy == null) {
            return "";
        }
        List<String> settings = new ArrayList<>();
        settings.add("lossy: " + policy.string("lossy", "warn"));
        settings.add("hosted: " + (policy.isTrue("dropHosted") ? "drop" : "refuse"));
        settings.add("forward_user: " + policy.isTrue("forwardUser"));
        settings.add("reasoning_content: " + policy.string("reasoningContent", "true"));
        settings.add("gemini_signatures: " + policy.string("chatSignatures", "true"));
        settings.add("forward: "
                + policy.array("forward").stream()
                        .map(name -> ((Json.Str) name).value())
                        .toList());
        return "conversion: {" + String.join(", ", settings) + "}";
    }

    private static String answer(Json.Obj told) {
        Json.Obj error = told.object("error");
        if (error != null) {
            long retryAfter = error.number("retryAfter", 0);
            Json body = Objects.requireNonNull(error.get("body"));
            return whole(
                    error.number("status", 500),
                    JSON + (retryAfter == 0 ? "" : "Retry-After: " + retryAfter + "\r\n"),
                    body instanceof Json.Str text ? text.value() : body.text());
        }
        if (told.get("stream") != null) {
            return whole(200, "Content-Type: text/event-stream\r\n", stream(told));
        }
        Json answer = told.get("answer");
        return whole(200, JSON, answer == null ? any(object(told, "upstream").string("dialect", "")) : answer.text());
    }

    private static String any(String dialect) {
        String text = switch (dialect) {
            case "chat" ->
                "{'choices':[{'index':0,'message':{'role':'assistant','content':'Hi'},'finish_reason':'stop'}]}";
            case "messages" -> "{'content':[{'type':'text','text':'Hi'}],'stop_reason':'end_turn'}";
            case "responses" ->
                "{'status':'completed','output':[{'type':'message','content':[{'type':'output_text','text':'Hi'}]}]}";
            default -> "{'candidates':[{'content':{'parts':[{'text':'Hi'}]},'finishReason':'STOP'}]}";
        };
        return text.replace('\'', '"');
    }

    private static String whole(long status, String headers, String body) {
        return "HTTP/1.1 " + status + " Fake\r\n" + headers + "Content-Length: " + body.getBytes(UTF_8).length
                + "\r\n\r\n" + body;
    }

    private static String stream(Json.Obj told) {
        String dialect = object(told, "upstream").string("dialect", "");
        boolean named = dialect.equals("messages") || dialect.equals("responses");
        StringBuilder stream = new StringBuilder();
        for (Json event : told.array("stream")) {
            if (event instanceof Json.Str raw) {
                stream.append(raw.value().equals("[DONE]") ? "data: [DONE]\n\n" : raw.value());
            } else if (event instanceof Json.Obj data) {
                stream.append(named ? "event: " + data.string("type") + "\n" : "");
                stream.append("data: ").append(data.text()).append("\n\n");
            }
        }
        return stream.toString();
    }

    static List<String> names() {
        return FILES.keySet().stream()
                .filter(name -> !WITH_LIMITS.contains(name))
                .toList();
    }

    @Test
    void leavesOutOnlyWhatHasLimitsOfItsOwn() {
        assertThat(FILES.entrySet().stream()
                        .filter(one -> one.getValue().get("limits") != null)
                        .map(Map.Entry::getKey))
                .containsExactlyInAnyOrderElementsOf(WITH_LIMITS);
        assertThat(FILES.keySet()).containsAll(UNREADABLE).containsAll(TOLD_IN_THE_STREAM);
    }

    @Test
    void nothingOfAPromptIsInAnErrorAHeaderOrTheLog() throws Exception {
        int refused = 0;
        int converted = 0;
        for (Future<Answer> one : SILENT) {
            Answer answer = one.get();
            assertThat(answer.header("x-llmproxy-conversion")).doesNotContain(CANARY);
            if (answer.status() == 200) {
                converted++;
            } else {
                assertThat(answer.text()).doesNotContain(CANARY);
                refused += answer.status() == 400 ? 1 : 0;
            }
        }
        assertThat(refused).isGreaterThan(50);
        assertThat(converted).isGreaterThan(50);
        assertThat(log).contains(" POST ").doesNotContain(CANARY);
    }

    @ParameterizedTest
    @MethodSource("names")
    void comesOutAsTheFileSays(String name) throws Exception {
        Json.Obj told = Objects.requireNonNull(FILES.get(name));
        Answer answer = Objects.requireNonNull(ANSWERS.get(name)).get();

        List<byte[]> asked = ASKED.getOrDefault(name, List.of());
        if (told.get("refused") != null) {
            assertThat(asked).isEmpty();
            isError(answer, object(told, "refused"));
            return;
        }
        assertThat(asked).as(answer.text()).hasSize(1);
        if (told.get("upstreamRequest") != null) {
            same(JsonReader.read(asked.get(0)), Objects.requireNonNull(told.get("upstreamRequest")));
        }
        if (told.get("header") != null) {
            Json.Obj policy = told.object("policy");
            boolean quiet = policy != null && policy.string("lossy", "").equals("quiet");
            assertThat(answer.header("x-llmproxy-conversion")).isEqualTo(quiet ? "" : told.string("header"));
        }
        if (told.get("clientError") != null) {
            isToldOfError(name, answer, told);
        } else if (told.get("clientStream") != null) {
            isStream(answer, told.array("clientStream"));
        } else if (told.get("clientAnswer") != null) {
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            same(JsonReader.read(answer.body()), Objects.requireNonNull(told.get("clientAnswer")));
        }
    }

    private static void isToldOfError(String name, Answer answer, Json.Obj told) {
        Json.Obj expected = object(told, "clientError");
        if (UNREADABLE.contains(name)) {
            assertThat(answer.status()).isEqualTo(502);
            assertThat(answer.header("X-LLMProxy-Error")).isEqualTo("upstream_bad_response");
        } else if (TOLD_IN_THE_STREAM.contains(name)) {
            assertThat(answer.status()).isEqualTo(200);
            String error = object(expected, "body").text();
            assertThat(answer.text()).isEqualTo("data: " + error + "\n\n");
        } else {
            isError(answer, expected);
            long retryAfter = expected.number("retryAfter", COOLS_DOWN.contains(name) ? 5 : 0);
            assertThat(answer.header("Retry-After")).isEqualTo(retryAfter == 0 ? "" : Long.toString(retryAfter));
        }
    }

    private static void isError(Answer answer, Json.Obj expected) {
        assertThat((long) answer.status()).as(answer.text()).isEqualTo(expected.number("status", 0));
        same(JsonReader.read(answer.body()), Objects.requireNonNull(expected.get("body")));
    }

    private static void isStream(Answer answer, List<Json> expected) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        List<Json> events = new ArrayList<>();
        for (String line : answer.text().split("\n", -1)) {
            if (line.equals("data: [DONE]")) {
                events.add(new Json.Str("[DONE]"));
            } else if (line.startsWith("data: ")) {
                events.add(JsonReader.read(line.substring(6).getBytes(UTF_8)));
            }
        }
        assertThat(events).as(answer.text()).hasSameSizeAs(expected);
        int last = expected.size() - 1;
        boolean fails = last >= 0 && expected.get(last).text().contains("\"error\":{");
        for (int at = 0; at < (fails ? last : expected.size()); at++) {
            same(events.get(at), expected.get(at));
        }
        if (fails) {
            assertThat(events.get(last).text()).contains("\"error\":{");
        }
    }

    private static String path(Json.Obj told) {
        return switch (told.string("client", "")) {
            case "chat" -> "/v1/chat/completions";
            case "messages" -> "/v1/messages";
            case "responses" -> "/v1/responses";
            default -> {
                Json.Obj line = told.object("line");
                boolean stream = line == null ? told.get("stream") != null : line.isTrue("stream");
                String verb = stream ? ":streamGenerateContent" : ":generateContent";
                yield "/v1beta/models/" + model(told) + verb + (stream ? "?alt=sse" : "");
            }
        };
    }

    private static byte[] plain(String client, boolean stream) {
        String text = switch (client) {
            case "chat" -> "{'model':'m','messages':[{'role':'user','content':'Hi'}],'stream':" + stream + "}";
            case "messages" ->
                "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':'Hi'}],'stream':" + stream + "}";
            case "responses" -> "{'model':'m','input':'Hi','stream':" + stream + "}";
            default -> "{'contents':[{'role':'user','parts':[{'text':'Hi'}]}]}";
        };
        return text.replace('\'', '"').getBytes(UTF_8);
    }

    private static void same(Json actual, Json expected) {
        assertThat(plain(actual, expected).text())
                .isEqualTo(plain(expected, expected).text());
    }

    /** Without what is made up, and what the file does not care about. */
    private static Json plain(Json json, Json expected) {
        if (expected instanceof Json.Str any && any.value().equals("*")) {
            return expected;
        }
        if (json instanceof Json.Obj object) {
            Json.Obj plain = new Json.Obj();
            new TreeMap<>(object.members()).forEach((name, value) -> {
                Json wanted =
                        expected instanceof Json.Obj other ? other.members().get(name) : null;
                if (!TIMES.contains(name)) {
                    plain.put(name, plain(value, wanted == null ? value : wanted));
                }
            });
            return plain;
        }
        if (json instanceof Json.Arr array) {
            Json.Arr plain = new Json.Arr();
            List<Json> others = expected instanceof Json.Arr other ? other.items() : List.of();
            for (int at = 0; at < array.items().size(); at++) {
                Json value = array.items().get(at);
                plain.add(plain(value, at < others.size() ? others.get(at) : value));
            }
            return plain;
        }
        return json instanceof Json.Str text
                ? new Json.Str(MADE_UP.matcher(text.value()).replaceAll("$1"))
                : json;
    }
}
