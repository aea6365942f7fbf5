package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Digests;
import io.llmproxy.testing.H2Client;
import io.llmproxy.testing.H2Stream;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Random;
import org.eclipse.jetty.http.HttpFields;
import org.junit.jupiter.params.ParameterizedTest;

class RequestBodyIT {
    private static final byte[] NOTHING = {};
    private static final String POST = "POST %s HTTP/1.1\r\nHost: client.test\r\n";
    private static final int LIMIT = 65536;

    private final World world = World.fresh();

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private URI fine(Deployment.Kind kind, String forward) {
        String path = World.path();
        world.upstream.on(path, Behaviour.json("{}"));
        return world.deployment(kind).forward(forward, path);
    }

    private UpstreamRequest arrived(URI uri) {
        return world.upstream.awaitRequest(uri.getPath());
    }

    @ParameterizedTest
    @KindSource
    void bodiesOfStatedLengthArriveWithIt(Deployment.Kind kind) {
        for (String forward : new String[] {"plain", "tiny-replay"}) {
            for (int size : new int[] {1, 1 << 20}) {
                byte[] body = random(size);
                URI uri = fine(kind, forward);

                Answer answer = RawClient.exchange(uri, "POST", "Content-Type: image/png\r\n", body);

                assertThat(answer.status()).as(forward).isEqualTo(200);
                assertThat(arrived(uri).sha256()).isEqualTo(Digests.sha256(body));
                assertThat(arrived(uri).head().values("Content-Length")).containsExactly(Integer.toString(size));
                assertThat(arrived(uri).head().has("Transfer-Encoding")).isFalse();
            }
        }
    }

    @ParameterizedTest
    @KindSource
    void anEmptyBodyStaysEmpty(Deployment.Kind kind) {
        URI uri = fine(kind, "plain");

        Answer answer = RawClient.exchange(uri, "POST", "Content-Length: 0\r\n", NOTHING);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(arrived(uri).body()).isEmpty();
        assertThat(arrived(uri).head().method()).isEqualTo("POST");
    }

    @ParameterizedTest
    @KindSource
    void aBodyInChunksArrivesWhole(Deployment.Kind kind) {
        byte[] piece = random(1000);
        for (String forward : new String[] {"plain", "tiny-replay"}) {
            URI uri = fine(kind, forward);
            try (RawClient client = RawClient.connect(uri)) {
                client.send(POST.formatted(uri.getPath()) + "Transfer-Encoding: chunked\r\n\r\n");
                MessageDigest digest = sha256();
                for (int i = 0; i < 1000; i++) {
                    client.sendChunk(piece);
                    digest.update(piece);
                }
                client.send("0\r\n\r\n");

                assertThat(client.answer().status()).isEqualTo(200);
                assertThat(arrived(uri).sha256()).isEqualTo(HexFormat.of().formatHex(digest.digest()));
            }
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @KindSource
    void aGetMayHaveABody(Deployment.Kind kind) {
        URI uri = fine(kind, "plain");

        Answer answer = RawClient.exchange(uri, "GET", "", "{\"query\":1}".getBytes(StandardCharsets.UTF_8));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(arrived(uri).head().method()).isEqualTo("GET");
        assertThat(arrived(uri).body()).asString(StandardCharsets.UTF_8).isEqualTo("{\"query\":1}");
    }

    @ParameterizedTest
    @KindSource
    void anHttp2BodyWithoutALengthArrives(Deployment.Kind kind) {
        byte[] body = random(100_000);
        URI uri = fine(kind, "plain");

        try (H2Client client = H2Client.connect(uri)) {
            H2Stream stream = client.post(uri, HttpFields.build(), body);
            assertThat(stream.head().getStatus()).isEqualTo(200);
        }
        assertThat(arrived(uri).sha256()).isEqualTo(Digests.sha256(body));
    }

    @ParameterizedTest
    @KindSource
    void aClientThatWaitsForLeaveGetsIt(Deployment.Kind kind) {
        URI uri = fine(kind, "plain");

        try (RawClient client = RawClient.connect(uri)) {
            client.send(POST.formatted(uri.getPath()) + "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n");
            assertThat(client.head().status()).isEqualTo(100);
            client.send("body");
            assertThat(client.answer().status()).isEqualTo(200);
        }
        assertThat(arrived(uri).body()).asString(StandardCharsets.UTF_8).isEqualTo("body");
    }

    @ParameterizedTest
    @KindSource
    void aClientThatWaitsForLeaveToSendTooMuchIsRefused(Deployment.Kind kind) {
        URI uri = fine(kind, "small");

        try (RawClient client = RawClient.connect(uri)) {
            client.send(POST.formatted(uri.getPath()) + "Expect: 100-continue\r\nContent-Length: 1000000\r\n\r\n");
            if (kind == Deployment.Kind.TOMCAT) {
                // Tomcat gives leave on its own, before it asks us.
                assertThat(client.head().status()).isEqualTo(100);
            }
            assertThat(client.head().status()).isEqualTo(413);
        }
        assertThat(world.upstream.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void aBodyWithTooLargeALengthNeverTouchesTheUpstream(Deployment.Kind kind) {
        URI uri = fine(kind, "small");

        Answer atLimit = RawClient.exchange(uri, "POST", "", random(LIMIT));
        Answer over = RawClient.exchange(uri, "POST", "", random(LIMIT + 1));

        assertThat(atLimit.status()).isEqualTo(200);
        assertThat(over.status()).isEqualTo(413);
        assertThat(over.header("X-LLMProxy-Error")).isNotEmpty();
        assertThat(world.upstream.requests(uri.getPath())).hasSize(1);
    }

    @ParameterizedTest
    @KindSource
    void aBodyThatGrowsTooLargeInChunksIsNeverWholeAtTheUpstream(Deployment.Kind kind) {
        URI uri = fine(kind, "small");

        try (RawClient client = RawClient.connect(uri)) {
            client.send(POST.formatted(uri.getPath()) + "Transfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i <= LIMIT / 1024; i++) {
                client.sendChunk(random(1024));
            }
            assertThat(client.answer().status()).isEqualTo(413);
        }
        assertThat(world.upstream.requests(uri.getPath())).noneMatch(UpstreamRequest::complete);
    }

    @ParameterizedTest
    @KindSource
    void anUploadOf200MegabytesFlowsThroughASmallHeap(Deployment.Kind kind) {
        URI uri = fine(kind, "plain");
        byte[] before = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n"
                .getBytes(StandardCharsets.UTF_8);
        byte[] after = "\r\n--b--\r\n".getBytes(StandardCharsets.UTF_8);
        byte[] piece = random(1 << 20);
        long length = before.length + 200L * piece.length + after.length;
        MessageDigest digest = sha256();
        digest.update(before);

        try (RawClient client = RawClient.connect(uri)) {
            client.send(POST.formatted(uri.getPath()) + "Content-Type: multipart/form-data; boundary=b\r\n"
                    + "Content-Length: " + length + "\r\n\r\n");
            client.send(before);
            for (int i = 0; i < 200; i++) {
                client.send(piece);
                digest.update(piece);
            }
            client.send(after);
            digest.update(after);
            assertThat(client.answer().status()).isEqualTo(200);
        }
        assertThat(arrived(uri).sha256()).isEqualTo(HexFormat.of().formatHex(digest.digest()));
        assertThat(world.deployment(kind).log()).doesNotContain("OutOfMemoryError");
    }

    @ParameterizedTest
    @KindSource
    void anEarlyAnswerReachesAClientThatStillUploads(Deployment.Kind kind) throws Exception {
        for (int status : new int[] {401, 413}) {
            String path = World.path();
            world.upstream.on(path, Behaviour.answersEarly(status, "{\"early\":true}"));
            URI uri = world.deployment(kind).forward("tiny-replay", path);

            try (RawClient client = RawClient.connect(uri)) {
                client.send(POST.formatted(path) + "Content-Length: " + (64 << 20) + "\r\n\r\n");
                Thread upload = new Thread(() -> upload(client, 64));
                upload.start();
                Answer answer = client.answer();
                assertThat(answer.status()).isEqualTo(status);
                assertThat(answer.text()).isEqualTo("{\"early\":true}");
                client.reset();
                upload.join(Duration.ofSeconds(10).toMillis());
                assertThat(upload.isAlive()).isFalse();
            }
        }
    }

    private static void upload(RawClient client, int megabytes) {
        byte[] piece = new byte[1 << 20];
        try {
            for (int i = 0; i < megabytes; i++) {
                client.send(piece);
            }
        } catch (UncheckedIOException e) {
            // Being cut off is what happens to those who go on sending after an answer.
            return;
        }
    }

    @ParameterizedTest
    @KindSource
    void aBodyThatStopsComingIsGivenUp(Deployment.Kind kind) {
        URI uri = fine(kind, "impatient");

        try (RawClient client = RawClient.connect(uri)) {
            client.send(POST.formatted(uri.getPath()) + "Content-Length: 100\r\n\r\nbeginning");
            Answer answer = client.answer();
            assertThat(answer.status()).isEqualTo(408);
            assertThat(client.closedWithin(Duration.ofSeconds(5))).isTrue();
        }
        assertThat(world.upstream.requests(uri.getPath())).noneMatch(UpstreamRequest::complete);
    }

    @ParameterizedTest
    @KindSource
    void aBodyShorterThanStatedIsNeverWholeAtTheUpstream(Deployment.Kind kind) {
        URI uri = fine(kind, "plain");

        try (RawClient client = RawClient.connect(uri)) {
            client.send(POST.formatted(uri.getPath()) + "Content-Length: 100\r\n\r\nbeginning")
                    .endOutput();
            assertThat(client.closedWithin(Duration.ofSeconds(15))).isTrue();
        }
        assertThat(world.upstream.requests(uri.getPath())).noneMatch(UpstreamRequest::complete);
    }
}
