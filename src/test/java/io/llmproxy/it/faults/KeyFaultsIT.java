package io.llmproxy.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.Head;
import io.llmproxy.testing.LockStep;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Clients whose key opens nothing or not enough, and those who try to come in without one, or by that of another. */
class KeyFaultsIT {
    private static final String FORWARD = "keyed";
    private static final String GOOD = FaultWorld.SECRET + "good";
    private static final String LEAVING = FaultWorld.SECRET + "leaving";
    private static final List<String> APIS = List.of(Scene.CHAT, Scene.MESSAGES, Scene.GENERATE);
    private static final List<String> KEY_HEADERS = List.of("Authorization", "x-api-key", "x-goog-api-key", "api-key");
    private static final int QUERY = KEY_HEADERS.size();
    private static final int PLACES = QUERY + 1;

    private final FaultWorld world = FaultWorld.fresh();

    private static String header(int place, String key) {
        return place == QUERY ? "" : KEY_HEADERS.get(place) + ": " + (place == 0 ? "Bearer " : "") + key + "\r\n";
    }

    private static String query(int place, String key) {
        return place == QUERY ? "?key=" + key : "";
    }

    private static String bearer(String key) {
        return header(0, key);
    }

    private static Answer show(Scene scene, int place, String key) {
        return scene.ask(Scene.CHAT + query(place, key), header(place, key));
    }

    private static void assertUnknown(Answer answer) {
        Scene.assertOurs(answer, 401, "invalid_api_key");
        assertThat(answer.header("WWW-Authenticate")).isEqualTo("Bearer");
    }

    @Fault("C15")
    void aKeyThatIsWrongOrMissing(Kind kind) {
        Scene scene = world.scene(kind, FORWARD, "one");
        List<String> keys = List.of("wrong", "off", "old", "good,", "GOOD", "goo");
        for (String api : APIS) {
            assertUnknown(scene.ask(api));
            keys.forEach(key -> assertUnknown(scene.ask(api, bearer(FaultWorld.SECRET + key))));
        }

        int refused = APIS.size() * (keys.size() + 1);
        scene.assertCalls(0, 0);
        scene.assertBreaker("a", 0, 0);
        scene.assertClientErrors("invalid_api_key", 401, refused);
        scene.assertCounted(refused, "llmproxy_auth_failures_total", "forward=\"keyed\"");
        scene.assertCounted(APIS.size(), "llmproxy_auth_failures_total", "forward=\"keyed\"", "reason=\"missing\"");
        scene.assertCounted(APIS.size(), "llmproxy_auth_failures_total", "forward=\"keyed\"", "reason=\"disabled\"");
        scene.assertCounted(APIS.size(), "llmproxy_auth_failures_total", "forward=\"keyed\"", "reason=\"expired\"");
    }

    @Fault("C15")
    void aKeyThatIsTakenAway(Kind kind) throws IOException {
        Deployment deployment = world.deployment(kind);
        String good = Files.readString(deployment.config());
        String key = "{name: leaving, key: " + LEAVING + "}";
        List<String> ways = List.of(
                good.replace(LEAVING, FaultWorld.SECRET + "another"),
                good.replace(key, key.replace("}", ", enabled: false}")),
                good.replace(key, key.replace("}", ", expires: 2024-01-01}")));
        for (String without : ways) {
            assertThat(without).isNotEqualTo(good);
            LockStep steps = new LockStep();
            Scene scene = world.scene(kind, FORWARD, "patient").first(Behaviour.lockStep(steps, Scene.WHOLE));
            URI uri = scene.uri(Scene.CHAT);
            try (RawClient streaming = RawClient.connect(uri)
                    .send("POST", RawClient.target(uri), Scene.JSON + bearer(LEAVING), Scene.STREAM)) {
                assertThat(streaming.head().status()).isEqualTo(200);
                assertThat(streaming.event().text() + "\n\n").isEqualTo(Scene.WHOLE.get(0));

                assertThat(FaultWorld.reload(deployment, without).status()).isEqualTo(200);
                long reloaded = System.nanoTime();
                for (int place = 0; place < PLACES; place++) {
                    assertUnknown(show(scene, place, LEAVING));
                }
                assertThat(Duration.ofNanos(System.nanoTime() - reloaded))
                        .isLessThan(FaultWorld.unlessBusy(Duration.ofSeconds(1)));
                assertThat(world.scene(kind, FORWARD, "one")
                                .ask(Scene.CHAT, bearer(GOOD))
                                .status())
                        .isEqualTo(200);

                steps.finish();
                Answer rest = streaming.answer();
                assertThat(rest.whole()).isTrue();
                assertThat(rest.text()).endsWith(Scene.STOP + Scene.DONE);
                scene.assertCalls(1, 0);
            } finally {
                FaultWorld.reload(deployment, good);
            }
        }
        assertThat(world.scene(kind, FORWARD, "one")
                        .ask(Scene.CHAT, bearer(LEAVING))
                        .status())
                .isEqualTo(200);
    }

    @Fault("C15")
    void aKeyThatAsksTooOften(Kind kind) {
        Scene scene = world.scene(kind, FORWARD, "one");
        String often = bearer(FaultWorld.SECRET + "often");
        List<Answer> answers = IntStream.range(0, 10)
                .mapToObj(i -> scene.ask(APIS.get(i % 3), often))
                .toList();

        List<Answer> refused =
                answers.stream().filter(answer -> answer.status() != 200).toList();
        assertThat(refused).isNotEmpty().allSatisfy(answer -> {
            Scene.assertOurs(answer, 429, "key_rate_limit_exceeded");
            assertThat(answer.header("Retry-After")).isEqualTo("1");
            assertThat(answer.header("x-ratelimit-limit-requests")).isEqualTo("2");
            assertThat(answer.header("x-ratelimit-remaining-requests")).isEqualTo("0");
        });
        assertThat(scene.ask(Scene.CHAT, bearer(GOOD)).status()).isEqualTo(200);
        scene.assertCalls(answers.size() - refused.size() + 1, 0);
        scene.assertBreaker("a", answers.size() - refused.size() + 1, 0);
        scene.assertClientErrors("key_rate_limit_exceeded", 429, refused.size());
    }

    /** Repeats the request's head in its own and in the body. */
    private static Behaviour repeatsTheHead(int status) {
        return new Behaviour("repeats the head", conversation -> {
            Head head = conversation.request().head();
            String repeated = head.fields().stream()
                    .map(field -> "X-Got-" + field.name() + ": " + field.value() + "\r\n")
                    .collect(Collectors.joining());
            String cookie = "Set-Cookie: target=" + head.target() + "\r\n";
            Behaviour.status(status, repeated + cookie, head.toString())
                    .script()
                    .play(conversation);
        });
    }

    @Fault("S4")
    void aKeyInEveryPlaceAtOnce(Kind kind) {
        String everywhere = IntStream.range(0, PLACES)
                .mapToObj(place -> header(place, GOOD))
                .collect(Collectors.joining());
        for (int status : new int[] {200, 400, 500}) {
            for (String group : List.of("own-key-alone", "one")) {
                Scene scene = world.scene(kind, FORWARD, group).first(repeatsTheHead(status));

                Answer answer = scene.ask(Scene.CHAT + "?a=b&key=" + GOOD + "&%6bey=" + GOOD, everywhere);

                assertThat(answer.status()).isEqualTo(status);
                assertThat(answer.toString()).contains("X-Got-Host", "?a=b").doesNotContain(FaultWorld.SECRET);
                Head sent = scene.requests(world.first).get(0).head();
                assertThat(sent.toString()).doesNotContain(FaultWorld.SECRET);
                assertThat(sent.target()).endsWith(Scene.CHAT + "?a=b");
                List<String> own = group.equals("one") ? List.of() : List.of("Bearer our-own-key");
                assertThat(sent.values("Authorization")).isEqualTo(own);
                assertThat(KEY_HEADERS.subList(1, QUERY)).noneMatch(sent::has);
            }
        }
    }

    @Fault("S5")
    void differentKeysAtOnce(Kind kind) {
        Scene scene = world.scene(kind, FORWARD, "one");
        for (int place = 0; place < PLACES; place++) {
            for (int other = 0; other < PLACES; other++) {
                if (place != other) {
                    String second = FaultWorld.SECRET + "confined";
                    String query = query(place, GOOD) + query(other, second);
                    assertUnknown(scene.ask(Scene.CHAT + query, header(place, GOOD) + header(other, second)));
                }
            }
        }
        scene.assertCalls(0, 0);
        scene.assertCounted(
                PLACES * (PLACES - 1), "llmproxy_auth_failures_total", "forward=\"keyed\"", "reason=\"conflicting\"");
    }

    @Fault("S5")
    void theSameLimitsInEveryPlace(Kind kind) {
        Scene scene = world.scene(kind, FORWARD, "one");
        long start = System.nanoTime();
        int served = 0;
        for (int i = 0; i < 3 * PLACES; i++) {
            Answer answer = show(scene, i % PLACES, FaultWorld.SECRET + "shared");
            assertThat(answer.status()).isIn(200, 429);
            served += answer.status() == 200 ? 1 : 0;
            Scene.assertOurs(show(scene, i % PLACES, FaultWorld.SECRET + "confined"), 403, "model_not_allowed");
        }
        long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds();

        assertThat(served).isBetween(2, 3 + (int) seconds);
        scene.assertCalls(served, 0);
    }

    @Fault("S6")
    void whatIsNoKey(Kind kind) {
        Scene scene = world.scene(kind, FORWARD, "one");
        int written = scene.deployment().log().length();
        String emoji = new String("\uD83D\uDD11".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        for (String key : List.of("' OR '1'='1", "%00", emoji, "\"; DROP TABLE keys; --", "k".repeat(8000))) {
            for (int place = 0; place < QUERY; place++) {
                assertUnknown(show(scene, place, key));
            }
        }
        for (String key : List.of("%27%20OR%20%271%27=%271", "%00", "%F0%9F%94%91", "%", "k".repeat(8000))) {
            String head = "GET " + scene.uri(Scene.CHAT).getPath() + "?key=" + key + " HTTP/1.1\r\nHost: a\r\n\r\n";
            assertRefused(RawClient.exchange(scene.deployment().forward(FORWARD), head), 400, 401);
        }
        for (int place = 0; place < PLACES; place++) {
            assertRefused(tooLong(scene, place), 400, 414, 431);
        }
        for (String key : List.of("\0", "a\0b")) {
            for (int place = 0; place < QUERY; place++) {
                assertRefused(show(scene, place, FaultWorld.SECRET + key), 400, 401);
            }
        }
        scene.assertCalls(0, 0);
        scene.assertBreaker("a", 0, 0);
        // A container has a trace of its own for the first head that it cannot read.
        assertThat(scene.deployment().log().substring(written))
                .doesNotContain("\tat io.llmproxy")
                .doesNotContain("DROP TABLE");
    }

    private static void assertRefused(Answer answer, Integer... statuses) {
        assertThat(answer.status()).as(answer.toString()).isIn((Object[]) statuses);
        assertThat(answer.toString())
                .doesNotContain("Exception")
                .doesNotContain("\tat ")
                .doesNotContain(FaultWorld.SECRET);
    }

    private static Answer tooLong(Scene scene, int place) {
        String key = "k".repeat(1 << 16);
        String target = scene.uri(Scene.CHAT).getPath() + query(place, key);
        try (RawClient client = RawClient.connect(scene.deployment().forward(FORWARD))) {
            return client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n" + header(place, key) + "\r\n")
                    .endOutput()
                    .answer();
        }
    }

    @Fault("S10")
    void anEmptySecret(Kind kind) throws IOException {
        Scene scene = world.scene(kind, FORWARD, "one");
        Deployment deployment = scene.deployment();
        for (int place = 0; place < PLACES; place++) {
            for (String empty : List.of("", place == QUERY ? "&key" : " ")) {
                assertUnknown(show(scene, place, empty));
            }
        }
        assertUnknown(scene.ask(Scene.CHAT, "Authorization: Bearer\r\n"));
        scene.assertCalls(0, 0);

        String good = Files.readString(deployment.config());
        try {
            for (String empty : List.of("''", "' '", "'${NOWHERE_SET:-}'", "'${NOWHERE_SET}'")) {
                for (String secret : List.of("key: " + GOOD, "token: " + FaultWorld.TOKEN, "token: our-own-key")) {
                    String config = good.replace(secret, secret.substring(0, secret.indexOf(' ') + 1) + empty);
                    assertThat(config).isNotEqualTo(good);
                    assertThat(FaultWorld.reload(deployment, config).status())
                            .as(secret + empty)
                            .isEqualTo(422);
                }
            }
        } finally {
            Files.writeString(deployment.config(), good);
        }
        for (String token : List.of("", " ")) {
            assertThat(RawClient.exchange(deployment.admin("/admin/reload"), "POST", bearer(token), Scene.NOTHING)
                            .status())
                    .isEqualTo(401);
        }
        assertUnknown(scene.ask(Scene.CHAT, bearer("")));
        assertThat(scene.ask(Scene.CHAT, bearer(GOOD)).status()).isEqualTo(200);
    }

    @Fault("S17")
    void whatClientsMakeUp(Kind kind) {
        Scene scene = world.scene(kind, FORWARD, "one");
        // What any request adds is counted a little after its answer: that of the first is there by the last of these.
        for (int i = 0; i < 20; i++) {
            makeUp(scene, "first" + i);
        }
        long before = lines(scene);

        for (int i = 0; i < 200; i++) {
            makeUp(scene, "n" + i);
        }

        assertThat(lines(scene) - before).isLessThan(20);
        assertThat(RawClient.exchange(scene.deployment().admin("/metrics"), "GET", "", Scene.NOTHING)
                        .text())
                .doesNotContain("made-up")
                .doesNotContain("MADEUP")
                .doesNotContain(FaultWorld.SECRET);
    }

    private static void makeUp(Scene scene, String name) {
        URI uri = scene.uri("/made-up-" + name + "?made-up-" + name);
        byte[] body = "{\"model\":\"made-up-%s\"}".formatted(name).getBytes(StandardCharsets.UTF_8);
        String headers = "X-Request-Id: made-up-" + name + "\r\nUser-Agent: made-up-" + name + "\r\n";
        RawClient.exchange(uri, "MADEUP" + name, headers + bearer(GOOD), body);
        RawClient.exchange(scene.uri(Scene.CHAT), "POST", headers + bearer(GOOD), body);
        RawClient.exchange(uri, "POST", headers + bearer("made-up-" + name), body);
    }

    private static long lines(Scene scene) {
        return RawClient.exchange(scene.deployment().admin("/metrics"), "GET", "", Scene.NOTHING)
                .text()
                .lines()
                .count();
    }
}
