package io.llmproxy.jetty.client;

import io.llmproxy.jetty.HiddenMember;
import io.llmproxy.jetty.loop.Chunks;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.transport.HttpClientConnectionFactory;
import org.eclipse.jetty.client.transport.HttpExchange;
import org.eclipse.jetty.client.transport.HttpRequest;
import org.eclipse.jetty.client.transport.internal.HttpChannelOverHTTP;
import org.eclipse.jetty.client.transport.internal.HttpConnectionOverHTTP;
import org.eclipse.jetty.client.transport.internal.HttpReceiverOverHTTP;
import org.eclipse.jetty.client.transport.internal.HttpSenderOverHTTP;
import org.eclipse.jetty.http.HttpGenerator;
import org.eclipse.jetty.http.HttpParser;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.io.ClientConnectionFactory;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.RetainableByteBuffer;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 towards upstreams. Each piece of a body without length leaves as a whole chunk; Jetty's own client writes the line
 * end that closes a chunk only with the next one, and an upstream that reads whole chunks would wait for it.
 */
public final class Http1Upstreams extends HttpClientConnectionFactory {
    /** Jetty lets only one of its transports, which cannot speak TLS, set up this parser; null if this version has none. */
    private static final @Nullable MethodHandle PARSER = HiddenMember.getter(
            HttpReceiverOverHTTP.class,
            "parser",
            HttpParser.class,
            "writes the values of some upstream headers in lower case");

    /** Else a value that HTTP defines, or that begins like one, would be passed on in Jetty's own spelling. */
    static HttpReceiverOverHTTP keepingCapitals(HttpReceiverOverHTTP receiver, @Nullable MethodHandle parser) {
        if (parser == null) {
            return receiver;
        }
        try {
            ((HttpParser) parser.invokeExact(receiver)).setHeaderCacheCaseSensitive(true);
            return receiver;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** As one of the protocols that an upstream chooses from. */
    static ClientConnectionFactory.Info negotiated() {
        return new Negotiated(new Http1Upstreams());
    }

    @Override
    public Connection newConnection(EndPoint endPoint, Map<String, Object> context) {
        HttpConnectionOverHTTP connection = new WholeChunksConnection(endPoint, context);
        connection.setInitialize(isInitializeConnections());
        connection.setTransferEncodingChunkMaxLength(getTransferEncodingChunkMaxLength());
        return customize(connection, context);
    }

    private static final class Negotiated extends ClientConnectionFactory.Info {
        Negotiated(ClientConnectionFactory factory) {
            super(factory);
        }

        @Override
        public List<String> getProtocols(boolean secure) {
            return List.of("http/1.1");
        }
    }

    private static final class WholeChunksConnection extends HttpConnectionOverHTTP {
        WholeChunksConnection(EndPoint endPoint, Map<String, Object> context) {
            super(endPoint, context);
        }

        @Override
        protected HttpChannelOverHTTP newHttpChannel() {
            return new HttpChannelOverHTTP(this) {
                @Override
                protected HttpSenderOverHTTP newHttpSender() {
                    return new Sender(this);
                }

                @Override
                protected HttpReceiverOverHTTP newHttpReceiver() {
                    return keepingCapitals(super.newHttpReceiver(), PARSER);
                }
            };
        }
    }

    private static final class Sender extends HttpSenderOverHTTP {
        Sender(HttpChannelOverHTTP channel) {
            super(channel);
        }

        /** Jetty would begin a chunk behind the head, and leave it open. */
        @Override
        protected void sendHeaders(HttpExchange exchange, ByteBuffer content, boolean last, Callback callback) {
            Request.Content body = exchange.getRequest().getBody();
            if (last || !content.hasRemaining() || body == null || body.getLength() >= 0) {
                super.sendHeaders(exchange, content, last, callback);
                return;
            }
            HttpClient client = getHttpChannel().getHttpDestination().getHttpClient();
            Head head = new Head(client, callback);
            try {
                MetaData.Request request = describe(exchange.getRequest());
                getHttpGenerator().setMaxHeaderBytes(client.getMaxRequestHeadersSize());
                if (!head.holds(getHttpGenerator(), request, client.getRequestBufferSize())
                        && !head.holds(getHttpGenerator(), request, client.getMaxRequestHeadersSize())) {
                    throw new IllegalArgumentException("Request headers too large");
                }
            } catch (IOException | RuntimeException e) {
                head.failed(e);
                return;
            }
            getHttpChannel().getHttpConnection().getEndPoint().write(head, Chunks.whole(head.bytes(), content));
        }

        /** As Jetty does, for a body whose length is not known. */
        private static MetaData.Request describe(HttpRequest request) {
            HttpURI uri = HttpURI.from(null, null, -1, request.getPath(), request.getQuery(), null);
            return new MetaData.Request(
                    request.getMethod(),
                    uri,
                    request.getVersion(),
                    request.getHeaders(),
                    -1,
                    request.getTrailersSupplier());
        }

        @Override
        protected void sendContent(HttpExchange exchange, ByteBuffer content, boolean last, Callback callback) {
            HttpGenerator generator = getHttpGenerator();
            if (!last
                    && content.hasRemaining()
                    && generator.isChunking()
                    && generator.isState(HttpGenerator.State.COMMITTED)) {
                getHttpChannel().getHttpConnection().getEndPoint().write(callback, Chunks.whole(content));
            } else {
                super.sendContent(exchange, content, last, callback);
            }
        }
    }

    /** The head of a request, until it has been written. */
    private static final class Head extends Callback.Nested {
        private final HttpClient client;
        private @Nullable RetainableByteBuffer buffer;

        Head(HttpClient client, Callback written) {
            super(written);
            this.client = client;
        }

        /** Generates it into a buffer of a size; false if it is longer. */
        boolean holds(HttpGenerator generator, MetaData.Request request, int size) throws IOException {
            release();
            RetainableByteBuffer acquired =
                    client.getByteBufferPool().acquire(size, client.isUseOutputDirectByteBuffers());
            buffer = acquired;
            boolean held = generator.generateRequest(request, acquired.getByteBuffer(), null, null, false)
                    == HttpGenerator.Result.FLUSH;
            if (!held) {
                generator.reset();
            }
            return held;
        }

        ByteBuffer bytes() {
            return Objects.requireNonNull(buffer).getByteBuffer();
        }

        private void release() {
            RetainableByteBuffer held = buffer;
            buffer = null;
            if (held != null) {
                held.release();
            }
        }

        @Override
        public void succeeded() {
            release();
            super.succeeded();
        }

        @Override
        public void failed(Throwable failure) {
            release();
            super.failed(failure);
        }
    }
}
