package io.llmproxy.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.models.batches.BatchCreateParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FilePurpose;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.Keeper;
import io.llmproxy.testing.RawClient;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What one upstream has made is asked for there: a group of three, each of which knows only what it made itself. */
class ResourcesIT {
    private static final List<Keeper> KEEPERS =
            IntStream.range(0, 3).mapToObj(Keeper::new).toList();
    private static final String ONE = "sk-client-one-key";
    private static final String TWO = "sk-client-two-key";
    private static final String KEYS = "keys: [{name: one, key: %s}, {name: two, key: %s}]".formatted(ONE, TWO);
    private static final Deployment GATEWAY = Deployment.start(Kind.LAUNCHER, gateway(), "-Xmx128m");

    @AfterAll
    static void stop() {
        GATEWAY.close();
        KEEPERS.forEach(keeper -> keeper.server().close());
    }

    @BeforeEach
    void restore() {
        KEEPERS.forEach(Keeper::restore);
    }

    private static Gateway gateway() {
        Gateway gateway = new Gateway().admin("token: secret");
        for (int index = 0; index < KEEPERS.size(); index++) {
            gateway.upstream(
                    "u" + index,
                    KEEPERS.get(index).server().url(),
                    "auth: {type: bearer, keys: [{key: upstream-key-a}, {key: upstream-key-b}]}");
        }
        return gateway.group("kept", "{name: u0}, {name: u1}, {name: u2}", "")
                .forward("kept", "kept", "")
                .forward("keyed", "kept", KEYS)
                .group("strict", "{name: u0}, {name: u1}, {name: u2}", "balance: {unknown_resources: refuse}")
                .forward("strict", "strict", KEYS);
    }

    private static OpenAIClient openai(String forward, String key) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(GATEWAY.forward(forward) + "/v1")
                .apiKey(key)
                .maxRetries(0)
                .timeout(Duration.ofSeconds(20))
                .build();
    }

    private static void reload() {
        assertThat(RawClient.exchange(
                                GATEWAY.admin("/admin/reload"), "POST", "Authorization: Bearer secret\r\n", new byte[0])
                        .status())
                .isEqualTo(200);
    }

    private static Answer ask(String method, String path, String body) {
        return RawClient.exchange(
                GATEWAY.forward("kept", path), method, "Content-Type: application/json\r\n", body.getBytes(UTF_8));
    }

    private static String upload(OpenAIClient client) {
        return client.files()
                .create(FileCreateParams.builder()
                        .purpose(FilePurpose.BATCH)
                        .file("{}".getBytes(UTF_8))
                        .build())
                .id();
    }

    private static ResponseCreateParams after(String previous) {
        ResponseCreateParams.Builder builder =
                ResponseCreateParams.builder().model("m").input("x");
        return previous.isEmpty()
                ? builder.build()
                : builder.previousResponseId(previous).build();
    }

    @Test
    void responsesAreChainedAlsoAcrossAReload() {
        OpenAIClient client = openai("kept", "any-key");
        for (int chain = 0; chain < 4; chain++) {
            String last = "";
            for (int turn = 0; turn < 4; turn++) {
                last = client.responses().create(after(last)).id();
            }
            try (StreamResponse<ResponseStreamEvent> stream = client.responses().createStreaming(after(last))) {
                last = stream.stream()
                        .filter(ResponseStreamEvent::isCreated)
                        .findFirst()
                        .orElseThrow()
                        .asCreated()
                        .response()
                        .id();
            }
            reload();
            last = client.responses().create(after(last)).id();
            assertThat(client.responses().retrieve(last).id()).isEqualTo(last);
        }
    }

    @Test
    void batchesFindTheirFilesAndClientsTheirBatches() {
        OpenAIClient client = openai("kept", "any-key");
        for (int turn = 0; turn < 6; turn++) {
            String file = upload(client);
            String batch = client.batches()
                    .create(BatchCreateParams.builder()
                            .inputFileId(file)
                            .endpoint(BatchCreateParams.Endpoint.V1_RESPONSES)
                            .completionWindow(BatchCreateParams.CompletionWindow._24H)
                            .build())
                    .id();
            String output = client.batches().retrieve(batch).outputFileId().orElseThrow();
            assertThat(client.files().retrieve(output).id()).isEqualTo(output);
            assertThat(client.batches().cancel(batch).id()).isEqualTo(batch);
            assertThat(client.files().retrieve(file).id()).isEqualTo(file);
        }
    }

    @Test
    void cachesAreUsedWhereTheyWereMade() {
        for (int turn = 0; turn < 6; turn++) {
            String made = ask("POST", "/v1beta/cachedContents", "{\"model\":\"models/m\"}")
                    .text();
            String name = made.replaceAll(".*\"name\":\"([^\"]+)\".*", "$1");
            assertThat(ask(
                                    "POST",
                                    "/v1beta/models/m:generateContent",
                                    "{\"contents\":[],\"cachedContent\":\"" + name + "\"}")
                            .status())
                    .isEqualTo(200);
            assertThat(ask("GET", "/v1beta/" + name, "").status()).isEqualTo(200);
        }
    }

    @Test
    void whatIsNotKnownIsLookedForAndFoundOrNot() {
        KEEPERS.get(1).keep("upstream-key-a", "cachedContents/early");
        assertThat(ask("GET", "/v1beta/cachedContents/early", "").status()).isEqualTo(200);
        for (int index = 0; index < KEEPERS.size(); index++) {
            Keeper keeper = KEEPERS.get(index);
            String path = "/v1/files/files-early" + index;
            keeper.keep("upstream-key-b", "files-early" + index);
            assertThat(ask("GET", path, "").status()).isEqualTo(200);
            keeper.restore();
            assertThat(ask("GET", path, "").status()).isEqualTo(200);
            assertThat(keeper.server().requests()).as("now it is known").hasSize(1);
        }

        assertThat(ask("GET", "/v1/files/files-forged", "").status()).isEqualTo(404);
        assertThat(ask("GET", "/v1/files/" + "f".repeat(300), "").status()).isEqualTo(404);

        KEEPERS.get(1).server().otherwise(Behaviour.status(503, "", "no"));
        Answer unsure = ask("GET", "/v1/files/files-forged", "");
        assertThat(unsure.status()).as("one of them could not say").isEqualTo(503);
    }

    @Test
    void pagesOfAListComeFromOneUpstream() {
        Set<String> answers = ConcurrentHashMap.newKeySet();
        for (int page = 0; page < 6; page++) {
            answers.add(ask("GET", "/v1/files", "").text());
        }
        assertThat(answers).hasSize(1);
    }

    @Test
    void whatAClientMadeIsNotThereForAnother() {
        OpenAIClient one = openai("keyed", ONE);
        OpenAIClient two = openai("keyed", TWO);
        String made = one.responses().create(after("")).id();

        assertThat(one.responses().retrieve(made).id()).isEqualTo(made);
        assertThatThrownBy(() -> two.responses().retrieve(made)).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> two.responses().create(after(made))).isInstanceOf(NotFoundException.class);
        assertThat(ask("GET", "/v1/responses/" + made, "").status())
                .as("a client without a key")
                .isEqualTo(404);
        assertThat(one.responses().create(after(made)).id()).isNotEqualTo(made);
    }

    /** Google's clients send keys in a header of their own, and Anthropic's clients in another. */
    @Test
    void inWhicheverHeaderAKeyIsSentWhatAnotherClientMadeIsNotThere() {
        String made = openai("keyed", ONE).responses().create(after("")).id();
        String file = upload(openai("keyed", ONE));

        for (String path : List.of("/v1/responses/" + made, "/v1/files/" + file, "/v1/files/" + file + "/content")) {
            for (String header : List.of("x-goog-api-key: ", "x-api-key: ", "api-key: ", "Authorization: Bearer ")) {
                Answer answer =
                        RawClient.exchange(GATEWAY.forward("keyed", path), "GET", header + TWO + "\r\n", new byte[0]);
                assertThat(answer.status()).as("%s with %s", path, header).isEqualTo(404);
            }
        }
    }

    private static Answer askAs(
            Deployment gateway, String forward, String key, String method, String path, String body) {
        return RawClient.exchange(
                gateway.forward(forward, path),
                method,
                "Authorization: Bearer " + key + "\r\nContent-Type: application/json\r\n",
                body.getBytes(UTF_8));
    }

    /** What a client has made, and what another one may try with it. */
    private record Made(String file, String response, String batch) {
        static Made by(Deployment gateway, String forward, String key) {
            String file = id(askAs(gateway, forward, key, "POST", "/v1/files", "{}"));
            return new Made(
                    file,
                    id(askAs(gateway, forward, key, "POST", "/v1/responses", "{}")),
                    id(askAs(gateway, forward, key, "POST", "/v1/batches", "{\"input_file_id\":\"" + file + "\"}")));
        }

        private static String id(Answer answer) {
            assertThat(answer.status()).isEqualTo(200);
            return answer.text().replaceAll(".*\"id\":\"([^\"]+)\".*", "$1");
        }

        /** Method, path and body of what changes or removes it. */
        List<List<String>> changes() {
            return List.of(
                    List.of("DELETE", "/v1/files/" + file, ""),
                    List.of("DELETE", "/v1/responses/" + response, ""),
                    List.of("POST", "/v1/responses/" + response + "/cancel", "{}"),
                    List.of("POST", "/v1/batches/" + batch + "/cancel", "{}"),
                    List.of("PUT", "/v1/files/" + file, "{}"));
        }

        List<List<String>> uses() {
            return List.of(
                    List.of("GET", "/v1/files/" + file + "/content", ""),
                    List.of("GET", "/v1/responses/" + response, ""),
                    List.of("POST", "/v1/responses", "{\"previous_response_id\":\"" + response + "\"}"),
                    List.of("POST", "/v1/batches", "{\"input_file_id\":\"" + file + "\"}"));
        }
    }

    private static void isRefused(Deployment gateway, String forward, String key, List<List<String>> requests) {
        for (List<String> request : requests) {
            Answer answer = askAs(gateway, forward, key, request.get(0), request.get(1), request.get(2));
            assertThat(answer.status()).as("%s", request).isEqualTo(404);
            assertThat(answer.header("X-LLMProxy-Error")).isEqualTo("resource_not_found");
            assertThat(answer.text()).as("as OpenAI says it").contains("\"code\":\"resource_not_found\"");
        }
    }

    private static void isServed(Deployment gateway, String forward, String key, List<List<String>> requests) {
        for (List<String> request : requests) {
            assertThat(askAs(gateway, forward, key, request.get(0), request.get(1), request.get(2))
                            .status())
                    .as("%s", request)
                    .isEqualTo(200);
        }
    }

    @Test
    void afterARestartAClientReadsAndUsesWhatItMadeAndNoneDestroysIt() {
        Deployment before = Deployment.start(Kind.LAUNCHER, gateway(), "-Xmx128m");
        Made made = Made.by(before, "keyed", ONE);
        Made strict = Made.by(before, "strict", ONE);
        Made open = Made.by(before, "kept", "no-key");
        try (before) {
            isServed(before, "keyed", ONE, made.uses());
            isServed(before, "strict", ONE, strict.uses());
            for (String forward : List.of("keyed", "strict")) {
                isRefused(before, forward, TWO, made.uses());
                isRefused(before, forward, TWO, made.changes());
            }
            isServed(before, "keyed", ONE, made.changes());
            isServed(before, "strict", ONE, strict.changes());
        }

        try (Deployment after = before.again("-Xmx128m")) {
            isRefused(after, "keyed", TWO, made.changes());
            isServed(after, "keyed", ONE, made.uses());
            isRefused(after, "keyed", TWO, made.changes());
            isRefused(after, "strict", TWO, made.uses());
            isRefused(after, "strict", TWO, made.changes());
            isRefused(after, "strict", ONE, strict.uses());
            isServed(after, "kept", "no-key", open.uses());
            isServed(after, "kept", "no-key", open.changes());
            assertThat(after.log()).containsOnlyOnce("names a resource that this gateway has not seen being made");
            Made again = Made.by(after, "strict", ONE);
            isServed(after, "strict", ONE, again.uses());
            isServed(after, "strict", ONE, again.changes());
            isRefused(after, "strict", TWO, again.uses());
        }
    }

    @Test
    void forgedAndEndlessIdentifiersAreFoundNowhereWithAnyMethod() {
        // It uses up the retry budget.
        try (Deployment own = Deployment.start(Kind.LAUNCHER, gateway(), "-Xmx128m")) {
            findsNoneOf(own, List.of("files-forged", "f".repeat(300), "f".repeat(2000), "..files", "files-1x%C3%A9"));
        }
    }

    private static void findsNoneOf(Deployment gateway, List<String> forged) {
        for (String id : forged) {
            for (String method : List.of("GET", "DELETE", "POST", "PUT", "PATCH")) {
                for (String forward : List.of("kept", "keyed", "strict")) {
                    for (String path : List.of("/v1/files/", "/v1//responses/")) {
                        String body = method.matches("P.*") ? "{}" : "";
                        Answer answer = askAs(gateway, forward, TWO, method, path + id, body);
                        assertThat(answer.status())
                                .as("%s %s%s on %s", method, path, id, forward)
                                .isIn(400, 404, 503);
                    }
                }
            }
        }
        for (String forward : List.of("keyed", "strict")) {
            KEEPERS.forEach(Keeper::restore);
            Answer answer = askAs(
                    gateway,
                    forward,
                    TWO,
                    "POST",
                    "/v1/responses",
                    "{\"previous_response_id\":\"" + "r".repeat(2000) + "\"}");
            assertThat(answer.status()).isIn(400, 404);
        }
    }

    /** Neither a compressed body nor one that only some can read is a way around that. */
    @Test
    void whatCannotBeReadIsRefusedWhereClientsAreKeptApart() {
        String made = Made.by(GATEWAY, "strict", ONE).response();
        KEEPERS.forEach(Keeper::restore);
        String named = "{\"x\":NaN,\"previous_response_id\":\"" + made + "\"}";
        assertThat(askAs(GATEWAY, "strict", TWO, "POST", "/v1/responses", named).status())
                .isEqualTo(400);
        Answer large = askAs(
                GATEWAY,
                "strict",
                TWO,
                "POST",
                "/v1/responses",
                "{\"x\":\"" + "x".repeat(9 << 20) + "\",\"previous_response_id\":\"" + made + "\"}");
        assertThat(large.status()).isEqualTo(400);
        assertThat(large.text()).contains("too large (replay_buffer)");
        KEEPERS.forEach(keeper -> assertThat(keeper.server().requests()).isEmpty());
    }

    @Test
    void whatTwoUpstreamsKeepCannotBeUsedTogether() {
        Set<String> upstreams = ConcurrentHashMap.newKeySet();
        StringBuilder content = new StringBuilder();
        for (int file = 0; file < 3; file++) {
            String id = ask("POST", "/v1/files", "{}").text().replaceAll(".*\"id\":\"([^\"]+)\".*", "$1");
            upstreams.add(id.replaceAll(".*-(\\d)x.*", "$1"));
            content.append(file == 0 ? "" : ",")
                    .append("{\"file_id\":\"")
                    .append(id)
                    .append("\"}");
        }
        assertThat(upstreams.size()).isGreaterThan(1);

        Answer answer = ask("POST", "/v1/responses", "{\"model\":\"m\",\"input\":[" + content + "]}");

        assertThat(answer.status()).isEqualTo(409);
        assertThat(answer.header("X-LLMProxy-Error")).isEqualTo("resources_apart");
    }
}
