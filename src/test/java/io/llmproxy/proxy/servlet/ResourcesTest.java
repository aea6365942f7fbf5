package io.llmproxy.proxy.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.auth.Credential;
import io.llmproxy.config.Secret;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.resource.ResourceHomes;
import io.llmproxy.resource.ResourceHomes.Kept;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Keeper;
import io.llmproxy.upstream.ResourceHome;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where requests go that name something that an upstream keeps. */
final class ResourcesTest {
    private static final String KEYS = "sk-client-one-key";
    private static final String OTHER = "sk-client-two-key";
    private static final String MEMBERS = "upstreams: [{name: a}, {name: b}], balance: {strategy: roundrobin%s}";

    private final Keeper a = new Keeper(0);
    private final Keeper b = new Keeper(1);
    private Entrance entrance = open("", "");

    private Entrance open(String forward, String balance) {
        String auth = "auth: {type: bearer, keys: [{key: upstream-key-a}, {key: upstream-key-b}]}";
        String upstreams = "{name: a, url: '%s', %s}, {name: b, url: '%s', %s}"
                .formatted(a.server().url(), auth, b.server().url(), auth);
        return new Entrance(forward, upstreams, MEMBERS.formatted(balance), new ExchangeListener() {});
    }

    @BeforeEach
    void restore() {
        List.of(a, b).forEach(Keeper::restore);
    }

    @AfterEach
    void stop() {
        entrance.close();
        a.server().close();
        b.server().close();
    }

    private void reopen(String forward, String balance) {
        entrance.close();
        entrance = open(forward, balance);
    }

    private FakeClient ask(FakeClient client) throws Exception {
        entrance.forward(client);
        return client.await();
    }

    private FakeClient get(String path) throws Exception {
        return ask(FakeClient.of("GET", path));
    }

    private FakeClient post(String path, String body) throws Exception {
        return ask(FakeClient.of("POST", path).sending(body.replace('\'', '"')));
    }

    private String made(String path, String body) throws Exception {
        FakeClient client = post(path, body);
        assertThat(client.status()).isEqualTo(200);
        return client.body().replaceAll("(?s).*?\"(?:id|name)\":\"([^\"]+)\".*", "$1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",'stream':true"})
    void aResponseIsContinuedWhereItWasMade(String stream) throws Exception {
        String last = made("/v1/responses", "{'input':'x'" + stream + "}");
        for (int turn = 0; turn < 5; turn++) {
            last = made("/v1/responses", "{'previous_response_id':'" + last + "'" + stream + "}");
        }
        assertThat(get("/v1/responses/" + last).status()).isEqualTo(200);
        assertThat(post("/v1/responses/" + last + "/cancel", "{}").status()).isEqualTo(200);
    }

    @Test
    void aFileIsUsedWhereItIs() throws Exception {
        for (int turn = 0; turn < 4; turn++) {
            String file = made("/v1/files", "{}");
            String batch = made("/v1/batches", "{'input_file_id':'" + file + "'}");
            assertThat(get("/v1/batches/" + batch).status()).isEqualTo(200);
            assertThat(get("/v1/files/files-" + batch).status())
                    .as("its output")
                    .isEqualTo(200);
            String chat =
                    "{'messages':[{'role':'user','content':[{'type':'file','file':{'file_id':'" + file + "'}}]}]}";
            assertThat(post("/v1/chat/completions", chat).status()).isEqualTo(200);
            assertThat(post("/v1/embeddings", "{'file_id':'" + file + "'}").status())
                    .as("such requests name no files: it goes anywhere")
                    .isIn(200, 400);
        }
    }

    @Test
    void whatIsNotKnownIsLookedForWithEachKeyOfEachUpstream() throws Exception {
        b.keep("upstream-key-b", "files-early");
        b.keep("upstream-key-a", "cachedContents/early");

        assertThat(get("/v1/files/files-early").status()).isEqualTo(200);
        assertThat(get("/v1beta/cachedContents/early").status()).isEqualTo(200);
        assertThat(get("/v1/files/files-forged").status()).isEqualTo(404);

        List.of(a, b).forEach(Keeper::restore);
        assertThat(get("/v1/files/files-early/content").status()).isEqualTo(200);
        assertThat(a.server().requests()).isEmpty();
        assertThat(b.server().requests()).as("now it is known").hasSize(1);
    }

    @Test
    void thatNoneHasItIsNotSaidUnlessAllWereAsked() throws Exception {
        b.server().otherwise(Behaviour.status(503, "", "no"));

        assertThat(get("/v1/files/files-forged").status()).isEqualTo(503);
    }

    @Test
    void whatIsKeptIsNotAskedForElsewhere() throws Exception {
        String file = made("/v1/files", "{}");
        Keeper keeper = file.contains("-0x") ? a : b;
        Keeper other = keeper == a ? b : a;
        other.restore();
        keeper.server().otherwise(Behaviour.status(503, "", "no"));

        assertThat(get("/v1/files/" + file).status()).isEqualTo(503);
        assertThat(other.server().requests()).isEmpty();
    }

    @Test
    void whatAnotherClientMadeIsNotThere() throws Exception {
        reopen("keys: [{name: one, key: %s}, {name: two, key: %s}]".formatted(KEYS, OTHER), "");
        FakeClient maker =
                ask(FakeClient.of("POST", "/v1/responses").sending("{}").with("Authorization", "Bearer " + KEYS));
        String made = maker.body().replaceAll("(?s).*?\"id\":\"([^\"]+)\".*", "$1");

        FakeClient stranger =
                ask(FakeClient.of("GET", "/v1/responses/" + made).with("Authorization", "Bearer " + OTHER));
        FakeClient user = ask(FakeClient.of("GET", "/v1/responses/" + made).with("Authorization", "Bearer " + KEYS));

        assertThat(stranger.status()).isEqualTo(404);
        assertThat(stranger.header("X-LLMProxy-Error")).isEqualTo("resource_not_found");
        assertThat(user.status()).isEqualTo(200);
    }

    @Test
    void thingsOfTwoUpstreamsCannotBeUsedTogether() throws Exception {
        StringBuilder ids = new StringBuilder();
        for (int file = 0; file < 2; file++) {
            ids.append(file == 0 ? "" : "','").append(made("/v1/files", "{}"));
        }

        FakeClient client = post("/v1/vector_stores", "{'file_ids':['" + ids + "']}");

        assertThat(client.status()).isEqualTo(409);
        assertThat(client.header("X-LLMProxy-Error")).isEqualTo("resources_apart");
    }

    @Test
    void aListComesFromTheFirstUpstream() throws Exception {
        for (int page = 0; page < 3; page++) {
            assertThat(get("/v1/files?limit=1").body()).contains("\"from\":0");
        }
    }

    /** Another node, which answers when it is told to. */
    private static final class Other implements ResourceHomes.Others<ResourceHome> {
        private final BlockingQueue<List<String>> asked = new LinkedBlockingQueue<>();
        private final CompletableFuture<Boolean> answer = new CompletableFuture<>();
        private boolean away;

        @Override
        public void tell(String id, Kept<ResourceHome> kept) {}

        @Override
        public @Nullable CompletableFuture<Boolean> ask(List<String> ids) {
            if (away) {
                return null;
            }
            asked.add(ids);
            return answer;
        }

        @Override
        public boolean isAway() {
            return away;
        }
    }

    private Other join() {
        Other other = new Other();
        entrance.resources().share(other);
        return other;
    }

    private static Kept<ResourceHome> at(String upstream, String key, @Nullable String owner) {
        Credential shown = new Credential.Header("Authorization", new Secret("Bearer " + key));
        return new Kept<>(new ResourceHome(upstream, shown), owner);
    }

    @Test
    void whatAnotherNodeHasMadeIsAskedForWhereItIs() throws Exception {
        Other other = join();
        b.keep("upstream-key-b", "responses-far");
        FakeClient client =
                FakeClient.of("POST", "/v1/responses").sending("{\"previous_response_id\":\"responses-far\"}");
        entrance.forward(client);
        assertThat(other.asked.take()).containsExactly("responses-far");
        assertThat(a.server().requests()).isEmpty();
        assertThat(b.server().requests()).isEmpty();

        entrance.resources().hear("responses-far", at("b", "upstream-key-b", null));
        other.answer.complete(true);
        assertThat(client.await().status()).isEqualTo(200);
        assertThat(a.server().requests()).isEmpty();

        assertThat(get("/v1/responses/responses-far").status()).isEqualTo(200);
        assertThat(other.asked).as("it is known").isEmpty();
        assertThat(a.server().requests()).isEmpty();
    }

    @Test
    void whatAnotherNodeSaysBelongsToAnotherClientIsNotThere() throws Exception {
        Other other = join();
        b.keep("upstream-key-b", "responses-far");
        entrance.resources().hear("responses-far", at("b", "upstream-key-b", "another client"));
        other.answer.complete(true);

        FakeClient client = get("/v1/responses/responses-far");

        assertThat(client.status()).isEqualTo(404);
        assertThat(client.header("X-LLMProxy-Error")).isEqualTo("resource_not_found");
    }

    @Test
    void aRequestGoesOnWithoutAnAnswerAndALateOneDoesNothing() throws Exception {
        Other other = join();
        a.keep("upstream-key-a", "files-early");
        FakeClient client = FakeClient.of("GET", "/v1/files/files-early");
        entrance.forward(client);
        assertThat(other.asked.take()).containsExactly("files-early", "files/files-early");
        entrance.after(Duration.ofMillis(1001));

        assertThat(client.await().status()).as("it was looked for").isEqualTo(200);
        int asked = a.server().requests().size();
        other.answer.complete(true);
        assertThat(a.server().requests()).hasSize(asked);
    }

    @Test
    void whoLeavesMeanwhileIsNotServed() throws Exception {
        Other other = join();
        FakeClient client = FakeClient.of("GET", "/v1/files/files-early");
        entrance.forward(client);
        other.asked.take();
        assertThat(entrance.drain()).isEqualTo(1);
        assertThat(client.await().status()).isEqualTo(503);

        other.answer.complete(true);
        assertThat(a.server().requests()).isEmpty();
        assertThat(b.server().requests()).isEmpty();
    }

    @Test
    void whatNamesNothingAsksNoOtherNode() throws Exception {
        Other other = join();
        for (String body : List.of("{'input':'the file_id of it'}", "{'messages':[{'content':'file_ids'}]}")) {
            for (String path : List.of("/v1/responses", "/v1/chat/completions", "/v1/files")) {
                assertThat(post(path, body).status()).isEqualTo(200);
            }
        }
        assertThat(get("/v1/files").status()).isEqualTo(200);
        assertThat(other.asked).isEmpty();

        FakeClient chat = FakeClient.of("POST", "/v1/chat/completions")
                .sending("{\"messages\":[{\"content\":[{\"file\":{\"file_id\":\"files-x\"}}]}]}");
        entrance.forward(chat);
        assertThat(other.asked.take()).containsExactly("files-x");
        other.answer.complete(true);
        chat.await();
    }

    @Test
    void moreThanCanBeAskedForIsRefused() throws Exception {
        Other other = join();
        String ids = IntStream.range(0, 2001).mapToObj(i -> "file-" + i).collect(Collectors.joining("','"));

        FakeClient client = post("/v1/vector_stores", "{'file_ids':['" + ids + "']}");

        assertThat(client.status()).isEqualTo(400);
        assertThat(client.body()).contains("too many resources");
        assertThat(other.asked).isEmpty();
    }

    @Test
    void whatIsNamedOftenIsAskedForOnce() throws Exception {
        Other other = join();
        other.answer.complete(true);

        post("/v1/vector_stores", "{'file_ids':['" + "file','".repeat(2001) + "file']}");

        assertThat(other.asked).containsExactly(List.of("file"));
    }

    @Test
    void whatThereWasNoTimeToAskForMayBeAnotherClients() throws Exception {
        reopen("keys: [{name: one, key: %s}]".formatted(KEYS), "");
        Other other = join();
        other.answer.complete(false);
        a.keep("upstream-key-a", "files-early");

        FakeClient client = ask(FakeClient.of("GET", "/v1/files/files-early").with("Authorization", "Bearer " + KEYS));

        assertThat(client.status()).isEqualTo(503);
        assertThat(client.header("X-LLMProxy-Error")).isEqualTo("resources_unavailable");
        assertThat(client.header("Retry-After")).isEqualTo("1");
        assertThat(a.server().requests()).isEmpty();
        assertThat(b.server().requests()).isEmpty();
    }

    @Test
    void withoutKeysNothingHasAnOwner() throws Exception {
        Other other = join();
        other.answer.complete(false);
        a.keep("upstream-key-a", "files-early");

        assertThat(get("/v1/files/files-early").status()).isEqualTo(200);
    }

    @Test
    void whatIsAnotherClientsIsNotThereAlsoIfItsUpstreamIsNotKnown() throws Exception {
        reopen("keys: [{name: one, key: %s}]".formatted(KEYS), "");
        a.keep("upstream-key-a", "files-far");
        entrance.resources().hear("files-far", at("elsewhere", "upstream-key-a", "another client"));
        entrance.resources().hear("files-open", at("elsewhere", "upstream-key-a", null));
        a.keep("upstream-key-a", "files-open");

        FakeClient client = ask(FakeClient.of("GET", "/v1/files/files-far").with("Authorization", "Bearer " + KEYS));
        assertThat(client.status()).isEqualTo(404);
        assertThat(client.header("X-LLMProxy-Error")).isEqualTo("resource_not_found");
        assertThat(a.server().requests()).isEmpty();
        FakeClient open = ask(FakeClient.of("GET", "/v1/files/files-open").with("Authorization", "Bearer " + KEYS));
        assertThat(open.status()).isEqualTo(200);
    }

    private FakeClient ask(String method, String path, String key, String body) throws Exception {
        FakeClient client = FakeClient.of(method, path).with("Authorization", "Bearer " + key);
        return ask(body.isEmpty() ? client : client.sending(body.replace('\'', '"')));
    }

    private void refused(FakeClient client, String saying) {
        assertThat(client.status()).as(client.body()).isEqualTo(404);
        assertThat(client.header("X-LLMProxy-Error")).isEqualTo("resource_not_found");
        assertThat(client.body()).contains(saying);
        assertThat(a.server().requests()).isEmpty();
        assertThat(b.server().requests()).isEmpty();
    }

    private static final String TWO_KEYS = "keys: [{name: one, key: %s}, {name: two, key: %s}]".formatted(KEYS, OTHER);

    /** Each of them names something that both upstreams must be asked for. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DELETE | /v1/files/files-early | files-early | ",
                "DELETE | /v1/responses/responses-early | responses-early | ",
                "POST | /v1/responses/responses-early/cancel | responses-early | {}",
                "POST | /v1/batches/batches-early/cancel | batches-early | {}",
                "PATCH | /v1beta/cachedContents/early | cachedContents/early | {}",
                "POST | /v1/responses | responses-early | {'previous_response_id':'responses-early'}",
                "POST | /v1/batches | files-early | {'input_file_id':'files-early'}",
                "POST | /v1beta/models/m:generateContent | cachedContents/early | {'cachedContent':'cachedContents/early'}",
            })
    void whatIsNotKnownIsLookedForWithAllMethods(String method, String path, String id, String body) throws Exception {
        for (Keeper keeper : List.of(a, b)) {
            for (String key : List.of("upstream-key-a", "upstream-key-b")) {
                reopen("", "");
                made("/v1/files", "{}");
                keeper.keep(key, id);
                FakeClient client = ask(method, path, "no-key", body == null ? "" : body);
                assertThat(client.status()).as(client.body()).isEqualTo(200);
                keeper.lose(key, id);
            }
        }
    }

    @Test
    void aRequestThatIsNotGoodAnywhereGetsTheUpstreamsAnswer() throws Exception {
        FakeClient unknown = post("/v1/responses", "{'previous_response_id':'responses-forged'}");
        assertThat(unknown.status()).isEqualTo(400);
        assertThat(unknown.body()).contains("responses-forged is not known");
        assertThat(a.server().requests().size() + b.server().requests().size()).isEqualTo(4);
        assertThat(ask("DELETE", "/v1/files/files-forged", "no-key", "").status())
                .isEqualTo(404);

        List.of(a, b).forEach(keeper -> {
            keeper.restore();
            keeper.server().otherwise(Behaviour.status(400, "", "bad"));
        });
        assertThat(post("/v1/responses", "{'input':7}").status()).isEqualTo(400);
        assertThat(a.server().requests().size() + b.server().requests().size())
                .as("nothing is looked for")
                .isEqualTo(1);
    }

    @Test
    void ofAnUnavailableUpstreamNothingIsSaid() throws Exception {
        b.server().otherwise(Behaviour.status(503, "", "no"));

        assertThat(ask("DELETE", "/v1/files/files-forged", "no-key", "").status())
                .isEqualTo(503);
    }

    /** After a restart it is not known which client made it. */
    @ParameterizedTest
    @CsvSource({
        "DELETE, /v1/files/files-early",
        "DELETE, /v1//files/files-early",
        "DELETE, /v1/responses/responses-early",
        "POST, /v1/responses/responses-early/cancel",
        "POST, /v1/files/files-early",
        "POST, /v1/files/files-early/search",
        "DELETE, /v1/vector_stores/vector_stores-early/search",
        "POST, /v1/vector_stores/vector_stores-early/files/search",
    })
    void whatMayBeAnotherClientsIsReadButNotChanged(String method, String path) throws Exception {
        reopen(TWO_KEYS, "");
        String id = path.replaceAll(".*/(\\w+-early).*", "$1");
        a.keep("upstream-key-a", id);
        refused(ask(method, path, KEYS, "{}"), "can be read, but not changed");

        assertThat(ask("GET", "/v1/" + id.replaceAll("-.*", "") + "/" + id, OTHER, "")
                        .status())
                .isEqualTo(path.contains("beta") ? 404 : 200);
        List.of(a, b).forEach(Keeper::restore);
        refused(ask(method, path, KEYS, "{}"), "can be read, but not changed");
    }

    @Test
    void toNameWhatIsAnothersIsNotToMakeIt() throws Exception {
        reopen(TWO_KEYS, "");
        List.of(a, b)
                .forEach(keeper -> keeper.server()
                        .on("/v1/vector_stores", Behaviour.json("{\"id\":\"vs_1\",\"name\":\"files/files-early\"}"))
                        .on("/v1/vector_stores/vs_1/files", Behaviour.json("{\"id\":\"files-early\"}"))
                        .on("/v1/vector_stores/vs_1/files/files-early", Behaviour.json("{\"id\":\"files-early\"}"))
                        .on("/v1/responses", Behaviour.json("{\"id\":\"resp_1\",\"conversation\":{\"id\":\"conv_1\"}}"))
                        .on(
                                "/v1/responses/resp_1",
                                Behaviour.json("{\"id\":\"resp_1\",\"conversation\":{\"id\":\"conv_2\"}}")));

        assertThat(ask("POST", "/v1/vector_stores", KEYS, "{}").status()).isEqualTo(200);
        assertThat(ask("POST", "/v1/vector_stores/vs_1/files", KEYS, "{'file_id':'files-early'}")
                        .status())
                .isEqualTo(200);
        assertThat(ask("GET", "/v1/vector_stores/vs_1/files/files-early", KEYS, "")
                        .status())
                .isEqualTo(200);
        assertThat(ask("POST", "/v1/responses", KEYS, "{'conversation':'conv_1'}")
                        .status())
                .isEqualTo(200);
        assertThat(ask("GET", "/v1/responses/resp_1", KEYS, "").status()).isEqualTo(200);

        List.of(a, b).forEach(Keeper::restore);
        refused(ask("DELETE", "/v1/files/files-early", KEYS, ""), "can be read, but not changed");
        refused(ask("DELETE", "/v1/conversations/conv_1", KEYS, ""), "can be read, but not changed");
        refused(ask("DELETE", "/v1/conversations/conv_2", KEYS, ""), "can be read, but not changed");
    }

    @Test
    void whatTheGatewayNeverHearsOfIsLeftToTheUpstream() throws Exception {
        reopen(TWO_KEYS, "");
        a.keep("upstream-key-a", "early");
        assertThat(ask("DELETE", "/v1beta/files/early", KEYS, "").status()).isEqualTo(200);
        a.server().on("/v1/chat/completions/chat_1", Behaviour.json("{}"));
        b.server().on("/v1/chat/completions/chat_1", Behaviour.json("{}"));
        assertThat(ask("DELETE", "/v1/chat/completions/chat_1", KEYS, "").status())
                .isEqualTo(200);
    }

    @Test
    void whatAnotherClientMadeIsNotCompacted() throws Exception {
        reopen(TWO_KEYS, "");
        String made = ask("POST", "/v1/responses", KEYS, "{}").body().replaceAll("(?s).*?\"id\":\"([^\"]+)\".*", "$1");
        List.of(a, b).forEach(Keeper::restore);

        refused(
                ask("POST", "/v1/responses/compact", OTHER, "{'previous_response_id':'" + made + "'}"),
                "another client");
    }

    @Test
    void whileOtherNodesCannotBeAskedNothingIsSaidToBeGone() throws Exception {
        reopen(TWO_KEYS, "");
        join().away = true;

        FakeClient client = ask("DELETE", "/v1/files/files-early", KEYS, "");

        assertThat(client.status()).isEqualTo(503);
        assertThat(client.header("X-LLMProxy-Error")).isEqualTo("resources_unavailable");
    }

    @Test
    void toSearchIsToRead() throws Exception {
        reopen(TWO_KEYS, "");
        b.keep("upstream-key-b", "vector_stores-early");
        String store = "/v1/vector_stores/vector_stores-early";
        assertThat(ask("POST", store + "/search", KEYS, "{}").status()).isEqualTo(200);
        List.of(a, b).forEach(Keeper::restore);
        refused(ask("POST", store, KEYS, "{}"), "can be read, but not changed");
    }

    @Test
    void whatIsDerivedFromWhatMayBeAnotherClientsMayBeAnotherClients() throws Exception {
        reopen(TWO_KEYS, "");
        a.keep("upstream-key-a", "batches-early");
        assertThat(ask("GET", "/v1/batches/batches-early", OTHER, "").body()).contains("files-batches-early");
        assertThat(ask("GET", "/v1/files/files-batches-early", KEYS, "").status())
                .isEqualTo(200);
        List.of(a, b).forEach(Keeper::restore);
        refused(ask("DELETE", "/v1/files/files-batches-early", OTHER, ""), "can be read");
    }

    @Test
    void whatOthersKnowOfWhatWasFoundCounts() throws Exception {
        reopen(TWO_KEYS, "");
        a.keep("upstream-key-a", "files-early");
        assertThat(ask("GET", "/v1/files/files-early", OTHER, "").status()).isEqualTo(200);

        Other other = join();
        entrance.resources().hear("files-early", at("a", "upstream-key-a", "another client"));
        other.answer.complete(true);
        List.of(a, b).forEach(Keeper::restore);
        refused(ask("GET", "/v1/files/files-early", OTHER, ""), "another client");
    }

    @Test
    void withPassTheUpstreamJudges() throws Exception {
        reopen(TWO_KEYS, ", unknown_resources: pass");
        List.of(a, b)
                .forEach(keeper -> List.of("a", "b").forEach(key -> keeper.keep("upstream-key-" + key, "files-early")));
        assertThat(ask("DELETE", "/v1/files/files-early", OTHER, "").status()).isEqualTo(200);
        List.of(a, b).forEach(Keeper::restore);
        assertThat(ask("POST", "/v1/responses", OTHER, "{'previous_response_id':'forged'}")
                        .status())
                .isEqualTo(400);
        assertThat(a.server().requests().size() + b.server().requests().size()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET | /v1/files/files-early | ",
                "HEAD | /v1/files/files-early | ",
                "GET | /v1/files/files-early/content | ",
                "DELETE | /v1/files/files-early | ",
                "POST | /v1/responses/files-early/cancel | {}",
                "POST | /v1/responses | {'previous_response_id':'files-early'}",
                "POST | /v1/chat/completions | {'messages':[{'content':[{'file':{'file_id':'files-early'}}]}]}",
                "POST | /v1/vector_stores | {'file_ids':['files-early']}",
                "POST | /v1beta/models/m:generateContent | {'cachedContent':'cachedContents/early'}",
                "GET | /v1/files/LONG | ",
                "DELETE | /v1/files/LONG | ",
                "PUT | /v1/files/LONG | {}",
                "POST | /v1/responses | {'previous_response_id':'LONG'}",
                "POST | /v1/responses | {'previous_response_id':'LONGLONGLONGLONG'}",
            })
    void withRefuseWhatIsNotKnownIsRefused(String method, String path, String body) throws Exception {
        reopen(TWO_KEYS, ", unknown_resources: refuse");
        a.keep("upstream-key-a", "files-early");
        String tooLong = "f".repeat(600);

        FakeClient client =
                ask(method, path.replace("LONG", tooLong), OTHER, body == null ? "" : body.replace("LONG", tooLong));

        assertThat(client.status()).isEqualTo(404);
        assertThat(client.header("X-LLMProxy-Error")).isEqualTo("resource_not_found");
        assertThat(a.server().requests()).isEmpty();
        assertThat(b.server().requests()).isEmpty();
    }

    @Test
    void withRefuseWhatIsKnownIsServed() throws Exception {
        reopen("", ", unknown_resources: refuse");
        String response = made("/v1/responses", "{'input':'x'}");
        assertThat(post("/v1/responses", "{'previous_response_id':'" + response + "'}")
                        .status())
                .isEqualTo(200);
        assertThat(get("/v1/responses/" + response).status()).isEqualTo(200);
        assertThat(get("/v1/files").status()).isEqualTo(200);
        String video =
                "{'contents':[{'parts':[{'fileData':{'fileUri':'https://example.com/watch?v=1'}},{'functionCall':{'args':{'file_name':'x.txt'}}}]}]}";
        assertThat(post("/v1beta/models/m:generateContent", video).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{'x':NaN,'previous_response_id':'files-early'}", "{'previous_response_id':'files-early'} x"})
    void withRefuseABodyHasToBeLegible(String body) throws Exception {
        reopen(TWO_KEYS, ", unknown_resources: refuse");

        FakeClient client = ask("POST", "/v1/responses", OTHER, body);

        assertThat(client.status()).isEqualTo(400);
        assertThat(client.body()).contains("cannot read whether the body names resources");
        assertThat(a.server().requests()).isEmpty();
        assertThat(b.server().requests()).isEmpty();
    }

    /** In a group of one upstream and one key nothing can go astray; clients are kept apart there only if that is wanted. */
    @ParameterizedTest
    @CsvSource({"search, 200, 200", "refuse, 404, 404"})
    void ofOneUpstreamItIsTheOperatorWhoSays(String unknown, int foreign, int early) throws Exception {
        entrance.close();
        String upstream = "{name: a, url: '%s', auth: {type: bearer, token: upstream-key-a}}"
                .formatted(a.server().url());
        entrance = new Entrance(
                TWO_KEYS,
                upstream,
                "upstreams: [{name: a}], balance: {unknown_resources: %s}".formatted(unknown),
                new ExchangeListener() {});
        a.keep("upstream-key-a", "files-early");
        String made = ask("POST", "/v1/files", KEYS, "{}").body().replaceAll("(?s).*?\"id\":\"([^\"]+)\".*", "$1");

        assertThat(ask("DELETE", "/v1/files/" + made, OTHER, "").status()).isEqualTo(foreign);
        assertThat(ask("DELETE", "/v1/files/files-early", OTHER, "").status()).isEqualTo(early);
        assertThat(ask("DELETE", "/v1/files/" + made, KEYS, "").status()).isEqualTo(200);
    }

    @Test
    void nothingOfThisIsDoneIfItIsSwitchedOff() throws Exception {
        reopen("", ", resources: false");
        String file = made("/v1/files", "{}");
        int found = 0;
        for (int turn = 0; turn < 4; turn++) {
            found += get("/v1/files/" + file).status() == 200 ? 1 : 0;
        }
        assertThat(found).isEqualTo(1);
    }
}
