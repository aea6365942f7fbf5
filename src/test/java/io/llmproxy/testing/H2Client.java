package io.llmproxy.testing;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.HeadersFrame;

/** A client that speaks HTTP/2 in the clear from the first byte. */
public final class H2Client implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final HTTP2Client client = new HTTP2Client();
    private final Session session;

    private H2Client(InetSocketAddress address) throws Exception {
        client.start();
        session = client.connect(address, new Session.Listener() {}).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    /** Connects to where a URL points. */
    public static H2Client connect(URI uri) {
        try {
            return new H2Client(new InetSocketAddress(uri.getHost(), uri.getPort()));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Sends a request without a body. */
    public H2Stream get(URI uri) {
        return open(uri, "GET", HttpFields.build(), true);
    }

    /** Sends a request with a body whose length is not stated. */
    public H2Stream post(URI uri, HttpFields.Mutable headers, byte[] body) {
        H2Stream stream = open(uri, "POST", headers, false);
        stream.send(body, true);
        return stream;
    }

    /** Sends the head of a request, whose body may follow. */
    public H2Stream open(URI uri, String method, HttpFields headers, boolean last) {
        MetaData.Request head = new MetaData.Request(method, HttpURI.from(uri.toString()), HttpVersion.HTTP_2, headers);
        H2Stream stream = new H2Stream();
        stream.opened(get(session.newStream(new HeadersFrame(head, null, last), stream)));
        return stream;
    }

    static void send(Stream stream, byte[] body, boolean last) {
        get(stream.data(new DataFrame(stream.getId(), ByteBuffer.wrap(body), last)));
    }

    private static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        FakeUpstream.closeQuietly(client::stop);
    }
}
