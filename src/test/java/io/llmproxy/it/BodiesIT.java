package io.llmproxy.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.airlift.compress.zstd.ZstdOutputStream;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.Head;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bodies in which the model is hard to find, and what pages of other origins are told. */
class BodiesIT {
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String KEY = "Authorization: Bearer sk-page-key\r\n";
    private static final String PAGE = "Origin: https://app.example\r\n";
    private static final List<String> PATHS =
            List.of("/v1/chat/completions", "/v1/responses", "/v1/images/generations", "/v1/moderations");
    private static final FakeUpstream FIRST = FakeUpstream.start();
    private static final FakeUpstream SECOND = FakeUpstream.start();
    private static final Map<Deployment.Kind, Deployment> DEPLOYMENTS = new EnumMap<>(Deployment.Kind.class);

    private static Gateway gateway() {
        return new Gateway()
                .upstream("first", FIRST.url(), "models: {alias: real-a, same: }")
                .upstream("second", SECOND.url(), "models: {other: real-b}")
                .group("both", "{name: first}, {name: second}", "")
                .forward("both", "both", "")
                .upstream("studio", FIRST.url(), "provider: gemini, models: {flash: gemini-2}")
                .group("studio", "{name: studio}", "")
                .forward("studio", "studio", "")
                .upstream("vertex", FIRST.url(), "provider: vertex, models: {flash: gemini-2}")
                .group("vertex", "{name: vertex}", "")
                .forward("vertex", "vertex", "")
                .upstream("plain", SECOND.url(), "auth: {type: bearer, token: paid}")
                .group("plain", "{name: plain}", "")
                .forward("keyed", "plain", "keys: [{name: page, key: sk-page-key}]")
                .forward(
                        "listed",
                        "plain",
                        "keys: [{name: listed, key: sk-page-key}], ratelimit: {per_second: 1, burst: 2}, "
                                + "cors: {origins: ['https://app.example'], headers: [Authorization, X-A], max_age: 60}")
                .forward("passing", "plain", "");
    }

    @AfterAll
    static void stop() {
        DEPLOYMENTS.values().forEach(Deployment::close);
        DEPLOYMENTS.clear();
    }

    @BeforeEach
    void reset() {
        FIRST.reset();
        SECOND.reset();
        FIRST.otherwise(Behaviour.json("{\"model\":\"models/gemini-2\"}"));
        SECOND.otherwise(Behaviour.status(
                200, "Access-Control-Allow-Origin: upstream\r\nAccess-Control-Allow-Credentials: true\r\n", "{}"));
    }

    private static Answer ask(
            Deployment.Kind kind, String forward, String method, String path, String headers, byte[] body) {
        Deployment deployment = DEPLOYMENTS.computeIfAbsent(kind, any -> Deployment.start(kind, gateway(), "-Xmx128m"));
        return RawClient.exchange(deployment.forward(forward, path), method, headers, body);
    }

    private static byte[] compress(String coding, String text) throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (OutputStream output = switch (coding) {
            case "gzip" -> new GZIPOutputStream(compressed);
            case "deflate" -> new DeflaterOutputStream(compressed);
            default -> new ZstdOutputStream(compressed);
        }) {
            output.write(text.getBytes(UTF_8));
        }
        return compressed.toByteArray();
    }

    @ParameterizedTest
    @EnumSource(Deployment.Kind.class)
    void aCompressedBodyIsReadAndGoesOnAsTheUpstreamsNameDemands(Deployment.Kind kind) throws IOException {
        for (String coding : List.of("gzip", "deflate", "zstd")) {
            String headers = JSON + "Content-Encoding: " + coding + "\r\n";
            for (String path : PATHS) {
                FIRST.reset();
                FIRST.otherwise(Behaviour.json("{}"));
                byte[] renamed = compress(coding, "{\"model\":\"alias\",\"input\":\"x\"}");
                byte[] same = compress(coding, "{\"model\":\"same\",\"input\":\"x\"}");

                assertThat(ask(kind, "both", "POST", path, headers, renamed).status())
                        .isEqualTo(200);
                assertThat(ask(kind, "both", "POST", path, headers, same).status())
                        .isEqualTo(200);

                List<UpstreamRequest> sent = FIRST.requests();
                assertThat(sent).as(path + " " + coding).hasSize(2);
                assertThat(new String(sent.get(0).body(), UTF_8)).isEqualTo("{\"model\":\"real-a\",\"input\":\"x\"}");
                assertThat(sent.get(0).head().values("Content-Encoding")).isEmpty();
                assertThat(sent.get(0).head().values("Content-Length"))
                        .containsExactly(Integer.toString(sent.get(0).body().length));
                assertThat(sent.get(1).body()).as("as it came").isEqualTo(same);
                assertThat(sent.get(1).head().values("Content-Encoding")).containsExactly(coding);
            }
        }
        assertThat(SECOND.requests()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Deployment.Kind.class)
    void aBodyWhoseModelCannotBeReadGoesToNoUpstream(Deployment.Kind kind) throws IOException {
        String gzip = JSON + "Content-Encoding: gzip\r\n";
        byte[] good = "{\"model\":\"alias\"}".getBytes(UTF_8);
        byte[] cut = java.util.Arrays.copyOf(compress("gzip", "{\"model\":\"alias\"}"), 20);
        byte[] twice = "{\"model\":\"alias\",\"model\":\"alias\"}".getBytes(UTF_8);
        byte[] marked = "\ufeff{\"model\":\"alias\"}".getBytes(UTF_8);
        byte[] bomb = compress("gzip", "{\"model\":\"alias\",\"input\":\"" + " ".repeat(9 << 20) + "\"}");
        for (String path : PATHS) {
            assertThat(ask(kind, "both", "POST", path, gzip, good).status()).isEqualTo(400);
            assertThat(ask(kind, "both", "POST", path, gzip, cut).status()).isEqualTo(400);
            assertThat(ask(kind, "both", "POST", path, JSON, twice).status()).isEqualTo(400);
            assertThat(ask(kind, "both", "POST", path, JSON, marked).status()).isEqualTo(400);
            assertThat(ask(kind, "both", "POST", path, gzip, bomb).status()).isEqualTo(413);
            assertThat(ask(kind, "both", "POST", path, JSON + "Content-Encoding: br\r\n", good)
                            .status())
                    .isEqualTo(400);
        }
        assertThat(FIRST.requests()).isEmpty();
        assertThat(SECOND.requests()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Deployment.Kind.class)
    void aFormMayHaveAPreamble(Deployment.Kind kind) {
        byte[] form = "A form.\r\n--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nalias\r\n--b--\r\n"
                .getBytes(UTF_8);
        String type = "Content-Type: multipart/form-data; boundary=b\r\n";

        assertThat(ask(kind, "both", "POST", "/v1/audio/transcriptions", type, form)
                        .status())
                .isEqualTo(200);
        assertThat(new String(FIRST.requests().get(0).body(), UTF_8)).contains("\r\nreal-a\r\n");
    }

    @ParameterizedTest
    @EnumSource(Deployment.Kind.class)
    void googlesOtherResourcesNameTheUpstreamsModel(Deployment.Kind kind) {
        String vertex = "projects/p/locations/l/";
        String published = vertex + "publishers/google/models/";
        List<List<String>> cases = List.of(
                List.of("studio", "/v1beta/cachedContents", "model", "models/flash", "models/gemini-2"),
                List.of("studio", "/v1beta/tunedModels", "baseModel", "models/flash", "models/gemini-2"),
                List.of("studio", "/v1beta/tunedModels", "base_model", "models/flash", "models/gemini-2"),
                List.of(
                        "vertex",
                        "/v1beta1/" + vertex + "cachedContents",
                        "model",
                        published + "flash",
                        published + "gemini-2"),
                List.of(
                        "vertex",
                        "/v1/" + vertex + "batchPredictionJobs",
                        "model",
                        "publishers/google/models/flash",
                        "publishers/google/models/gemini-2"),
                List.of("vertex", "/v1/" + vertex + "tuningJobs", "baseModel", "flash", "gemini-2"));
        for (List<String> each : cases) {
            FIRST.reset();
            FIRST.otherwise(Behaviour.json("{\"model\":\"" + each.get(4) + "\"}"));
            byte[] body = ("{\"" + each.get(2) + "\":\"" + each.get(3) + "\"}").getBytes(UTF_8);

            Answer answer = ask(kind, each.get(0), "POST", each.get(1), JSON, body);

            assertThat(answer.status()).as("%s", each).isEqualTo(200);
            assertThat(answer.text()).isEqualTo("{\"model\":\"" + each.get(3) + "\"}");
            assertThat(new String(FIRST.requests().get(0).body(), UTF_8))
                    .isEqualTo("{\"" + each.get(2) + "\":\"" + each.get(4) + "\"}");
        }
        byte[] unknown = "{\"model\":\"models/unknown\"}".getBytes(UTF_8);
        assertThat(ask(kind, "studio", "POST", "/v1beta/cachedContents", JSON, unknown)
                        .status())
                .isEqualTo(404);
        assertThat(ask(kind, "studio", "POST", "/v1beta/cachedContents", JSON, "{}".getBytes(UTF_8))
                        .status())
                .isEqualTo(400);
    }

    /** The rules of the Fetch standard: a page may read an answer only if its one Allow-Origin is a star or its own origin. */
    private static boolean isReadable(Head answer, String origin) {
        List<String> allowed = answer.values("Access-Control-Allow-Origin");
        return allowed.size() == 1
                && (allowed.get(0).equals("*") || allowed.get(0).equals(origin));
    }

    /** A page may send the request if the preflight is fine, readable, and names method and headers. */
    private static boolean allows(Answer preflight, String origin, List<String> headers) {
        String names = String.join(",", preflight.head().values("Access-Control-Allow-Headers"))
                .toLowerCase(java.util.Locale.ROOT);
        List<String> allowed = List.of(names.split(" *, *", -1));
        return preflight.status() / 100 == 2
                && isReadable(preflight.head(), origin)
                && String.join(",", preflight.head().values("Access-Control-Allow-Methods"))
                        .contains("POST")
                && allowed.containsAll(headers);
    }

    private static Answer preflight(Deployment.Kind kind, String forward, String origin, String headers) {
        return ask(
                kind,
                forward,
                "OPTIONS",
                "/v1/chat/completions",
                "Origin: " + origin + "\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: "
                        + headers + "\r\n",
                new byte[0]);
    }

    @ParameterizedTest
    @EnumSource(Deployment.Kind.class)
    void aPageIsToldWithoutAKeyWhatItMayDo(Deployment.Kind kind) {
        String asked = "authorization,content-type,x-stainless-os";
        assertThat(allows(preflight(kind, "keyed", "null", asked), "null", List.of(asked.split(",", -1))))
                .isTrue();

        Answer listed = preflight(kind, "listed", "https://app.example", "authorization");
        assertThat(allows(listed, "https://app.example", List.of("authorization", "x-a")))
                .isTrue();
        assertThat(listed.header("Access-Control-Max-Age")).isEqualTo("60");
        assertThat(String.join(",", listed.head().values("Vary"))).contains("Origin");
        Answer stranger = preflight(kind, "listed", "https://evil.example", "authorization");
        assertThat(stranger.head().values("Access-Control-Allow-Origin")).isEmpty();
        assertThat(SECOND.requests()).as("nobody is asked").isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Deployment.Kind.class)
    void aPageReadsEveryAnswerAndWhatTheUpstreamSaysOfPagesIsTakenOff(Deployment.Kind kind) {
        String chat = "/v1/chat/completions";
        byte[] body = "{}".getBytes(UTF_8);
        Answer fine = ask(kind, "keyed", "POST", chat, JSON + PAGE + KEY, body);
        assertThat(fine.status()).isEqualTo(200);
        assertThat(fine.head().values("Access-Control-Allow-Origin")).containsExactly("*");
        assertThat(fine.head().values("Access-Control-Allow-Credentials")).isEmpty();
        assertThat(SECOND.requests().get(0).head().values("Origin")).isEmpty();
        Answer unknown = ask(kind, "keyed", "POST", chat, JSON + PAGE, body);
        assertThat(unknown.status()).isEqualTo(401);
        assertThat(isReadable(unknown.head(), "https://app.example")).isTrue();
        Answer odd = ask(kind, "keyed", "POST", "/v1/%00", JSON + PAGE, body);
        assertThat(odd.status()).isEqualTo(400);

        Answer last = ask(kind, "listed", "POST", chat, JSON + PAGE + KEY, body);
        for (int i = 0; i < 20 && last.status() != 429; i++) {
            last = ask(kind, "listed", "POST", chat, JSON + PAGE + KEY, body);
        }
        assertThat(last.status()).isEqualTo(429);
        assertThat(isReadable(last.head(), "https://app.example")).isTrue();
        assertThat(last.header("Access-Control-Expose-Headers")).isEqualTo("*");
        assertThat(preflight(kind, "listed", "https://app.example", "x-a").status())
                .isEqualTo(204);
        String evil = "Origin: https://evil.example\r\n";
        Answer stranger = ask(kind, "listed", "POST", chat, JSON + evil + KEY, body);
        assertThat(stranger.head().values("Access-Control-Allow-Origin")).isEmpty();

        Answer passing = ask(kind, "passing", "POST", chat, JSON + PAGE, body);
        assertThat(passing.head().values("Access-Control-Allow-Origin")).containsExactly("upstream");
    }
}
