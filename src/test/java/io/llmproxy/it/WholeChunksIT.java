package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * On HTTP/1.1 each piece leaves as a whole chunk, with the line end that closes it: some clients read whole chunks, and would
 * otherwise get each event one event late. Stock Jetty writes that line end with the next chunk, which the WAR cannot change.
 */
class WholeChunksIT {
    /** Shorter and longer than every buffer on the way. */
    private static final int[] LENGTHS = {1, 100, 900, 990, 1000, 1010, 1024, 1500, 2048, 4096, 9000, 20_000, 70_000, 3
    };

    /** The first is longer than what {@code tiny-replay} keeps, so that the body is sent on from then on. */
    private static final int[] PIECES = {5000, 1, 100, 1500, 20_000, 3};

    private final World world = World.fresh();
    private final Semaphore due = new Semaphore(1);

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void eachPieceComesWithItsLineEndBeforeTheNextIsMade(Kind kind) {
        follows(kind, "text/event-stream", "");
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void soDoPiecesOfOtherAnswers(Kind kind) {
        follows(kind, "application/octet-stream", "");
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void soDoThoseForAClientThatDoesNotKeepItsConnection(Kind kind) {
        follows(kind, "text/event-stream", "Connection: close\r\n");
    }

    /** The client of a body that is longer than what is kept of it sends its last piece when the upstream has the one before. */
    @ParameterizedTest
    @KindSource
    void eachPieceOfABodyComesToTheUpstreamWithItsLineEnd(Kind kind) {
        String path = World.path();
        world.upstream.on(path, new Behaviour("waits for each chunk's end", conversation -> {
            int left = 0;
            for (int length : PIECES) {
                left += length;
                while (left > 0) {
                    left -= conversation.readChunk();
                }
                due.release();
            }
            assertThat(conversation.readChunk()).isZero();
            conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            conversation.close();
        }));
        try (RawClient client = RawClient.connect(world.deployment(kind).forward("tiny-replay", path))) {
            String target = RawClient.target(world.deployment(kind).forward("tiny-replay", path));
            client.send(
                    "POST " + target + " HTTP/1.1\r\nHost: client.test\r\nContent-Type: application/octet-stream\r\n"
                            + "Transfer-Encoding: chunked\r\n\r\n");
            for (int length : PIECES) {
                awaitDue();
                client.sendChunk(piece(length).getBytes(StandardCharsets.US_ASCII));
            }
            awaitDue();
            assertThat(client.send("0\r\n\r\n").answer().text()).isEqualTo("ok");
        }
    }

    private void awaitDue() {
        try {
            assertThat(due.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void follows(Kind kind, String contentType, String headers) {
        String path = World.path();
        world.upstream.on(path, new Behaviour("streams as told", conversation -> {
            conversation.readBody();
            conversation.send(
                    "HTTP/1.1 200 OK\r\nContent-Type: " + contentType + "\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int length : LENGTHS) {
                due.acquireUninterruptibly();
                conversation.send(Integer.toHexString(length) + "\r\n" + piece(length) + "\r\n");
            }
            conversation.send("0\r\n\r\n");
        }));
        try (RawClient client = RawClient.connect(world.deployment(kind).forward("plain", path))) {
            client.send("POST", path, headers, "{}".getBytes(StandardCharsets.US_ASCII));
            assertThat(client.head().status()).isEqualTo(200);
            for (int length : LENGTHS) {
                StringBuilder read = new StringBuilder();
                while (read.length() < length) {
                    read.append(client.chunk());
                }
                assertThat(read.toString()).isEqualTo(piece(length));
                due.release();
            }
            assertThat(client.chunk()).isEmpty();
        }
    }

    private static String piece(int length) {
        return "x".repeat(length - 1) + "\n";
    }
}
