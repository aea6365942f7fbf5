package io.llmproxy.jetty.server;

import io.llmproxy.jetty.HiddenMember;
import io.llmproxy.jetty.loop.Chunks;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpGenerator;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpParser;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.RetainableByteBuffer;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Jetty;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * HTTP/1. Each piece of an answer leaves as a whole chunk. Once a request has been read, its connection lets go of the buffer that
 * it was read into. Jetty's own keeps it until the answer is done: 8 KiB for each exchange that waits and for each open stream,
 * a third of what they take.
 */
final class Http1Protocol extends HttpConnectionFactory {
    private static final Logger LOG = LoggerFactory.getLogger(Http1Protocol.class);

    /** Pieces that cost more to copy than to hand to the system in three parts. */
    private static final int LONG_PIECE = 1000;

    /**
     * Jetty has this for itself only; null if this version has none. The connection takes another buffer when it reads again.
     */
    private static final @Nullable MethodHandle RELEASE_REQUEST_BUFFER = HiddenMember.action(
            HttpConnection.class,
            "releaseRequestBuffer",
            "keeps the buffer of a request: each open stream takes 8 KiB more");

    private Http1Protocol(HttpConfiguration http) {
        super(http);
    }

    /** HTTP/1 as told above; as Jetty has it, and with one warning, if this version lacks something that it takes. */
    static HttpConnectionFactory of(HttpConfiguration http) {
        return of(http, JettyMember.OF_HTTP1);
    }

    static HttpConnectionFactory of(HttpConfiguration http, List<JettyMember> needed) {
        List<JettyMember> missing =
                needed.stream().filter(member -> !member.isThere()).toList();
        if (missing.isEmpty()) {
            return new Http1Protocol(http);
        }
        LOG.warn(
                "Jetty {} has no {}; HTTP/1 is served by Jetty alone: some clients get each event of a stream one event late",
                Jetty.VERSION,
                missing);
        return new HttpConnectionFactory(http);
    }

    @Override
    public Connection newConnection(Connector connector, EndPoint endPoint) {
        HttpConnection connection = new StreamingConnection(getHttpConfiguration(), connector, endPoint);
        connection.setTransferEncodingChunkMaxLength(getTransferEncodingChunkMaxLength());
        return configure(connection, connector, endPoint);
    }

    private static final class StreamingConnection extends HttpConnection {
        private final ByteBufferPool pool;

        StreamingConnection(HttpConfiguration configuration, Connector connector, EndPoint endPoint) {
            super(configuration, connector, endPoint);
            pool = connector.getByteBufferPool();
        }

        @Override
        protected RequestHandler newRequestHandler() {
            return new UpgradeAware();
        }

        @Override
        protected HttpGenerator newHttpGenerator() {
            return new WholeChunks();
        }

        @Override
        protected HttpStreamOverHTTP1 newHttpStream(String method, String uri, HttpVersion version) {
            boolean head = HttpMethod.HEAD.is(method);
            return new HttpStreamOverHTTP1(method, uri, version) {
                private final ShortPiece shortPiece = new ShortPiece();

                @Override
                public Content.@Nullable Chunk read() {
                    Content.Chunk chunk = super.read();
                    if (RELEASE_REQUEST_BUFFER != null && isRequestRead() && isRequestBufferEmpty()) {
                        releaseBuffer(RELEASE_REQUEST_BUFFER);
                    }
                    return chunk;
                }

                @Override
                public void failed(Throwable failure) {
                    if (version == HttpVersion.HTTP_1_0) {
                        resetIfEndWouldLookOrderly();
                    }
                    super.failed(failure);
                }

                @Override
                public void send(
                        MetaData.Request request,
                        MetaData.@Nullable Response response,
                        boolean last,
                        @Nullable ByteBuffer content,
                        Callback callback) {
                    if (response != null || last || head || content == null || !isWholeChunk(content)) {
                        super.send(request, response, last, content, callback);
                    } else if (content.remaining() > LONG_PIECE) {
                        getEndPoint().write(callback, Chunks.whole(content));
                    } else {
                        shortPiece.write(content, callback);
                    }
                }
            };
        }

        /** A chunk that is copied behind its length: one buffer for the system to take. A stream writes one at a time. */
        private final class ShortPiece implements Callback {
            private @Nullable RetainableByteBuffer buffer;
            private Callback written = Callback.NOOP;

            void write(ByteBuffer content, Callback callback) {
                int length = Chunks.LONGEST_SIZE_LINE + content.remaining() + Chunks.END_LENGTH;
                RetainableByteBuffer chunk = pool.acquire(length, isUseOutputDirectByteBuffers());
                buffer = chunk;
                written = callback;
                ByteBuffer bytes = chunk.getByteBuffer().clear();
                Chunks.putSize(bytes, content.remaining());
                bytes.put(content);
                Chunks.putEnd(bytes);
                getEndPoint().write(this, bytes.flip());
            }

            /** To be called before the next piece can come, which may be as soon as the writer is told. */
            private Callback release() {
                Callback writer = written;
                RetainableByteBuffer chunk = buffer;
                buffer = null;
                written = Callback.NOOP;
                if (chunk != null) {
                    chunk.release();
                }
                return writer;
            }

            @Override
            public void succeeded() {
                release().succeeded();
            }

            @Override
            public void failed(Throwable failure) {
                release().failed(failure);
            }

            @Override
            public InvocationType getInvocationType() {
                return written.getInvocationType();
            }
        }

        /**
         * Where only the end of the connection ends an answer, one that breaks off must not end in good order. One that is
         * whole must: a reset would take the answer from a client that still sends its body.
         */
        private void resetIfEndWouldLookOrderly() {
            if (getGenerator().isCommitted()
                    && !getGenerator().isEnd()
                    && !getGenerator().isPersistent()
                    && getEndPoint().getTransport() instanceof SocketChannel channel) {
                try {
                    channel.setOption(StandardSocketOptions.SO_LINGER, 0);
                } catch (IOException e) {
                    LOG.debug("{} is closed already", channel, e);
                }
            }
        }

        private boolean isWholeChunk(ByteBuffer content) {
            return content.hasRemaining()
                    && getGenerator().isChunking()
                    && getGenerator().isState(HttpGenerator.State.COMMITTED);
        }

        /** The parser does not notice the end of a body before it is asked for what follows, which may be never. */
        private boolean isRequestRead() {
            HttpParser parser = getParser();
            return parser.isComplete() || parser.getContentRead() == parser.getContentLength();
        }

        private void releaseBuffer(MethodHandle release) {
            try {
                release.invokeExact((HttpConnection) this);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        /**
         * An upgrade that {@code Connection} does not name was meant for somebody before us, and is ignored (RFC 9110, section
         * 7.8). Jetty refuses the request.
         */
        private final class UpgradeAware extends RequestHandler {
            private @Nullable HttpField upgrade;
            private boolean named;

            @Override
            public void parsedHeader(HttpField field) {
                if (field.getHeader() == HttpHeader.UPGRADE) {
                    upgrade = field;
                    return;
                }
                named |= field.getHeader() == HttpHeader.CONNECTION && field.contains("upgrade");
                super.parsedHeader(field);
            }

            @Override
            public boolean headerComplete() {
                HttpField asked = named ? upgrade : null;
                upgrade = null;
                named = false;
                if (asked != null) {
                    super.parsedHeader(asked);
                }
                return super.headerComplete();
            }
        }
    }
}
