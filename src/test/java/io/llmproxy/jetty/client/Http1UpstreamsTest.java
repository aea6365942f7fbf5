package io.llmproxy.jetty.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.eclipse.jetty.client.AsyncRequestContent;
import org.eclipse.jetty.client.CompletableResponseListener;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.transport.HttpClientTransportDynamic;
import org.eclipse.jetty.client.transport.internal.HttpChannelOverHTTP;
import org.eclipse.jetty.client.transport.internal.HttpConnectionOverHTTP;
import org.eclipse.jetty.client.transport.internal.HttpReceiverOverHTTP;
import org.eclipse.jetty.io.ByteArrayEndPoint;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class Http1UpstreamsTest {
    private static final int PATIENCE_MILLIS = 20_000;
    private static final int LONGEST_HEAD = 16 * 1024;

    /** What the client handed to the system, write by write. */
    private final List<String> writes = new CopyOnWriteArrayList<>();

    private final HttpClient client =
            new HttpClient(new HttpClientTransportDynamic(new Recording(), Http1Upstreams.negotiated()));
    private final AsyncRequestContent body = new AsyncRequestContent();
    private ServerSocket server;

    private final class Recording extends ClientConnector {
        @Override
        protected EndPoint newEndPoint(SelectableChannel channel, ManagedSelector selector, SelectionKey key) {
            return new SocketChannelEndPoint((SocketChannel) channel, selector, key, getScheduler()) {
                @Override
                public boolean flush(ByteBuffer... buffers) throws IOException {
                    writes.add(Arrays.stream(buffers)
                            .map(buffer -> StandardCharsets.US_ASCII.decode(buffer.duplicate()))
                            .collect(Collectors.joining()));
                    return super.flush(buffers);
                }
            };
        }
    }

    @BeforeEach
    void start() throws Exception {
        client.setMaxRequestHeadersSize(LONGEST_HEAD);
        client.start();
        server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        server.setSoTimeout(PATIENCE_MILLIS);
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        client.stop();
    }

    private CompletableFuture<ContentResponse> send(String value) {
        body.write(false, StandardCharsets.US_ASCII.encode("hello"), Callback.NOOP);
        Request request = client.newRequest("127.0.0.1", server.getLocalPort())
                .method("POST")
                .headers(headers -> headers.put("X-Value", value))
                .body(body);
        return new CompletableResponseListener(request).send();
    }

    /** Ends the body when its first piece has come, and answers when the end has. */
    private void answer() throws IOException {
        try (Socket accepted = server.accept()) {
            accepted.setSoTimeout(PATIENCE_MILLIS);
            readUntil(accepted, "hello");
            body.close();
            readUntil(accepted, "0\r\n\r\n");
            accepted.getOutputStream()
                    .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static void readUntil(Socket socket, String end) throws IOException {
        StringBuilder seen = new StringBuilder();
        while (seen.indexOf(end, seen.length() - end.length()) < 0) {
            int next = socket.getInputStream().read();
            if (next < 0) {
                throw new EOFException(seen.toString());
            }
            seen.append((char) next);
        }
    }

    private void assertOneWriteOfHeadAndChunk(String value) throws Exception {
        CompletableFuture<ContentResponse> answered = send(value);
        answer();

        assertThat(answered.get().getStatus()).isEqualTo(200);
        assertThat(writes.get(0))
                .startsWith("POST / HTTP/1.1\r\n")
                .contains("X-Value: " + value + "\r\n")
                .endsWith("\r\n\r\n5\r\nhello\r\n");
        assertThat(String.join("", writes)).endsWith("5\r\nhello\r\n0\r\n\r\n");
    }

    @Test
    void aBodyWithoutLengthLeavesWithItsHeadInOneWrite() throws Exception {
        assertOneWriteOfHeadAndChunk("short");
    }

    @Test
    void aHeadThatIsLongerThanMostLeavesWithItsBodyToo() throws Exception {
        assertOneWriteOfHeadAndChunk("v".repeat(LONGEST_HEAD / 2));
    }

    @Test
    void aHeadThatIsTooLongFailsAndNothingIsWritten() {
        CompletableFuture<ContentResponse> failed = send("v".repeat(LONGEST_HEAD));

        assertThatThrownBy(failed::get)
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("Request headers too large");
        assertThat(writes).isEmpty();
    }

    @Test
    void aReceiverWhoseParserCannotBeReachedIsLeftAsItIs() {
        HttpReceiverOverHTTP receiver = newReceiver();

        assertThat(Http1Upstreams.keepingCapitals(receiver, null)).isSameAs(receiver);
    }

    private HttpReceiverOverHTTP newReceiver() {
        Destination destination = client.resolveDestination(client.newRequest("127.0.0.1", server.getLocalPort()));
        Map<String, Object> context = Map.of(
                Destination.CONTEXT_KEY,
                destination,
                org.eclipse.jetty.client.Connection.PROMISE_CONTEXT_KEY,
                Promise.noop());
        return new HttpReceiverOverHTTP(
                new HttpChannelOverHTTP(new HttpConnectionOverHTTP(new ByteArrayEndPoint(), context)));
    }
}
